//! Runs [`brant`]'s migrations on a client of [`tokio_postgres`].
//!
//! ```no_run
//! use brant::{Context, Migrations, Migrator, Result, RustMigration};
//! use tokio_postgres::{Client, NoTls};
//!
//! async fn open() -> Result<Client> {
//!     let (client, connection) = tokio_postgres::connect("host=localhost dbname=app", NoTls).await?;
//!     tokio::spawn(connection);
//!     Ok(client)
//! }
//!
//! async fn seed(ctx: &mut Context<'_>) -> Result<()> {
//!     // The step's own transaction, with everything that tokio-postgres can do.
//!     let client = ctx.native::<Client>()?;
//!     client.execute("INSERT INTO users (name) VALUES ($1)", &[&"ada"]).await?;
//!     Ok(())
//! }
//!
//! # async fn run() -> Result<()> {
//! let migrations = Migrations::new()
//!     .sql("00001_users.sql", "-- +goose Up\nCREATE TABLE users (name text);\n")?
//!     .rust(RustMigration::new(2, "seed").up(seed).irreversible())?;
//! let mut client = open().await?;
//! let database = brant_tokio_postgres::client(&mut client).with_connector(open);
//! Migrator::new(migrations).up(&database).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # A second connection
//!
//! A client can't make another one like it. [`Borrowed::with_connector`] says how: for the lock, to cancel a statement, to
//! look at who keeps one waiting and how far it is, and at what became of a commit after the connection broke. Without it the
//! lock is one of the session, a pooler in front of the server goes unnoticed, nobody looks, and statements are cancelled
//! without TLS, which servers accept unless the client was told to require it. A pooler may not pass such a request on, since
//! tokio-postgres does not wait for it.
//!
//! # Transactions
//!
//! What is lent to Rust migrations is the `Client`, not a `Transaction`: that one is only made by its own `BEGIN`, and
//! brant's transaction is open on the client already, so that whatever the client does is done in it. Don't call
//! `Client::transaction` in a step: its commit would be that of the step. `SAVEPOINT` nests.
//!
//! When a future is dropped in the middle, a ROLLBACK is queued as tokio-postgres does for its own transactions: it is
//! carried out before whatever is done with the client next. A lock of the session is then held until the client is
//! closed: one more reason for a connector. What scripts set for the session stays set.
//!
//! # COPY
//!
//! The simple protocol of tokio-postgres has no `COPY … FROM STDIN` and no `COPY … TO STDOUT`: a script with one fails, and
//! the client is of no use after it.

mod connection;
mod error;

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use brant::BoxError;
use brant::driver::{Access, Connection, DriverError};
use futures_util::future::BoxFuture;
use tokio::sync::{Mutex, MutexGuard};
use tokio_postgres::Client;

use crate::connection::Lent;

/// Makes another client.
pub(crate) type Connector = Arc<dyn Fn() -> BoxFuture<'static, Result<Client, BoxError>> + Send + Sync>;

/// A client of tokio-postgres, as a database that migrations can be run on. It must not be in a transaction.
pub fn client(client: &mut Client) -> Borrowed<'_> {
    Borrowed { client: Mutex::new(client), connector: None }
}

/// A client of tokio-postgres, as a database that migrations can be run on: see [`client`].
pub struct Borrowed<'c> {
    client: Mutex<&'c mut Client>,
    connector: Option<Connector>,
}

impl Borrowed<'_> {
    /// Says how to make another client of the same server, database and user. Its connection must be spawned.
    #[must_use]
    pub fn with_connector<Work, E>(self, connector: impl Fn() -> Work + Send + Sync + 'static) -> Self
    where
        Work: Future<Output = Result<Client, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let connector: Connector = Arc::new(move || {
            let work = connector();
            Box::pin(async move { work.await.map_err(Into::into) })
        });
        Self { connector: Some(connector), ..self }
    }
}

impl fmt::Debug for Borrowed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Borrowed").finish_non_exhaustive()
    }
}

#[async_trait]
impl brant::Database for Borrowed<'_> {
    fn dialect(&self) -> &'static str {
        "postgres"
    }

    async fn connect(&self, _: Access) -> Result<Box<dyn Connection + '_>, DriverError> {
        let client = MutexGuard::map(self.client.lock().await, |client| &mut **client);
        Ok(Box::new(Lent::new(client, self.connector.clone()).await?))
    }
}
