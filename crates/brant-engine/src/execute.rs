//! Carrying out a plan: transactions, statements, records.

use std::collections::VecDeque;
use std::error::Error;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use brant_core::{
    Blocker, Direction, Event, Limits, Observer, Outcome, Plan, Report, Script, Step, StepReport,
};
use brant_driver::{Batch, BatchError, Connection, DriverError, ErrorKind, Row};
use brant_sql::{Dialect, HistorySql, LockLimit, LockSql};

use crate::ahead::Lot;
use crate::boundary::{groups_of, is_stepwise};
use crate::error::{DatabaseState, RunError, RunErrorKind, StatementFailure};
use crate::guard::{given_up, guarded};
use crate::hooks::SharedHooks;
use crate::journal::Journal;
use crate::lock::Held;
use crate::notes::Sending;
use crate::record::Record;
use crate::resume::Starts;
use crate::retry::Tries;
use crate::watch::{Desk, Watcher};
use crate::{Stop, StopReason, Work};

/// A run that holds its lock and knows all it is going to do.
pub(crate) struct Execution<'a> {
    pub(crate) connection: &'a mut dyn Connection,
    pub(crate) dialect: &'static dyn Dialect,
    pub(crate) lock_sql: LockSql,
    /// `None`: the history is neither read nor written.
    pub(crate) history_sql: Option<&'a HistorySql>,
    pub(crate) journal: Journal,
    pub(crate) stop: &'a Stop,
    pub(crate) held: &'a mut Held,
    pub(crate) observer: &'a mut dyn Observer,
    pub(crate) plan: &'a Plan,
    /// One for each step.
    pub(crate) works: &'a [Work],
    /// Where the steps begin that earlier runs left half done.
    pub(crate) starts: Starts,
    /// How the statements of the step that runs now are sent.
    pub(crate) sendings: Vec<Sending>,
    /// A step whose row the journal got together with the end of the step before it.
    pub(crate) begun: Option<usize>,
    /// Of a step that is done: it goes in one message with the first statement of the next, or is to be sent by itself.
    pub(crate) owed: Option<Record>,
    /// Whether records may wait for that.
    pub(crate) records_travel: bool,
    /// All steps are one transaction.
    pub(crate) single: bool,
    pub(crate) hooks: &'a [SharedHooks],
    /// The error of the hook that did not let something begin, for the failure that comes of it.
    pub(crate) refused_by: Option<Arc<dyn Error + Send + Sync>>,
    pub(crate) watcher: Watcher,
    /// What is known ahead of the steps.
    pub(crate) lot: Lot,
    pub(crate) limits: Limits,
    /// What brant has set for the session.
    pub(crate) session_limit: Option<LockLimit>,
    /// Those of the step that runs now.
    pub(crate) tries: Tries,
    /// Who kept the last statement waiting, for the failure that comes of it.
    pub(crate) blockers: Vec<Blocker>,
    /// When the step that runs now, or ran last, began.
    pub(crate) step_began: Instant,
    pub(crate) report: Report,
    /// What the last ROLLBACK left, to follow "but for".
    pub(crate) kept: Option<&'static str>,
    /// The transaction began with a savepoint: where that is gone, something has committed.
    pub(crate) is_marked: bool,
}

/// Where a message that is sent belongs.
#[derive(Clone, Copy)]
pub(crate) struct Owner {
    pub(crate) step: usize,
    pub(crate) statement: Option<usize>,
}

/// Why a group of steps did not get through.
pub(crate) enum GroupError {
    /// A step failed in company; those before it are recorded, and it should be tried alone.
    Alone(usize),
    /// The step before it, whose record is owed, must be recorded by itself first.
    Unrecorded(usize),
    /// The run is over.
    Failed(RunErrorKind),
}

impl From<RunErrorKind> for GroupError {
    fn from(kind: RunErrorKind) -> Self {
        Self::Failed(kind)
    }
}

/// What a transaction's statements came to.
pub(crate) struct Ran {
    pub(crate) result: Result<(), BatchError>,
    pub(crate) stopped: Option<StopReason>,
    /// The time of each step of the group.
    pub(crate) durations: Vec<Duration>,
}

impl<'a> Execution<'a> {
    /// Carries out the plan.
    pub(crate) async fn run(mut self) -> Result<Report, RunError> {
        let result = self.run_steps().await;
        let version_after = self.plan.version_after(self.report.steps.len());
        self.reset_limits().await;
        let report = Report { version_after, ..self.report };
        self.watcher.close().await;
        match result {
            Ok(()) => Ok(report),
            Err(kind) => Err(RunError { kind, report }),
        }
    }

    async fn run_steps(&mut self) -> Result<(), RunErrorKind> {
        let records = self.history_sql.is_some();
        let mut queue: VecDeque<Range<usize>> =
            groups_of(self.plan, self.works, self.dialect, records, !self.hooks.is_empty(), self.single)
                .into();
        while let Some(group) = queue.pop_front() {
            if self.tries.step != group.start {
                self.tries = Tries::of(group.start);
            }
            match self.run_group(group.clone()).await {
                Ok(()) => self.after_migration(group.start, None).await,
                Err(GroupError::Alone(step)) => {
                    if step + 1 < group.end {
                        queue.push_front(step + 1..group.end);
                    }
                    queue.push_front(step..step + 1);
                }
                Err(GroupError::Unrecorded(step)) => {
                    queue.push_front(group);
                    queue.push_front(step..step + 1);
                }
                Err(GroupError::Failed(mut kind)) => {
                    if let RunErrorKind::Step(failure) = &mut kind {
                        self.explain(failure);
                        if self.left_nothing(failure) && self.pause_before_retry(failure).await {
                            self.after_migration(group.start, Some(failure)).await;
                            queue.push_front(group);
                            continue;
                        }
                        failure.whole_run = self.single;
                        self.step_failed(failure);
                        self.after_migration(group.start, Some(failure)).await;
                    }
                    return Err(kind);
                }
            }
        }
        Ok(())
    }

    async fn run_group(&mut self, group: Range<usize>) -> Result<(), GroupError> {
        // While a record is owed, the step that it goes with was found to begin at once.
        if self.owed.is_none()
            && let Some(kind) = self.reason_to_end().await
        {
            self.forget_begun().await;
            return Err(kind.into());
        }
        let first = group.start;
        if let Some(record) = self.owed.take_if(|record| record.step == first) {
            return self.record_alone(record).await;
        }
        if let Some(code) = &self.works[first].code {
            return Ok(self.run_code(first, Arc::clone(code)).await?);
        }
        if group.len() == 1 && is_stepwise(self.script(first)) {
            return self.run_stepwise(first).await;
        }
        if !self.hooks.is_empty() {
            return Ok(self.run_hooked(first).await?);
        }
        self.run_transaction(group).await
    }

    pub(crate) fn script(&self, i: usize) -> &'a Script {
        &self.works[i].script
    }

    async fn reason_to_end(&mut self) -> Option<RunErrorKind> {
        if let Some(reason) = self.stop.reason() {
            return Some(RunErrorKind::Stopped(reason));
        }
        self.held.is_found_lost(&mut *self.connection).await.then_some(RunErrorKind::LockLost)
    }

    pub(crate) fn announce(&mut self, i: usize) {
        self.step_began = Instant::now();
        self.observer.event(&step_started(self.plan, i));
    }

    async fn run_transaction(&mut self, group: Range<usize>) -> Result<(), GroupError> {
        self.announce(group.start);
        self.observer.event(&Event::TransactionBegun);
        let begin = self.begin(group.clone());
        let (messages, owners) = self.messages(&group, &begin);
        let ran = self.send(&group, &messages, &owners).await;
        let Err(BatchError { index, error }) = ran.result else {
            // All is done but the commit: a request to end that comes now ends the run after it.
            return Ok(self.commit(group, &ran.durations).await?);
        };
        let owner = owners[index];
        let alive = matches!(error.kind, ErrorKind::Statement | ErrorKind::Cancelled);
        if self.saves(&group) && alive && self.connection.execute("ROLLBACK TO SAVEPOINT brant").await.is_ok()
        {
            self.commit(group.start..owner.step, &ran.durations).await?;
            if ran.stopped.is_none() {
                return Err(GroupError::Alone(owner.step));
            }
        } else {
            self.roll_back().await;
            self.note_kept(group.start..owner.step + 1).await;
        }
        let state = DatabaseState::RolledBack;
        Err(self.failure(owner, "begin the transaction", error, ran.stopped, state).into())
    }

    /// What is sent for a group before its records: BEGIN, then the statements, each step behind a savepoint if it
    /// has company.
    pub(crate) fn messages<'m>(&self, group: &Range<usize>, begin: &'m str) -> (Vec<&'m str>, Vec<Owner>)
    where
        'a: 'm,
    {
        let mut messages = vec![begin];
        let mut owners = vec![Owner { step: group.start, statement: None }];
        let mut push = |message: &'m str, step, statement| {
            messages.push(message);
            owners.push(Owner { step, statement });
        };
        for step in group.clone() {
            if self.saves(group) {
                push("SAVEPOINT brant", step, None);
            }
            for (i, statement) in self.script(step).statements.iter().enumerate() {
                push(statement.sql.as_str(), step, Some(i));
            }
            if self.saves(group) {
                push("RELEASE SAVEPOINT brant", step, None);
            }
        }
        (messages, owners)
    }

    /// Whether each step of a group has a savepoint, so that those before a failing one are kept.
    fn saves(&self, group: &Range<usize>) -> bool {
        group.len() > 1 && !self.single
    }

    /// Sends ahead of the results only where a failure makes everything after it fail.
    fn batch(&self, group: &Range<usize>) -> Batch {
        let safe = |script: &Script| script.statements.iter().all(|s| !s.class.needs_own_transaction);
        match self.dialect.capabilities().failure_aborts_transaction
            && self.works[group.clone()].iter().all(|work| safe(&work.script))
        {
            true => Batch::Ahead,
            false => Batch::OneByOne,
        }
    }

    pub(crate) async fn send(&mut self, group: &Range<usize>, messages: &[&str], owners: &[Owner]) -> Ran {
        let batch = self.batch(group);
        let canceller = self.connection.canceller();
        let limit = self.statement_limit(group.start);
        let (began, plan, works) = (&mut self.step_began, self.plan, self.works);
        let desk = Desk::new(&mut *self.observer, limit);
        let mut durations = vec![Duration::ZERO; group.len()];
        let mut done = |index: usize, took: Duration| {
            let owner = owners[index];
            durations[owner.step - group.start] += took;
            let mut desk = desk.lock();
            desk.next();
            if let Some(i) = owner.statement {
                let statement = &works[owner.step].script.statements[i];
                desk.observer.event(&Event::StatementFinished { statement, duration: took });
            }
            let Some(next) = owners.get(index + 1) else { return };
            if next.step != owner.step {
                *began = Instant::now();
                desk.observer.event(&step_started(plan, next.step));
            }
            if let Some(i) = next.statement {
                let statement = &works[next.step].script.statements[i];
                desk.observer.event(&Event::StatementStarted { statement });
            }
        };
        let path = Arc::clone(&canceller);
        let run = self.watcher.beside(&path, &desk, self.connection.run(messages, batch, &mut done));
        let guarded = guarded(self.stop.requested(), canceller, run).await;
        let result = guarded
            .result
            .unwrap_or_else(|| Err(BatchError { index: 0, error: given_up(&mut *self.connection) }));
        let result = result.map_err(|failed| BatchError { error: desk.judge(failed.error), ..failed });
        self.blockers = desk.into_blockers();
        Ran { result, stopped: guarded.stopped, durations }
    }

    /// Records these steps and commits them. Never cancelled: it is short, and an answer is worth waiting for.
    pub(crate) async fn commit(
        &mut self,
        steps: Range<usize>,
        durations: &[Duration],
    ) -> Result<(), RunErrorKind> {
        let timed = || steps.clone().zip(durations.iter().copied());
        let mut parts = self.records(steps.clone());
        if self.journal.is_on() {
            let rows = timed().map(|(i, took)| (i + 1, &self.plan.steps[i], self.script(i), took));
            parts.extend(self.journal.done(rows));
        }
        let message = self.dialect.committed(false, &parts);
        if let Err(error) = self.execute_watched(&message).await {
            let state = match error.kind {
                ErrorKind::Closed => self.commit_state(steps.clone()).await,
                _ => DatabaseState::RolledBack,
            };
            match state {
                DatabaseState::Recorded => timed().for_each(|(i, took)| self.step_done(i, took)),
                DatabaseState::CommitInDoubt => {}
                _ => {
                    self.roll_back().await;
                    self.note_kept(steps.clone()).await;
                }
            }
            let owner = Owner { step: steps.end.saturating_sub(1), statement: None };
            let doing = match error.breaks_constraint() {
                true => "commit, which is when deferred constraints are checked",
                false => "record the migration and commit",
            };
            return Err(self.failure(owner, doing, error, None, state));
        }
        self.observer.event(&Event::TransactionCommitted);
        for (i, took) in timed() {
            self.step_done(i, took);
        }
        Ok(())
    }

    /// Sends a message of brant's own that may have to wait.
    pub(crate) async fn execute_watched(&mut self, message: &str) -> Result<(), DriverError> {
        let path = self.connection.canceller();
        let desk = Desk::new(&mut *self.observer, None);
        let result = self.watcher.beside(&path, &desk, self.connection.execute(message)).await;
        self.blockers = desk.into_blockers();
        result
    }

    /// The changes of the history for these steps.
    pub(crate) fn records(&self, steps: Range<usize>) -> Vec<String> {
        let Some(sql) = self.history_sql else { return Vec::new() };
        records(sql, &self.plan.steps[steps])
    }

    /// Brant's own tables that the run writes.
    pub(crate) fn own_tables(&self) -> Vec<&str> {
        let history = self.history_sql.map(|sql| sql.table.as_str());
        history.into_iter().chain(self.journal.table()).collect()
    }

    pub(crate) fn step_done(&mut self, i: usize, duration: Duration) {
        let report = self.step_report(i, duration);
        self.observer.event(&Event::StepFinished(&report));
        self.report.steps.push(report);
    }

    pub(crate) fn step_report(&self, i: usize, duration: Duration) -> StepReport {
        let (step, work) = (&self.plan.steps[i], &self.works[i]);
        StepReport {
            migration: step.migration.clone(),
            direction: step.direction,
            outcome: if work.is_empty() { Outcome::Empty } else { Outcome::Done },
            duration,
            n_statements: work.script.statements.len(),
        }
    }

    /// Tells of a failure, unless the step is done all the same.
    fn step_failed(&mut self, failure: &StatementFailure) {
        if failure.state == DatabaseState::Recorded {
            return;
        }
        self.observer.event(&Event::StepFailed {
            migration: &failure.migration,
            direction: failure.direction,
            duration: self.step_began.elapsed(),
            error: &failure.to_string(),
        });
    }

    /// Ends an open transaction. That there is none, or no connection any more, is as good.
    pub(crate) async fn roll_back(&mut self) {
        self.kept = match self.connection.is_closed() {
            // The server does it.
            true => None,
            false => self.roll_back_all().await,
        };
        self.observer.event(&Event::TransactionRolledBack);
    }

    /// Rolls back; what stays all the same.
    async fn roll_back_all(&mut self) -> Option<&'static str> {
        let is_marked = std::mem::take(&mut self.is_marked);
        let is_cut = is_marked && self.connection.execute("ROLLBACK TO SAVEPOINT brant_begun").await.is_err();
        let Some((question, code)) = self.dialect.incomplete_rollback() else {
            let _ = self.connection.execute("ROLLBACK").await;
            return None;
        };
        let told = self.connection.query(&format!("ROLLBACK; {question}")).await.unwrap_or_default();
        let says_so = |row: &Row| row.get(1).is_some_and(|told| told.as_deref() == Some(code));
        match told.iter().any(says_so) {
            true => Some("rows of tables that cannot be rolled back: what was changed there stays"),
            false => is_cut.then_some("what a procedure may have committed before: that stays"),
        }
    }
}

pub(crate) fn step_started(plan: &Plan, i: usize) -> Event<'_> {
    let Step { migration, direction } = &plan.steps[i];
    Event::StepStarted { migration, direction: *direction, number: i + 1, total: plan.steps.len() }
}

/// The changes of the history for these steps.
pub(crate) fn records(sql: &HistorySql, steps: &[Step]) -> Vec<String> {
    let mut parts = Vec::new();
    for run in steps.chunk_by(|a, b| a.direction == b.direction) {
        let versions: Vec<_> = run.iter().map(|step| step.migration.version).collect();
        match run[0].direction {
            Direction::Up => parts.push(sql.insert(&versions)),
            Direction::Down => parts.extend(versions.into_iter().map(|v| sql.delete(v))),
        }
    }
    parts
}
