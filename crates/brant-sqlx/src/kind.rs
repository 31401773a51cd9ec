//! What differs between sqlx's databases.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use brant::driver::facts::process::UnderWay;
use brant::driver::{Connection, DriverError};
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use sqlx::{Database, Either, Error};

/// What comes back for a message: the end of a command, or a row of it.
pub(crate) type Found<DB> = Either<<DB as Database>::QueryResult, <DB as Database>::Row>;

/// One of sqlx's databases.
pub(crate) trait Kind: Database + Sized {
    /// The name of its dialect.
    const DIALECT: &'static str;
    /// Asks for the session's number, the server's version, and the database's file.
    const GREETING: &'static str;
    /// Asks for the server process that serves a statement, where a pooler may make them several.
    const PROCESS: Option<&'static str> = None;
    /// Asks for a number that grows with every change, where a command that changes nothing leaves the count of rows of
    /// an earlier one.
    const CHANGES: Option<&'static str> = None;

    /// The server's product and version, from what the server calls its version.
    fn server(version: &str) -> String;

    /// Stops what a session runs, where that is done by another one.
    fn stop_sql(_session: &str, _under_way: &UnderWay) -> Option<String> {
        None
    }

    /// The session that works for a connection now, as another one sees it: where a pooler may lend it several, by the text
    /// that is under way.
    fn session<'a>(
        session: &'a str,
        _under_way: &'a UnderWay,
        _other: &'a mut dyn Connection,
    ) -> BoxFuture<'a, Option<i64>> {
        Box::pin(async { session.parse().ok() })
    }

    /// Has what runs on the connection stop when `brake` is set, where that is done by the client.
    fn heed<'a>(
        _connection: &'a mut Self::Connection,
        _brake: &Arc<AtomicBool>,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async { Ok(()) })
    }

    /// Undoes [`Kind::heed`].
    fn forget(_connection: &mut Self::Connection) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }

    /// Sends one message, as text, without preparing anything.
    fn send(connection: &mut Self::Connection, sql: String) -> BoxStream<'_, Result<Found<Self>, Error>>;

    /// How many rows a command changed.
    fn affected(done: &Self::QueryResult) -> u64;

    /// The names of a row's columns.
    fn columns(row: &Self::Row) -> Vec<String> {
        use sqlx::{Column, Row};
        row.columns().iter().map(|column| column.name().to_owned()).collect()
    }

    /// A value as the server prints it.
    fn value(row: &Self::Row, column: usize) -> Result<Option<Vec<u8>>, Error>;

    /// What the server says of a statement, if the error is one of this database.
    fn said(error: &dyn sqlx::error::DatabaseError, sql: &str) -> Option<DriverError>;

    /// A failure to cancel that means that there was nothing left to cancel.
    fn is_over(_error: &DriverError) -> bool {
        false
    }
}
