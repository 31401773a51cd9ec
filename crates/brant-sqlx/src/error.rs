//! From sqlx's errors to brant's.

use brant::driver::{DriverError, ErrorKind};
use sqlx::Error;
use sqlx::error::DatabaseError;

use crate::kind::Kind;

/// The failure of a statement; `sql` is what was sent.
pub(crate) fn of_statement<DB: Kind>(error: &Error, sql: &str) -> DriverError {
    match error {
        Error::Database(error) => said::<DB>(&**error, sql),
        Error::Io(reason) => gone(&reason.to_string()),
        // The two sides are out of step.
        Error::Protocol(reason) => gone(reason),
        Error::WorkerCrashed | Error::PoolClosed => gone(&error.to_string()),
        other => DriverError::new(ErrorKind::Statement, other.to_string()),
    }
}

/// The failure to connect.
pub(crate) fn of_connecting<DB: Kind>(error: &Error) -> DriverError {
    match error {
        Error::Database(error) => DriverError { kind: ErrorKind::Connect, ..said::<DB>(&**error, "") },
        Error::Configuration(reason) => DriverError::new(ErrorKind::Config, reason.to_string()),
        Error::PoolTimedOut => DriverError {
            hint: Some(
                "give the pool one more connection, or run the migrations before the rest starts".to_owned(),
            ),
            ..DriverError::new(ErrorKind::Connect, "all connections of the pool are in use")
        },
        other => DriverError::new(ErrorKind::Connect, other.to_string()),
    }
}

fn said<DB: Kind>(error: &dyn DatabaseError, sql: &str) -> DriverError {
    DB::said(error, sql).unwrap_or_else(|| DriverError::new(ErrorKind::Statement, error.message()))
}

/// The connection is lost.
pub(crate) fn gone(reason: &str) -> DriverError {
    DriverError::new(ErrorKind::Closed, format!("the connection is lost: {reason}"))
}
