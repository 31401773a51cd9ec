//! A connection of sqlx, as brant sees it.

use std::any::Any;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use brant::driver::facts::process::UnderWay;
use brant::driver::{Cancel, Connection, DriverError, ErrorKind, ResultSet, Row};
use futures_util::StreamExt;
use sqlx::{AssertSqlSafe, ConnectOptions, Either, SqlSafeStr};
use sqlx_core::transaction::TransactionManager;
use tokio::time::timeout;

use crate::cancel::Canceller;
use crate::error::{gone, of_connecting, of_statement};
use crate::holder::{Holder, Own};
use crate::kind::Kind;
use crate::message::{Effect, effect};

/// How to open another connection.
pub(crate) type Options<DB> = Arc<<<DB as sqlx::Database>::Connection as sqlx::Connection>::Options>;

/// How long a server may take to let a second connection in.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// A connection, and what was learnt of it.
pub(crate) struct Lent<DB: Kind, H: Holder<DB>> {
    /// `None` once it was given back.
    holder: Option<H>,
    options: Option<Options<DB>>,
    session: String,
    under_way: Arc<UnderWay>,
    server: String,
    file: Option<PathBuf>,
    brake: Arc<AtomicBool>,
    /// Something was run that may have left its traces in the session.
    has_run: bool,
    is_lost: bool,
}

/// Opens a connection beside those that the application has.
pub(crate) async fn connect_beside<DB: Kind>(
    options: &Options<DB>,
) -> Result<Lent<DB, Own<DB>>, DriverError> {
    let slow = |_| DriverError::new(ErrorKind::Connect, "the server does not let a second connection in");
    let connection = timeout(CONNECT_LIMIT, options.connect()).await.map_err(slow)?;
    let connection = connection.map_err(|error| of_connecting::<DB>(&error))?;
    Lent::new(Own(connection), Some(Arc::clone(options))).await
}

impl<DB: Kind, H: Holder<DB>> Lent<DB, H> {
    /// Asks the server who it is.
    pub(crate) async fn new(holder: H, options: Option<Options<DB>>) -> Result<Self, DriverError> {
        let mut lent = Self {
            holder: Some(holder),
            options,
            session: String::new(),
            under_way: Arc::default(),
            server: String::new(),
            file: None,
            brake: Arc::default(),
            has_run: false,
            is_lost: false,
        };
        let greeting = lent.query(DB::GREETING).await?.pop().unwrap_or_default();
        let mut greeting = greeting.into_iter().map(Option::unwrap_or_default);
        lent.session = greeting.next().unwrap_or_default();
        lent.under_way.begins_on(&lent.session);
        lent.server = DB::server(&greeting.next().unwrap_or_default());
        lent.file = greeting.next().filter(|file| !file.is_empty()).map(PathBuf::from);
        Ok(lent)
    }

    /// The database is in memory and goes with its connection.
    fn holds_database(&self) -> bool {
        self.session.is_empty() && self.file.is_none()
    }

    /// Sends one message and reads everything that comes back.
    async fn send(&mut self, sql: &str, keep: Keep<'_>) -> Result<(), DriverError> {
        let connection = match &mut self.holder {
            Some(holder) if !self.is_lost => holder.get_mut(),
            _ => return Err(gone("it was lost before this statement")),
        };
        self.brake.store(false, Ordering::SeqCst);
        self.under_way.sends(sql);
        let sent = send::<DB>(connection, sql, keep).await;
        sent.map_err(|error| {
            let error = of_statement::<DB>(&error, sql);
            self.is_lost |= error.kind == ErrorKind::Closed;
            error
        })
    }

    /// As [`Lent::send`], for what may change something.
    async fn run_one(&mut self, sql: &str, keep: Keep<'_>) -> Result<(), DriverError> {
        if !self.has_run
            && let Some(holder) = &mut self.holder
        {
            let heeded = DB::heed(holder.get_mut(), &self.brake).await;
            heeded.map_err(|error| of_statement::<DB>(&error, sql))?;
            self.has_run = true;
        }
        self.send(sql, keep).await
    }

    /// The count of changes, where the last command's own does not tell.
    async fn changes(&mut self) -> Result<Option<Vec<Row>>, DriverError> {
        match DB::CHANGES {
            Some(question) => self.query(question).await.map(Some),
            None => Ok(None),
        }
    }

    /// Whether another client of a pooler meets the process that has just served us.
    async fn shares_process(&mut self, question: &str) -> Result<bool, DriverError> {
        let mut other = self.sibling().await?;
        let here = self.query(question).await?;
        other.execute("BEGIN").await?;
        let there = other.query(question).await?;
        let is_shared = there == here || self.query(question).await? != here;
        other.close().await;
        Ok(is_shared)
    }
}

/// What is kept of what comes back.
enum Keep<'a> {
    Nothing,
    /// The rows of all results.
    All(&'a mut Vec<Row>),
    /// The last result.
    Last(&'a mut ResultSet),
}

impl Keep<'_> {
    fn row<DB: Kind>(&mut self, row: &DB::Row, is_first: bool) -> Result<(), sqlx::Error> {
        let n_columns = sqlx::Row::len(row);
        let values = (0..n_columns).map(|column| DB::value(row, column));
        match self {
            Self::Nothing => {}
            Self::All(rows) => {
                let texts = values.map(|value| value.map(|bytes| bytes.map(text)));
                rows.push(texts.collect::<Result<_, _>>()?);
            }
            Self::Last(last) => {
                if is_first {
                    **last = ResultSet { columns: DB::columns(row), ..ResultSet::default() };
                }
                last.rows.push(values.collect::<Result<_, _>>()?);
            }
        }
        Ok(())
    }

    fn complete(&mut self, affected: u64, has_rows: bool) {
        if let Self::Last(last) = self {
            if !has_rows {
                **last = ResultSet::default();
            }
            last.affected = affected;
        }
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Sends a message. Where it begins or ends a transaction, sqlx does that part, so that it knows.
async fn send<DB: Kind>(
    connection: &mut DB::Connection,
    sql: &str,
    keep: Keep<'_>,
) -> Result<(), sqlx::Error> {
    let is_open = DB::TransactionManager::get_transaction_depth(connection) > 0;
    match effect(sql) {
        Effect::Begins if !is_open => {
            let sql = AssertSqlSafe(sql).into_sql_str();
            DB::TransactionManager::begin(connection, Some(sql)).await
        }
        Effect::Commits(before) if is_open => {
            if !before.is_empty() {
                read::<DB>(connection, before, keep).await?;
            }
            DB::TransactionManager::commit(connection).await
        }
        Effect::Committed if is_open => {
            read::<DB>(connection, sql, keep).await?;
            // There is nothing left to commit: this is for sqlx to know.
            DB::TransactionManager::commit(connection).await
        }
        Effect::RollsBack if is_open => DB::TransactionManager::rollback(connection).await,
        _ => read::<DB>(connection, sql, keep).await,
    }
}

async fn read<DB: Kind>(
    connection: &mut DB::Connection,
    sql: &str,
    mut keep: Keep<'_>,
) -> Result<(), sqlx::Error> {
    let mut found = DB::send(connection, sql.to_owned());
    let mut has_rows = false;
    while let Some(found) = found.next().await {
        match found? {
            Either::Right(row) => keep.row::<DB>(&row, !std::mem::replace(&mut has_rows, true))?,
            Either::Left(done) => keep.complete(DB::affected(&done), std::mem::take(&mut has_rows)),
        }
    }
    Ok(())
}

#[async_trait]
impl<DB: Kind, H: Holder<DB>> Connection for Lent<DB, H> {
    async fn execute(&mut self, sql: &str) -> Result<(), DriverError> {
        self.run_one(sql, Keep::Nothing).await
    }

    async fn query(&mut self, sql: &str) -> Result<Vec<Row>, DriverError> {
        let mut rows = Vec::new();
        self.send(sql, Keep::All(&mut rows)).await?;
        Ok(rows)
    }

    async fn results(&mut self, sql: &str) -> Result<ResultSet, DriverError> {
        let mut last = ResultSet::default();
        let before = self.changes().await?;
        self.run_one(sql, Keep::Last(&mut last)).await?;
        if before.is_some() && before == self.changes().await? {
            last.affected = 0;
        }
        Ok(last)
    }

    fn canceller(&self) -> Arc<dyn Cancel> {
        Arc::new(Canceller::<DB> {
            brake: Arc::clone(&self.brake),
            session: self.session.clone(),
            under_way: Arc::clone(&self.under_way),
            options: self.options.clone(),
        })
    }

    async fn sibling(&mut self) -> Result<Box<dyn Connection>, DriverError> {
        match &self.options {
            Some(_) if self.holds_database() => Err(no_second("a database in memory")),
            Some(options) => Ok(Box::new(connect_beside::<DB>(options).await?)),
            None => Err(no_second("a borrowed connection of which the options are not known")),
        }
    }

    async fn is_pooled(&mut self) -> Result<bool, DriverError> {
        match DB::PROCESS {
            Some(question) if self.options.is_some() => self.shares_process(question).await,
            _ => Ok(false),
        }
    }

    fn native(&mut self) -> Option<&mut (dyn Any + Send)> {
        self.has_run = true;
        self.under_way.is_lent();
        self.holder.as_mut().map(|holder| holder.get_mut() as &mut (dyn Any + Send))
    }

    fn is_closed(&self) -> bool {
        self.is_lost
    }

    fn server(&self) -> &str {
        &self.server
    }

    fn database_file(&self) -> Option<PathBuf> {
        self.file.clone()
    }

    async fn close(mut self: Box<Self>) {
        let Some(holder) = &mut self.holder else { return };
        let connection = holder.get_mut();
        while !self.is_lost && DB::TransactionManager::get_transaction_depth(connection) > 0 {
            self.is_lost = DB::TransactionManager::rollback(connection).await.is_err();
        }
        if self.has_run {
            DB::forget(connection).await;
        }
        let is_as_before = !self.is_lost && (!self.has_run || self.holds_database());
        if let Some(holder) = self.holder.take() {
            holder.release(is_as_before).await;
        }
    }
}

pub(crate) fn no_second(what: &str) -> DriverError {
    DriverError::new(ErrorKind::Connect, format!("{what} has no second connection"))
}

impl<DB: Kind, H: Holder<DB>> Drop for Lent<DB, H> {
    /// Somebody stopped waiting in the middle.
    fn drop(&mut self) {
        let Some(holder) = &mut self.holder else { return };
        for _ in 0..DB::TransactionManager::get_transaction_depth(holder.get()) {
            DB::TransactionManager::start_rollback(holder.get_mut());
        }
        self.brake.store(holder.abandon(), Ordering::SeqCst);
    }
}
