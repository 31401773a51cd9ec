//! Connection strings: Go's `[user[:password]@][net[(address)]]/name[?key=value&…]`, and URLs.

use crate::drivers::percent_decode;
use crate::{Environment, Secret, TlsFiles, userinfo};

use super::options::Options;
use super::tls::{Mode, Tls};
use super::url;

/// A connection string, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dsn {
    /// As it was given, with the password masked.
    pub(super) redacted: String,
    /// May be empty: the server then takes the connection as anonymous.
    pub(super) user: String,
    pub(super) password: Secret,
    pub(super) address: Address,
    /// The database to use; nothing can be migrated without one.
    pub(super) database: Option<String>,
    pub(super) options: Options,
    /// Off until [`Dsn::secure`].
    pub(super) tls: Tls,
}

/// Where the server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    Tcp {
        host: String,
        port: u16,
        family: Family,
    },
    Unix(String),
    /// A network that does not exist. That only shows on dialling, as with Go's driver.
    Unknown(String),
}

/// Which addresses of a host may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Any,
    V4,
    V6,
}

const DEFAULT_PORT: u16 = 3306;

impl Dsn {
    /// Reads a connection string.
    ///
    /// # Errors
    ///
    /// What is wrong, in the words of Go's driver where it has some; never with the password.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text.strip_prefix("mysql://") {
            Some(rest) if !url::has_go_network(rest) => url::parse(rest),
            // `mysql://user@tcp(host)/name`, as some migration tools want it.
            Some(rest) => {
                let mut dsn = parse_go(rest)?;
                dsn.redacted.insert_str(0, "mysql://");
                dsn.user = userinfo::decode("user", &dsn.user)?;
                dsn.password = Secret::new(userinfo::decode("password", dsn.password.expose())?);
                Ok(dsn)
            }
            None => parse_go(text),
        }
    }

    /// Reads what TLS needs, and checks that no password goes in the clear where somebody may listen.
    ///
    /// # Errors
    ///
    /// Which flag or parameter is wrong, and why.
    pub(super) fn secure(mut self, files: &TlsFiles, environment: &Environment) -> Result<Self, String> {
        self.tls = Tls::new(self.options.tls, files, environment)?;
        let is_socket = matches!(self.address, Address::Unix(_));
        if is_socket && self.tls.mode.verifies() {
            return Err(
                "TLS over a socket is not supported, and not needed: nobody can listen there".to_owned()
            );
        }
        let is_private = is_socket || (self.tls.mode != Mode::Off && !self.may_fall_back());
        if self.options.cleartext && !is_private {
            return Err("`allowCleartextPasswords=true` needs TLS that is not optional: add `tls=true`, or `-certfile FILE`"
                .to_owned());
        }
        Ok(self)
    }

    /// Without TLS is better than not at all.
    pub(super) fn may_fall_back(&self) -> bool {
        self.tls.mode == Mode::Preferred || self.options.may_fall_back
    }
}

/// The same connection string with another database, whose name needs no escapes.
pub(super) fn with_database(text: &str, database: &str) -> Result<String, String> {
    let place = match text.strip_prefix("mysql://") {
        Some(rest) if !url::has_go_network(rest) => text.len() - rest.len() + url::place(rest)?,
        // In Go's form the last slash of all ends the address.
        _ => text.rfind('/').unwrap_or(0),
    };
    let parameters = text[place..].find('?').map_or(text.len(), |at| place + at);
    let slash = text[place..parameters].find('/').map_or(parameters, |at| place + at);
    Ok(format!("{}/{database}{}", &text[..slash], &text[parameters..]))
}

/// Reads Go's form, from the right: the last slash ends the address, the last `@` before it the credentials.
fn parse_go(text: &str) -> Result<Dsn, String> {
    let (before, after) = match text.rsplit_once('/') {
        Some(halves) => halves,
        None if text.is_empty() => ("", ""),
        None => return Err("invalid DSN: missing the slash separating the database name".to_owned()),
    };
    let (credentials, network) = match before.rsplit_once('@') {
        Some((credentials, network)) => (Some(credentials), network),
        None => (None, before),
    };
    let (user, password) = split_credentials(credentials.unwrap_or_default());
    let (name, parameters) = after.split_once('?').unwrap_or((after, ""));
    let address = go_address(network, credentials.is_some())?;
    let name = percent_decode(name, false)
        .map_err(|escape| format!("invalid dbname {name:?}: invalid URL escape {escape:?}"))?;
    Ok(Dsn {
        redacted: redacted(text, user.len(), password.len()),
        user: user.to_owned(),
        password: Secret::new(password),
        address,
        database: Some(name).filter(|name| !name.is_empty()),
        options: Options::parse(parameters)?,
        tls: Tls::default(),
    })
}

/// The user ends at the first colon; everything else is the password, whatever it holds.
pub(super) fn split_credentials(credentials: &str) -> (&str, &str) {
    credentials.split_once(':').unwrap_or((credentials, ""))
}

/// The text with the password masked that stands one byte behind the user.
pub(super) fn redacted(text: &str, user_length: usize, password_length: usize) -> String {
    if password_length == 0 {
        return text.to_owned();
    }
    let start = user_length + 1;
    format!("{}***{}", &text[..start], &text[start + password_length..])
}

/// Reads `net(address)`, `net` or nothing.
fn go_address(network: &str, has_credentials: bool) -> Result<Address, String> {
    let Some((name, address)) = network.split_once('(') else {
        return default_address(network, has_credentials);
    };
    let Some(address) = address.strip_suffix(')') else {
        let reason = if address.contains(')') {
            "invalid DSN: did you forget to escape a param value?"
        } else {
            "invalid DSN: network address not terminated (missing closing brace)"
        };
        return Err(reason.to_owned());
    };
    match name {
        "" | "tcp" if address.is_empty() => default_address("tcp", has_credentials),
        "unix" if address.is_empty() => default_address("unix", has_credentials),
        "" | "tcp" => tcp(address, Family::Any),
        "tcp4" => tcp(address, Family::V4),
        "tcp6" => tcp(address, Family::V6),
        "unix" => Ok(Address::Unix(address.to_owned())),
        _ => Ok(Address::Unknown(name.to_owned())),
    }
}

fn default_address(network: &str, has_credentials: bool) -> Result<Address, String> {
    match network {
        "" | "tcp" => tcp("127.0.0.1", Family::Any),
        "unix" => Ok(Address::Unix("/tmp/mysql.sock".to_owned())),
        // Without an `@`, what looks like a network may be `user:password`.
        _ if !has_credentials && network.contains(':') => {
            let user = network.split(':').next().unwrap_or_default();
            Err(format!("default addr for network '{user}:***' unknown"))
        }
        _ => Err(format!("default addr for network '{network}' unknown")),
    }
}

/// Reads `host`, `host:port`, `[::1]:port`, `:port`.
pub(super) fn tcp(address: &str, family: Family) -> Result<Address, String> {
    let (host, port) = match address.rsplit_once(':') {
        // More than one colon and no brackets: an IPv6 address without a port.
        Some((host, _)) if host.contains(':') && !host.ends_with(']') => (address, None),
        Some((_, rest)) if rest.ends_with(']') => (address, None),
        Some((host, port)) => (host, Some(port)),
        None => (address, None),
    };
    let port = match port {
        None | Some("") => DEFAULT_PORT,
        Some(port) => port.parse().map_err(|_| format!("invalid port in the address `{address}`"))?,
    };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let host = if host.is_empty() { "127.0.0.1" } else { host };
    Ok(Address::Tcp { host: host.to_owned(), port, family })
}

#[cfg(test)]
mod tests;
