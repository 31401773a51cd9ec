//! Database schema migrations inside a Rust application.
//!
//! A [`Migrator`] holds [`Migrations`], in SQL and in Rust, in one order, and brings any [`Database`] to any version of
//! them: exactly once, under a lock, each step in a transaction of its own together with its record where the database
//! allows. What it did, or did not, is in the [`Report`] or in the [`Error`]. The history is goose's table, so that the
//! programs `brant` and `goose` can be used on the same database.
//!
//! An [`Observer`] is told what happens; [`Hooks`], in Rust or as [`SqlHooks`], are asked before something begins and told
//! how it ended.
//!
//! ```
//! # #[cfg(feature = "sqlite")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> { tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run()) }
//! # #[cfg(not(feature = "sqlite"))] fn main() {}
//! # #[cfg(feature = "sqlite")]
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use brant::{Migrations, Migrator, Url};
//!
//! let migrations = Migrations::new()
//!     .sql("00001_users.sql", "-- +goose Up\nCREATE TABLE users (name text);\n-- +goose Down\nDROP TABLE users;\n")?;
//! let migrator = Migrator::new(migrations);
//! let report = migrator.up(&Url::parse("sqlite::memory:")?).await?;
//! assert_eq!(report.steps.len(), 1);
//! # Ok(())
//! # }
//! ```

#[doc(hidden)]
#[path = "command_line.rs"]
pub mod __command_line;
pub mod blocking;
mod check;
mod code;
mod database;
mod error;
mod hooks;
mod identity;
mod mark;
mod migrations;
mod migrator;
mod options;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "tracing")]
mod tracing;

pub use async_trait::async_trait;
pub use brant_core::{
    Answers, Blocker, Change, Compatibility, Direction, Ending, Event, FindingKind, Findings, Marking,
    Migration, MigrationKind, Observer, OutOfOrder, Outcome, Plan, Progress, Report, Statement, Step,
    StepReport, Target, Unfinished, Version,
};
pub use brant_driver as driver;
pub use brant_engine::{
    Column, Context, DatabaseState, FromValue, Hooks, NativeError, Row, RowError, RunOutcome, StatementError,
    StatementFailure, StatementInfo, StatementOutcome, StepInfo, StepOutcome, Values,
};
pub use brant_sql::Value;

#[cfg(feature = "macros")]
pub use brant_macros::embed;

pub use code::{RustMigration, StepFn};
pub use database::{Database, Url};
pub use error::{Error, ErrorKind};
pub use hooks::SqlHooks;
pub use migrations::{Migrations, Source};
pub use migrator::{MigrationStatus, Migrator, Standing, Versions};
pub use options::Builder;
#[cfg(feature = "tracing")]
pub use tracing::TracingObserver;

/// What a migration written in Rust can fail with: anything.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What a migration written in Rust returns; `?` takes every error into it.
pub type Result<T, E = BoxError> = std::result::Result<T, E>;
