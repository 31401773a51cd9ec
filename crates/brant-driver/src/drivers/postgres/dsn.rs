//! Connection strings as pairs of key and value, whichever form they have.

use std::ops::Range;

use super::url;
use crate::{DriverError, ErrorKind};

/// One setting of a connection string. Has no `Debug`: it may be the password.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Pair {
    /// In lower case, `database` under the name `dbname`.
    pub(super) key: String,
    /// Decoded.
    pub(super) value: String,
    /// Where the value stands in the connection string, as it was written.
    pub(super) span: Range<usize>,
}

/// An error about the connection string.
pub(super) fn refuse(message: impl Into<String>) -> DriverError {
    DriverError::new(ErrorKind::Config, message)
}

/// Takes a connection string apart. Of several pairs with one key, the last counts.
pub(super) fn pairs(dbstring: &str) -> Result<Vec<Pair>, DriverError> {
    match url::rest(dbstring) {
        Some(start) => url::pairs(dbstring, start),
        None => Keywords { text: dbstring, at: 0 }.pairs(),
    }
}

/// The same connection string with another database, whose name needs no quotes.
pub(super) fn with_database(dbstring: &str, database: &str) -> Result<String, DriverError> {
    let named = pairs(dbstring)?.into_iter().rfind(|pair| pair.key == "dbname");
    let mut text = dbstring.to_owned();
    match (named, url::rest(dbstring)) {
        (Some(named), _) => text.replace_range(named.span, database),
        (None, Some(start)) => {
            let path = url::parts(dbstring, start)?.path_and_slash();
            text.replace_range(path, &format!("/{database}"));
        }
        (None, None) => text.push_str(&format!(" dbname={database}")),
    }
    Ok(text)
}

/// The form in which a key is looked up: case does not matter, neither here nor to the server.
pub(super) fn canonical(key: &str) -> String {
    let key = key.to_ascii_lowercase();
    if key == "database" { "dbname".to_owned() } else { key }
}

/// Whether a key can name a setting at all. Nothing else ever gets into a message: it could be half a password.
pub(super) fn is_key(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

/// A reader of `key=value` pairs.
struct Keywords<'a> {
    text: &'a str,
    at: usize,
}

impl Keywords<'_> {
    fn pairs(mut self) -> Result<Vec<Pair>, DriverError> {
        let mut pairs: Vec<Pair> = Vec::new();
        loop {
            self.skip_blanks();
            if self.at == self.text.len() {
                return Ok(pairs);
            }
            let pair = self.pair(pairs.last().map(|pair| pair.key.as_str()))?;
            pairs.push(pair);
        }
    }

    fn pair(&mut self, before: Option<&str>) -> Result<Pair, DriverError> {
        let Some(length) = self.text[self.at..].find('=') else {
            return Err(self.no_pair(before));
        };
        let key = self.text[self.at..self.at + length].trim_end_matches(is_blank);
        if !is_key(key) {
            return Err(self.no_pair(before));
        }
        let key = canonical(key);
        self.at += length + 1;
        self.skip_blanks();
        let start = self.at;
        let quoted = self.text[start..].starts_with('\'');
        let value = if quoted { self.quoted(&key)? } else { self.plain(&key)? };
        Ok(Pair { key, value, span: start..self.at })
    }

    /// A value up to the next blank.
    fn plain(&mut self, key: &str) -> Result<String, DriverError> {
        let mut value = String::new();
        let mut chars = self.text[self.at..].chars();
        while let Some(c) = chars.next().filter(|&c| !is_blank(c)) {
            self.at += c.len_utf8();
            if c != '\\' {
                value.push(c);
                continue;
            }
            let Some(next) = chars.next() else {
                return Err(refuse(format!("the value of `{key}` ends in a single `\\`")));
            };
            self.at += next.len_utf8();
            unescape(next, &mut value);
        }
        Ok(value)
    }

    /// A value between single quotes.
    fn quoted(&mut self, key: &str) -> Result<String, DriverError> {
        let mut value = String::new();
        self.at += 1;
        let mut chars = self.text[self.at..].chars();
        while let Some(c) = chars.next() {
            self.at += c.len_utf8();
            match c {
                '\'' if self.text[self.at..].starts_with('\'') => {
                    return Err(refuse(format!("in the value of `{key}`: write a quote as `\\'`, not `''`")));
                }
                '\'' => return Ok(value),
                '\\' => {
                    let Some(next) = chars.next() else { break };
                    self.at += next.len_utf8();
                    unescape(next, &mut value);
                }
                _ => value.push(c),
            }
        }
        Err(refuse(format!("the quoted value of `{key}` has no closing `'`")))
    }

    fn skip_blanks(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches(is_blank).len();
    }

    /// Why there is no pair here. Names what stands here only if it cannot be secret.
    fn no_pair(&self, before: Option<&str>) -> DriverError {
        match before {
            Some(key) => refuse(format!(
                "cannot parse the connection string: what follows the value of `{key}` is not `key=value` \
                 (a value with blanks in it needs single quotes)"
            )),
            None if is_key(self.text) => refuse(format!(
                "cannot parse the connection string: `{}` is neither a URL (postgres://…) nor `key=value`",
                self.text
            )),
            None => refuse(
                "cannot parse the connection string: it is neither a URL (postgres://…) nor `key=value`",
            ),
        }
    }
}

/// Only a quote and a backslash are escaped by a backslash; before anything else it stands for itself, as in pgx.
fn unescape(next: char, value: &mut String) {
    if !matches!(next, '\'' | '\\') {
        value.push('\\');
    }
    value.push(next);
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}
