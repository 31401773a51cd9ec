//! From the errors of `rusqlite` to ours.

use rusqlite::{Error, ErrorCode, ffi};

use crate::{DriverError, ErrorKind};

/// The failure of a statement in `sql`.
///
/// The library gives positions in what it was told to prepare: the text from the failing statement on.
pub fn statement_error(error: &Error, sql: &str) -> DriverError {
    match error {
        Error::SqlInputError { error, msg, sql: rest, offset } => {
            let within = usize::try_from(*offset).ok();
            let before = sql.len().checked_sub(rest.len());
            let offset = before.zip(within).map(|(before, within)| before + within);
            DriverError { offset, ..failure(*error, msg) }
        }
        Error::SqliteFailure(error, message) => match message {
            Some(message) => failure(*error, message),
            None => failure(*error, &error.to_string()),
        },
        Error::InvalidParameterCount(_, wanted) => {
            let message =
                format!("the statement has {wanted} parameters (`?`), for which there are no values");
            DriverError::new(ErrorKind::Statement, message)
        }
        other => DriverError::new(ErrorKind::Statement, other.to_string()),
    }
}

fn failure(error: ffi::Error, message: &str) -> DriverError {
    let kind = match error.code {
        ErrorCode::OperationInterrupted => ErrorKind::Cancelled,
        _ => ErrorKind::Statement,
    };
    let hint = matches!(error.code, ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
        .then(|| "another process is writing to the database, or reads from it for long".to_owned());
    let number = Some(i64::from(error.extended_code));
    DriverError { number, hint, ..DriverError::new(kind, message) }
}

/// What a statement fails with that was cancelled while it did not run yet, or waited for a lock.
pub(super) fn interrupted() -> DriverError {
    let number = Some(i64::from(ffi::SQLITE_INTERRUPT));
    DriverError { number, ..DriverError::new(ErrorKind::Cancelled, "interrupted") }
}
