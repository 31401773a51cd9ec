//! From the errors of `mysql_async` to ours.

use mysql_async::{DriverError as LibraryError, Error, IoError, LocalInfileError, ServerError};

use crate::drivers::plain;
use crate::facts::mysql::kind;
use crate::{DriverError, ErrorKind};

/// The failure of a statement.
pub(super) fn statement_error(error: &Error) -> DriverError {
    match error {
        Error::Server(error) => server_error(error, kind(error.code)),
        // Refused by ourselves; the client library closes the connection after it.
        Error::Driver(LibraryError::LocalInfile(LocalInfileError::ReadError(reason))) => {
            DriverError::new(ErrorKind::Statement, reason.to_string())
        }
        Error::Io(IoError::Io(reason)) => gone(&plain(&reason.to_string())),
        // Whatever else goes wrong leaves the two sides out of step.
        other => gone(&other.to_string()),
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
    fn a_broken_link_is_told_as_such() {
        let io = Error::from(std::io::Error::from(std::io::ErrorKind::BrokenPipe));
        assert_eq!(statement_error(&io).kind, ErrorKind::Closed);
        assert_eq!(statement_error(&Error::Driver(LibraryError::ConnectionClosed)).kind, ErrorKind::Closed);
    }
}
