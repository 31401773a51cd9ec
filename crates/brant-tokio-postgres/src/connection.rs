//! A client, as brant sees it.

use std::any::Any;
use std::ops::DerefMut;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use brant::driver::facts::process::UnderWay;
use brant::driver::{Cancel, Connection, DriverError, ErrorKind, ResultSet, Row};
use futures_util::FutureExt;
use tokio::time::timeout;
use tokio_postgres::{CancelToken, Client, NoTls, SimpleQueryMessage};

use crate::Connector;
use crate::error::{gone, of_statement};

/// How long a server may take to let a second connection in.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

const PROCESS: &str = "SELECT pg_catalog.pg_backend_pid()";
/// A statement that stands alone is as old as its transaction.
const STANDS_ALONE: &str = "SELECT pg_catalog.now() = pg_catalog.statement_timestamp()";
const GREETING: &str = "SELECT pg_catalog.now() = pg_catalog.statement_timestamp(), pg_catalog.pg_backend_pid(), \
                        pg_catalog.current_setting('server_version')";

/// A client, borrowed or our own, and what was learnt of it.
pub(crate) struct Lent<C: DerefMut<Target = Client> + Send> {
    client: C,
    connector: Option<Connector>,
    under_way: Arc<UnderWay>,
    server: String,
    /// Something was run that may have begun a transaction.
    has_run: bool,
    is_lost: bool,
    is_done: bool,
}

async fn connect(connector: &Connector) -> Result<Client, DriverError> {
    let failed = |reason: String| DriverError::new(ErrorKind::Connect, reason);
    match timeout(CONNECT_LIMIT, connector()).await {
        Ok(connected) => connected.map_err(|error| failed(error.to_string())),
        Err(_) => Err(failed("the server does not let a second connection in".to_owned())),
    }
}

/// A connection beside the client.
async fn second(connector: Option<&Connector>) -> Result<Box<dyn Connection>, DriverError> {
    let Some(connector) = connector else {
        return Err(DriverError::new(ErrorKind::Connect, "no connector was given"));
    };
    let client = Box::new(connect(connector).await?);
    Ok(Box::new(Lent::new(client, Some(Arc::clone(connector))).await?))
}

impl<C: DerefMut<Target = Client> + Send> Lent<C> {
    /// Asks the server who it is, and refuses a client in a transaction.
    pub(crate) async fn new(client: C, connector: Option<Connector>) -> Result<Self, DriverError> {
        let mut lent = Self {
            client,
            connector,
            under_way: Arc::default(),
            server: String::new(),
            has_run: false,
            is_lost: false,
            is_done: true,
        };
        let greeting = lent.query(GREETING).await?.pop().unwrap_or_default();
        let mut greeting = greeting.into_iter().map(Option::unwrap_or_default);
        if greeting.next().is_none_or(|stands_alone| stands_alone != "t") {
            let message = "the client is in a transaction: migrations make their own";
            return Err(DriverError::new(ErrorKind::Config, message));
        }
        lent.under_way.begins_on(&greeting.next().unwrap_or_default());
        let version = greeting.next().unwrap_or_default();
        lent.server = format!("PostgreSQL {}", version.split_whitespace().next().unwrap_or_default());
        lent.is_done = false;
        Ok(lent)
    }

    /// Sends one message and reads everything that comes back.
    async fn send(&mut self, sql: &str) -> Result<Vec<SimpleQueryMessage>, DriverError> {
        if self.is_lost {
            return Err(gone("it was lost before this statement"));
        }
        if let Some(offset) = sql.find('\0') {
            let error = DriverError::new(ErrorKind::Statement, "the SQL text has a NUL character in it");
            return Err(DriverError { offset: Some(offset), ..error });
        }
        self.under_way.sends(sql);
        self.client.simple_query(sql).await.map_err(|error| {
            let error = of_statement(&error, sql);
            self.is_lost |= error.kind == ErrorKind::Closed;
            error
        })
    }

    /// No transaction is open. One that has failed answers nothing.
    async fn stands_alone(&mut self) -> bool {
        let rows = self.query(STANDS_ALONE).await.unwrap_or_default();
        rows.first().is_some_and(|row| row.iter().flatten().eq(["t"]))
    }
}

#[async_trait]
impl<C: DerefMut<Target = Client> + Send> Connection for Lent<C> {
    async fn execute(&mut self, sql: &str) -> Result<(), DriverError> {
        self.has_run = true;
        self.send(sql).await.map(drop)
    }

    async fn query(&mut self, sql: &str) -> Result<Vec<Row>, DriverError> {
        let messages = self.send(sql).await?;
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect())
            }
            _ => None,
        });
        Ok(rows.collect())
    }

    async fn results(&mut self, sql: &str) -> Result<ResultSet, DriverError> {
        self.has_run = true;
        let mut last = ResultSet::default();
        let mut is_complete = false;
        for message in self.send(sql).await? {
            if std::mem::take(&mut is_complete) {
                last = ResultSet::default();
            }
            match message {
                SimpleQueryMessage::RowDescription(columns) => {
                    last.columns = columns.iter().map(|column| column.name().to_owned()).collect();
                }
                SimpleQueryMessage::Row(row) => {
                    let values = (0..row.len()).map(|at| row.get(at).map(|value| value.as_bytes().to_vec()));
                    last.rows.push(values.collect());
                }
                SimpleQueryMessage::CommandComplete(affected) => {
                    last.affected = affected;
                    is_complete = true;
                }
                _ => {}
            }
        }
        Ok(last)
    }

    fn canceller(&self) -> Arc<dyn Cancel> {
        Arc::new(Canceller {
            token: self.client.cancel_token(),
            connector: self.connector.clone(),
            under_way: Arc::clone(&self.under_way),
        })
    }

    async fn sibling(&mut self) -> Result<Box<dyn Connection>, DriverError> {
        second(self.connector.as_ref()).await
    }

    /// Whether another client of a pooler meets the process that has just served us.
    async fn is_pooled(&mut self) -> Result<bool, DriverError> {
        if self.connector.is_none() {
            return Ok(false);
        }
        let mut other = self.sibling().await?;
        let here = self.query(PROCESS).await?;
        other.execute("BEGIN").await?;
        let there = other.query(PROCESS).await?;
        let is_pooled = there == here || self.query(PROCESS).await? != here;
        other.close().await;
        Ok(is_pooled)
    }

    fn native(&mut self) -> Option<&mut (dyn Any + Send)> {
        self.has_run = true;
        self.under_way.is_lent();
        let client: &mut Client = &mut self.client;
        Some(client)
    }

    fn is_closed(&self) -> bool {
        self.is_lost || self.client.is_closed()
    }

    fn server(&self) -> &str {
        &self.server
    }

    /// A script may have begun a transaction and not ended it.
    async fn close(mut self: Box<Self>) {
        self.is_done = !self.has_run || self.is_closed() || self.stands_alone().await;
    }
}

impl<C: DerefMut<Target = Client> + Send> Drop for Lent<C> {
    /// Somebody stopped waiting in the middle. The message is queued when its future is polled first; the answer is for
    /// nobody.
    fn drop(&mut self) {
        if !self.is_done {
            let _ = self.client.batch_execute("ROLLBACK").now_or_never();
        }
    }
}

/// Cancels over another connection.
struct Canceller {
    token: CancelToken,
    connector: Option<Connector>,
    under_way: Arc<UnderWay>,
}

#[async_trait]
impl Cancel for Canceller {
    async fn cancel(&self) -> Result<(), DriverError> {
        let Some(connector) = &self.connector else {
            return self.token.cancel_query(NoTls).await.map_err(|error| of_statement(&error, ""));
        };
        let client = connect(connector).await?;
        let sql = self.under_way.cancel();
        client.batch_execute(&sql).await.map_err(|error| of_statement(&error, &sql))
    }

    async fn session_seen_from(&self, other: &mut dyn Connection) -> Option<i64> {
        self.under_way.process(other).await
    }

    async fn sibling(&self) -> Result<Box<dyn Connection>, DriverError> {
        second(self.connector.as_ref()).await
    }
}
