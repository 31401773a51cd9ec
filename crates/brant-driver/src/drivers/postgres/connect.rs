//! From a connection string's facts to an open connection.

use std::net::IpAddr;
use std::sync::Arc;

use tokio_postgres::config::{SslMode, SslNegotiation};
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Error, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::connection::PostgresConnection;
use super::conninfo::ConnInfo;
use super::failure::{Failure, report};
use super::hosts::Host;
use super::role::{Reported, Role};
use super::tls::Connector;
use super::{error, lot, tls};
use crate::DriverError;
use crate::drivers::plain;

/// The library's half that does the reading and writing.
pub(super) type Wire =
    tokio_postgres::Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

/// All that connecting takes, the contents of files included.
pub(super) struct Dialer {
    pub(super) info: Arc<ConnInfo>,
    pub(super) tls: Connector,
}

/// One address of one host, so that a second connection gets to the very same server.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) host: Host,
    /// `None` for a socket directory.
    pub(super) address: Option<IpAddr>,
    /// What is tried in turn.
    ssl_modes: Vec<SslMode>,
}

/// Tries the hosts one after another.
pub(super) async fn connect(info: &Arc<ConnInfo>) -> Result<PostgresConnection, DriverError> {
    let uses_tls = info.hosts.iter().any(|host| !host.is_socket());
    let tls = tls::connector(&info.ssl, uses_tls)?;
    let dialer = Arc::new(Dialer { info: Arc::clone(info), tls });
    let mut hosts = info.hosts.clone();
    if info.balance {
        lot::shuffle(&mut hosts);
    }
    let mut failures = Vec::new();
    for role in info.role.rounds() {
        failures.clear();
        match try_all(&dialer, &hosts, *role, &mut failures).await {
            Some(connection) => return Ok(connection),
            None if failures.last().is_some_and(|failure| failure.last_word) => break,
            None => {}
        }
    }
    Err(report(info, &hosts, failures))
}

/// `None`: there is none, and the failures say why.
async fn try_all(
    dialer: &Arc<Dialer>,
    hosts: &[Host],
    role: Role,
    failures: &mut Vec<Failure>,
) -> Option<PostgresConnection> {
    for host in hosts {
        let mut addresses = match addresses(host).await {
            Ok(addresses) => addresses,
            Err(failure) => {
                failures.push(failure);
                continue;
            }
        };
        if dialer.info.balance {
            lot::shuffle(&mut addresses);
        }
        for address in addresses {
            match open(dialer, Target::new(&dialer.info, host, address), role).await {
                Ok(connection) => return Some(connection),
                Err(failure) => failures.push(failure),
            }
            if failures.last().is_some_and(|failure| failure.last_word) {
                return None;
            }
        }
    }
    None
}

/// Connects once more to where a connection has been made. That the server is of the wanted sort is known by now.
pub(super) async fn again(dialer: &Arc<Dialer>, target: &Target) -> Result<PostgresConnection, DriverError> {
    let opened = open(dialer, target.clone(), Role::Any).await;
    opened.map_err(|failure| report(&dialer.info, std::slice::from_ref(&target.host), vec![failure]))
}

impl Target {
    fn new(info: &ConnInfo, host: &Host, address: Option<IpAddr>) -> Self {
        // Sockets of this machine have no use for TLS, and no server offers it there.
        let ssl_modes = if host.is_socket() { &[SslMode::Disable] } else { info.ssl.mode.attempts() };
        Self { host: host.clone(), address, ssl_modes: ssl_modes.to_vec() }
    }

    fn config(&self, info: &ConnInfo, ssl_mode: SslMode) -> Config {
        let mut config = Config::new();
        config.host(&self.host.name).port(self.host.port);
        if let Some(address) = self.address {
            config.hostaddr(address);
        }
        config
            .ssl_mode(ssl_mode)
            .channel_binding(info.channel_binding)
            .application_name(&info.application_name);
        if info.ssl.direct {
            config.ssl_negotiation(SslNegotiation::Direct);
        }
        if let Some(password) = info.password_for(&self.host) {
            config.password(password.expose());
        }
        set_some(&mut config, info);
        config
    }
}

/// The settings that may be absent.
fn set_some(config: &mut Config, info: &ConnInfo) {
    if let Some(user) = &info.user {
        config.user(user);
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
        Err(error) => return Err(Failure::new(host, None, plain(&error.to_string()))),
    };
    found.dedup();
    if found.is_empty() {
        Err(Failure::new(host, None, "the name has no address".to_owned()))
    } else {
        Ok(found)
    }
}

/// One address.
async fn open(dialer: &Arc<Dialer>, target: Target, role: Role) -> Result<PostgresConnection, Failure> {
    let attempt = async {
        let opened = negotiate(dialer, &target).await?;
        let reported = Reported::read(|name| opened.wire.parameter(name));
        let target = Target { ssl_modes: vec![opened.ssl_mode], ..target.clone() };
        let mut connection =
            PostgresConnection::start(opened.client, opened.wire, Arc::clone(dialer), target);
        match role.check(&mut connection, reported).await {
            Ok(()) => Ok(connection),
            Err(error) => {
                Err(Failure::new(&connection.target.host, connection.target.address, error.message))
            }
        }
    };
    match dialer.info.connect_timeout {
        None => attempt.await,
        Some(limit) => tokio::time::timeout(limit, attempt).await.unwrap_or_else(|_| {
            Err(Failure::new(&target.host, target.address, "connection timed out".to_owned()))
        }),
    }
}

/// What an attempt yields.
struct Opened {
    client: Client,
    wire: Wire,
    /// The mode in which it succeeded.
    ssl_mode: SslMode,
}

/// A server that lets in whoever has the password may not be the one that is meant.
const NOT_ASKED: &str = "`sslcertmode=require`: the server has not asked for the client's certificate";

/// Connects; with `prefer` and `allow` a second time, without TLS or with it, where the trouble may lie there, as libpq
/// does.
async fn negotiate(dialer: &Dialer, target: &Target) -> Result<Opened, Failure> {
    let mut before = None;
    let mut modes = target.ssl_modes.iter().copied().peekable();
    while let Some(ssl_mode) = modes.next() {
        let (tls, shown) = dialer.tls.session();
        match target.config(&dialer.info, ssl_mode).connect(tls).await {
            Ok(_) if dialer.info.ssl.must_show && !shown.get() => {
                return Err(Failure::new(&target.host, target.address, NOT_ASKED.to_owned()));
            }
            Ok((client, wire)) => return Ok(Opened { client, wire, ssl_mode }),
            Err(error) if modes.peek().is_some() && other_mode_may_help(&error) => {
                before = Some(error::words(&error));
            }
            Err(error) => {
                return Err(Failure::of(&dialer.info, target, &error, before.map(|why| (why, ssl_mode))));
            }
        }
    }
    Err(Failure::new(&target.host, target.address, "no way to connect is allowed".to_owned()))
}

/// The handshake failed, or the server has no entry for this user with TLS, but may have one without (or the other
/// way round).
fn other_mode_may_help(error: &Error) -> bool {
    error::is_tls(error) || error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
}
