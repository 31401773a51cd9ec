//! Connection strings in URL form.

use std::net::Ipv6Addr;
use std::ops::Range;

use super::dsn::{Pair, canonical, is_key, refuse};
use super::keys::is_known;
use crate::DriverError;
use crate::drivers::percent_decode;
use crate::userinfo::{self, UNCLEAR};

/// Where a URL goes on after its scheme; `None` for what is not a PostgreSQL URL.
pub(super) fn rest(dbstring: &str) -> Option<usize> {
    ["postgres://", "postgresql://"].iter().find_map(|scheme| {
        let start = dbstring.get(..scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(scheme.len())
    })
}

/// Where the parts of a URL stand in it.
pub(super) struct Parts {
    /// Before the `@` that ends user and password.
    userinfo: Option<Range<usize>>,
    hosts: Range<usize>,
    /// Without its `/`.
    path: Range<usize>,
    /// Without its `?`.
    pub(super) query: Range<usize>,
}

impl Parts {
    /// The path with the `/` that begins it, where there is one.
    pub(super) fn path_and_slash(&self) -> Range<usize> {
        self.hosts.end..self.path.end
    }
}

/// Finds the parts.
pub(super) fn parts(dbstring: &str, start: usize) -> Result<Parts, DriverError> {
    let end = dbstring.len();
    let at = userinfo_end(&dbstring[start..])?.map(|at| start + at);
    let hosts = at.map_or(start, |at| at + 1);
    let question = dbstring[hosts..].find('?').map_or(end, |at| hosts + at);
    let slash = dbstring[hosts..question].find('/').map_or(question, |at| hosts + at);
    Ok(Parts {
        userinfo: at.map(|at| start..at),
        hosts: hosts..slash,
        path: (slash + 1).min(question)..question,
        query: (question + 1).min(end)..end,
    })
}

/// The `@` that ends user and password; `None` where there are none.
///
/// To other clients `/` and `?` end the part with user and hosts, and its last `@` counts. That holds here too, unless
/// an `@` comes later: then it may be that the password holds a `/` or a `?`.
fn userinfo_end(rest: &str) -> Result<Option<usize>, DriverError> {
    let authority = rest.find(['/', '?']).unwrap_or(rest.len());
    let usual = rest[..authority].rfind('@');
    let behind = userinfo::behind(rest, usual);
    let (place, _) = behind.split_once('?').unwrap_or((behind, ""));
    let is_settled = place.contains('/') && !place.contains('@') && is_place(behind);
    if is_settled || !behind.contains('@') {
        return Ok(usual);
    }
    let mut ends = userinfo::ends(rest, is_place);
    ends.retain(|end| !end.is_some_and(|at| is_in_parameter(&rest[..at])));
    match ends.as_slice() {
        [end] => Ok(*end),
        [] => {
            Err(refuse(format!("no `@` of the URL is followed by a host with a plausible port; {UNCLEAR}")))
        }
        _ => Err(refuse(UNCLEAR)),
    }
}

/// Whether this looks like `host:port,host:port/name?key=value`, of which each part may be missing.
fn is_place(text: &str) -> bool {
    let (place, parameters) = text.split_once('?').unwrap_or((text, ""));
    let (hosts, name) = place.split_once('/').unwrap_or((place, ""));
    hosts.split(',').all(is_host)
        && !name.trim_start_matches('/').contains('/')
        && parameters.split('&').all(|item| item.is_empty() || is_parameter(item))
}

fn is_host(item: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]%".contains(&byte) || !byte.is_ascii();
    item.bytes().all(is_plain) && host_and_port(item).is_ok()
}

fn is_parameter(item: &str) -> bool {
    item.split_once('=').is_some_and(|(key, _)| is_key(key) || key.contains('%'))
}

/// Whether this ends within the value of a parameter that every client knows, so that an `@` that follows is the
/// value's.
fn is_in_parameter(before: &str) -> bool {
    let item = before.rfind(['?', '&']).map(|at| &before[at + 1..]);
    item.and_then(|item| item.split_once('=')).is_some_and(|(key, _)| is_known(&canonical(key)))
}

/// The password within the user's part of a URL.
pub(super) fn password(dbstring: &str, userinfo: &Range<usize>) -> Option<Range<usize>> {
    let colon = dbstring[userinfo.clone()].find(':')?;
    Some(userinfo.start + colon + 1..userinfo.end)
}

/// The settings of a URL; those after the `?` come last, since they are the stronger.
pub(super) fn pairs(dbstring: &str, start: usize) -> Result<Vec<Pair>, DriverError> {
    let parts = parts(dbstring, start)?;
    let mut pairs = Vec::new();
    if let Some(userinfo) = &parts.userinfo {
        let password = password(dbstring, userinfo);
        let user_end = password.as_ref().map_or(userinfo.end, |password| password.start - 1);
        push(&mut pairs, dbstring, "user", userinfo.start..user_end, credential)?;
        if let Some(password) = password {
            push(&mut pairs, dbstring, "password", password, credential)?;
        }
    }
    push_hosts(&mut pairs, dbstring, parts.hosts)?;
    push_path(&mut pairs, dbstring, parts.path)?;
    push_query(&mut pairs, dbstring, parts.query)?;
    Ok(pairs)
}

/// Adds a setting, unless it is empty.
fn push(
    pairs: &mut Vec<Pair>,
    dbstring: &str,
    key: &str,
    span: Range<usize>,
    decode: impl Fn(&str, &str) -> Result<String, DriverError>,
) -> Result<(), DriverError> {
    let value = decode(&dbstring[span.clone()], key)?;
    if !value.is_empty() {
        pairs.push(Pair { key: key.to_owned(), value, span });
    }
    Ok(())
}

fn push_hosts(pairs: &mut Vec<Pair>, dbstring: &str, span: Range<usize>) -> Result<(), DriverError> {
    if span.is_empty() {
        return Ok(());
    }
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    for item in dbstring[span.clone()].split(',') {
        let (host, port) = host_and_port(item)?;
        hosts.push(decode(host, "host")?);
        ports.push(port);
    }
    if hosts.iter().any(|host| !host.is_empty()) {
        pairs.push(Pair { key: "host".to_owned(), value: hosts.join(","), span: span.clone() });
    }
    if ports.iter().any(|port| !port.is_empty()) {
        pairs.push(Pair { key: "port".to_owned(), value: ports.join(","), span });
    }
    Ok(())
}

/// Splits `host:port`, `[::1]:port` and the bare `::1`. Echoes nothing: this may be the end of a broken password.
fn host_and_port(item: &str) -> Result<(&str, &str), DriverError> {
    let (host, port) = if let Some(rest) = item.strip_prefix('[') {
        let (host, port) =
            rest.split_once(']').ok_or_else(|| refuse("the host has a `[` without its `]`"))?;
        if host.parse::<Ipv6Addr>().is_err() {
            return Err(refuse("what stands between `[` and `]` is not an IPv6 address"));
        }
        match port.strip_prefix(':') {
            None if !port.is_empty() => return Err(refuse("only `:port` may follow the `]` of a host")),
            port => (host, port.unwrap_or("")),
        }
    } else if item.parse::<Ipv6Addr>().is_ok() {
        (item, "")
    } else {
        item.split_once(':').unwrap_or((item, ""))
    };
    if port.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok((host, port));
    }
    Err(refuse(
        "the port in the URL is not a number (in a password write `/` as `%2F`, `?` as `%3F`, `@` as `%40`, `:` as `%3A`)",
    ))
}

fn push_path(pairs: &mut Vec<Pair>, dbstring: &str, span: Range<usize>) -> Result<(), DriverError> {
    let path = &dbstring[span.clone()];
    no_fragment(path)?;
    let start = span.end - path.trim_start_matches('/').len();
    push(pairs, dbstring, "dbname", start..span.end, decode)
}

fn push_query(pairs: &mut Vec<Pair>, dbstring: &str, span: Range<usize>) -> Result<(), DriverError> {
    let first = pairs.len();
    let mut start = span.start;
    for item in dbstring[span].split('&') {
        let at = start;
        start += item.len() + 1;
        if item.is_empty() {
            continue;
        }
        let Some((key, raw)) = item.split_once('=') else {
            return Err(refuse("after the `?` of the URL, every item must be `key=value`, divided by `&`"));
        };
        let Some(key) = percent_decode(key, true).ok().filter(|key| is_key(key)) else {
            return Err(refuse("after the `?` of the URL stands something that is not a key"));
        };
        let key = canonical(&key);
        no_fragment(raw)?;
        let value = decode(&raw.replace('+', " "), &key)?;
        let (key, value) = require_for_ssl(key, value);
        if pairs[first..].iter().any(|pair| pair.key == key && pair.value != value) {
            return Err(refuse(format!("`{key}` is given twice in the URL")));
        }
        let from = at + item.len() - raw.len();
        pairs.push(Pair { key, value, span: from..from + raw.len() });
    }
    Ok(())
}

/// `ssl=true` is JDBC's way to say `sslmode=require`; libpq understands it too.
fn require_for_ssl(key: String, value: String) -> (String, String) {
    if key == "ssl" && value == "true" { ("sslmode".to_owned(), "require".to_owned()) } else { (key, value) }
}

/// Clients differ about `#`: to some it ends the URL, to others it is a character like any other.
fn no_fragment(text: &str) -> Result<(), DriverError> {
    if text.contains('#') { Err(refuse("`#` must be written as `%23` in the URL")) } else { Ok(()) }
}

/// Decodes `%41`.
fn decode(text: &str, what: &str) -> Result<String, DriverError> {
    percent_decode(text, false).map_err(|_| {
        refuse(format!("a `%` in the `{what}` of the URL begins no escape of a text (write `%` as `%25`)"))
    })
}

/// Decodes user or password.
fn credential(text: &str, what: &str) -> Result<String, DriverError> {
    userinfo::decode(what, text).map_err(refuse)
}
