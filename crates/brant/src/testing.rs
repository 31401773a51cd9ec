//! For tests: a migrated database for each, and a check that each Down undoes its Up (feature `testing`).
//!
//! A [`TestDatabase`] is migrated once for each set of migrations, however many tests, threads and processes ask for
//! it; each test gets a copy, which goes with it. What a killed process left is removed by the next one.
//!
//! ```
//! use brant::Migrations;
//! use brant::testing::TestDatabase;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), brant::Error> {
//! let migrations = Migrations::new().sql("1_users.sql", "-- +goose Up\nCREATE TABLE users (name text);\n")?;
//! let database = TestDatabase::sqlite(&migrations).await?;
//! assert!(database.url().starts_with("sqlite:")); // for whatever client the application uses
//! database.close().await?;
//! # Ok(())
//! # }
//! ```

mod fingerprint;
mod keeper;
mod mysql;
mod postgres;
mod reversible;
mod server;
mod sqlite;

use std::time::Duration;

use async_trait::async_trait;
use brant_driver::{Access, Connection, DriverError, Secret, driver_for_url};

use crate::{Database, Error, Migrator, Url};
use keeper::{Keeper, Made, Place};

pub use brant_schema::Change;
pub use reversible::{Difference, Irreversible, Walk, assert_reversible, check_reversible};

/// How long the end of a test waits for its database to be dropped. What takes longer is left to the next process.
const PATIENCE: Duration = Duration::from_secs(10);

/// A migrated database for one test. It goes when it is dropped.
///
/// The migrations may be given as [`crate::Migrations`] or as a whole [`Migrator`], by value or by reference. With
/// none at all, the database is empty.
///
/// An application's own connections need not be closed before: a server ends them, with PostgreSQL 13 or later.
#[must_use = "the database is dropped with it"]
pub struct TestDatabase {
    name: String,
    url: Secret,
    database: Url,
    /// `None` once it was told to drop the database.
    keeper: Option<Keeper>,
}

impl TestDatabase {
    /// A database on a PostgreSQL server (version 13 or later), copied from one that was migrated once.
    ///
    /// The URL names a database that is there already (`postgres://postgres:…@localhost/postgres`) and a user who may
    /// create others. It must lead to the server itself, not through a pooler: a lock of the session is what tells that
    /// this process lives. brant reads no variable to find it; the caller may.
    ///
    /// # Errors
    ///
    /// When the server can't be reached, the user may not create databases, or a migration fails.
    pub async fn postgres(admin_url: &str, migrator: impl Into<Migrator>) -> Result<Self, Error> {
        Self::made("postgres", admin_url, migrator.into()).await
    }

    /// A database on a MySQL or MariaDB server. It is migrated for each test, since these servers can't copy a database.
    ///
    /// The URL (`mysql://root:…@localhost/`) names a user who may create databases; the database in it is not used.
    ///
    /// # Errors
    ///
    /// As [`TestDatabase::postgres`].
    pub async fn mysql(admin_url: &str, migrator: impl Into<Migrator>) -> Result<Self, Error> {
        Self::made("mysql", admin_url, migrator.into()).await
    }

    /// A SQLite file, copied from one that was migrated once, in a folder of this user's below that for temporary files.
    ///
    /// # Errors
    ///
    /// When the folder can't be used, or a migration fails.
    pub async fn sqlite(migrator: impl Into<Migrator>) -> Result<Self, Error> {
        Self::made("sqlite", "", migrator.into()).await
    }

    /// A database where a URL says: on the server of a `postgres://` or `mysql://` URL, or for `sqlite:` a file.
    ///
    /// # Errors
    ///
    /// As the function of that database, and when the URL is of another form.
    pub async fn on(url: &str, migrator: impl Into<Migrator>) -> Result<Self, Error> {
        let migrator = migrator.into();
        match driver_for_url(url).map(brant_driver::Driver::dialect) {
            Some("sqlite") if url == "sqlite:" => Self::made("sqlite", "", migrator).await,
            Some(dialect @ ("postgres" | "mysql")) => Self::made(dialect, url, migrator).await,
            _ => Err(Error::config(
                "a test database is made on `postgres://…`, on `mysql://…`, or for `sqlite:` in the folder for temporary \
                 files, and the feature of its driver must be on",
            )),
        }
    }

    async fn made(dialect: &'static str, admin_url: &str, migrator: Migrator) -> Result<Self, Error> {
        let place = || -> Result<Box<dyn Place>, Error> {
            Ok(match dialect {
                "postgres" => Box::new(postgres::Postgres::new(admin_url)?),
                "mysql" => Box::new(mysql::MySql::new(admin_url)?),
                _ => Box::new(sqlite::Files::new()),
            })
        };
        let keeper = Keeper::of(&format!("{dialect} {admin_url}"), place)?;
        let Made { name, url } = keeper.make(migrator).await?;
        let database = Url::with_driver(dialect, &url, &brant_driver::Environment::new())?;
        Ok(Self { name, url: Secret::new(url), database, keeper: Some(keeper) })
    }

    /// The connection string, with its password, for whatever client the application uses.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.expose()
    }

    /// What it is called on its server; for SQLite the path of its file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Drops the database now, and tells what stands against it.
    ///
    /// # Errors
    ///
    /// When it can't be dropped. The next process that makes a test database tries again.
    pub async fn close(mut self) -> Result<(), Error> {
        match self.keeper.take() {
            Some(keeper) => keeper.drop(&self.name).await,
            None => Ok(()),
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some(keeper) = self.keeper.take() {
            keeper.drop_within(&self.name, PATIENCE);
        }
    }
}

impl std::fmt::Debug for TestDatabase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("TestDatabase").field(&self.database.redacted()).finish()
    }
}

#[async_trait]
impl Database for TestDatabase {
    fn dialect(&self) -> &'static str {
        self.database.dialect()
    }

    async fn connect(&self, access: Access) -> Result<Box<dyn Connection + '_>, DriverError> {
        self.database.connect(access).await
    }
}
