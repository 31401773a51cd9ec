//! SQLite, over `rusqlite` with the library built in.
//!
//! Each connection has a thread of its own, since the library blocks; a whole [`crate::Connection::run`] crosses to
//! it once. Settings of the database are left as they are found: nothing is made faster by making it less safe.

mod connection;
mod dbstring;
mod open;
mod pragmas;
mod worker;

use std::sync::Arc;

use async_trait::async_trait;

use crate::{Access, Connection, Driver, DriverError, Endpoint, Environment, ErrorKind};

use dbstring::DbString;

/// The driver for SQLite.
///
/// It takes a path, a `file:` URI, `sqlite:path` and `:memory:`, with the parameters of both Go drivers in use:
/// `_pragma=foreign_keys(1)` and `_foreign_keys=on` say the same. A parameter that it does not know is an error.
///
/// For [`Access::Read`], a file that does not exist is taken for an empty database, and is not created.
#[derive(Clone, Copy, Debug)]
pub struct Sqlite;

impl Driver for Sqlite {
    fn names(&self) -> &'static [&'static str] {
        &["sqlite3", "sqlite"]
    }

    fn schemes(&self) -> &'static [&'static str] {
        &["sqlite", "sqlite3", "file"]
    }

    fn form(&self) -> &'static str {
        "./FILE.db"
    }

    fn dialect(&self) -> &'static str {
        "sqlite"
    }

    fn parse(&self, dbstring: &str, _: &Environment) -> Result<Box<dyn Endpoint>, DriverError> {
        let parsed = DbString::parse(dbstring).map_err(|reason| {
            DriverError::new(ErrorKind::Config, format!("invalid SQLite connection string: {reason}"))
        })?;
        Ok(Box::new(SqliteEndpoint { given: dbstring.to_owned(), parsed: Arc::new(parsed) }))
    }
}

struct SqliteEndpoint {
    given: String,
    parsed: Arc<DbString>,
}

#[async_trait]
impl Endpoint for SqliteEndpoint {
    /// There is no password in it: the parameters that could hold one are refused.
    fn redacted(&self) -> String {
        self.given.clone()
    }

    async fn connect(&self, access: Access) -> Result<Box<dyn Connection>, DriverError> {
        connection::connect(Arc::clone(&self.parsed), access).await
    }
}
