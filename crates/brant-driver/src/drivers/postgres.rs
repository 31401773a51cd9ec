//! PostgreSQL, and servers that speak its protocol.
//!
//! # Connection strings
//!
//! As libpq and pgx read them: a URL (`postgres://user:password@host:port/database?key=value`, several `host:port` by
//! comma, IPv6 in brackets, a socket directory as `?host=/dir` or `%2Fdir`) or `key=value` pairs
//! (`host=/tmp user='a b'`; in a quoted value `\'` and `\\` stand for a quote and a backslash). What the string leaves
//! open comes from a service file, from `PG…` variables, then from defaults: the first of `/var/run/postgresql`,
//! `/private/tmp` and `/tmp` with a socket in it, else `localhost`; port 5432; the user of the operating system; the
//! database of that name; the password of `~/.pgpass`; the certificates in `~/.postgresql`. `docs/connecting-postgres.md` lists
//! every key.
//!
//! pgx's `default_query_exec_mode`, `statement_cache_capacity` and `description_cache_capacity` are accepted and have no
//! effect, because brant only ever uses the simple query protocol: there is nothing to prepare or to cache. Keys that
//! other clients have and this one lacks are refused by their name, also when a variable sets them. Every other key is
//! a run-time parameter (`search_path`, `lock_timeout`, …), set when the session starts; the server refuses the ones it
//! does not know.

mod backend;
mod cancel;
mod connect;
mod connection;
mod conninfo;
mod dsn;
mod error;
mod failure;
mod files;
mod hosts;
mod keys;
mod lot;
mod options;
mod passfile;
mod redact;
mod role;
mod service;
mod settings;
mod ssl;
mod tls;
mod url;

use std::sync::Arc;

use async_trait::async_trait;

use self::conninfo::ConnInfo;
pub use self::redact::redact;
use crate::{Access, Connection, Driver, DriverError, Endpoint, Environment};

/// The driver for PostgreSQL, on `tokio-postgres`.
#[derive(Clone, Copy, Debug)]
pub struct Postgres;

impl Driver for Postgres {
    fn names(&self) -> &'static [&'static str] {
        &["postgres", "pgx"]
    }

    fn schemes(&self) -> &'static [&'static str] {
        &["postgres", "postgresql"]
    }

    fn form(&self) -> &'static str {
        "postgres://USER:PASSWORD@HOST:5432/DATABASE"
    }

    fn dialect(&self) -> &'static str {
        "postgres"
    }

    fn parse(&self, dbstring: &str, environment: &Environment) -> Result<Box<dyn Endpoint>, DriverError> {
        let info = Arc::new(ConnInfo::parse(dbstring, environment)?);
        Ok(Box::new(PostgresEndpoint { redacted: redact(dbstring), info }))
    }

    fn with_database(&self, dbstring: &str, database: &str) -> Result<String, DriverError> {
        dsn::with_database(dbstring, database)
    }
}

/// A database that a connection string names.
struct PostgresEndpoint {
    redacted: String,
    info: Arc<ConnInfo>,
}

#[async_trait]
impl Endpoint for PostgresEndpoint {
    fn redacted(&self) -> String {
        self.redacted.clone()
    }

    async fn connect(&self, _access: Access) -> Result<Box<dyn Connection>, DriverError> {
        Ok(Box::new(connect::connect(&self.info).await?))
    }
}
