//! Why a command failed.

use brant_core::PlanError;
use brant_driver::{DriverError, ErrorKind};
use brant_engine::{Commands, RunError, RunErrorKind, StopReason};
use serde::Serialize;

use crate::failure::{Failure, FailureKind};
use crate::output::problems;

/// Why the command failed.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Error {
    kind: &'static str,
    message: String,
    file: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
    statement: Option<usize>,
    statements: Option<usize>,
    sqlstate: Option<String>,
    number: Option<i64>,
    detail: Option<String>,
    hint: Option<String>,
    context: Option<String>,
    /// Who held what was waited for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    blockers: Vec<Blocker>,
    state: Option<String>,
    next: Option<String>,
}

impl Error {
    pub(super) fn of(failure: &Failure, commands: &Commands) -> Self {
        match &failure.kind {
            FailureKind::Usage(error) => Self {
                kind: "usage",
                message: error.message.clone(),
                next: error.next.clone(),
                ..Self::default()
            },
            FailureKind::Plain { kind, message, next } => {
                let next = next.as_ref().map(|next| next.text(commands));
                Self { kind, message: message.clone(), next, ..Self::default() }
            }
            FailureKind::Problems(errors) => Self {
                kind: "file",
                message: problems::message(errors),
                next: Some(problems::next(errors, commands)),
                ..Self::default()
            },
            FailureKind::Run(error) => Self::of_run(error, commands),
        }
    }

    fn of_run(run: &RunError, commands: &Commands) -> Self {
        let mut error = Self {
            kind: run_kind(&run.kind),
            message: run.to_string(),
            state: Some(run.state()),
            next: run.next_step(commands),
            ..Self::default()
        };
        match &run.kind {
            RunErrorKind::Script(script) => error.place(&script.path, script.position),
            RunErrorKind::SessionSetting { path, position }
            | RunErrorKind::NeedsNoTransaction { path, position } => error.place(path, Some(*position)),
            RunErrorKind::NotInOne { path: Some(path), position, .. } => error.place(path, *position),
            RunErrorKind::HalfDone(left) => error.place(&left.migration.path, left.position()),
            RunErrorKind::Database { error: driver, .. } | RunErrorKind::MarkCutOff { error: driver, .. } => {
                error.server(driver);
            }
            RunErrorKind::Step(failure) => {
                error.place(&failure.migration.path, failure.position);
                error.statement = failure.statement.as_ref().map(|_| failure.number);
                error.statements = Some(failure.total);
                error.server(&failure.error);
                error.blockers = failure.blockers.iter().map(Blocker::of).collect();
            }
            _ => {}
        }
        error
    }

    fn place(&mut self, path: &std::path::Path, position: Option<brant_core::Position>) {
        self.file = Some(path.display().to_string());
        self.line = position.map(|p| p.line);
        self.column = position.map(|p| p.column);
    }

    fn server(&mut self, error: &DriverError) {
        self.sqlstate.clone_from(&error.sqlstate);
        self.number = error.number;
        self.detail.clone_from(&error.detail);
        self.hint.clone_from(&error.hint);
        self.context.clone_from(&error.context);
    }
}

/// A session that kept another one waiting.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Blocker {
    session: i64,
    user: Option<String>,
    application: Option<String>,
    host: Option<String>,
    state: Option<String>,
    transaction_seconds: Option<u64>,
    query: Option<String>,
    certain: bool,
}

impl Blocker {
    fn of(blocker: &brant_core::Blocker) -> Self {
        let brant_core::Blocker { session, user, application, host, state, open_for, query, certain, .. } =
            blocker.clone();
        let transaction_seconds = open_for.map(|age| age.as_secs());
        Self { session, user, application, host, state, transaction_seconds, query, certain }
    }
}

/// The name of a failed run's cause.
fn run_kind(kind: &RunErrorKind) -> &'static str {
    match kind {
        RunErrorKind::Plan(error) => plan_kind(error),
        RunErrorKind::Changed(_) => "changed",
        RunErrorKind::Script(_) => "file",
        RunErrorKind::Irreversible(_) => "irreversible",
        RunErrorKind::Locked { .. } => "locked",
        RunErrorKind::PlanMoved | RunErrorKind::NotAsApproved(_) => "plan_moved",
        RunErrorKind::LockLost => "lock_lost",
        RunErrorKind::SessionSetting { .. } => "session_setting",
        RunErrorKind::NeedsNoTransaction { .. } => "needs_no_transaction",
        RunErrorKind::NotInOne { .. } => "not_in_one_transaction",
        RunErrorKind::HalfDone(_) => "half_done",
        RunErrorKind::Stopped(reason) => stop_kind(*reason),
        RunErrorKind::Vetoed { .. } => "vetoed",
        RunErrorKind::MarkCutOff { .. } => "database",
        RunErrorKind::Database { error, .. } => match error.kind {
            ErrorKind::Config => "config",
            ErrorKind::Connect => "connect",
            _ => "database",
        },
        RunErrorKind::Step(failure) => failure.stopped.map_or("statement", stop_kind),
        _ => "other",
    }
}

fn stop_kind(reason: StopReason) -> &'static str {
    match reason {
        StopReason::Interrupted => "interrupted",
        StopReason::TimedOut => "timed_out",
        StopReason::Vetoed => "vetoed",
    }
}

fn plan_kind(error: &PlanError) -> &'static str {
    match error {
        PlanError::NoMigrations => "no_migrations",
        PlanError::DuplicateVersion { .. } => "duplicate_version",
        PlanError::OutOfOrder { .. } => "out_of_order",
        PlanError::NothingApplied => "nothing_applied",
        PlanError::MissingFile { .. } => "missing_file",
        PlanError::HistoryEmptied => "history_emptied",
        PlanError::NoHistory => "no_history",
        PlanError::ForeignCode { .. } => "foreign_code",
        PlanError::TooManySteps { .. } => "too_many_steps",
        PlanError::AmbiguousSteps { .. } => "ambiguous_steps",
        PlanError::UnknownVersion { .. } | PlanError::NothingToMark { .. } => "unknown_version",
        PlanError::HalfDone { .. } | PlanError::HalfDoneWithoutFile { .. } => "half_done",
        PlanError::HistoryInUse { .. } => "history_in_use",
        PlanError::AlreadyApplied { .. } => "already_applied",
        PlanError::NotApplied { .. } => "not_applied",
        PlanError::DirectionUnknown { .. } => "arguments",
        _ => "plan",
    }
}
