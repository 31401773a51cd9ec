//! What a migration's code works with.

use std::any::{Any, type_name};
use std::fmt;
use std::sync::Arc;

use brant_core::{Direction, Position, Statement, StatementClass, StatementKind, Step, Version};
use brant_driver::{Connection, DriverError};
use brant_sql::{Dialect, Value, bind, classify, mask_passwords, mask_values, password_literals};

use crate::Stop;
use crate::row::Row;

/// The database, as a migration written in code sees it, or a hook: the migration's own transaction, or the connection where
/// there is none.
///
/// Statements are sent in the database's own SQL; values stand in it as `$1`, `$2`, … on every database alike.
pub struct Context<'a> {
    connection: &'a mut dyn Connection,
    dialect: &'static dyn Dialect,
    /// `None` around a whole run.
    step: Option<&'a Step>,
    in_transaction: bool,
    /// A change was made that the database committed by itself, or the native connection was lent.
    committed: &'a mut bool,
    /// What keeps further statements from being sent.
    stop: Option<&'a Stop>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(
        connection: &'a mut dyn Connection,
        dialect: &'static dyn Dialect,
        step: Option<&'a Step>,
        in_transaction: bool,
        committed: &'a mut bool,
    ) -> Self {
        Self { connection, dialect, step, in_transaction, committed, stop: None }
    }

    /// Sends nothing more once the run was asked to end.
    pub(crate) fn until(self, stop: &'a Stop) -> Self {
        Self { stop: Some(stop), ..self }
    }

    /// The same, borrowed for a shorter time.
    ///
    /// ```
    /// # async fn example(ctx: &mut brant_engine::Context<'_>) -> Result<(), brant_engine::BoxError> {
    /// async fn one(ctx: &mut brant_engine::Context<'_>) {}
    /// one(&mut ctx.reborrow()).await;
    /// ctx.execute("SELECT 1", ()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn reborrow(&mut self) -> Context<'_> {
        Context {
            connection: &mut *self.connection,
            dialect: self.dialect,
            step: self.step,
            in_transaction: self.in_transaction,
            committed: &mut *self.committed,
            stop: self.stop,
        }
    }

    /// Runs a statement and returns how many rows it changed.
    ///
    /// ```
    /// # async fn example(ctx: &mut brant_engine::Context<'_>) -> Result<(), brant_engine::BoxError> {
    /// let changed = ctx.execute("UPDATE users SET name = $1 WHERE id = $2", ("ada", 7)).await?;
    /// assert_eq!(changed, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// What the database says, or that the values don't fit the statement. In a transaction, statements that would end it
    /// are refused.
    pub async fn execute(&mut self, sql: &str, values: impl Values) -> Result<u64, StatementError> {
        Ok(self.send(sql, values.into_values()).await?.affected)
    }

    /// Runs a query and returns its rows.
    ///
    /// ```
    /// # async fn example(ctx: &mut brant_engine::Context<'_>) -> Result<(), brant_engine::BoxError> {
    /// for row in ctx.query("SELECT id, name FROM users WHERE id > $1", (100,)).await? {
    ///     let (id, name): (i64, Option<String>) = (row.get("id")?, row.get("name")?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Context::execute`].
    pub async fn query(&mut self, sql: &str, values: impl Values) -> Result<Vec<Row>, StatementError> {
        let results = self.send(sql, values.into_values()).await?;
        let columns: Arc<[String]> = results.columns.into();
        Ok(results.rows.into_iter().map(|row| Row::new(Arc::clone(&columns), row, self.dialect)).collect())
    }

    /// Runs a query that has exactly one row, and returns it.
    ///
    /// ```
    /// # async fn example(ctx: &mut brant_engine::Context<'_>) -> Result<(), brant_engine::BoxError> {
    /// let highest: i64 = ctx.query_one("SELECT COALESCE(MAX(id), 0) FROM users", ()).await?.get(0)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Context::query`], and when there is no row, or more than one.
    pub async fn query_one(&mut self, sql: &str, values: impl Values) -> Result<Row, StatementError> {
        let mut rows = self.query(sql, values).await?;
        match (rows.pop(), rows.len()) {
            (Some(row), 0) => Ok(row),
            (row, more) => {
                let n_rows = more + usize::from(row.is_some());
                Err(StatementError::refused(sql, format!("one row was expected, and there are {n_rows}")))
            }
        }
    }

    async fn send(
        &mut self,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<brant_driver::ResultSet, StatementError> {
        if let Some(reason) = self.stop.and_then(Stop::reason) {
            return Err(StatementError::refused(sql, format!("not sent: {reason}")));
        }
        self.admit(sql, classify(sql, self.dialect))?;
        let bound = bind(sql, &values, self.dialect)
            .map_err(|error| StatementError::refused(sql, error.to_string()))?;
        self.connection.results(&bound).await.map_err(|error| StatementError::said(sql, &bound, error))
    }

    /// Runs a statement of a text as it stands; an error comes with its place in the text.
    pub(crate) async fn run(&mut self, statement: &Statement) -> Result<(), (Position, StatementError)> {
        let sql = &statement.sql;
        self.admit(sql, statement.class).map_err(|error| (statement.position, error))?;
        self.connection.execute(sql).await.map_err(|error| {
            let offset = error.offset.or_else(|| self.dialect.error_offset(sql, &error.message));
            let position = offset.map_or(statement.position, |offset| statement.position_at(offset));
            (position, StatementError::said(sql, sql, error))
        })
    }

    /// Refuses what would end the migration's transaction, and notes what the database commits by itself.
    fn admit(&mut self, sql: &str, class: StatementClass) -> Result<(), StatementError> {
        if self.in_transaction && class.kind == StatementKind::TransactionControl && ends_transaction(sql) {
            let reason = "the migration runs in a transaction that is not its own to end; declare that it runs without one";
            return Err(StatementError::refused(sql, reason.to_owned()));
        }
        *self.committed |= class.commits_implicitly;
        Ok(())
    }

    /// The client library's own connection: `sqlx::PgConnection`, `rusqlite::Connection`, `tokio_postgres::Client` and so
    /// on, depending on what the migrations run on. Inside a transaction it must not be ended there.
    ///
    /// ```
    /// # async fn example(ctx: &mut brant_engine::Context<'_>) -> Result<(), brant_engine::BoxError> {
    /// # struct Client; impl Client { fn anything(&mut self) {} }
    /// // `Client` stands for the client library's type.
    /// ctx.native::<Client>()?.anything();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the connection is of another type.
    pub fn native<T: Any>(&mut self) -> Result<&mut T, NativeError> {
        let has_transaction = self.in_transaction && self.dialect.capabilities().transactional_ddl;
        *self.committed |= !has_transaction;
        let native = self.connection.native().and_then(|native| (native as &mut dyn Any).downcast_mut());
        native.ok_or(NativeError { wanted: type_name::<T>() })
    }

    pub(crate) fn sql_dialect(&self) -> &'static dyn Dialect {
        self.dialect
    }

    /// The name of the database's dialect: `postgres`, `mysql`, `sqlite`.
    ///
    /// ```
    /// # async fn example(ctx: &mut brant_engine::Context<'_>) -> Result<(), brant_engine::BoxError> {
    /// if ctx.dialect() == "postgres" {
    ///     ctx.execute("SET LOCAL lock_timeout = '2s'", ()).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn dialect(&self) -> &'static str {
        self.dialect.name()
    }

    /// The server's product and version: `PostgreSQL 17.2`.
    ///
    /// ```
    /// # async fn example(ctx: &mut brant_engine::Context<'_>) -> Result<(), brant_engine::BoxError> {
    /// println!("running on {}", ctx.server());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn server(&self) -> &str {
        self.connection.server()
    }

    /// The migration's version; `None` in a hook around a whole run.
    ///
    /// ```
    /// # async fn example(ctx: &mut brant_engine::Context<'_>) -> Result<(), brant_engine::BoxError> {
    /// println!("migration {:?}", ctx.version());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        self.step.map(|step| step.migration.version)
    }

    /// Whether the migration is applied or reverted; `None` in a hook around a whole run.
    ///
    /// ```
    /// # async fn example(ctx: &mut brant_engine::Context<'_>) -> Result<(), brant_engine::BoxError> {
    /// println!("going {:?}", ctx.direction());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn direction(&self) -> Option<Direction> {
        self.step.map(|step| step.direction)
    }

    /// Whether this is inside of the migration's transaction.
    ///
    /// ```
    /// # async fn example(ctx: &mut brant_engine::Context<'_>) -> Result<(), brant_engine::BoxError> {
    /// if !ctx.in_transaction() {
    ///     ctx.execute("BEGIN", ()).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn in_transaction(&self) -> bool {
        self.in_transaction
    }
}

/// Savepoints are the migration's own; the transaction is not.
fn ends_transaction(sql: &str) -> bool {
    let mut words = sql.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default().to_ascii_uppercase();
    match first.as_str() {
        "SAVEPOINT" | "RELEASE" => false,
        "ROLLBACK" => !words.any(|word| word.eq_ignore_ascii_case("TO")),
        _ => true,
    }
}

/// Values for the places `$1`, `$2`, … of a statement: `()`, a tuple, an array or a vector.
pub trait Values: Send {
    /// The values, in the order of their numbers.
    fn into_values(self) -> Vec<Value>;
}

impl Values for () {
    fn into_values(self) -> Vec<Value> {
        Vec::new()
    }
}

impl Values for Vec<Value> {
    fn into_values(self) -> Vec<Value> {
        self
    }
}

impl<T: Into<Value> + Send, const N: usize> Values for [T; N] {
    fn into_values(self) -> Vec<Value> {
        self.into_iter().map(Into::into).collect()
    }
}

macro_rules! tuples {
    ($($name:ident)+) => {
        impl<$($name: Into<Value> + Send),+> Values for ($($name,)+) {
            #[allow(non_snake_case, reason = "the names of the types serve for the fields")]
            fn into_values(self) -> Vec<Value> {
                let ($($name,)+) = self;
                vec![$($name.into()),+]
            }
        }
    };
}

tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);
tuples!(A B C D E F G H I);
tuples!(A B C D E F G H I J);
tuples!(A B C D E F G H I J K);
tuples!(A B C D E F G H I J K L);

/// A statement that a migration's code or a hook sent, and that failed. Shows the statement as it was written, never its values.
#[derive(Clone, Debug)]
pub struct StatementError {
    /// On one line, shortened, without passwords.
    statement: String,
    reason: Reason,
}

#[derive(Clone, Debug)]
enum Reason {
    Database(DriverError),
    Refused(String),
}

/// How much of a statement is shown.
const SHOWN: usize = 120;

impl StatementError {
    fn said(sql: &str, bound: &str, mut error: DriverError) -> Self {
        let secrets: Vec<String> =
            password_literals(bound).into_iter().map(|literal| bound[literal].to_owned()).collect();
        for text in
            [Some(&mut error.message), error.detail.as_mut(), error.hint.as_mut()].into_iter().flatten()
        {
            *text = mask_values(text, &secrets);
        }
        // A place in the bound text is none in the text that people know.
        error.offset = None;
        Self { statement: shown(sql), reason: Reason::Database(error) }
    }

    fn refused(sql: &str, reason: String) -> Self {
        Self { statement: shown(sql), reason: Reason::Refused(reason) }
    }

    /// The statement, as it was written, shortened.
    pub(crate) fn statement(&self) -> Option<&str> {
        (!self.statement.is_empty()).then_some(&self.statement)
    }

    pub(crate) fn driver(&self) -> Option<&DriverError> {
        match &self.reason {
            Reason::Database(error) => Some(error),
            Reason::Refused(_) => None,
        }
    }

    /// SQLSTATE, where the server gave one.
    ///
    /// ```
    /// # fn example(error: &brant_engine::StatementError) {
    /// let is_duplicate = error.sqlstate() == Some("23505");
    /// # }
    /// ```
    #[must_use]
    pub fn sqlstate(&self) -> Option<&str> {
        self.driver()?.sqlstate.as_deref()
    }

    /// The server's own error number, where it has one.
    ///
    /// ```
    /// # fn example(error: &brant_engine::StatementError) {
    /// let is_duplicate = error.number() == Some(1062);
    /// # }
    /// ```
    #[must_use]
    pub fn number(&self) -> Option<i64> {
        self.driver()?.number
    }
}

fn shown(sql: &str) -> String {
    let masked = mask_passwords(sql);
    let line = masked.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}

impl fmt::Display for StatementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Reason::Database(error) => error.fmt(f),
            Reason::Refused(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for StatementError {}

/// The native connection is not what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the migrations don't run on a connection of type `{wanted}`")]
pub struct NativeError {
    wanted: &'static str,
}
