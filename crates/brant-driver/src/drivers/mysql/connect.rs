//! Opening a connection: dialling, the handshake, and the variables of the session.

use std::collections::HashMap;
use std::fmt::Display;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use mysql_async::prelude::{GlobalHandler, Queryable};
use mysql_async::{
    Compression, Conn, DriverError as LibraryError, Error, InfileData, IoError, LocalInfileError, Opts,
    OptsBuilder,
};
use tokio::net::lookup_host;
use tokio::time::timeout;

use crate::drivers::plain;
use crate::{DriverError, ErrorKind};

use super::connection::{MySqlConnection, Target};
use super::dsn::{Address, Dsn, Family};
use super::errors::server_error;
use super::tls_errors::tls_failure;

/// The longest message of the protocol: the server's own bound is the one that counts.
const MAX_PACKET: usize = 1 << 30;

/// A link that was silent for so long is asked whether the server is still there, as Go's driver does, which lets the
/// system choose. A statement may run for hours, and a network between forget its link.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// Connects, and sets what the connection string asks for.
pub(super) async fn connect(dsn: &Arc<Dsn>) -> Result<MySqlConnection, DriverError> {
    bounded(dsn, connect_unbounded(dsn)).await
}

/// Connects to the very address that another connection uses.
pub(super) async fn connect_again(target: &Target) -> Result<MySqlConnection, DriverError> {
    bounded(&target.dsn, async {
        set_up(handshake(&target.dsn, &target.options).await?, target.clone()).await
    })
    .await
}

/// Opens a connection for a request to the server itself: without a database, which may be gone by now, and without
/// variables.
pub(super) async fn connect_bare(target: &Target) -> Result<Conn, DriverError> {
    let options = OptsBuilder::from_opts(target.options.clone()).db_name(None::<String>).into();
    bounded(&target.dsn, handshake(&target.dsn, &options)).await
}

/// Applies `timeout`. Go's driver bounds the dialling alone; a server that never answers is the same to people.
async fn bounded<T>(dsn: &Dsn, work: impl Future<Output = Result<T, DriverError>>) -> Result<T, DriverError> {
    let Some(limit) = dsn.options.connect_timeout else { return work.await };
    timeout(limit, work)
        .await
        .unwrap_or_else(|_| Err(connect_error(dsn, format!("{}: no answer within {limit:?}", place(dsn)))))
}

async fn connect_unbounded(dsn: &Arc<Dsn>) -> Result<MySqlConnection, DriverError> {
    let mut failure = None;
    for options in candidates(dsn).await? {
        match dial(dsn, options).await {
            Ok((connection, options)) => {
                return set_up(connection, Target { dsn: Arc::clone(dsn), options }).await;
            }
            // A name may stand for several addresses, of which some do not answer (`localhost`, ::1 and 127.0.0.1).
            Err(error) if error.sqlstate.is_none() => failure = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(failure.unwrap_or_else(|| connect_error(dsn, format!("{}: no address", place(dsn)))))
}

/// The addresses to try, in order. Each is fixed, so that whatever connects again reaches the same server.
async fn candidates(dsn: &Dsn) -> Result<Vec<Opts>, DriverError> {
    match &dsn.address {
        Address::Unix(path) => Ok(vec![basics(dsn).socket(Some(path)).into()]),
        Address::Unknown(network) => {
            Err(connect_error(dsn, format!("dial {network}: unknown network {network}")))
        }
        Address::Tcp { host, port, family } => {
            let found = lookup_host((host.as_str(), *port)).await.map_err(|error| {
                let why = plain(&error.to_string());
                connect_error(dsn, format!("cannot find the address of the host `{host}`: {why}"))
            })?;
            let tcp = |address: SocketAddr| {
                let options = basics(dsn).ip_or_hostname(host).tcp_port(*port).ssl_opts(dsn.tls.options());
                Opts::from(options.resolved_ips(Some(vec![address.ip()])))
            };
            Ok(found.filter(|address| has_family(address, *family)).map(tcp).collect())
        }
    }
}

fn has_family(address: &SocketAddr, family: Family) -> bool {
    match family {
        Family::Any => true,
        Family::V4 => address.is_ipv4(),
        Family::V6 => address.is_ipv6(),
    }
}

/// The options apart from the address.
fn basics(dsn: &Dsn) -> OptsBuilder {
    let mut attributes = HashMap::from([("program_name".to_owned(), "brant".to_owned())]);
    attributes.extend(dsn.options.attributes.iter().cloned());
    OptsBuilder::default()
        .user(Some(&dsn.user))
        .pass(Some(dsn.password.expose()).filter(|password| !password.is_empty()))
        .db_name(dsn.database.as_ref())
        // What is given here the client library does not ask the server for: connecting costs the handshake alone.
        .max_allowed_packet(Some(dsn.options.max_packet.unwrap_or(MAX_PACKET)))
        .wait_timeout(Some(0))
        .tcp_keepalive(Some(KEEPALIVE))
        // TCP stays TCP: else the library asks for the server's socket and moves there.
        .prefer_socket(false)
        .stmt_cache_size(0)
        .local_infile_handler(Some(RefuseLocalFiles))
        .enable_cleartext_plugin(dsn.options.cleartext)
        .compression(dsn.options.compress.then(Compression::default))
        .connect_attributes(attributes)
}

/// Answers `LOAD DATA LOCAL`. A handler is needed to refuse it: without one the client library leaves the server
/// waiting for the file.
struct RefuseLocalFiles;

impl GlobalHandler for RefuseLocalFiles {
    fn handle(&self, file: &[u8]) -> BoxFuture<'static, Result<InfileData, LocalInfileError>> {
        let file = String::from_utf8_lossy(file);
        let reason = format!("LOAD DATA LOCAL is not supported: the server asks for the file `{file}`");
        let refusal = stream::once(async { Err(io::Error::other(reason)) });
        Box::pin(async { Ok(refusal.boxed()) })
    }
}

/// Connects to an address, without TLS where that is allowed and the server has none. The options that led to a
/// connection lead to the next one too.
async fn dial(dsn: &Dsn, options: Opts) -> Result<(Conn, Opts), DriverError> {
    let failure = match attempt(&options).await {
        Ok(connection) => return Ok((connection, options)),
        Err(failure) => failure,
    };
    if is_without_tls(&failure) && dsn.may_fall_back() {
        let options = OptsBuilder::from_opts(options).ssl_opts(None).into();
        return Ok((handshake(dsn, &options).await?, options));
    }
    Err(explained(dsn, failure))
}

/// Dials and authenticates.
async fn handshake(dsn: &Dsn, options: &Opts) -> Result<Conn, DriverError> {
    attempt(options).await.map_err(|failure| explained(dsn, failure))
}

/// Why there is no connection.
enum Failure {
    Told(Error),
    /// The library panics on answers that it does not expect: accounts of the `parsec` kind, malformed keys.
    Panic,
}

async fn attempt(options: &Opts) -> Result<Conn, Failure> {
    let outcome = AssertUnwindSafe(Conn::new(options.clone())).catch_unwind().await;
    outcome.map_err(|_| Failure::Panic)?.map_err(Failure::Told)
}

fn is_without_tls(failure: &Failure) -> bool {
    matches!(failure, Failure::Told(Error::Driver(LibraryError::NoClientSslFlagFromServer)))
}

fn explained(dsn: &Dsn, failure: Failure) -> DriverError {
    let place = place(dsn);
    let cannot = |why: &dyn Display| connect_error(dsn, format!("{place}: {why}"));
    let hinted = |why: &dyn Display, hint: Option<String>| DriverError { hint, ..cannot(why) };
    if is_without_tls(&failure) {
        let hint = "`tls=preferred` goes on without".to_owned();
        return hinted(&"the server does not offer TLS", Some(hint));
    }
    let error = match failure {
        Failure::Told(error) => error,
        Failure::Panic => {
            return connect_error(
                dsn,
                format!("{place} wants to authenticate in a way that is not supported"),
            );
        }
    };
    if let Some(failure) = tls_failure(&error, dsn.tls.mode, host(dsn)) {
        return hinted(&failure.message, failure.hint);
    }
    match error {
        Error::Server(error) => {
            DriverError { detail: Some(circumstances(dsn)), ..server_error(&error, ErrorKind::Connect) }
        }
        Error::Driver(LibraryError::CleartextPluginDisabled) => hinted(
            &"the server wants the password itself",
            Some("`allowCleartextPasswords=true` allows that, over TLS or a socket".to_owned()),
        ),
        Error::Io(IoError::Io(error)) => cannot(&plain(&error.to_string())),
        error => cannot(&error),
    }
}

/// Checks that there is a database, and sets the character set and the variables.
async fn set_up(mut connection: Conn, target: Target) -> Result<MySqlConnection, DriverError> {
    let outcome = if target.dsn.database.is_none() {
        Err(no_database())
    } else {
        set_session(&mut connection, &target.dsn).await
    };
    if let Err(error) = outcome {
        let _ = connection.disconnect().await;
        return Err(error);
    }
    Ok(MySqlConnection::new(connection, target))
}

/// What the server itself says on the first statement, and what to do.
fn no_database() -> DriverError {
    let message = "No database selected: name one after the slash, as in user@tcp(host)/name";
    DriverError {
        sqlstate: Some("3D000".to_owned()),
        number: Some(1046),
        ..DriverError::new(ErrorKind::Config, message)
    }
}

async fn set_session(connection: &mut Conn, dsn: &Dsn) -> Result<(), DriverError> {
    let mut failure = None;
    for command in dsn.options.set_names() {
        failure = connection.query_drop(command).await.err();
        if failure.is_none() {
            break;
        }
    }
    if failure.is_none()
        && let Some(command) = dsn.options.set_variables()
    {
        failure = connection.query_drop(command).await.err();
    }
    match failure {
        None => Ok(()),
        Some(Error::Server(error)) => Err(server_error(&error, ErrorKind::Config)),
        Some(error) => Err(connect_error(dsn, format!("{}: {error}", place(dsn)))),
    }
}

fn connect_error(dsn: &Dsn, message: String) -> DriverError {
    DriverError { detail: Some(circumstances(dsn)), ..DriverError::new(ErrorKind::Connect, message) }
}

/// Where it was tried, as whom.
fn circumstances(dsn: &Dsn) -> String {
    let database = dsn.database.as_ref().map(|name| format!(", database `{name}`")).unwrap_or_default();
    format!("connecting to {} as `{}`{database}", place(dsn), dsn.user)
}

fn host(dsn: &Dsn) -> &str {
    match &dsn.address {
        Address::Tcp { host, .. } => host,
        Address::Unix(name) | Address::Unknown(name) => name,
    }
}

fn place(dsn: &Dsn) -> String {
    match &dsn.address {
        Address::Tcp { host, port, .. } if host.contains(':') => format!("[{host}]:{port}"),
        Address::Tcp { host, port, .. } => format!("{host}:{port}"),
        Address::Unix(path) => path.clone(),
        Address::Unknown(network) => network.clone(),
    }
}
