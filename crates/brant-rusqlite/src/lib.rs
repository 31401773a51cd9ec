//! Runs [`brant`]'s migrations on a connection of [`rusqlite`].
//!
//! ```
//! use brant::{Context, Migrations, Migrator, Result, RustMigration};
//!
//! async fn seed(ctx: &mut Context<'_>) -> Result<()> {
//!     // The step's own transaction, with everything that rusqlite can do.
//!     let connection = ctx.native::<rusqlite::Connection>()?;
//!     connection.execute("INSERT INTO users (name) VALUES (?)", ["ada"])?;
//!     Ok(())
//! }
//!
//! # fn main() -> Result<()> {
//! let mut connection = rusqlite::Connection::open_in_memory()?;
//! let migrations = Migrations::new()
//!     .sql("00001_users.sql", "-- +goose Up\nCREATE TABLE users (name text);\n")?
//!     .rust(RustMigration::new(2, "seed").up(seed).irreversible())?;
//! let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
//! runtime.block_on(Migrator::new(migrations).up(&brant_rusqlite::connection(&mut connection)))?;
//! # Ok(())
//! # }
//! ```
//!
//! Versions 0.37 to 0.41 of rusqlite will do, with SQLite 3.38 or later. How that is linked is left to the application: the
//! feature `bundled` builds it in.
//!
//! **It blocks.** Statements run on the thread that polls the future, as rusqlite has no other way: migrate before the
//! application serves anybody, or on a thread where one may block (`tokio::task::spawn_blocking`, with a runtime as above).
//! A request to stop, and the end of a time limit, are seen between two statements.
//!
//! **The lock** is a file beside the database, as for all of brant; a database in memory needs none.
//!
//! **Transactions.** The connection must not be in one. In a step, `savepoint` nests in the step's transaction, and
//! `transaction` fails. What rusqlite lends, a savepoint or a statement, can't be kept over an `.await`: it goes well into a
//! function that is not async. When a future is dropped in the middle, its transaction is rolled back at once. What scripts set for
//! the connection by a PRAGMA stays set.

use std::any::Any;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use brant::driver::{
    Access, Batch, BatchError, Cancel, Connection, DriverError, ErrorKind, ResultSet, Row, stepping,
};
use rusqlite::InterruptHandle;
use tokio::sync::{Mutex, MutexGuard};

/// A connection of rusqlite, as a database that migrations can be run on.
pub fn connection(connection: &mut rusqlite::Connection) -> Borrowed<'_> {
    Borrowed(Mutex::new(connection))
}

/// A connection of rusqlite, as a database that migrations can be run on: see [`connection`].
pub struct Borrowed<'c>(Mutex<&'c mut rusqlite::Connection>);

impl fmt::Debug for Borrowed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Borrowed").finish_non_exhaustive()
    }
}

#[async_trait]
impl brant::Database for Borrowed<'_> {
    fn dialect(&self) -> &'static str {
        "sqlite"
    }

    async fn connect(&self, _: Access) -> Result<Box<dyn Connection + '_>, DriverError> {
        let connection = self.0.lock().await;
        if !connection.is_autocommit() {
            let message = "the connection is in a transaction: migrations make their own";
            return Err(DriverError::new(ErrorKind::Config, message));
        }
        let interrupt = Arc::new(Interrupt(connection.get_interrupt_handle()));
        Ok(Box::new(Lent { connection, interrupt, server: format!("SQLite {}", rusqlite::version()) }))
    }
}

struct Lent<'a, 'c> {
    connection: MutexGuard<'a, &'c mut rusqlite::Connection>,
    interrupt: Arc<Interrupt>,
    server: String,
}

/// Nothing can come between two commands of a text: the thread is busy with them.
fn never() -> bool {
    false
}

#[async_trait]
impl Connection for Lent<'_, '_> {
    async fn execute(&mut self, sql: &str) -> Result<(), DriverError> {
        stepping::execute(&self.connection, sql, never)
    }

    async fn query(&mut self, sql: &str) -> Result<Vec<Row>, DriverError> {
        stepping::query(&self.connection, sql, never)
    }

    async fn firsts(&mut self, _: &str, all: &str) -> Result<Vec<Row>, DriverError> {
        stepping::firsts(&self.connection, all, never)
    }

    async fn results(&mut self, sql: &str) -> Result<ResultSet, DriverError> {
        stepping::results(&self.connection, sql, never)
    }

    /// There are no messages to save: both kinds of batch are the same.
    async fn run(
        &mut self,
        statements: &[&str],
        _: Batch,
        done: &mut (dyn FnMut(usize, Duration) + Send),
    ) -> Result<(), BatchError> {
        for (index, sql) in statements.iter().enumerate() {
            let start = Instant::now();
            self.execute(sql).await.map_err(|error| BatchError { index, error })?;
            done(index, start.elapsed());
            // So that somebody else has a turn, and a request to stop is seen.
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    fn canceller(&self) -> Arc<dyn Cancel> {
        Arc::<Interrupt>::clone(&self.interrupt)
    }

    async fn sibling(&mut self) -> Result<Box<dyn Connection>, DriverError> {
        Err(DriverError::new(ErrorKind::Connect, "a borrowed connection has no second one"))
    }

    fn native(&mut self) -> Option<&mut (dyn Any + Send)> {
        let connection: &mut rusqlite::Connection = &mut self.connection;
        Some(connection)
    }

    /// A file does not go away.
    fn is_closed(&self) -> bool {
        false
    }

    fn server(&self) -> &str {
        &self.server
    }

    fn database_file(&self) -> Option<PathBuf> {
        self.connection.path().filter(|path| !path.is_empty()).map(PathBuf::from)
    }

    async fn close(self: Box<Self>) {}
}

impl Drop for Lent<'_, '_> {
    /// Also when it is closed: a script may have begun a transaction and not ended it.
    fn drop(&mut self) {
        if !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}

struct Interrupt(InterruptHandle);

#[async_trait]
impl Cancel for Interrupt {
    async fn cancel(&self) -> Result<(), DriverError> {
        self.0.interrupt();
        Ok(())
    }
}
