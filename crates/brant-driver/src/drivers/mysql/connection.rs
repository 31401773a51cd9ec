//! An open connection.

use std::any::Any;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use mysql_async::prelude::Queryable;
use mysql_async::{Column, Conn, Error, Opts, Value};
use tokio::time::timeout;

use crate::connection::one_by_one;
use crate::facts::mysql::NO_SUCH_THREAD;
use crate::{Batch, BatchError, Cancel, Connection, DriverError, ErrorKind, ResultSet, Row};

use super::connect::{connect_again, connect_bare};
use super::dsn::Dsn;
use super::errors::{gone, statement_error};

/// `ER_NET_PACKET_TOO_LARGE`: the statement was not run, and the server closes the connection.
const PACKET_TOO_LARGE: i64 = 1153;

/// How long a server may take to take leave.
const GOODBYE: Duration = Duration::from_secs(1);

/// The smallest default of `max_allowed_packet` among servers in use.
const LONG_MESSAGE: usize = 1 << 20;

/// What a connection is connected to.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) dsn: Arc<Dsn>,
    /// With the address that was reached.
    pub(super) options: Opts,
}

/// What comes back for a message.
enum Heard<'a> {
    /// One of its commands was carried out, or its rows begin.
    Answer {
        columns: &'a [Column],
        affected: u64,
    },
    Row(mysql_async::Row),
}

type Hear<'a> = dyn FnMut(Heard<'_>) + Send + 'a;

/// A connection to MySQL or MariaDB.
pub(super) struct MySqlConnection {
    inner: Conn,
    target: Target,
    server: String,
    /// The link failed, or the two sides are out of step.
    lost: bool,
    /// A statement was sent and its results were not yet read to their end. Still set when the next statement
    /// comes, it means that somebody stopped waiting in the middle.
    in_flight: bool,
}

impl MySqlConnection {
    pub(super) fn new(inner: Conn, target: Target) -> Self {
        let server = server_name(inner.server_version());
        Self { inner, target, server, lost: false, in_flight: false }
    }

    /// Sends one message and reads every result to its end; the errors of all its commands surface.
    async fn exchange(&mut self, sql: &str, hear: &mut Hear<'_>) -> Result<(), DriverError> {
        if self.is_closed() {
            return Err(gone("it was lost before this statement"));
        }
        self.in_flight = true;
        let outcome = read_all(&mut self.inner, &self.target.dsn, sql, hear).await;
        self.in_flight = false;
        outcome.map_err(|mut error| {
            self.lost |= error.kind == ErrorKind::Closed || error.number == Some(PACKET_TOO_LARGE);
            if self.lost {
                error.hint = long_message_hint(sql.len());
            }
            error
        })
    }

    /// Sends one message. Its answers come one after the other, and none after that of the command that failed.
    async fn run_joined(
        &mut self,
        statements: &[&str],
        done: &mut (dyn FnMut(usize, Duration) + Send),
    ) -> Result<(), BatchError> {
        let Some(last) = statements.len().checked_sub(1) else { return Ok(()) };
        let (mut index, mut start) = (0, Instant::now());
        let mut hear = |heard: Heard<'_>| {
            // The last one is done when all of its results are read.
            if matches!(heard, Heard::Answer { .. }) && index < last {
                done(index, start.elapsed());
                (index, start) = (index + 1, Instant::now());
            }
        };
        let outcome = self.exchange(&statements.join("; "), &mut hear).await;
        outcome.map_err(|error| BatchError { index, error })?;
        done(last, start.elapsed());
        Ok(())
    }
}

/// A server closes the connection on a message that is too long, mostly before its error can be read.
fn long_message_hint(length: usize) -> Option<String> {
    let is_long = length >= LONG_MESSAGE;
    is_long.then(|| format!("the message had {length} bytes: the server's max_allowed_packet may be smaller"))
}

/// The product and its version. `mysql_async` tells only the numbers. Those of MariaDB begin at 10 since 2012, those
/// of MySQL are below; a proxy that hides a MariaDB says 5.5.5.
fn server_name(version: (u16, u16, u16)) -> String {
    match version {
        (0, 0, 0) => "MySQL".to_owned(),
        (5, 5, 5) => "MariaDB".to_owned(),
        (major, minor, patch) if major >= 10 => format!("MariaDB {major}.{minor}.{patch}"),
        (major, minor, patch) => format!("MySQL {major}.{minor}.{patch}"),
    }
}

async fn read_all(
    connection: &mut Conn,
    dsn: &Dsn,
    sql: &str,
    hear: &mut Hear<'_>,
) -> Result<(), DriverError> {
    let read = dsn.options.read_timeout;
    let first = read.map(|read| read + dsn.options.write_timeout.unwrap_or_default());
    let mut result = bounded(first, connection.query_iter(sql)).await?;
    loop {
        hear(Heard::Answer { columns: result.columns_ref(), affected: result.affected_rows() });
        while let Some(row) = bounded(read, result.next()).await? {
            hear(Heard::Row(row));
        }
        if result.is_empty() {
            // An error that ended the last result is only told now.
            return bounded(read, result.drop_result()).await;
        }
    }
}

/// Waits for the server, for `readTimeout` at most.
async fn bounded<T>(
    limit: Option<Duration>,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, DriverError> {
    let outcome = match limit {
        None => work.await,
        Some(limit) => timeout(limit, work)
            .await
            .map_err(|_| gone(&format!("no answer within {limit:?} (readTimeout)")))?,
    };
    outcome.map_err(|error| statement_error(&error))
}

/// A value as the server prints it. The text protocol has nothing but bytes and NULL.
fn text(value: Value) -> Option<String> {
    match value {
        Value::NULL => None,
        Value::Bytes(bytes) => Some(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }),
        other => Some(other.as_sql(true).trim_matches('\'').to_owned()),
    }
}

fn bytes(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::Bytes(bytes) => Some(bytes),
        other => text(other).map(String::into_bytes),
    }
}

#[async_trait]
impl Connection for MySqlConnection {
    async fn execute(&mut self, sql: &str) -> Result<(), DriverError> {
        self.exchange(sql, &mut |_| {}).await
    }

    async fn query(&mut self, sql: &str) -> Result<Vec<Row>, DriverError> {
        let mut rows = Vec::new();
        let mut keep = |heard: Heard<'_>| {
            if let Heard::Row(row) = heard {
                rows.push(row.unwrap().into_iter().map(text).collect());
            }
        };
        self.exchange(sql, &mut keep).await?;
        Ok(rows)
    }

    async fn results(&mut self, sql: &str) -> Result<ResultSet, DriverError> {
        let mut last = ResultSet::default();
        let mut keep = |heard: Heard<'_>| match heard {
            Heard::Answer { columns, affected } => {
                let columns = columns.iter().map(|column| column.name_str().into_owned()).collect();
                last = ResultSet { columns, rows: Vec::new(), affected };
            }
            Heard::Row(row) => last.rows.push(row.unwrap().into_iter().map(bytes).collect()),
        };
        self.exchange(sql, &mut keep).await?;
        Ok(last)
    }

    /// The protocol has no pipelining, so what is not joined goes one by one.
    async fn run(
        &mut self,
        statements: &[&str],
        batch: Batch,
        done: &mut (dyn FnMut(usize, Duration) + Send),
    ) -> Result<(), BatchError> {
        // What a message may hold is a limit of the server's: a long statement is not made longer.
        if batch == Batch::Joined && statements.iter().map(|sql| sql.len()).sum::<usize>() < LONG_MESSAGE / 2
        {
            return self.run_joined(statements, done).await;
        }
        one_by_one(self, statements, done).await
    }

    fn canceller(&self) -> Arc<dyn Cancel> {
        Arc::new(Killer { target: self.target.clone(), id: self.inner.id() })
    }

    async fn sibling(&mut self) -> Result<Box<dyn Connection>, DriverError> {
        Ok(Box::new(connect_again(&self.target).await?))
    }

    fn native(&mut self) -> Option<&mut (dyn Any + Send)> {
        Some(&mut self.inner)
    }

    fn is_closed(&self) -> bool {
        self.lost || self.in_flight || self.inner.is_disconnected()
    }

    fn server(&self) -> &str {
        &self.server
    }

    async fn close(self: Box<Self>) {
        if !self.is_closed() {
            let _ = timeout(GOODBYE, self.inner.disconnect()).await;
        }
    }
}

/// Stops the statement of a connection through a second one.
///
/// Servers let some statements end without an error then, `DO SLEEP(9)` for one: those succeed early.
struct Killer {
    target: Target,
    id: u32,
}

#[async_trait]
impl Cancel for Killer {
    async fn cancel(&self) -> Result<(), DriverError> {
        let mut connection = connect_bare(&self.target).await?;
        let outcome = connection.query_drop(format!("KILL QUERY {}", self.id)).await;
        let _ = timeout(GOODBYE, connection.disconnect()).await;
        match outcome.map_err(|error| statement_error(&error)) {
            Err(error) if error.number == Some(NO_SUCH_THREAD) => Ok(()),
            outcome => outcome,
        }
    }

    async fn session(&self) -> Option<i64> {
        Some(self.id.into())
    }

    async fn sibling(&self) -> Result<Box<dyn Connection>, DriverError> {
        Ok(Box::new(connect_again(&self.target).await?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_told_by_their_numbers() {
        assert_eq!(server_name((10, 11, 19)), "MariaDB 10.11.19");
        assert_eq!(server_name((12, 0, 2)), "MariaDB 12.0.2");
        assert_eq!(server_name((9, 7, 4)), "MySQL 9.7.4");
        assert_eq!(server_name((5, 7, 44)), "MySQL 5.7.44");
        assert_eq!(server_name((5, 5, 5)), "MariaDB");
        assert_eq!(server_name((0, 0, 0)), "MySQL");
    }

    #[test]
    fn values_are_text() {
        assert_eq!(text(Value::NULL), None);
        assert_eq!(
            text(Value::Bytes(b"2026-01-02 03:04:05.5".to_vec())).as_deref(),
            Some("2026-01-02 03:04:05.5")
        );
        assert_eq!(text(Value::Bytes(vec![b'a', 0xff])).as_deref(), Some("a\u{fffd}"));
        assert_eq!(text(Value::Int(-5)).as_deref(), Some("-5"));
        assert_eq!(text(Value::Date(2026, 1, 2, 3, 4, 5, 0)).as_deref(), Some("2026-01-02 03:04:05"));
        assert_eq!(text(Value::Date(2026, 1, 2, 3, 4, 5, 6)).as_deref(), Some("2026-01-02 03:04:05.000006"));
    }
}
