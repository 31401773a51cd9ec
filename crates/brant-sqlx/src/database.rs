//! Databases that migrations can be run on.

use std::fmt;

use async_trait::async_trait;
use brant::driver::{Access, Connection, DriverError, ErrorKind};
use sqlx::pool::Pool;
use sqlx::{Connection as _, Database};
use tokio::sync::Mutex;

use crate::connection::{Lent, Options};
use crate::error;
use crate::kind::Kind;

/// A pool of sqlx, as a database that migrations can be run on.
#[derive(Clone, Debug)]
pub struct Pooled<DB: Database> {
    pool: Pool<DB>,
}

impl<DB: Database> Pooled<DB> {
    pub(crate) fn new(pool: &Pool<DB>) -> Self {
        Self { pool: pool.clone() }
    }
}

#[async_trait]
impl<DB: Kind> brant::Database for Pooled<DB> {
    fn dialect(&self) -> &'static str {
        DB::DIALECT
    }

    async fn connect(&self, _: Access) -> Result<Box<dyn Connection + '_>, DriverError> {
        let connection = self.pool.acquire().await.map_err(|error| error::of_connecting::<DB>(&error))?;
        Ok(Box::new(Lent::<DB, _>::new(connection, Some(self.pool.connect_options())).await?))
    }
}

/// A single connection of sqlx, as a database that migrations can be run on. It must not be in a transaction.
pub struct Borrowed<'c, DB: Database> {
    connection: Mutex<&'c mut DB::Connection>,
    options: Option<Options<DB>>,
}

impl<'c, DB: Database> Borrowed<'c, DB> {
    pub(crate) fn new(connection: &'c mut DB::Connection) -> Self {
        Self { connection: Mutex::new(connection), options: None }
    }

    /// Says how to open another connection to the same server: for the lock on PostgreSQL, to cancel a statement, and to
    /// look at what became of a commit after the connection broke.
    #[must_use]
    pub fn with_options(self, options: &<DB::Connection as sqlx::Connection>::Options) -> Self {
        Self { options: Some(options.clone().into()), ..self }
    }
}

impl<DB: Database> fmt::Debug for Borrowed<'_, DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Borrowed").finish_non_exhaustive()
    }
}

#[async_trait]
impl<DB: Kind> brant::Database for Borrowed<'_, DB> {
    fn dialect(&self) -> &'static str {
        DB::DIALECT
    }

    async fn connect(&self, _: Access) -> Result<Box<dyn Connection + '_>, DriverError> {
        let connection = self.connection.lock().await;
        if connection.is_in_transaction() {
            let message = "the connection is in a transaction: migrations make their own";
            return Err(DriverError::new(ErrorKind::Config, message));
        }
        Ok(Box::new(Lent::<DB, _>::new(connection, self.options.clone()).await?))
    }
}
