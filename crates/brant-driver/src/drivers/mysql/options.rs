//! The parameters of a connection string.

use std::path::Path;
use std::time::Duration;

use crate::drivers::percent_decode;

use super::duration::parse_go_duration;
use super::tls::Mode;

/// What the parameters of a connection string ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    /// `timeout`: bounds connecting, the handshake included.
    pub(super) connect_timeout: Option<Duration>,
    /// `readTimeout`: bounds each wait for the server, and so the longest statement.
    pub(super) read_timeout: Option<Duration>,
    /// `writeTimeout`: the client library cannot bound writing alone; it is added to the first wait.
    pub(super) write_timeout: Option<Duration>,
    /// `charset`: the first of these that the server knows is used.
    pub(super) charsets: Vec<String>,
    /// `collation`.
    pub(super) collation: Option<String>,
    /// `maxAllowedPacket`: the longest message in bytes; else the server decides.
    pub(super) max_packet: Option<usize>,
    /// `tls`.
    pub(super) tls: Mode,
    /// `allowFallbackToPlaintext`: go on without TLS where the server does not offer it.
    pub(super) may_fall_back: bool,
    /// `allowCleartextPasswords`: send the password itself, where the server asks for that.
    pub(super) cleartext: bool,
    /// `compress`.
    pub(super) compress: bool,
    /// `connectionAttributes`.
    pub(super) attributes: Vec<(String, String)>,
    /// Variables of the session, as they are to be set.
    pub(super) variables: Vec<(String, String)>,
}

impl Options {
    /// Reads `key=value&key=value`. Keys are taken as they are; values are percent-decoded.
    pub(super) fn parse(parameters: &str) -> Result<Self, String> {
        let mut options = Self::default();
        for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
            // Go's driver passes over a parameter without a value; here nothing is ignored. It is not shown: in a
            // mistyped connection string it may be part of the password.
            let (key, value) =
                parameter.split_once('=').ok_or("a parameter has no value: write key=value")?;
            options.apply(key, value)?;
        }
        if options.write_timeout.is_some() && options.read_timeout.is_none() {
            return Err("`writeTimeout` is not supported without `readTimeout`".to_owned());
        }
        Ok(options)
    }

    fn apply(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "timeout" => self.connect_timeout = timeout(value)?,
            "readTimeout" => self.read_timeout = timeout(value)?,
            "writeTimeout" => self.write_timeout = timeout(value)?,
            "charset" => self.charsets = value.split(',').map(name).collect::<Result<_, _>>()?,
            "collation" => self.collation = Some(name(value)?),
            "maxAllowedPacket" => self.max_packet = max_packet(value)?,
            "connectionAttributes" => self.attributes = attributes(value)?,
            "loc" => check_zone(&decode(value)?)?,
            "tls" => self.tls = tls(value)?,
            "timeTruncate" => drop(parse_go_duration(value)?),
            "serverPubKey" => return Err(unsupported(key, value)),
            "strict" => return Err("`strict` has been removed: set sql_mode instead".to_owned()),
            _ => return self.apply_switch(key, value),
        }
        Ok(())
    }

    fn apply_switch(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            // These change only how Go programs see parameters and results: times as `time.Time`, columns with
            // their table, rows found instead of changed. Several commands in one message are always allowed here.
            "parseTime" | "multiStatements" | "interpolateParams" | "columnsWithAlias" | "clientFoundRows"
            // These decide whether a pool picks another connection; here a lost connection, or a server that
            // only reads, is reported.
            | "checkConnLiveness" | "rejectReadOnly" => boolean(value).map(drop),
            "allowNativePasswords" if !boolean(value)? => Err(unsupported(key, value)),
            "allowNativePasswords" => Ok(()),
            "allowOldPasswords" | "allowAllFiles" if boolean(value)? => Err(unsupported(key, value)),
            "allowOldPasswords" | "allowAllFiles" => Ok(()),
            "allowCleartextPasswords" => boolean(value).map(|on| self.cleartext = on),
            "allowFallbackToPlaintext" => boolean(value).map(|on| self.may_fall_back = on),
            "compress" => boolean(value).map(|on| self.compress = on),
            _ => self.set_variable(key, value),
        }
    }

    /// Any other key is a variable of the session; the last value counts.
    fn set_variable(&mut self, key: &str, value: &str) -> Result<(), String> {
        let value = decode(value)?;
        self.take_variable(key);
        self.variables.push((key.to_owned(), value));
        Ok(())
    }

    /// Takes a variable out again.
    pub(super) fn take_variable(&mut self, key: &str) -> Option<String> {
        let at = self.variables.iter().position(|(known, _)| known == key)?;
        Some(self.variables.remove(at).1)
    }

    /// The commands that set the character set, of which the first to succeed is enough.
    pub(super) fn set_names(&self) -> Vec<String> {
        let collate = self.collation.as_ref().map(|name| format!(" COLLATE {name}")).unwrap_or_default();
        if let (true, Some(collation)) = (self.charsets.is_empty(), &self.collation) {
            // A collation's name begins with that of its character set.
            let charset = collation.split('_').next().unwrap_or_default();
            return vec![format!("SET NAMES {charset}{collate}")];
        }
        self.charsets.iter().map(|charset| format!("SET NAMES {charset}{collate}")).collect()
    }

    /// The one command that sets all variables.
    pub(super) fn set_variables(&self) -> Option<String> {
        let list: Vec<String> =
            self.variables.iter().map(|(key, value)| format!("{key} = {value}")).collect();
        (!list.is_empty()).then(|| format!("SET {}", list.join(", ")))
    }
}

fn unsupported(key: &str, value: &str) -> String {
    format!("`{key}={value}` is not supported")
}

fn decode(value: &str) -> Result<String, String> {
    percent_decode(value, true).map_err(|escape| format!("invalid URL escape {escape:?}"))
}

fn boolean(value: &str) -> Result<bool, String> {
    match value {
        "1" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(format!("invalid bool value: {value}")),
    }
}

/// Zero means no bound.
fn timeout(value: &str) -> Result<Option<Duration>, String> {
    Ok(Some(parse_go_duration(value)?).filter(|duration| !duration.is_zero()))
}

/// The name of a character set or a collation.
fn name(value: &str) -> Result<String, String> {
    let value = value.trim();
    let is_name = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_name { Ok(value.to_owned()) } else { Err(format!("invalid character set or collation: {value}")) }
}

/// Zero asks for the server's own bound; the server applies that by itself.
fn max_packet(value: &str) -> Result<Option<usize>, String> {
    let number: usize = value.parse().map_err(|_| format!("invalid maxAllowedPacket: {value}"))?;
    Ok(Some(number).filter(|number| *number != 0))
}

/// `key:value,key:value`
fn attributes(value: &str) -> Result<Vec<(String, String)>, String> {
    let decoded = decode(value)?;
    let pairs = decoded.split(',').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| match pair.split_once(':') {
            Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
            None => Err(format!("invalid connectionAttributes value: {pair}")),
        })
        .collect()
}

fn tls(value: &str) -> Result<Mode, String> {
    match decode(value)?.as_str() {
        "0" | "false" | "FALSE" | "False" => Ok(Mode::Off),
        "1" | "true" | "TRUE" | "True" => Ok(Mode::Verify),
        "skip-verify" => Ok(Mode::SkipVerify),
        "preferred" => Ok(Mode::Preferred),
        "custom" => Ok(Mode::Custom),
        unknown => Err(format!("invalid value / unknown config name: {unknown}")),
    }
}

/// `loc` says in which zone Go programs see times. Times are shown here as the server gives them, so the name is
/// only checked: a mistyped one is an error with Go's driver.
fn check_zone(zone: &str) -> Result<(), String> {
    if matches!(zone, "" | "UTC" | "Local") {
        return Ok(());
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-' | b'+');
    let is_known = zone.bytes().all(is_plain)
        && !zone.starts_with('/')
        && Path::new("/usr/share/zoneinfo").join(zone).is_file();
    if is_known { Ok(()) } else { Err(format!("unknown time zone {zone}")) }
}
