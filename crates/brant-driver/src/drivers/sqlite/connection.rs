//! An open database, seen from the asynchronous side.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};

use crate::{Access, Batch, BatchError, Cancel, Connection, DriverError, ErrorKind, ResultSet, Row};

use super::dbstring::{DbString, Place};
use super::worker::{Brake, Job, Worker, closed, start};

/// Opens a database.
pub(super) async fn connect(
    dbstring: Arc<DbString>,
    access: Access,
) -> Result<Box<dyn Connection>, DriverError> {
    let worker = start(Arc::clone(&dbstring), access).await?;
    let server = format!("SQLite {}", rusqlite::version());
    Ok(Box::new(SqliteConnection { dbstring, access, worker, server }))
}

struct SqliteConnection {
    dbstring: Arc<DbString>,
    access: Access,
    worker: Worker,
    server: String,
}

impl SqliteConnection {
    async fn run_texts(
        &self,
        texts: Vec<String>,
        mut done: impl FnMut(usize, Duration) + Send,
    ) -> Result<(), BatchError> {
        let gone = |_| BatchError { index: 0, error: closed() };
        let (times, mut heard) = mpsc::unbounded_channel();
        let (reply, outcome) = oneshot::channel();
        self.worker.jobs.send(Job::Run { texts, times, reply }).map_err(|_| gone(()))?;
        let mut waiter = self.waiter();
        let mut index = 0;
        while let Some(times) = heard.recv().await {
            for time in times {
                done(index, time);
                index += 1;
            }
        }
        let outcome = outcome.await;
        waiter.is_done = true;
        outcome.unwrap_or_else(|_| Err(BatchError { index, error: closed() }))
    }

    /// Has the thread do a job, and waits for its reply.
    async fn ask<T>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, DriverError>>) -> Job,
    ) -> Result<T, DriverError> {
        let (reply, outcome) = oneshot::channel();
        self.worker.jobs.send(job(reply)).map_err(|_| closed())?;
        let mut waiter = self.waiter();
        let outcome = outcome.await;
        waiter.is_done = true;
        outcome.unwrap_or_else(|_| Err(closed()))
    }

    fn waiter(&self) -> Waiter {
        Waiter { brake: self.worker.brake.clone(), is_done: false }
    }
}

#[async_trait]
impl Connection for SqliteConnection {
    async fn execute(&mut self, sql: &str) -> Result<(), DriverError> {
        self.run_texts(vec![sql.to_owned()], |_, _| {}).await.map_err(|failure| failure.error)
    }

    async fn query(&mut self, sql: &str) -> Result<Vec<Row>, DriverError> {
        self.ask(|reply| Job::Query { text: sql.to_owned(), only_firsts: false, reply }).await
    }

    async fn firsts(&mut self, _: &str, all: &str) -> Result<Vec<Row>, DriverError> {
        self.ask(|reply| Job::Query { text: all.to_owned(), only_firsts: true, reply }).await
    }

    async fn results(&mut self, sql: &str) -> Result<ResultSet, DriverError> {
        self.ask(|reply| Job::Results { text: sql.to_owned(), reply }).await
    }

    /// There are no messages to save: all kinds of batch are the same.
    async fn run(
        &mut self,
        statements: &[&str],
        _: Batch,
        done: &mut (dyn FnMut(usize, Duration) + Send),
    ) -> Result<(), BatchError> {
        let texts = statements.iter().map(|&text| text.to_owned()).collect();
        self.run_texts(texts, done).await
    }

    fn canceller(&self) -> Arc<dyn Cancel> {
        Arc::new(Interrupter { brake: self.worker.brake.clone() })
    }

    async fn sibling(&mut self) -> Result<Box<dyn Connection>, DriverError> {
        let is_shared =
            self.dbstring.uri_parameters.iter().any(|(key, value)| key == "cache" && value == "shared");
        match self.dbstring.place {
            Place::File(_) => {}
            Place::Memory(_) if is_shared => {}
            Place::Memory(_) | Place::Temporary => {
                let message = "a database in memory, or a temporary one, has only one connection";
                return Err(DriverError::new(ErrorKind::Connect, message));
            }
        }
        connect(Arc::clone(&self.dbstring), self.access).await
    }

    /// A file does not go away.
    fn is_closed(&self) -> bool {
        false
    }

    fn server(&self) -> &str {
        &self.server
    }

    fn database_file(&self) -> Option<PathBuf> {
        self.worker.database_file.clone()
    }

    async fn close(self: Box<Self>) {
        let (reply, closed) = oneshot::channel();
        if self.worker.jobs.send(Job::Close { reply }).is_ok() {
            let _ = closed.await;
        }
    }
}

struct Interrupter {
    brake: Brake,
}

#[async_trait]
impl Cancel for Interrupter {
    async fn cancel(&self) -> Result<(), DriverError> {
        self.brake.pull();
        Ok(())
    }
}

/// Stops what runs when whoever waits for it does not wait any more.
struct Waiter {
    brake: Brake,
    is_done: bool,
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if !self.is_done {
            self.brake.pull();
        }
    }
}
