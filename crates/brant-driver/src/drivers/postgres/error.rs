//! Errors of the client library as facts.

use std::error::Error as _;

use tokio_postgres::Error;

use super::tls;
use crate::drivers::plain;
use crate::facts::postgres::server_error;
use crate::{DriverError, ErrorKind};

/// What tokio-postgres says about a message that it did not expect. It has no other mark.
const UNEXPECTED: &str = "unexpected message from server";
/// What it says when a TLS handshake fails.
const TLS: &str = "error performing TLS handshake";

/// And why, where the server has none.
const NO_TLS: &str = "server does not support TLS";

/// The server began to copy data, which the simple query protocol of tokio-postgres has no notion of.
pub(super) fn is_copy(error: &Error) -> bool {
    error.source().is_none() && error.to_string() == UNEXPECTED
}

/// No TLS session could be made.
pub(super) fn is_tls(error: &Error) -> bool {
    error.to_string() == TLS
}

/// The server asks for a password, and there is none.
pub(super) fn is_password_missing(error: &Error) -> bool {
    error.source().is_some_and(|source| source.to_string() == "password missing")
}

/// The failure of a statement; `sql` is the text that was sent.
pub(super) fn of_statement(error: &Error, sql: &str) -> DriverError {
    if let Some(facts) = error.as_db_error() {
        return server_error(facts, sql);
    }
    match sql.find('\0') {
        Some(offset) if !error.is_closed() => {
            let error = DriverError::new(ErrorKind::Statement, "the SQL text has a NUL character in it");
            DriverError { offset: Some(offset), ..error }
        }
        _ => DriverError::new(ErrorKind::Closed, words(error)),
    }
}

/// Why a connection ended, which its statements only know as closed.
pub(super) fn of_ending(error: &Error) -> DriverError {
    match error.as_db_error() {
        Some(facts) => DriverError { kind: ErrorKind::Closed, ..server_error(facts, "") },
        None => DriverError::new(ErrorKind::Closed, format!("the connection is lost: {}", words(error))),
    }
}

/// An error in words: the server's, or the operating system's, or the library's.
pub(super) fn words(error: &Error) -> String {
    if let Some(facts) = error.as_db_error() {
        return facts.message().to_owned();
    }
    let Some(source) = error.source() else { return error.to_string() };
    if is_password_missing(error) {
        return "the server asks for a password, and none is given".to_owned();
    }
    let tls_error = tls_error(error);
    let explained = tls_error.and_then(tls::explain).map(|(words, _)| words.to_owned());
    let cause = explained.unwrap_or_else(|| plain(&source.to_string()));
    if is_tls(error) || tls_error.is_some() { format!("TLS: {cause}") } else { cause }
}

/// What to do where no TLS session could be made.
pub(super) fn tls_hint(error: &Error) -> Option<&'static str> {
    if let Some(error) = tls_error(error) {
        return tls::explain(error).map(|(_, hint)| hint);
    }
    let refused = is_tls(error) && error.source().is_some_and(|source| source.to_string() == NO_TLS);
    refused.then_some(
        "turn TLS on at the server, or go without it where the network is safe (`sslmode=disable`)",
    )
}

fn tls_error(error: &Error) -> Option<&rustls::Error> {
    error.source()?.downcast_ref::<std::io::Error>()?.get_ref()?.downcast_ref()
}
