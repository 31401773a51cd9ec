//! The facts that a run tells while it goes on; display is one consumer of them among others.

use std::time::Duration;

use crate::{Blocker, Direction, Migration, Plan, Progress, Report, Statement, StepReport};

/// A fact emitted during a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A run sets out.
    RunStarted {
        /// The name of the database's dialect.
        dialect: &'static str,
    },
    /// Another run holds the lock; waiting for it.
    LockWaiting {
        /// Who holds it, as far as the server tells.
        holder: &'a str,
        /// How long this run has waited so far.
        waited: Duration,
    },
    /// The plan is made and checked; nothing has run yet.
    Planned(&'a Plan),
    /// A step begins.
    StepStarted {
        /// The migration.
        migration: &'a Migration,
        /// Up or down.
        direction: Direction,
        /// The step's number in the plan, from 1.
        number: usize,
        /// How many steps the plan has.
        total: usize,
    },
    /// A transaction begins.
    TransactionBegun,
    /// A statement is about to be sent.
    StatementStarted {
        /// The statement; show its `source`, never its `sql`.
        statement: &'a Statement,
    },
    /// A statement was carried out.
    StatementFinished {
        /// The statement; show its `source`, never its `sql`.
        statement: &'a Statement,
        /// How long the server took, with the way there and back.
        duration: Duration,
    },
    /// The statement that started last is still at work, and nobody keeps it waiting. Comes again, about each second.
    StatementRunning {
        /// For how long.
        running: Duration,
        /// How far it is, where the server tells.
        progress: Option<&'a Progress>,
    },
    /// A statement waits for what other sessions hold. Comes again while it waits on.
    Blocked {
        /// Who holds it.
        blockers: &'a [Blocker],
        /// How long it has waited so far.
        waited: Duration,
    },
    /// Nobody looks after the statements that run, for this reason: who keeps them waiting and how far they are is not told.
    /// Comes once at the most, when a statement takes long.
    Unwatched(&'a str),
    /// What failed could not get a lock, or met others in their work: it will be tried again after a pause. What it had
    /// done is rolled back.
    Retrying {
        /// The migration.
        migration: &'a Migration,
        /// Up or down.
        direction: Direction,
        /// Which try comes next, from 2.
        attempt: usize,
        /// How long the pause is.
        pause: Duration,
        /// What happened, fit to be shown: file, place, and the server's words without secrets.
        error: &'a str,
        /// Who was in the way, as far as that is known.
        blockers: &'a [Blocker],
    },
    /// The transaction was committed.
    TransactionCommitted,
    /// The transaction was rolled back.
    TransactionRolledBack,
    /// Something to know of, that is no trouble: what was found out of an earlier run, and where this one goes on.
    Notice(&'a str),
    /// A step is done and durable.
    StepFinished(&'a StepReport),
    /// A step failed, or was stopped. What is left of it in the database is told by the run's error.
    StepFailed {
        /// The migration.
        migration: &'a Migration,
        /// Up or down.
        direction: Direction,
        /// The time since the step began.
        duration: Duration,
        /// What happened, fit to be shown: file, place, and the server's words without secrets.
        error: &'a str,
    },
    /// Something that a person should know and that stops nothing.
    Warning(&'a str),
    /// The run is over, and did all it set out for.
    RunFinished(&'a Report),
    /// The run is over before its end.
    RunFailed {
        /// What was done before, and stays done.
        report: &'a Report,
        /// What happened, fit to be shown.
        error: &'a str,
    },
}

/// What receives the events of a run, in order. It can't change the run.
///
/// There is a method for each event, and all do nothing by default: an observer writes those that it wants. One that
/// wants everything alike writes [`Observer::event`] instead.
///
/// ```
/// use brant_core::{Direction, Migration, Observer, StepReport};
///
/// struct Lines(Vec<String>);
///
/// impl Observer for Lines {
///     fn step_finished(&mut self, step: &StepReport) {
///         let StepReport { migration, direction, .. } = step;
///         self.0.push(format!("msg=migrated version={} direction={direction}", migration.version));
///     }
/// }
/// ```
pub trait Observer: Send {
    /// Called for each event. By default it calls the event's own method.
    fn event(&mut self, event: &Event<'_>) {
        match *event {
            Event::RunStarted { dialect } => self.run_started(dialect),
            Event::LockWaiting { holder, waited } => self.lock_waiting(holder, waited),
            Event::Planned(plan) => self.planned(plan),
            Event::StepStarted { migration, direction, number, total } => {
                self.step_started(migration, direction, number, total);
            }
            Event::TransactionBegun => self.transaction_begun(),
            Event::StatementStarted { statement } => self.statement_started(statement),
            Event::StatementFinished { statement, duration } => self.statement_finished(statement, duration),
            Event::StatementRunning { running, progress } => self.statement_running(running, progress),
            Event::Blocked { blockers, waited } => self.blocked(blockers, waited),
            Event::Unwatched(reason) => self.unwatched(reason),
            Event::Retrying { migration, attempt, pause, error, .. } => {
                self.retrying(migration, attempt, pause, error);
            }
            Event::TransactionCommitted => self.transaction_committed(),
            Event::TransactionRolledBack => self.transaction_rolled_back(),
            Event::StepFinished(report) => self.step_finished(report),
            Event::StepFailed { migration, direction, duration, error } => {
                self.step_failed(migration, direction, duration, error);
            }
            Event::Notice(text) => self.notice(text),
            Event::Warning(text) => self.warning(text),
            Event::RunFinished(report) => self.run_finished(report),
            Event::RunFailed { report, error } => self.run_failed(report, error),
        }
    }

    /// [`Event::RunStarted`].
    fn run_started(&mut self, _dialect: &'static str) {}

    /// [`Event::LockWaiting`].
    fn lock_waiting(&mut self, _holder: &str, _waited: Duration) {}

    /// [`Event::Planned`].
    fn planned(&mut self, _plan: &Plan) {}

    /// [`Event::StepStarted`]: the migration, its direction, and which step of how many it is.
    fn step_started(&mut self, _migration: &Migration, _direction: Direction, _number: usize, _total: usize) {
    }

    /// [`Event::TransactionBegun`].
    fn transaction_begun(&mut self) {}

    /// [`Event::StatementStarted`].
    fn statement_started(&mut self, _statement: &Statement) {}

    /// [`Event::StatementFinished`].
    fn statement_finished(&mut self, _statement: &Statement, _duration: Duration) {}

    /// [`Event::StatementRunning`].
    fn statement_running(&mut self, _running: Duration, _progress: Option<&Progress>) {}

    /// [`Event::Blocked`].
    fn blocked(&mut self, _blockers: &[Blocker], _waited: Duration) {}

    /// [`Event::Unwatched`].
    fn unwatched(&mut self, _reason: &str) {}

    /// [`Event::Retrying`]: the migration, which try comes next, after which pause, and why.
    fn retrying(&mut self, _migration: &Migration, _attempt: usize, _pause: Duration, _error: &str) {}

    /// [`Event::TransactionCommitted`].
    fn transaction_committed(&mut self) {}

    /// [`Event::TransactionRolledBack`].
    fn transaction_rolled_back(&mut self) {}

    /// [`Event::StepFinished`].
    fn step_finished(&mut self, _step: &StepReport) {}

    /// [`Event::StepFailed`].
    fn step_failed(
        &mut self,
        _migration: &Migration,
        _direction: Direction,
        _duration: Duration,
        _error: &str,
    ) {
    }

    /// [`Event::Notice`].
    fn notice(&mut self, _text: &str) {}

    /// [`Event::Warning`].
    fn warning(&mut self, _text: &str) {}

    /// [`Event::RunFinished`].
    fn run_finished(&mut self, _report: &Report) {}

    /// [`Event::RunFailed`].
    fn run_failed(&mut self, _report: &Report, _error: &str) {}
}

/// An observer that ignores everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {}
