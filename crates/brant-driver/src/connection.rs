//! The seam between brant and client libraries.

use std::any::Any;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;

use crate::{DriverError, ErrorKind};

/// Environment variables, given explicitly: drivers never read the process's own.
pub type Environment = BTreeMap<String, String>;

/// A row of a result: text as the server prints it, `None` for NULL.
pub type Row = Vec<Option<String>>;

/// What one command returned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResultSet {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows: values as the server prints them, `None` for NULL.
    pub rows: Vec<Vec<Option<Vec<u8>>>>,
    /// How many rows the command changed, as the server counts.
    pub affected: u64,
}

/// What a connection is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Only to look. Nothing is created: a missing database file is taken for an empty database.
    Read,
    /// To change things. A missing SQLite file is created, its folder is not.
    Write,
}

/// A client library that can connect to some databases.
pub trait Driver: Sync + Send {
    /// The names that users give on the command line; the first is the one shown.
    fn names(&self) -> &'static [&'static str];
    /// The URL schemes by which it is recognised when no name is given (`postgres`, `mysql`, …).
    fn schemes(&self) -> &'static [&'static str];
    /// The form of a connection string, to show to somebody whose string can't be understood.
    fn form(&self) -> &'static str;
    /// The name of the dialect that its servers speak.
    fn dialect(&self) -> &'static str;
    /// Reads a connection string. Nothing is connected yet.
    ///
    /// `environment` holds the variables that may complete it (`PGHOST`, …).
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Config`] when the string is malformed, or names an option that is not supported (by its
    /// name; no option is ever ignored).
    fn parse(&self, dbstring: &str, environment: &Environment) -> Result<Box<dyn Endpoint>, DriverError>;

    /// The connection string for another database of the same server. `database` is a plain name: letters, digits and
    /// `_`.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Config`] when the string is malformed, or there is no server that has several.
    fn with_database(&self, _dbstring: &str, _database: &str) -> Result<String, DriverError> {
        let name = self.names()[0];
        Err(DriverError::new(ErrorKind::Config, format!("{name} has no server that holds several databases")))
    }

    /// As [`Driver::parse`], with files for TLS that were named beside the connection string.
    ///
    /// A driver whose connection strings can name such files themselves needs no other way, and refuses them.
    ///
    /// # Errors
    ///
    /// As [`Driver::parse`], or when a file is not wanted, can't be read or does not hold what it should.
    fn parse_with_tls(
        &self,
        dbstring: &str,
        environment: &Environment,
        files: &TlsFiles,
    ) -> Result<Box<dyn Endpoint>, DriverError> {
        match files.first_flag() {
            None => self.parse(dbstring, environment),
            Some(flag) => Err(DriverError {
                hint: Some(format!("leave `{flag}` out, and say in the connection string how to use TLS")),
                ..DriverError::new(ErrorKind::Config, format!("flag `{flag}` is only for mysql"))
            }),
        }
    }
}

/// Files for TLS that are named by flags, since the connection string has no place for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// `-certfile`: certificates of the authorities to trust, instead of the system's.
    pub authorities: Option<PathBuf>,
    /// `-ssl-cert`: the client's own certificate, and those between it and its authority.
    pub client_certificate: Option<PathBuf>,
    /// `-ssl-key`: the client's private key.
    pub client_key: Option<PathBuf>,
}

impl TlsFiles {
    /// The flag of the first file that is named.
    fn first_flag(&self) -> Option<&'static str> {
        let flags = [
            (&self.authorities, "-certfile"),
            (&self.client_certificate, "-ssl-cert"),
            (&self.client_key, "-ssl-key"),
        ];
        flags.into_iter().find_map(|(file, flag)| file.is_some().then_some(flag))
    }
}

/// A database that can be connected to.
#[async_trait]
pub trait Endpoint: Send + Sync {
    /// The connection string with its password masked, fit to be shown.
    fn redacted(&self) -> String;
    /// Connects.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Connect`], or [`crate::ErrorKind::Config`] for what only shows now.
    async fn connect(&self, access: Access) -> Result<Box<dyn Connection>, DriverError>;
}

/// How [`Connection::run`] may send its statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Batch {
    /// Each is sent when the one before it has succeeded.
    OneByOne,
    /// They may be sent ahead of the results. Only right inside a transaction in which a failure makes everything
    /// after it fail.
    Ahead,
    /// They may travel together as one message, of which each but the last is a single command without rows. Only right
    /// where such a message is no transaction of its own.
    Joined,
}

/// Why [`Connection::run`] stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchError {
    /// Which statement failed, from 0; those before it succeeded.
    pub index: usize,
    /// How.
    pub error: DriverError,
}

/// One open link to a server.
#[async_trait]
pub trait Connection: Send {
    /// Sends one message, which may hold several commands where the server allows it, and reads every result to its
    /// end.
    ///
    /// # Errors
    ///
    /// What the server says, or that the connection is gone.
    async fn execute(&mut self, sql: &str) -> Result<(), DriverError>;

    /// As [`Connection::execute`], and returns the rows of all results.
    ///
    /// # Errors
    ///
    /// As [`Connection::execute`].
    async fn query(&mut self, sql: &str) -> Result<Vec<Row>, DriverError>;

    /// Rows by what they begin with: of those rows of a command that begin with the same value, only the first. `picked` has
    /// the server leave out the others. `all` leaves that to a connection that passes over a row for less than it takes to
    /// pick, since its library works in this process.
    ///
    /// # Errors
    ///
    /// As [`Connection::execute`].
    async fn firsts(&mut self, picked: &str, all: &str) -> Result<Vec<Row>, DriverError> {
        let _ = all;
        self.query(picked).await
    }

    /// As [`Connection::execute`], and returns what the last command of the message returned.
    ///
    /// # Errors
    ///
    /// As [`Connection::execute`].
    async fn results(&mut self, sql: &str) -> Result<ResultSet, DriverError>;

    /// Sends the texts, each as a message of its own unless `batch` allows more, and stops at the first failure. `done`
    /// hears of each success as it comes: its index, and the time since the one before it was done.
    ///
    /// # Errors
    ///
    /// The first failure, with the index of its statement. Where they are [`Batch::Joined`] and the connection was lost,
    /// those after it may have been carried out too.
    async fn run(
        &mut self,
        statements: &[&str],
        batch: Batch,
        done: &mut (dyn FnMut(usize, Duration) + Send),
    ) -> Result<(), BatchError> {
        // Every kind of batch allows it.
        let _ = batch;
        one_by_one(self, statements, done).await
    }

    /// What can stop the statement that is running now, from elsewhere.
    fn canceller(&self) -> Arc<dyn Cancel>;

    /// Connects once more to the very same server, as the same user.
    ///
    /// # Errors
    ///
    /// As [`Endpoint::connect`].
    async fn sibling(&mut self) -> Result<Box<dyn Connection>, DriverError>;

    /// Whether two statements outside of a transaction may meet two sessions of the server, because a pooler stands in
    /// between. Settings and locks of the session are of no use then. Only asked where it matters: it may cost round
    /// trips.
    ///
    /// # Errors
    ///
    /// As [`Connection::query`].
    async fn is_pooled(&mut self) -> Result<bool, DriverError> {
        Ok(false)
    }

    /// The client library's own connection, for whoever knows which one it is.
    fn native(&mut self) -> Option<&mut (dyn Any + Send)> {
        None
    }

    /// Says that the server does not answer: what was sent is not waited for any more, and the connection counts as gone.
    /// Nothing to do where a connection that was left waiting counts as gone anyway.
    fn give_up(&mut self) {}

    /// The connection is known to be gone.
    fn is_closed(&self) -> bool;

    /// The server's product and version, as people would say it: `PostgreSQL 15.18`, `MariaDB 10.11.19`.
    fn server(&self) -> &str;

    /// The database file, where the database is one file on this machine.
    fn database_file(&self) -> Option<PathBuf> {
        None
    }

    /// Says goodbye to the server. Errors do not matter any more.
    async fn close(self: Box<Self>);
}

/// Sends each statement when the one before it has succeeded: what [`Connection::run`] does where a client library can do
/// no better.
pub(crate) async fn one_by_one<C: Connection + ?Sized>(
    connection: &mut C,
    statements: &[&str],
    done: &mut (dyn FnMut(usize, Duration) + Send),
) -> Result<(), BatchError> {
    for (index, sql) in statements.iter().enumerate() {
        let start = Instant::now();
        connection.execute(sql).await.map_err(|error| BatchError { index, error })?;
        done(index, start.elapsed());
    }
    Ok(())
}

/// The second path to the server of a connection that is busy: stops its statement, and looks at it from outside.
#[async_trait]
pub trait Cancel: Send + Sync {
    /// Asks the server to stop whatever runs on the connection now. The statement then fails with
    /// [`crate::ErrorKind::Cancelled`], unless it was done already.
    ///
    /// # Errors
    ///
    /// When the request could not be delivered.
    async fn cancel(&self) -> Result<(), DriverError>;

    /// The number by which the server knows the connection's session, where it has one.
    async fn session(&self) -> Option<i64> {
        None
    }

    /// The number of the session that works for the connection now, as it is seen from another one on the same path. A pooler
    /// tells its clients other numbers than the server's. `None` where it can't be told.
    async fn session_seen_from(&self, other: &mut dyn Connection) -> Option<i64> {
        let _ = other;
        self.session().await
    }

    /// As [`Connection::sibling`], while the connection is busy.
    ///
    /// # Errors
    ///
    /// As [`Endpoint::connect`], and where the client library has no way to do it.
    async fn sibling(&self) -> Result<Box<dyn Connection>, DriverError> {
        Err(DriverError::new(ErrorKind::Connect, "there is no way to a second connection"))
    }
}
