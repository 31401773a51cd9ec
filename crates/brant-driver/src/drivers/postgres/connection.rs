//! An open connection. It speaks the simple query protocol only: what a file holds is sent as it is.

use std::any::Any;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_util::StreamExt;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Error, SimpleQueryMessage, SimpleQueryStream};

use super::cancel::Canceller;
use super::connect::{self, Dialer, Target, Wire};
use super::{backend, error};
use crate::connection::one_by_one;
use crate::facts::process::UnderWay;
use crate::{Batch, BatchError, Cancel, Connection, DriverError, ErrorKind, ResultSet, Row};

/// How many statements may be on their way at once, and how many bytes of them: both only bound the memory.
const AHEAD_STATEMENTS: usize = 200;
const AHEAD_BYTES: usize = 256 * 1024;

/// How long the server may take to hear a goodbye.
const GOODBYE_LIMIT: Duration = Duration::from_secs(1);
/// How long a pooler may take to show what it is. One that has no process left for us would let us wait.
const POOLER_LIMIT: Duration = Duration::from_secs(5);

/// A connection, and what is needed to make another like it.
pub(super) struct PostgresConnection {
    /// `None` only once it was given up.
    client: Option<Client>,
    /// Reads and writes; ends with the reason for which the connection ended, if it had one.
    wire: JoinHandle<Option<DriverError>>,
    /// That reason, once it was asked for.
    ending: Option<DriverError>,
    canceller: Arc<Canceller>,
    dialer: Arc<Dialer>,
    pub(super) target: Target,
    server: String,
}

/// The results of one message, still to be read.
type Results = Pin<Box<SimpleQueryStream>>;

impl PostgresConnection {
    /// Sets a fresh connection going.
    pub(super) fn start(client: Client, wire: Wire, dialer: Arc<Dialer>, target: Target) -> Self {
        let server = server(wire.parameter("server_version"));
        let canceller = Arc::new(Canceller {
            token: client.cancel_token(),
            dialer: Arc::clone(&dialer),
            target: target.clone(),
            under_way: UnderWay::default(),
            is_told_right: OnceLock::new(),
        });
        let wire = tokio::spawn(async move { wire.await.err().map(|error| error::of_ending(&error)) });
        Self { client: Some(client), wire, ending: None, canceller, dialer, target, server }
    }

    /// Queues a message. Does not wait for anything: the library's future is ready at once.
    async fn send(&mut self, sql: &str) -> Result<Results, DriverError> {
        let sent = match &self.client {
            Some(client) => client.simple_query_raw(sql).await,
            None => return Err(self.ending().await),
        };
        match sent {
            Ok(results) => Ok(Box::pin(results)),
            Err(error) => Err(self.failure(&error, sql).await),
        }
    }

    /// Reads the results of one message to their end.
    async fn finish(
        &mut self,
        results: &mut Results,
        sql: &str,
        mut on_message: impl FnMut(&SimpleQueryMessage) + Send,
    ) -> Result<(), DriverError> {
        self.canceller.under_way.sends(sql);
        while let Some(message) = results.next().await {
            match message {
                Ok(message) => on_message(&message),
                // What the server copies out is dropped, like the rows of a SELECT.
                Err(error) if error::is_copy(&error) && only_copies_out(sql) => {}
                Err(error) => return Err(self.failure(&error, sql).await),
            }
        }
        Ok(())
    }

    async fn failure(&mut self, error: &Error, sql: &str) -> DriverError {
        if error.is_closed() {
            self.ending().await
        } else if error::is_copy(error) {
            self.give_up_copy().await
        } else {
            let error = error::of_statement(error, sql);
            if error.kind == ErrorKind::Closed {
                self.last_words(&error).await;
            }
            error
        }
    }

    /// Lets the connection end after the server has said why, so that it is known to be closed from here on.
    async fn last_words(&mut self, error: &DriverError) {
        if self.ending.is_none() && tokio::time::timeout(GOODBYE_LIMIT, &mut self.wire).await.is_err() {
            self.wire.abort();
        }
        self.client = None;
        self.ending.get_or_insert_with(|| error.clone());
    }

    /// Why the connection ended.
    async fn ending(&mut self) -> DriverError {
        if self.ending.is_none() {
            let reason = (&mut self.wire).await.ok().flatten();
            let lost = || DriverError::new(ErrorKind::Closed, "the connection is closed");
            self.ending = Some(reason.unwrap_or_else(lost));
        }
        self.ending.clone().unwrap_or_else(|| DriverError::new(ErrorKind::Closed, "the connection is closed"))
    }

    /// The server waits for data that nobody will send. The library cannot tell it so, and the server would take
    /// anything else for a violation of the protocol, hence the connection ends here; the server then rolls back.
    async fn give_up_copy(&mut self) -> DriverError {
        self.client = None;
        self.wire.abort();
        if self.ending.is_none() {
            let _ = (&mut self.wire).await;
            let lost = "the connection was given up: the server waited for the data of a COPY";
            self.ending = Some(DriverError::new(ErrorKind::Closed, lost));
        }
        let message =
            "COPY from the client is not supported: there is no data to send. The connection was closed";
        let error = DriverError::new(ErrorKind::Statement, message);
        DriverError { hint: Some("Use INSERT, or COPY from a file on the server.".to_owned()), ..error }
    }

    /// Whether another client of the pooler meets the process that has just served us, or we another one while it has
    /// a transaction.
    async fn shares_process(&mut self, here: Option<String>) -> Result<bool, DriverError> {
        let mut other = connect::again(&self.dialer, &self.target).await?;
        other.execute("BEGIN").await?;
        let there = process(&mut other).await?;
        let shared = there == here || process(self).await? != here;
        other.execute("ROLLBACK").await?;
        Box::new(other).close().await;
        Ok(shared)
    }

    /// Keeps the server supplied: statements go out in their order while the results of earlier ones come in.
    async fn run_ahead(
        &mut self,
        statements: &[&str],
        done: &mut (dyn FnMut(usize, Duration) + Send),
    ) -> Result<(), BatchError> {
        let mut ahead = Ahead::default();
        let mut last = Instant::now();
        for (index, sql) in statements.iter().enumerate() {
            self.fill(&mut ahead, statements).await;
            let Some(mut results) = ahead.results.pop_front() else {
                // This is the one that could not be sent: all before it are done.
                let error =
                    ahead.unsent.unwrap_or_else(|| DriverError::new(ErrorKind::Closed, "nothing was sent"));
                return Err(BatchError { index, error });
            };
            if let Err(error) = self.finish(&mut results, sql, |_| {}).await {
                self.drain(ahead.results).await;
                return Err(BatchError { index, error });
            }
            ahead.bytes -= sql.len();
            let now = Instant::now();
            done(index, now - last);
            last = now;
        }
        Ok(())
    }

    /// Sends as much as may be on its way, once half of that is done: few large packets, not many small ones.
    async fn fill(&mut self, ahead: &mut Ahead, statements: &[&str]) {
        if ahead.results.len() > AHEAD_STATEMENTS / 2 || ahead.bytes > AHEAD_BYTES / 2 {
            return;
        }
        while let Some(sql) = statements.get(ahead.next).filter(|sql| ahead.has_room(sql)) {
            match self.send(sql).await {
                Ok(results) => ahead.results.push_back(results),
                Err(error) => ahead.unsent = Some(error),
            }
            ahead.bytes += sql.len();
            ahead.next += 1;
        }
    }

    /// Waits until the server has refused what was sent after a failure, so that it is idle when we say so.
    async fn drain(&mut self, ahead: VecDeque<Results>) {
        for mut results in ahead {
            if self.client.is_none() {
                return;
            }
            while let Some(message) = results.next().await {
                match message {
                    Ok(_) => {}
                    Err(error) if error::is_copy(&error) => {
                        self.give_up_copy().await;
                        return;
                    }
                    Err(error) if error.is_closed() => return,
                    Err(_) => break,
                }
            }
        }
    }
}

/// The part of a batch that was sent, and whose results were not read yet.
#[derive(Default)]
struct Ahead {
    results: VecDeque<Results>,
    bytes: usize,
    /// The first statement that was not sent.
    next: usize,
    /// Why the one before it could not be sent; no more is sent then.
    unsent: Option<DriverError>,
}

impl Ahead {
    fn has_room(&self, sql: &str) -> bool {
        let fits = self.results.len() < AHEAD_STATEMENTS && self.bytes + sql.len() <= AHEAD_BYTES;
        self.unsent.is_none() && (fits || self.results.is_empty())
    }
}

/// Whether a text can only make the server send data, never wait for some. Both `TO STDOUT` and, oddly, `TO STDIN` are
/// good SQL; whatever is not plainly one of them counts as the contrary, for to wait would be to wait for ever.
fn only_copies_out(sql: &str) -> bool {
    let sql = sql.to_ascii_uppercase();
    let mut ends = ["STDIN", "STDOUT"].iter().flat_map(|word| sql.match_indices(word)).peekable();
    ends.peek().is_some() && ends.all(|(at, _)| sql[..at].trim_end().ends_with("TO"))
}

/// The number of the server process that serves this statement.
pub(super) async fn process(connection: &mut dyn Connection) -> Result<Option<String>, DriverError> {
    let rows = connection.query("SELECT pg_catalog.pg_backend_pid()").await?;
    Ok(rows.into_iter().next().and_then(|row| row.into_iter().next()).flatten())
}

/// `15.18 (Debian 15.18-1)` is version 15.18.
fn server(version: Option<&str>) -> String {
    match version.and_then(|version| version.split_whitespace().next()) {
        Some(version) => format!("PostgreSQL {version}"),
        None => "PostgreSQL".to_owned(),
    }
}

#[async_trait]
impl Connection for PostgresConnection {
    async fn execute(&mut self, sql: &str) -> Result<(), DriverError> {
        let mut results = self.send(sql).await?;
        self.finish(&mut results, sql, |_| {}).await
    }

    async fn query(&mut self, sql: &str) -> Result<Vec<Row>, DriverError> {
        let mut results = self.send(sql).await?;
        let mut rows = Vec::new();
        let keep = |message: &SimpleQueryMessage| {
            if let SimpleQueryMessage::Row(row) = message {
                rows.push((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect());
            }
        };
        self.finish(&mut results, sql, keep).await?;
        Ok(rows)
    }

    async fn results(&mut self, sql: &str) -> Result<ResultSet, DriverError> {
        let mut results = self.send(sql).await?;
        let mut last = ResultSet::default();
        let mut is_complete = false;
        let keep = |message: &SimpleQueryMessage| {
            if std::mem::take(&mut is_complete) {
                last = ResultSet::default();
            }
            match message {
                SimpleQueryMessage::RowDescription(columns) => {
                    last.columns = columns.iter().map(|column| column.name().to_owned()).collect();
                }
                SimpleQueryMessage::Row(row) => {
                    last.rows
                        .push((0..row.len()).map(|at| row.get(at).map(|v| v.as_bytes().to_vec())).collect());
                }
                SimpleQueryMessage::CommandComplete(affected) => {
                    last.affected = *affected;
                    is_complete = true;
                }
                _ => {}
            }
        };
        self.finish(&mut results, sql, keep).await?;
        Ok(last)
    }

    async fn run(
        &mut self,
        statements: &[&str],
        batch: Batch,
        done: &mut (dyn FnMut(usize, Duration) + Send),
    ) -> Result<(), BatchError> {
        match batch {
            // A message of several commands would be a transaction.
            Batch::OneByOne | Batch::Joined => one_by_one(self, statements, done).await,
            Batch::Ahead => self.run_ahead(statements, done).await,
        }
    }

    fn canceller(&self) -> Arc<dyn Cancel> {
        Arc::<Canceller>::clone(&self.canceller)
    }

    async fn sibling(&mut self) -> Result<Box<dyn Connection>, DriverError> {
        Ok(Box::new(connect::again(&self.dialer, &self.target).await?))
    }

    async fn is_pooled(&mut self) -> Result<bool, DriverError> {
        let told = backend::process(&self.canceller.token).await.map(|process| process.to_string());
        let here = process(self).await?;
        if here == told {
            return Ok(false);
        }
        // A pooler made the greeting. It may still keep one server process for each of its clients.
        let shared = tokio::time::timeout(POOLER_LIMIT, self.shares_process(here)).await;
        Ok(!matches!(shared, Ok(Ok(false))))
    }

    fn native(&mut self) -> Option<&mut (dyn Any + Send)> {
        self.client.as_mut().map(|client| client as &mut (dyn Any + Send))
    }

    fn give_up(&mut self) {
        self.client = None;
        self.wire.abort();
        let silent = || DriverError::new(ErrorKind::Closed, "the server does not answer");
        self.ending.get_or_insert_with(silent);
    }

    fn is_closed(&self) -> bool {
        self.client.as_ref().is_none_or(Client::is_closed)
    }

    fn server(&self) -> &str {
        &self.server
    }

    async fn close(mut self: Box<Self>) {
        // Without a client the wire says goodbye and ends.
        self.client = None;
        if self.ending.is_none() && tokio::time::timeout(GOODBYE_LIMIT, &mut self.wire).await.is_err() {
            self.wire.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{only_copies_out, server};

    #[test]
    fn copy_out_is_told_from_copy_in() {
        for (sql, want) in [
            ("COPY t TO STDOUT", true),
            ("copy (select * from t) to\n stdout with csv", true),
            ("COPY t TO STDIN", true),
            ("COPY t FROM STDIN", false),
            ("copy t from stdout", false),
            ("COPY t TO STDOUT; COPY t FROM STDIN", false),
            ("COPY t TO /* x */ STDOUT", false),
        ] {
            assert_eq!(only_copies_out(sql), want, "{sql}");
        }
    }

    #[test]
    fn the_version_is_the_first_word() {
        for (version, want) in [
            (Some("15.18 (Debian 15.18-1)"), "PostgreSQL 15.18"),
            (Some("17beta1"), "PostgreSQL 17beta1"),
            (None, "PostgreSQL"),
        ] {
            assert_eq!(server(version), want);
        }
    }
}
