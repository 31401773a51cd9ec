//! From a connection string's facts to an open connection.

use std::net::IpAddr;
use std::sync::Arc;

use tokio_postgres::config::{SslMode, TargetSessionAttrs};
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Error, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::connection::PostgresConnection;
use super::conninfo::{ConnInfo, Host};
use super::{error, tls};
use crate::{DriverError, ErrorKind};

/// The library's half that does the reading and writing.
pub(super) type Wire =
    tokio_postgres::Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

/// One address of one host, so that a second connection gets to the very same server.
#[derive(Clone, Debug)]
pub(super) struct Target {
    host: Host,
    /// `None` for a socket directory.
    address: Option<IpAddr>,
    ssl_mode: SslMode,
    session_attributes: TargetSessionAttrs,
}

/// Tries the hosts one after another.
pub(super) async fn connect(info: &Arc<ConnInfo>) -> Result<PostgresConnection, DriverError> {
    let mut failures = Vec::new();
    for host in &info.hosts {
        let addresses = match addresses(host).await {
            Ok(addresses) => addresses,
            Err(failure) => {
                failures.push(failure);
                continue;
            }
        };
        for address in addresses {
            match open(info, Target::new(info, host, address)).await {
                Ok(connection) => return Ok(connection),
                Err(failure) => failures.push(failure),
            }
            if failures.last().is_some_and(|failure| failure.last_word) {
                return Err(report(info, &info.hosts, failures));
            }
        }
    }
    Err(report(info, &info.hosts, failures))
}

/// Connects once more to where a connection has been made.
pub(super) async fn again(info: &Arc<ConnInfo>, target: &Target) -> Result<PostgresConnection, DriverError> {
    // That the server is of the wanted sort is known by now.
    let target = Target { session_attributes: TargetSessionAttrs::Any, ..target.clone() };
    let host = target.host.clone();
    open(info, target).await.map_err(|failure| report(info, &[host], vec![failure]))
}

impl Target {
    fn new(info: &ConnInfo, host: &Host, address: Option<IpAddr>) -> Self {
        // Sockets of this machine have no use for TLS, and no server offers it there.
        let ssl_mode = if host.is_socket() { SslMode::Disable } else { info.ssl_mode };
        Self { host: host.clone(), address, ssl_mode, session_attributes: info.session_attributes }
    }

    fn config(&self, info: &ConnInfo) -> Config {
        let mut config = Config::new();
        config.host(&self.host.name).port(self.host.port);
        if let Some(address) = self.address {
            config.hostaddr(address);
        }
        config
            .ssl_mode(self.ssl_mode)
            .target_session_attrs(self.session_attributes)
            .channel_binding(info.channel_binding)
            .application_name(&info.application_name);
        set_some(&mut config, info);
        config
    }
}

/// The settings that may be absent.
fn set_some(config: &mut Config, info: &ConnInfo) {
    if let Some(user) = &info.user {
        config.user(user);
    }
    if let Some(password) = &info.password {
        config.password(password.expose());
    }
    if let Some(database) = &info.database {
        config.dbname(database);
    }
    if let Some(options) = &info.options {
        config.options(options);
    }
    let keepalives = &info.keepalives;
    config.keepalives(keepalives.on).keepalives_idle(keepalives.idle);
    if let Some(interval) = keepalives.interval {
        config.keepalives_interval(interval);
    }
    if let Some(count) = keepalives.count {
        config.keepalives_retries(count);
    }
    if let Some(timeout) = keepalives.user_timeout {
        config.tcp_user_timeout(timeout);
    }
}

/// The addresses of a host; a socket directory counts as one without an address.
async fn addresses(host: &Host) -> Result<Vec<Option<IpAddr>>, Failure> {
    if host.is_socket() {
        return Ok(vec![None]);
    }
    if let Some(address) = host.address {
        return Ok(vec![Some(address)]);
    }
    let found = tokio::net::lookup_host((host.name.as_str(), host.port)).await;
    let mut found: Vec<Option<IpAddr>> = match found {
        Ok(found) => found.map(|address| Some(address.ip())).collect(),
        Err(error) => return Err(Failure::new(host, None, error::plain(&error.to_string()))),
    };
    found.dedup();
    if found.is_empty() {
        Err(Failure::new(host, None, "the name has no address".to_owned()))
    } else {
        Ok(found)
    }
}

/// One attempt.
async fn open(info: &Arc<ConnInfo>, target: Target) -> Result<PostgresConnection, Failure> {
    let attempt = negotiate(info, &target);
    let opened = match info.connect_timeout {
        None => attempt.await,
        Some(limit) => tokio::time::timeout(limit, attempt).await.unwrap_or_else(|_| {
            Err(Failure::new(&target.host, target.address, "connection timed out".to_owned()))
        }),
    };
    let Opened { client, wire, tls, ssl_mode } = opened?;
    Ok(PostgresConnection::start(client, wire, tls, Arc::clone(info), Target { ssl_mode, ..target }))
}

/// What an attempt yields.
struct Opened {
    client: Client,
    wire: Wire,
    tls: MakeRustlsConnect,
    /// The mode in which it succeeded.
    ssl_mode: SslMode,
}

/// Connects, with `prefer` a second time without TLS where the trouble may lie there, as libpq does.
async fn negotiate(info: &ConnInfo, target: &Target) -> Result<Opened, Failure> {
    let tls = tls::connector().map_err(|error| Failure::new(&target.host, target.address, error.message))?;
    let mut ssl_mode = target.ssl_mode;
    let mut opened = target.config(info).connect(tls.clone()).await;
    let mut before = None;
    if let Err(error) = &opened
        && ssl_mode == SslMode::Prefer
        && plain_may_help(error)
    {
        before = Some(error::words(error));
        ssl_mode = SslMode::Disable;
        opened = target.config(info).ssl_mode(ssl_mode).connect(tls.clone()).await;
    }
    match opened {
        Ok((client, wire)) => Ok(Opened { client, wire, tls, ssl_mode }),
        Err(error) => Err(Failure::of(target, &error, before)),
    }
}

/// The handshake failed, or the server has no entry for this user with TLS, but may have one without.
fn plain_may_help(error: &Error) -> bool {
    error::is_tls(error) || error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
}

/// Why one attempt failed.
struct Failure {
    /// Host, port and address.
    place: String,
    error: DriverError,
    /// The server has answered, and another one would say the same.
    last_word: bool,
}

impl Failure {
    fn new(host: &Host, address: Option<IpAddr>, words: String) -> Self {
        let address = address.map(|address| address.to_string()).filter(|address| *address != host.name);
        let address = address.map(|address| format!(" ({address})")).unwrap_or_default();
        let place = format!("{} port {}{address}", host.name, host.port);
        Self { place, error: DriverError::new(ErrorKind::Connect, words), last_word: false }
    }

    /// `before`: what went wrong with TLS, where this is about the attempt without.
    fn of(target: &Target, error: &Error, before: Option<String>) -> Self {
        let failure = Self::new(&target.host, target.address, error::words(error));
        let Some(facts) = error.as_db_error() else {
            return failure.after(before);
        };
        // Servers that start, stop, recover or are full may have a neighbour that does not.
        let elsewhere = ["57", "53", "08"].iter().any(|class| facts.code().code().starts_with(class));
        let error = error::of_server(facts, ErrorKind::Connect, "");
        Self { error, last_word: !elsewhere, ..failure }.after(before)
    }

    fn after(mut self, before: Option<String>) -> Self {
        if let Some(before) = before.filter(|before| *before != self.error.message) {
            self.error.message = format!("{before}; without TLS: {}", self.error.message);
        }
        self
    }
}

/// One error out of all attempts. It has the server's facts where one has answered.
fn report(info: &ConnInfo, hosts: &[Host], failures: Vec<Failure>) -> DriverError {
    let names: Vec<&str> = hosts.iter().map(|host| host.name.as_str()).collect();
    let ports: Vec<String> = hosts.iter().map(|host| host.port.to_string()).collect();
    let mut place = format!("host={} port={}", names.join(","), ports.join(","));
    for (key, value) in [("user", &info.user), ("database", &info.database)] {
        if let Some(value) = value {
            place = format!("{place} {key}={value}");
        }
    }
    let reason = match failures.as_slice() {
        [first, rest @ ..] if rest.iter().all(|failure| failure.error.message == first.error.message) => {
            first.error.message.clone()
        }
        all => {
            let each = all.iter().map(|failure| format!("{}: {}", failure.place, failure.error.message));
            each.collect::<Vec<_>>().join("; ")
        }
    };
    let told = failures.into_iter().map(|failure| failure.error).rfind(|error| error.sqlstate.is_some());
    let error = told.unwrap_or_else(|| DriverError::new(ErrorKind::Connect, String::new()));
    DriverError { message: format!("failed to connect to `{place}`: {reason}"), ..error }
}
