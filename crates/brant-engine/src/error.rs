//! Why a run failed, with what it had done by then, what state the database is in and what to do next.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use brant_core::{Blocker, Change, Direction, HalfDone, Migration, PlanError, Position, Report, Statement};
use brant_driver::{DriverError, ErrorKind};

use crate::{ScriptError, StopReason};

/// A failed run.
#[derive(Clone, Debug)]
pub struct RunError {
    /// What failed.
    pub kind: RunErrorKind,
    /// What was done before, and stays done.
    pub report: Report,
}

/// What failed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RunErrorKind {
    /// No plan could be made. Nothing was changed.
    Plan(PlanError),
    /// Migrations were edited after they were applied, and that is not allowed. Nothing was changed.
    Changed(Vec<Change>),
    /// A file of the plan can't be read or understood. Nothing was changed.
    Script(ScriptError),
    /// A migration that should be reverted has no Down section. Nothing was changed.
    Irreversible(Box<Migration>),
    /// Another run holds the lock. Nothing was changed.
    Locked {
        /// Who holds it, as far as the server tells.
        holder: String,
        /// How long this run waited.
        waited: Duration,
    },
    /// The run would take other steps than those that somebody agreed to. Nothing was changed.
    PlanMoved,
    /// The plan is not the one that was approved: what is different. Nothing was changed.
    NotAsApproved(Vec<String>),
    /// The connection that held the lock is gone: the run stopped before its next step.
    LockLost,
    /// The run was asked to end between two steps.
    Stopped(StopReason),
    /// A hook did not let the run begin. Nothing was changed.
    Vetoed {
        /// The hook's words.
        message: String,
        /// The hook's error.
        cause: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// A file would change settings of the session, and a pooler stands in between: they would be lost, and others would
    /// find them. Nothing was changed.
    SessionSetting {
        /// The file.
        path: PathBuf,
        /// Where the statement begins.
        position: Position,
    },
    /// A statement that the server refuses in a transaction stands in a file that has one. Nothing was changed.
    NeedsNoTransaction {
        /// The file.
        path: PathBuf,
        /// Where the statement begins.
        position: Position,
    },
    /// All was to be one transaction, and something can't be in it. Nothing was changed.
    NotInOne {
        /// The file.
        path: Option<PathBuf>,
        /// Where the statement begins.
        position: Option<Position>,
        /// Why, as a sentence about it.
        rule: String,
    },
    /// An earlier run left a migration half done, and to go on with it needs a person. This run changed nothing of it.
    HalfDone(Box<HalfDone>),
    /// The database could not be reached or refused what brant itself asked, outside any step.
    Database {
        /// What brant was doing, to follow "failed to".
        doing: &'static str,
        /// What the database said.
        error: DriverError,
    },
    /// The connection broke when what a person had marked was being recorded.
    MarkCutOff {
        /// What became of the connection.
        error: DriverError,
        /// All of it is recorded, or nothing; `None`: one of the two, and no new connection could be had to look.
        recorded: Option<bool>,
    },
    /// A statement of a migration failed, or the record of it could not be written.
    Step(Box<StatementFailure>),
}

/// A step that failed.
#[derive(Clone, Debug)]
pub struct StatementFailure {
    /// The migration.
    pub migration: Migration,
    /// Up or down.
    pub direction: Direction,
    /// The statement that failed; none if it was the transaction or the record that failed.
    pub statement: Option<Statement>,
    /// The number of the statement in its script, from 1 (the number done, plus one).
    pub number: usize,
    /// How many statements the script has.
    pub total: usize,
    /// Where the database saw the error, if it told; else where the statement begins.
    pub position: Option<Position>,
    /// What brant was doing, to follow "failed to".
    pub doing: Cow<'static, str>,
    /// What the database said.
    pub error: DriverError,
    /// The error that the migration's code returned, or the hook that did not let it begin.
    pub cause: Option<Arc<dyn std::error::Error + Send + Sync>>,
    /// Who held what it waited for, where it failed by waiting and that is known.
    pub blockers: Vec<Blocker>,
    /// How often it was tried.
    pub tries: usize,
    /// The run was asked to end: the statement did not fail by itself.
    pub stopped: Option<StopReason>,
    /// What is left in the database.
    pub state: DatabaseState,
    /// Why part of what the failed statement does may be done, to follow "since".
    pub in_parts: Option<&'static str>,
    /// What stays although the transaction was rolled back, to follow "but for".
    pub kept: Option<&'static str>,
    /// All steps of the run were one transaction.
    pub whole_run: bool,
    /// What the statement has left in the database that cannot be used: ``index `orders_by_total` ``.
    pub left_unusable: Vec<String>,
    /// The journal knows how far the step came, so that a later run can go on from there.
    pub followed: bool,
    /// The first statement of the next step went in one message with the record: who does not know of the record does not
    /// know of it either.
    pub with_next: bool,
}

/// What a failed step left in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseState {
    /// Nothing: none of its statements was sent.
    NotBegun,
    /// Nothing: its transaction was rolled back.
    RolledBack,
    /// Its first statements are done and stay done; the failing statement left nothing. Nothing is recorded in the
    /// history.
    PartlyDone {
        /// How many statements are done.
        done: usize,
    },
    /// As far as can be told its first statements are done; whether the next one was carried out is not known.
    InDoubt {
        /// How many statements are known to be done.
        done: usize,
    },
    /// Whatever the code of the migration had done by then and was committed; brant does not know what that is. Nothing is
    /// recorded in the history.
    CodeLeft,
    /// The connection broke while the transaction was being committed, and no new one could be had to look: either all
    /// of the step is in the database, with its record, or nothing.
    CommitInDoubt,
    /// All of it, with its record: the connection broke when only the answer was missing.
    Recorded,
}

impl RunError {
    /// The state of the database after the failure, as a sentence.
    #[must_use]
    pub fn state(&self) -> String {
        if let RunErrorKind::MarkCutOff { recorded, .. } = &self.kind {
            return mark_state(*recorded).to_owned();
        }
        let RunErrorKind::Step(failure) = &self.kind else {
            return match self.report.steps.len() {
                0 if self.began_to_create() => "no migration was begun".to_owned(),
                0 => "nothing was changed".to_owned(),
                n => format!(
                    "{n} migration{} done and recorded, the rest untouched",
                    if n == 1 { "" } else { "s" }
                ),
            };
        };
        step_state(failure)
    }

    /// One of brant's own tables may have been created.
    fn began_to_create(&self) -> bool {
        matches!(&self.kind, RunErrorKind::Database { doing, error }
            if doing.starts_with("create") && error.kind == ErrorKind::Closed)
    }
}

fn mark_state(recorded: Option<bool>) -> &'static str {
    match recorded {
        Some(true) => "all that was to be marked is recorded; the connection broke right after the commit",
        Some(false) => "nothing was marked",
        None => {
            "the connection broke during the commit: all that was to be marked is recorded, or nothing of it"
        }
    }
}

fn step_state(failure: &StatementFailure) -> String {
    let (file, total) = (failure.migration.file_name(), failure.total);
    let recorded = match failure.direction {
        Direction::Up => "applied",
        Direction::Down => "reverted",
    };
    let done_text = |done: usize| match done {
        0 => format!("no statement of `{file}` is done"),
        1 => format!("1 of {total} statements of `{file}` is done and stays in the database"),
        _ => format!("{done} of {total} statements of `{file}` are done and stay in the database"),
    };
    match failure.state {
        DatabaseState::NotBegun => format!("`{file}` was not begun; nothing of it is in the database"),
        DatabaseState::RolledBack if failure.whole_run => {
            "the whole run was rolled back; it left nothing in the database".to_owned()
        }
        DatabaseState::RolledBack => match failure.kept {
            Some(kept) => format!("`{file}` was rolled back, but for {kept}"),
            None => format!("`{file}` was rolled back; it left nothing in the database"),
        },
        DatabaseState::PartlyDone { done } => format!(
            "{}{}; the migration is not recorded as {recorded}{}",
            done_text(done),
            match (failure.in_parts, failure.kept) {
                (Some(why), _) => format!("; statement {} may be done in part, since {why}", done + 1),
                (None, Some(kept)) => format!("; what came after it was rolled back, but for {kept}"),
                (None, None) => String::new(),
            },
            match failure.left_unusable.join(", ") {
                left if left.is_empty() => left,
                left => format!("; it has left an invalid {left}"),
            }
        ),
        DatabaseState::InDoubt { done } if done < total => format!(
            "{}; whether statement {} was carried out is not known; the migration is not recorded as {recorded}",
            done_text(done),
            done + 1
        ),
        DatabaseState::InDoubt { done } => format!(
            "{}; whether the migration was recorded as {recorded}{} is not known",
            done_text(done),
            if failure.with_next { ", and the first statement of the next one carried out," } else { "" }
        ),
        DatabaseState::CodeLeft => format!(
            "what the code of `{file}` had committed by then stays in the database; the migration is not recorded as \
             {recorded}"
        ),
        DatabaseState::CommitInDoubt => format!(
            "the connection broke during the commit of `{file}`: it is either wholly in the database and recorded, or \
             not at all"
        ),
        DatabaseState::Recorded => {
            format!(
                "`{file}` is done and recorded as {recorded}; the connection broke right after the commit"
            )
        }
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            RunErrorKind::Plan(error) => error.fmt(f),
            RunErrorKind::Changed(changes) => {
                let n = changes.len();
                write!(f, "{n} migration{} not what was applied:", if n == 1 { " is" } else { "s are" })?;
                changes.iter().try_for_each(|change| write!(f, "\n\t{change}"))
            }
            RunErrorKind::Script(error) => error.fmt(f),
            RunErrorKind::Irreversible(migration) => {
                write!(f, "`{}` has no Down section: it cannot be reverted", migration.path.display())
            }
            RunErrorKind::Locked { holder, waited } => {
                write!(
                    f,
                    "another run holds the lock after {:.1} s of waiting: {holder}",
                    waited.as_secs_f64()
                )
            }
            RunErrorKind::NotAsApproved(found) => {
                write!(f, "the plan that was approved is not what would run now:\n\t{}", found.join("\n\t"))
            }
            RunErrorKind::PlanMoved => {
                f.write_str("the database was migrated in the meantime: there are other steps to take now")
            }
            RunErrorKind::LockLost => f.write_str("the connection that held the lock is gone"),
            RunErrorKind::Stopped(reason) => reason.fmt(f),
            RunErrorKind::Vetoed { message, .. } => write!(f, "a hook did not let the run begin: {message}"),
            RunErrorKind::SessionSetting { path, position: Position { line, column } } => write!(
                f,
                "{}:{line}:{column}: this setting would be lost: a connection pooler stands in front of the server and \
                 gives each statement of a file without a transaction to another session",
                path.display()
            ),
            RunErrorKind::NeedsNoTransaction { path, position: Position { line, column } } => write!(
                f,
                "{}:{line}:{column}: the database refuses this statement inside a transaction, and this file has one",
                path.display()
            ),
            RunErrorKind::NotInOne { path, position, rule } => {
                if let Some(path) = path {
                    write!(f, "{}", path.display())?;
                    if let Some(Position { line, column }) = position {
                        write!(f, ":{line}:{column}")?;
                    }
                    write!(f, ": ")?;
                }
                write!(f, "not all of this run can be one transaction: {rule}")
            }
            RunErrorKind::HalfDone(half_done) => half_done.fmt(f),
            RunErrorKind::Database { doing, error } => write!(f, "failed to {doing}: {error}"),
            RunErrorKind::MarkCutOff { error, .. } => write!(f, "failed to write the history: {error}"),
            RunErrorKind::Step(failure) => failure.fmt(f),
        }
    }
}

impl fmt::Display for StatementFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_vetoed = self.stopped == Some(StopReason::Vetoed);
        if is_vetoed && self.statement.is_none() {
            return write!(f, "a hook did not let `{}` begin: {}", self.migration.file_name(), self.error);
        }
        write!(f, "{}", self.migration.path.display())?;
        if let Some(Position { line, column }) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": ")?;
        if is_vetoed {
            let Self { number, total, error, .. } = self;
            return write!(f, "a hook did not let statement {number} of {total} begin: {error}");
        }
        if let Some(reason) = self.stopped {
            write!(f, "{reason}: ")?;
        }
        match &self.statement {
            Some(_) => write!(f, "statement {} of {} failed: {}", self.number, self.total, self.error),
            None => write!(f, "failed to {}: {}", self.doing, self.error),
        }
    }
}

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            RunErrorKind::Step(failure) => failure.cause.as_deref().map(|cause| cause as _),
            RunErrorKind::Vetoed { cause, .. } => Some(&**cause),
            _ => None,
        }
    }
}
