//! How long the statements of a step may keep others waiting.

use std::ops::Range;
use std::time::Duration;

use brant_core::{Limits, Script, Statement, StatementKind, TransactionMode};
use brant_sql::effects::{Blocks, effects};
use brant_sql::{Dialect, LockLimit, LockLimitSql};

use crate::Work;
use crate::boundary::is_stepwise;
use crate::execute::Execution;

/// Settings by which a file itself says how long a statement may run.
const STATEMENT_SETTINGS: &[&str] = &["statement_timeout", "max_statement_time", "max_execution_time"];

impl Execution<'_> {
    /// What holds for a step: what its file says, then what the run was told.
    pub(crate) fn limits(&self, i: usize) -> Limits {
        limits_of(self.script(i)).or(self.limits)
    }

    /// How long the longest statement of a step may run; `None`: for ever.
    pub(crate) fn statement_limit(&self, i: usize) -> Option<Duration> {
        let limit = self.limits(i).statement.filter(|limit| !limit.is_zero())?;
        let says_itself = |statement: &Statement| {
            let sql = statement.sql.to_ascii_lowercase();
            statement.class.kind == StatementKind::Setting
                && STATEMENT_SETTINGS.iter().any(|name| sql.contains(name))
        };
        (!self.script(i).statements.iter().any(says_itself)).then_some(limit)
    }

    /// The message that begins the transaction of these steps, with its limits.
    pub(crate) fn begin(&mut self, steps: Range<usize>) -> String {
        self.is_marked = self.may_be_cut(steps.clone());
        let mark = self.is_marked.then(|| "SAVEPOINT brant_begun".to_owned());
        let limit = self.lock_limit(steps);
        let before = self.session_limit(limit);
        let after = limit.and_then(|limit| self.lock_limits().in_transaction(limit));
        let parts = before.into_iter().chain(["BEGIN".to_owned()]).chain(after).chain(mark);
        parts.collect::<Vec<_>>().join("; ")
    }

    /// Whether what the transaction of these steps calls may end it, unnoticed: a procedure that commits.
    fn may_be_cut(&self, steps: Range<usize>) -> bool {
        let can_be = !self.dialect.capabilities().transactional_ddl;
        let calls = |script: &Script| {
            !is_stepwise(script)
                && script.statements.iter().any(|s| self.dialect.fails_in_parts(&s.sql).is_some())
        };
        can_be && steps.into_iter().any(|i| calls(self.script(i)))
    }

    /// What has to be sent for a step whose statements are sent one by one.
    pub(crate) fn stepwise_limit(&mut self, i: usize) -> Option<String> {
        let limit = self.lock_limit(i..i + 1);
        self.session_limit(limit)
    }

    /// The session has the limit of this step already.
    pub(crate) fn is_limited_already(&mut self, i: usize) -> bool {
        self.lock_limit(i..i + 1) == self.session_limit
    }

    /// What is sent in one message with a statement outside of a transaction.
    pub(crate) fn limit_beside(&self, i: usize, k: usize) -> Option<String> {
        self.lock_limits().beside(i, k)
    }

    pub(crate) fn lock_limits(&self) -> LockLimits<'_> {
        LockLimits {
            works: self.works,
            dialect: self.dialect,
            server: self.connection.server(),
            limits: self.limits,
        }
    }

    /// Takes back what was set for the session.
    pub(crate) async fn reset_limits(&mut self) {
        if let Some(reset) = self.session_limit(None)
            && !self.connection.is_closed()
        {
            let _ = self.connection.execute(&reset).await;
        }
    }

    /// What changes the session's limit, if it is another one than before.
    fn session_limit(&mut self, limit: Option<LockLimit>) -> Option<String> {
        let before = std::mem::replace(&mut self.session_limit, limit);
        if before == limit {
            return None;
        }
        match self.dialect.lock_limit(limit.or(before)?, before) {
            LockLimitSql::Session { set, reset } => Some(if limit.is_some() { set } else { reset }),
            _ => None,
        }
    }
}

/// How long the statements of a run may wait for locks.
#[derive(Clone, Copy)]
pub(crate) struct LockLimits<'a> {
    /// One for each step.
    pub(crate) works: &'a [Work],
    pub(crate) dialect: &'static dyn Dialect,
    /// Product and version.
    pub(crate) server: &'a str,
    /// What the run was told.
    pub(crate) limits: Limits,
}

impl LockLimits<'_> {
    /// The limit of a transaction is that of its strongest lock: who waits for a weak one keeps what he has.
    pub(crate) fn of(&self, steps: Range<usize>) -> Option<LockLimit> {
        let limits = steps.flat_map(|i| {
            let of_statements = self.works[i].script.statements.iter().map(Some);
            // Of code nothing is known.
            let of_code = self.works[i].code.is_some().then_some(None);
            of_statements.chain(of_code).filter_map(move |statement| self.of_statement(i, statement))
        });
        limits.min_by_key(|limit| limit.tables)
    }

    /// What is sent in one message with a statement outside of a transaction.
    pub(crate) fn beside(&self, i: usize, k: usize) -> Option<String> {
        let script = &self.works[i].script;
        let statement = &script.statements[k];
        // A message of several commands is a transaction there, which such a command may not bear.
        let fits = statement.class.kind == StatementKind::Ddl
            && !statement.class.outside_transaction_only
            && !statement.block;
        if script.transaction == TransactionMode::PerMigration || !fits {
            return None;
        }
        self.in_transaction(self.of_statement(i, Some(statement))?)
    }

    /// What is sent behind BEGIN.
    pub(crate) fn in_transaction(&self, limit: LockLimit) -> Option<String> {
        match self.dialect.lock_limit(limit, None) {
            LockLimitSql::Transaction(set) => Some(set),
            _ => None,
        }
    }

    /// What is sent before a step and after it, where the limit is the session's.
    pub(crate) fn around(&self, limit: LockLimit) -> Option<(String, String)> {
        match self.dialect.lock_limit(limit, None) {
            LockLimitSql::Session { set, reset } => Some((set, reset)),
            _ => None,
        }
    }

    fn of_statement(&self, i: usize, statement: Option<&Statement>) -> Option<LockLimit> {
        let tables = match statement {
            Some(statement) => default_limit(statement, self.dialect, self.server)?,
            None => Limits::LOCK,
        };
        match limits_of(&self.works[i].script).or(self.limits).lock {
            Some(limit) if limit.is_zero() => None,
            Some(limit) => Some(LockLimit { tables: limit, rows: limit }),
            None => Some(LockLimit { tables, rows: Limits::LOCK_OF_WRITERS }),
        }
    }
}

/// How long a statement may wait, by whom it keeps waiting meanwhile; `None`: as long as it takes, for it is in nobody's
/// way, or would leave an index behind that is not usable.
fn default_limit(statement: &Statement, dialect: &dyn Dialect, server: &str) -> Option<Duration> {
    if statement.class.outside_transaction_only {
        return None;
    }
    match effects(&statement.sql, dialect, Some(server)).queue() {
        Blocks::Nothing => None,
        Blocks::SameRows | Blocks::Writes => Some(Limits::LOCK_OF_WRITERS),
        Blocks::Everything | Blocks::Unknown => Some(Limits::LOCK),
    }
}

/// What a file says. That it makes sense was found when it was read.
pub(crate) fn limits_of(script: &Script) -> Limits {
    brant_core::limits(&script.annotations).unwrap_or_default()
}
