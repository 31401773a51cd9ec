//! Runs [`brant`]'s migrations on what an application has of [`sqlx`]: a pool, or a connection.
//!
//! ```
//! # #[cfg(feature = "sqlite")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> { tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run()) }
//! # #[cfg(not(feature = "sqlite"))] fn main() {}
//! # #[cfg(feature = "sqlite")]
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use brant::{Context, Migrations, Migrator, Result, RustMigration};
//!
//! async fn seed(ctx: &mut Context<'_>) -> Result<()> {
//!     // The step's own transaction, with everything that sqlx can do.
//!     let connection = ctx.native::<sqlx::SqliteConnection>()?;
//!     sqlx::query("INSERT INTO users (name) VALUES (?)").bind("ada").execute(connection).await?;
//!     Ok(())
//! }
//!
//! let migrations = Migrations::new()
//!     .sql("00001_users.sql", "-- +goose Up\nCREATE TABLE users (name text);\n")?
//!     .rust(RustMigration::new(2, "seed").up(seed).irreversible())?;
//! let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
//! Migrator::new(migrations).up(&brant_sqlx::sqlite(&pool)).await?;
//! # Ok(())
//! # }
//! ```
//!
//! The features `postgres`, `mysql` and `sqlite` turn on those of sqlx. A runtime (tokio) is needed; whether and how to
//! use TLS is chosen by the features of the application's own sqlx.
//!
//! # Transactions
//!
//! sqlx knows of brant's transaction: `begin` on the native connection inside of a step makes a savepoint in it, and a
//! real transaction in a migration that runs without one.
//!
//! # Pools
//!
//! A connection that migrations have run on is closed, not given back: what a script sets for its session (`SET
//! search_path`, as `pg_dump` writes it) never reaches the application. It is given back where nothing was run, and where
//! the database lives in the connection (SQLite in memory).
//!
//! The lock on PostgreSQL, cancelling, and a look at who keeps a statement waiting and how far it is, need a second
//! connection. It is opened beside the pool, by the pool's options,
//! so that a pool of one connection is enough; `after_connect` is not called for it.
//!
//! # Single connections
//!
//! sqlx does not tell by which options a connection was made. Without `Borrowed::with_options` the lock on PostgreSQL is
//! one of the session, and a statement that runs can't be cancelled or looked after. What scripts set for the session stays set.
//!
//! # Futures that are dropped
//!
//! A connection of a pool is closed then, and the server rolls back as soon as what it runs has ended. On a borrowed
//! connection a ROLLBACK is queued, as sqlx does for its own transactions: it is sent before whatever is done with the
//! connection next. Three things can't be had there: it is not known yet that a transaction was begun while its `BEGIN` is
//! on the way, nor that a script without a transaction has begun one in words other than `BEGIN`; and a lock of the session
//! (on MySQL, and on PostgreSQL without `Borrowed::with_options`) is held until the connection is closed.
//!
//! # What sqlx does not tell
//!
//! SQLite's position of an error, and the columns of a result without rows. sqlx logs statements that take long with their
//! text (`ConnectOptions::log_slow_statements`), passwords in them included.

#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod cancel;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod connection;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod database;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod error;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod holder;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod kind;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod message;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
pub use database::{Borrowed, Pooled};

/// A pool of connections to PostgreSQL, as a database.
#[cfg(feature = "postgres")]
#[must_use]
pub fn postgres(pool: &sqlx::PgPool) -> Pooled<sqlx::Postgres> {
    Pooled::new(pool)
}

/// A pool of connections to MySQL or MariaDB, as a database.
#[cfg(feature = "mysql")]
#[must_use]
pub fn mysql(pool: &sqlx::MySqlPool) -> Pooled<sqlx::MySql> {
    Pooled::new(pool)
}

/// A pool of connections to SQLite, as a database.
#[cfg(feature = "sqlite")]
#[must_use]
pub fn sqlite(pool: &sqlx::SqlitePool) -> Pooled<sqlx::Sqlite> {
    Pooled::new(pool)
}

/// A single connection to PostgreSQL, as a database.
#[cfg(feature = "postgres")]
pub fn postgres_connection(connection: &mut sqlx::PgConnection) -> Borrowed<'_, sqlx::Postgres> {
    Borrowed::new(connection)
}

/// A single connection to MySQL or MariaDB, as a database.
#[cfg(feature = "mysql")]
pub fn mysql_connection(connection: &mut sqlx::MySqlConnection) -> Borrowed<'_, sqlx::MySql> {
    Borrowed::new(connection)
}

/// A single connection to SQLite, as a database.
#[cfg(feature = "sqlite")]
pub fn sqlite_connection(connection: &mut sqlx::SqliteConnection) -> Borrowed<'_, sqlx::Sqlite> {
    Borrowed::new(connection)
}
