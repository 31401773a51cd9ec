//! Which server process a connection was told to be served by.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::CancelToken;
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

/// The number of the server process, as the server told it for cancel requests. Nothing is sent: the client library
/// tells the number in no other way than to write such a request, hence it writes one, here, to memory.
pub(super) async fn process(token: &CancelToken) -> Option<i32> {
    let mut request = Vec::new();
    token.cancel_query_raw(Memory(&mut request), NoTls).await.ok()?;
    // The last message has four numbers: its length, its kind, the process and the secret key.
    let number = request.len().checked_sub(8).map(|at| &request[at..at + 4])?;
    number.try_into().ok().map(i32::from_be_bytes)
}

/// Keeps what is written; to a request for TLS it says yes.
struct Memory<'a>(&'a mut Vec<u8>);

impl AsyncRead for Memory<'_> {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buffer.remaining() > 0 {
            buffer.put_slice(b"S");
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Memory<'_> {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().0.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl TlsStream for Memory<'_> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

/// TLS that leaves everything as it is.
struct NoTls;

impl<'a> TlsConnect<Memory<'a>> for NoTls {
    type Stream = Memory<'a>;
    type Error = Infallible;
    type Future = Ready<Result<Memory<'a>, Infallible>>;

    fn connect(self, stream: Memory<'a>) -> Self::Future {
        ready(Ok(stream))
    }
}
