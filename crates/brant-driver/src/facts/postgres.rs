//! PostgreSQL.

#[cfg(feature = "tokio-postgres")]
use tokio_postgres::error::{DbError, ErrorPosition, Severity};

#[cfg(feature = "tokio-postgres")]
use crate::DriverError;
use crate::ErrorKind;

/// Shutdown, crash, not up yet: the connection is of no use after them.
const CLOSED: [&str; 3] = ["57P01", "57P02", "57P03"];
/// `query_canceled`.
const CANCELLED: &str = "57014";

/// What sort of failure of a statement it is. `ends_session` says that its severity was FATAL or PANIC.
#[must_use]
pub fn kind(sqlstate: &str, ends_session: bool) -> ErrorKind {
    if ends_session || CLOSED.contains(&sqlstate) {
        ErrorKind::Closed
    } else if sqlstate == CANCELLED {
        ErrorKind::Cancelled
    } else {
        ErrorKind::Statement
    }
}

/// The byte offset of a position as the server gives it: in characters, from 1.
#[must_use]
pub fn byte_offset(sql: &str, position: usize) -> usize {
    sql.char_indices().nth(position.saturating_sub(1)).map_or(sql.len(), |(offset, _)| offset)
}

/// All that the server says of the failure of a statement; `sql` is what was sent.
#[cfg(feature = "tokio-postgres")]
#[must_use]
pub fn server_error(facts: &DbError, sql: &str) -> DriverError {
    let ends_session = matches!(facts.parsed_severity(), Some(Severity::Fatal | Severity::Panic));
    let sqlstate = facts.code().code();
    DriverError {
        sqlstate: Some(sqlstate.to_owned()),
        detail: facts.detail().map(str::to_owned),
        hint: facts.hint().map(str::to_owned),
        context: facts.where_().map(str::to_owned),
        offset: match facts.position() {
            Some(ErrorPosition::Original(position)) if !sql.is_empty() => {
                Some(byte_offset(sql, usize::try_from(*position).unwrap_or(usize::MAX)))
            }
            _ => None,
        },
        ..DriverError::new(kind(sqlstate, ends_session), facts.message())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_characters_from_one() {
        for (sql, position, want) in
            [("select x", 8, 7), ("select 'ä' x", 12, 12), ("é", 1, 0), ("é", 2, 2), ("x", 9, 1), ("x", 0, 0)]
        {
            assert_eq!(byte_offset(sql, position), want, "{sql} {position}");
        }
    }

    #[test]
    fn kinds_are_told_by_the_code_and_the_severity() {
        for (sqlstate, ends_session, want) in [
            ("42601", false, ErrorKind::Statement),
            ("57014", false, ErrorKind::Cancelled),
            ("57P01", false, ErrorKind::Closed),
            ("42601", true, ErrorKind::Closed),
        ] {
            assert_eq!(kind(sqlstate, ends_session), want, "{sqlstate}");
        }
    }
}
