//! Connections to databases: one file for each client library, each behind a Cargo feature.
//!
//! This crate connects, sends what it is given, cancels, and reports errors with their facts (code, position). It
//! knows nothing of migrations and holds no SQL of its own beyond what a client library needs to set up a session.
//!
//! Internal crate of brant: it promises no stability of its own.

mod cause;
mod connection;
pub mod drivers;
mod error;
pub mod facts;
mod secret;
#[cfg(feature = "rusqlite")]
pub mod stepping;
#[cfg(any(feature = "mysql", feature = "postgres"))]
mod userinfo;

pub use cause::Cause;
pub use connection::{
    Access, Batch, BatchError, Cancel, Connection, Driver, Endpoint, Environment, ResultSet, Row, TlsFiles,
};
pub use drivers::{DRIVERS, driver_by_name, driver_for_url};
pub use error::{DriverError, ErrorKind};
pub use secret::Secret;
