//! What the journal is told around each statement of a step that can't be rolled back as a whole, so that it knows at
//! any instant which statements are done.

use std::ops::Range;

use crate::boundary::locks_tables;
use crate::execute::Execution;
use brant_core::{Script, Statement, StatementKind, TransactionMode};
use brant_sql::{Dialect, JournalSql, count_commands, token_hash};

/// How a statement's effect and the note of it become durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sending {
    /// In one transaction of their own.
    Together,
    /// In a transaction that brant began, with whatever commits that.
    InTransaction,
    /// It is a COMMIT: the note before it is committed by it.
    Commit,
    /// The statement by itself, and the note after it: between the two nobody knows.
    Alone,
}

/// What is sent around a statement.
#[derive(Default)]
pub(crate) struct Notes {
    pub(crate) before: Vec<String>,
    pub(crate) after: Vec<String>,
}

/// A row of the journal when a step begins.
pub(crate) struct Beginning {
    /// What earlier runs did.
    pub(crate) done: usize,
    pub(crate) state: &'static str,
    /// Those of the statements, each behind a blank.
    pub(crate) hashes: String,
}

impl Beginning {
    /// Of a step whose statements are not known.
    pub(crate) fn of_code() -> Self {
        Self { done: 0, state: JournalSql::RUNNING, hashes: String::new() }
    }
}

impl Execution<'_> {
    /// Notes that the rollback of these steps has left something, if it has. The note can't be in their transaction.
    pub(crate) async fn note_kept(&mut self, steps: Range<usize>) {
        if self.kept.is_none() {
            return;
        }
        let beginning = Beginning { state: JournalSql::KEPT, ..Beginning::of_code() };
        for i in steps {
            if let Some(row) = self.journal.begin(i + 1, &self.plan.steps[i], self.script(i), &beginning) {
                let _ = self.connection.execute(&row).await;
            }
        }
    }
}

/// How each statement is sent.
pub(crate) fn sendings(script: &Script, dialect: &dyn Dialect) -> Vec<Sending> {
    let first_control = script.statements.iter().position(upsets_transactions);
    let sending = |(k, statement): (usize, &Statement)| match (first_control, script.transaction) {
        (Some(first), mode) if k >= first || mode == TransactionMode::None => {
            if is_commit(statement, dialect) { Sending::Commit } else { Sending::Alone }
        }
        (_, TransactionMode::PerMigration) if is_rolled_back(statement) => Sending::InTransaction,
        (_, TransactionMode::None) if dialect.may_join_note(&statement.sql, statement.class) => {
            Sending::Together
        }
        _ => Sending::Alone,
    };
    script.statements.iter().enumerate().map(sending).collect()
}

/// The state that is noted when a statement comes next.
pub(crate) fn state_before(next: Option<&Sending>) -> &'static str {
    match next {
        Some(Sending::Alone) => JournalSql::IN_DOUBT,
        _ => JournalSql::RUNNING,
    }
}

/// The statements' hashes. They are of the text before variables are substituted: nothing of a secret is in them.
pub(crate) fn hashes(script: &Script, dialect: &dyn Dialect) -> Vec<String> {
    let short = |statement: &Statement| {
        let mut hash = token_hash(&statement.source, dialect);
        hash.truncate(HASH_DIGITS);
        hash
    };
    script.statements.iter().map(short).collect()
}

/// 64 bits tell the statements of one file from each other, and from what they become.
const HASH_DIGITS: usize = 16;

/// After this, only the file knows whether a transaction is open.
fn upsets_transactions(statement: &Statement) -> bool {
    match statement.class.kind {
        StatementKind::TransactionControl => true,
        StatementKind::Setting => statement.sql.to_ascii_lowercase().contains("autocommit"),
        _ => locks_tables(statement),
    }
}

/// In an open transaction it neither commits nor may do so.
fn is_rolled_back(statement: &Statement) -> bool {
    !statement.class.commits_implicitly && !statement.class.needs_own_transaction
}

fn is_commit(statement: &Statement, dialect: &dyn Dialect) -> bool {
    let sql = statement.sql.to_ascii_uppercase();
    let first = sql.split(|c: char| !c.is_ascii_alphabetic()).next();
    matches!(first, Some("COMMIT" | "END"))
        && !sql.contains("PREPARED")
        && statement.class.kind == StatementKind::TransactionControl
        && count_commands(&statement.sql, dialect) == 1
}
