//! From the errors of tokio-postgres to brant's.

use std::error::Error as _;

use brant::driver::{DriverError, ErrorKind};
use tokio_postgres::Error;
use tokio_postgres::error::{DbError, ErrorPosition, Severity, SqlState};

/// The failure of a statement; `sql` is what was sent.
pub(crate) fn of_statement(error: &Error, sql: &str) -> DriverError {
    let Some(facts) = error.as_db_error() else {
        // Whatever is not said by the server leaves the two sides out of step.
        let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        return gone(&cause);
    };
    DriverError {
        sqlstate: Some(facts.code().code().to_owned()),
        detail: facts.detail().map(str::to_owned),
        hint: facts.hint().map(str::to_owned),
        context: facts.where_().map(str::to_owned),
        offset: match facts.position() {
            Some(ErrorPosition::Original(position)) => Some(byte_offset(sql, *position)),
            _ => None,
        },
        ..DriverError::new(kind(facts), facts.message())
    }
}

/// The connection is lost.
pub(crate) fn gone(reason: &str) -> DriverError {
    DriverError::new(ErrorKind::Closed, format!("the connection is lost: {reason}"))
}

fn kind(facts: &DbError) -> ErrorKind {
    let gone = [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::CANNOT_CONNECT_NOW];
    match facts.parsed_severity() {
        Some(Severity::Fatal | Severity::Panic) => ErrorKind::Closed,
        _ if gone.contains(facts.code()) => ErrorKind::Closed,
        _ if *facts.code() == SqlState::QUERY_CANCELED => ErrorKind::Cancelled,
        _ => ErrorKind::Statement,
    }
}

/// The server counts characters, from 1.
fn byte_offset(sql: &str, position: u32) -> usize {
    let index = usize::try_from(position).unwrap_or(usize::MAX).saturating_sub(1);
    sql.char_indices().nth(index).map_or(sql.len(), |(offset, _)| offset)
}
