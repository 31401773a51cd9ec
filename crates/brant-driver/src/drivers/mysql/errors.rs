//! From the errors of `mysql_async` to ours.

use mysql_async::{DriverError as LibraryError, Error, IoError, LocalInfileError, ServerError};

use crate::drivers::plain;
use crate::{DriverError, ErrorKind};

/// The errors that mean that the statement was cancelled, by a person or by a time limit of the server.
///
/// 1317 `ER_QUERY_INTERRUPTED`, 1969 `ER_STATEMENT_TIMEOUT` (MariaDB), 3024 `ER_QUERY_TIMEOUT` (MySQL).
const CANCELLED: [u16; 3] = [1317, 1969, 3024];

/// The errors after which the connection is of no use.
///
/// 1053 server shutdown, 1927 connection killed (MariaDB), 2006 and 2013 gone, 4031 idle for too long (MySQL).
const CLOSED: [u16; 5] = [1053, 1927, 2006, 2013, 4031];

/// The failure of a statement.
pub(super) fn statement_error(error: &Error) -> DriverError {
    match error {
        Error::Server(error) => server_error(error, statement_kind(error.code)),
        // Refused by ourselves; the client library closes the connection after it.
        Error::Driver(LibraryError::LocalInfile(LocalInfileError::ReadError(reason))) => {
            DriverError::new(ErrorKind::Statement, reason.to_string())
        }
        Error::Io(IoError::Io(reason)) => gone(&plain(&reason.to_string())),
        // Whatever else goes wrong leaves the two sides out of step.
        other => gone(&other.to_string()),
    }
}

fn statement_kind(code: u16) -> ErrorKind {
    if CANCELLED.contains(&code) {
        ErrorKind::Cancelled
    } else if CLOSED.contains(&code) {
        ErrorKind::Closed
    } else {
        ErrorKind::Statement
    }
}

/// A failure in the server's words and numbers. MySQL gives no position in the text.
pub(super) fn server_error(error: &ServerError, kind: ErrorKind) -> DriverError {
    DriverError {
        sqlstate: Some(error.state.clone()),
        number: Some(i64::from(error.code)),
        ..DriverError::new(kind, error.message.clone())
    }
}

/// The connection is lost.
pub(super) fn gone(reason: &str) -> DriverError {
    DriverError::new(ErrorKind::Closed, format!("the connection to the server is gone: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(code: u16, state: &str, message: &str) -> Error {
        Error::Server(ServerError { code, state: state.to_owned(), message: message.to_owned() })
    }

    #[test]
    fn server_errors_keep_their_facts() {
        let error = statement_error(&server(1146, "42S02", "Table 'x.nope' doesn't exist"));
        assert_eq!(error.kind, ErrorKind::Statement);
        assert_eq!(error.to_string(), "Error 1146 (42S02): Table 'x.nope' doesn't exist");
        assert_eq!(error.number, Some(1146));
    }

    #[test]
    fn kinds_are_told_by_the_number() {
        for code in [1317, 1969, 3024] {
            assert_eq!(statement_error(&server(code, "70100", "")).kind, ErrorKind::Cancelled);
        }
        for code in [1053, 1927, 2006, 2013, 4031] {
            assert_eq!(statement_error(&server(code, "HY000", "")).kind, ErrorKind::Closed);
        }
        let io = Error::from(std::io::Error::from(std::io::ErrorKind::BrokenPipe));
        assert_eq!(statement_error(&io).kind, ErrorKind::Closed);
        assert_eq!(statement_error(&Error::Driver(LibraryError::ConnectionClosed)).kind, ErrorKind::Closed);
    }
}
