//! The same operations for programs without async: each call blocks until it is done.
//!
//! ```
//! # #[cfg(feature = "sqlite")]
//! # fn main() -> Result<(), brant::Error> {
//! use brant::{Migrations, Url, blocking};
//!
//! let migrations = Migrations::new().sql("00001_users.sql", "-- +goose Up\nCREATE TABLE users (name text);\n")?;
//! let report = blocking::Migrator::new(migrations).up(&Url::parse("sqlite::memory:")?)?;
//! assert_eq!(report.steps.len(), 1);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "sqlite"))] fn main() {}
//! ```
//!
//! Inside a tokio runtime they refuse: a thread that runs tasks must not be blocked. There, await the operations of
//! [`brant::Migrator`](crate::Migrator).

use std::future::Future;

use brant_core::{Change, Compatibility, Direction, Findings, Marking, Plan, Report, Target};
use tokio::runtime::{Builder, Handle};

use crate::{Answers, Database, Error, MigrationStatus, Migrations, Source, Versions};

/// [`brant::Migrator`](crate::Migrator), blocking. Built from one: `blocking::Migrator::from(builder.build())`.
#[derive(Debug)]
pub struct Migrator(crate::Migrator);

impl From<crate::Migrator> for Migrator {
    fn from(migrator: crate::Migrator) -> Self {
        Self(migrator)
    }
}

macro_rules! operations {
    ($($name:ident($($argument:ident: $type:ty),*) -> $result:ty;)+) => {
        impl Migrator {
            $(
                #[doc = concat!("As [`brant::Migrator::", stringify!($name), "`](crate::Migrator::", stringify!($name), ").")]
                ///
                /// # Errors
                ///
                /// The same, and [`ErrorKind::Config`](crate::ErrorKind::Config) inside a tokio runtime.
                pub fn $name(&self, database: &dyn Database, $($argument: $type),*) -> Result<$result, Error> {
                    block_on(stringify!($name), self.0.$name(database, $($argument),*))
                }
            )+
        }
    };
}

operations! {
    up() -> Report;
    up_by_one() -> Report;
    up_to(version: i64) -> Report;
    down() -> Report;
    down_to(version: i64) -> Report;
    redo() -> Report;
    reset() -> Report;
    apply_version(version: i64, direction: Direction) -> Report;
    migrate(target: Target) -> Report;
    resume(answers: Answers) -> Report;
    status() -> Vec<MigrationStatus>;
    changes() -> Vec<Change>;
    has_pending() -> bool;
    check() -> Findings;
    mark_applied(versions: &[i64], reason: &str) -> Vec<Marking>;
    mark_pending(versions: &[i64], reason: &str) -> Vec<Marking>;
    baseline(version: i64, reason: &str) -> Vec<Marking>;
    compatibility() -> Compatibility;
    versions() -> Versions;
    plan(target: Target) -> Plan;
    ping() -> ();
}

impl Migrator {
    /// A migrator with the defaults of [`Builder`](crate::Builder).
    #[must_use]
    pub fn new(migrations: Migrations) -> Self {
        crate::Migrator::new(migrations).into()
    }

    /// All migrations, by version.
    #[must_use]
    pub fn list_sources(&self) -> Vec<Source> {
        self.0.list_sources()
    }

    /// As [`brant::Migrator::validate`](crate::Migrator::validate).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn validate(&self, dialect: &str) -> Result<(), Error> {
        self.0.validate(dialect)
    }
}

/// Runs an operation to its end, on a runtime of its own.
fn block_on<T>(name: &str, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    if Handle::try_current().is_ok() {
        return Err(Error::config(format!(
            "`brant::blocking::Migrator::{name}` was called inside a tokio runtime: await `brant::Migrator::{name}` instead"
        )));
    }
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Error::config(format!("failed to start the runtime: {error}")))?.block_on(work)
}
