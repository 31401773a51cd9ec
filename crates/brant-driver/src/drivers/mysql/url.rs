//! URLs: `mysql://user:password@host:port/name?key=value&…`. The parameters are Go's, and `socket`, the path of a Unix
//! socket.
//!
//! A password needs no escapes as long as the text behind a single `@` looks like `host:port/name` with parameters.

use crate::Secret;
use crate::drivers::percent_decode;
use crate::userinfo;

use super::dsn::{Address, Dsn, Family, redacted, split_credentials, tcp};
use super::options::Options;
use super::tls::Tls;

/// `net(address)` stands before the database name, as in Go's form.
pub(super) fn has_go_network(rest: &str) -> bool {
    let before_name = rest.rsplit_once('/').map_or(rest, |(before, _)| before);
    let network = before_name.rsplit_once('@').map_or(before_name, |(_, network)| network);
    let name = network.split('(').next().unwrap_or_default();
    network.contains('(') && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Reads what follows `mysql://`.
pub(super) fn parse(rest: &str) -> Result<Dsn, String> {
    let at = userinfo_end(rest)?;
    let (credentials, behind) = (&rest[..at.unwrap_or(0)], userinfo::behind(rest, at));
    let (user, password) = split_credentials(credentials);
    let (place, parameters) = behind.split_once('?').unwrap_or((behind, ""));
    let (host, name) = place.split_once('/').unwrap_or((place, ""));
    // Without an `@` it may be user and password that stand where the host is looked for.
    if at.is_none() && tcp(host, Family::Any).is_err() {
        return Err("invalid port, or `@HOST` is missing behind the password".to_owned());
    }
    let mut options = Options::parse(parameters)?;
    let socket = options.take_variable("socket");
    let address = match socket {
        Some(path) => Address::Unix(path),
        None => tcp(&decode("host", host)?, Family::Any)?,
    };
    Ok(Dsn {
        redacted: format!("mysql://{}", redacted(rest, user.len(), password.len())),
        user: userinfo::decode("user", user)?,
        password: Secret::new(userinfo::decode("password", password)?),
        address,
        database: Some(decode("database name", name)?).filter(|name| !name.is_empty()),
        options,
        tls: Tls::default(),
    })
}

/// Where host, port and name begin in what follows `mysql://`.
pub(super) fn place(rest: &str) -> Result<usize, String> {
    Ok(userinfo_end(rest)?.map_or(0, |at| at + 1))
}

/// The `@` that ends the credentials; `None` where there are none.
fn userinfo_end(rest: &str) -> Result<Option<usize>, String> {
    match userinfo::ends(rest, is_place).as_slice() {
        [end] => Ok(*end),
        // Nothing fits. The last `@` before the parameters, so that no part of a password is taken for a host.
        [] => {
            let parameters = rest.find('?').unwrap_or(rest.len());
            Ok(rest[..parameters].rfind('@').or_else(|| rest.rfind('@')))
        }
        _ => Err(userinfo::UNCLEAR.to_owned()),
    }
}

/// Whether this looks like `host:port/name?key=value`, where host and port may be missing and the name may not.
fn is_place(text: &str) -> bool {
    let (place, parameters) = text.split_once('?').unwrap_or((text, ""));
    let Some((address, name)) = place.split_once('/') else { return false };
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]%".contains(&byte) || !byte.is_ascii();
    address.bytes().all(is_host)
        && tcp(address, Family::Any).is_ok()
        && !name.is_empty()
        && !name.contains(['/', '@', ':'])
        && parameters.split('&').all(|parameter| parameter.is_empty() || is_parameter(parameter))
}

fn is_parameter(text: &str) -> bool {
    let is_key = |byte: u8| byte.is_ascii_alphanumeric() || b"_.@%".contains(&byte);
    text.split_once('=').is_some_and(|(key, _)| key.bytes().all(is_key))
}

fn decode(what: &str, text: &str) -> Result<String, String> {
    percent_decode(text, false).map_err(|escape| format!("invalid URL escape {escape:?} in the {what}"))
}
