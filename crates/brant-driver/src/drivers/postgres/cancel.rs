//! The second path to a server: a request to stop what a connection has under way, and a look at it from outside.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::TryFutureExt;
use futures_util::future::MapOk;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_postgres::CancelToken;
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::connect::{self, Dialer, Target};
use super::hosts::Host;
use super::{backend, connection, error};
use crate::drivers::plain;
use crate::facts::process::UnderWay;
use crate::{Cancel, Connection, DriverError, ErrorKind};

const CANCEL_LIMIT: Duration = Duration::from_secs(10);

/// Cancels by a message of its own, over a connection of its own.
pub(super) struct Canceller {
    pub(super) token: CancelToken,
    pub(super) dialer: Arc<Dialer>,
    pub(super) target: Target,
    pub(super) under_way: UnderWay,
    /// Whether connections on this path are told the number of the process that serves them; known once it was looked at.
    pub(super) is_told_right: OnceLock<bool>,
}

impl Canceller {
    async fn is_told_right(&self, other: &mut dyn Connection) -> bool {
        if let Some(known) = self.is_told_right.get() {
            return *known;
        }
        let told = other.canceller().session().await.map(|process| process.to_string());
        let is_right = connection::process(other).await.is_ok_and(|serving| serving == told);
        *self.is_told_right.get_or_init(|| is_right)
    }
}

#[async_trait]
impl Cancel for Canceller {
    async fn cancel(&self) -> Result<(), DriverError> {
        let asked = ask(self.token.clone(), self.target.clone(), self.dialer.tls.session().0);
        let words = match tokio::time::timeout(CANCEL_LIMIT, asked).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(words)) => words,
            Err(_) => "the server does not answer".to_owned(),
        };
        Err(DriverError::new(ErrorKind::Connect, format!("could not cancel: {words}")))
    }

    async fn session(&self) -> Option<i64> {
        backend::process(&self.token).await.map(i64::from)
    }

    async fn session_seen_from(&self, other: &mut dyn Connection) -> Option<i64> {
        match self.is_told_right(other).await {
            true => self.session().await,
            false => self.under_way.process(other).await,
        }
    }

    async fn sibling(&self) -> Result<Box<dyn Connection>, DriverError> {
        Ok(Box::new(connect::again(&self.dialer, &self.target).await?))
    }
}

/// Makes the request, or says why not.
async fn ask(token: CancelToken, target: Target, tls: MakeRustlsConnect) -> Result<(), String> {
    let Host { name, port, .. } = target.host;
    let told = |error: io::Error| plain(&error.to_string());
    match target.address {
        Some(address) => {
            send(token, TcpStream::connect((address, port)).await.map_err(told)?, tls, name).await
        }
        #[cfg(unix)]
        None => {
            let path = format!("{name}/.s.PGSQL.{port}");
            send(token, tokio::net::UnixStream::connect(path).await.map_err(told)?, tls, name).await
        }
        #[cfg(not(unix))]
        None => Err("there are no sockets on this system".to_owned()),
    }
}

async fn send<S>(token: CancelToken, line: S, mut tls: MakeRustlsConnect, host: String) -> Result<(), String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let tls = MakeTlsConnect::<Patient<S>>::make_tls_connect(&mut tls, &host);
    let tls = PatientTls(tls.map_err(|error| error.to_string())?);
    token.cancel_query_raw(Patient(line), tls).await.map_err(|error| error::words(&error))
}

/// A stream that is closed by the other side first, as libpq leaves it: a pooler drops the request of a client that does
/// not wait for it to be passed on (PgBouncer 1.18 even ends then, with all of its clients).
struct Patient<S>(S);

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut bytes = [0; 64];
        loop {
            let mut buffer = ReadBuf::new(&mut bytes);
            let read = ready!(Pin::new(&mut self.0).poll_read(context, &mut buffer));
            // Servers end this connection in any manner: what counts is that they have.
            if read.is_err() || buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: TlsStream + Unpin> TlsStream for Patient<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.0.channel_binding()
    }
}

/// TLS over such a stream.
struct PatientTls<T>(T);

impl<S, T: TlsConnect<S>> TlsConnect<S> for PatientTls<T> {
    type Stream = Patient<T::Stream>;
    type Error = T::Error;
    type Future = MapOk<T::Future, fn(T::Stream) -> Patient<T::Stream>>;

    fn connect(self, stream: S) -> Self::Future {
        self.0.connect(stream).map_ok(Patient)
    }
}
