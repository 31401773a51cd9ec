//! From the errors of tokio-postgres to brant's.

use std::error::Error as _;

use brant::driver::facts::postgres::server_error;
use brant::driver::{DriverError, ErrorKind};
use tokio_postgres::Error;

/// The failure of a statement; `sql` is what was sent.
pub(crate) fn of_statement(error: &Error, sql: &str) -> DriverError {
    match error.as_db_error() {
        Some(facts) => server_error(facts, sql),
        // Whatever is not said by the server leaves the two sides out of step.
        None => gone(&error.source().map_or_else(|| error.to_string(), ToString::to_string)),
    }
}

/// The connection is lost.
pub(crate) fn gone(reason: &str) -> DriverError {
    DriverError::new(ErrorKind::Closed, format!("the connection is lost: {reason}"))
}
