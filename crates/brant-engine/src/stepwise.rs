//! Steps that can't be rolled back as a whole: files without a transaction, and files whose statements commit by
//! themselves. The journal follows them statement by statement.

use std::sync::Arc;
use std::time::{Duration, Instant};

use brant_core::Event;
use brant_driver::{Batch, BatchError, DriverError, ErrorKind, Row};
use tokio::sync::Notify;

use crate::StopReason;
use crate::aftermath::{Broken, survivors};
use crate::boundary::{begins_transaction, is_stepwise, leaves_transaction_open};
use crate::error::{DatabaseState, RunErrorKind};
use crate::execute::{Execution, failure};
use crate::guard::{CANCEL_AGAIN, given_up, guarded};
use crate::watch::Desk;

/// Why a step did not get to its end.
enum Halt {
    /// The run is over.
    Over(Box<RunErrorKind>),
    /// Others were in the way of this statement, or of the record behind the last. What it did itself is gone.
    Contention { at: usize, kind: Box<RunErrorKind> },
}

impl From<RunErrorKind> for Halt {
    fn from(kind: RunErrorKind) -> Self {
        Self::Over(Box::new(kind))
    }
}

impl Execution<'_> {
    /// Carries out one step, statement by statement, and records it.
    pub(crate) async fn run_stepwise(&mut self, i: usize) -> Result<(), RunErrorKind> {
        self.announce(i);
        self.begin_stepwise(i).await?;
        self.before_migration(i, begins_transaction(self.script(i), 0)).await?;
        let mut took = Duration::ZERO;
        let mut from = 0;
        loop {
            match self.run_from(i, from, &mut took).await {
                Ok(()) => return Ok(()),
                Err(Halt::Over(kind)) => return Err(*kind),
                Err(Halt::Contention { at, kind }) => from = self.resume_at(i, at, *kind, took).await?,
            }
        }
    }

    /// Carries out what follows the first `from` statements, and records the step.
    async fn run_from(&mut self, i: usize, from: usize, took: &mut Duration) -> Result<(), Halt> {
        let script = self.script(i);
        for k in from..script.statements.len() {
            let notes = match self.notes_before(i, k) {
                // A hook finds noted what is done.
                notes if !notes.is_empty() && self.hears_statements() => {
                    self.send_notes(i, k, &notes, *took).await?;
                    Vec::new()
                }
                notes => notes,
            };
            match self.send_one(i, k, &notes, took).await {
                (Ok(()), Some(reason)) if k + 1 < script.statements.len() => {
                    let error = DriverError::new(ErrorKind::Cancelled, "stopped after this statement");
                    self.note_progress(i, k + 1, reason, *took).await?;
                    return Err(self.stepwise_failure(i, k, k + 1, error, Some(reason), *took).await.into());
                }
                (Err(failed), stopped) if failed.index < notes.len() => {
                    let broken = if self.joins() { Broken::AtNote(k) } else { Broken::AfterStatement(k) };
                    return Err(self.note_failure(i, k, broken, failed.error, stopped, *took).await.into());
                }
                (Err(failed), None) if self.left_only_what_was_before(i, k, &failed.error) => {
                    let state = DatabaseState::PartlyDone { done: k };
                    let kind = failure(&self.plan.steps[i], script, Some(k), "", failed.error, None, state);
                    return Err(Halt::Contention { at: k, kind: Box::new(kind) });
                }
                (Err(failed), stopped) => {
                    return Err(self.stepwise_failure(i, k, k, failed.error, stopped, *took).await.into());
                }
                // A step whose last statement is done is recorded, even if the run ends with it.
                (Ok(()), _) => {}
            }
        }
        self.finish_stepwise(i, *took).await
    }

    async fn begin_stepwise(&mut self, i: usize) -> Result<(), RunErrorKind> {
        let (step, script) = (&self.plan.steps[i], self.script(i));
        let mut parts = Vec::new();
        if self.begun.take() != Some(i) {
            parts.extend(self.journal.begin(i + 1, step, script));
        }
        if begins_transaction(script, 0) {
            self.observer.event(&Event::TransactionBegun);
            parts.push(self.begin(i..i + 1));
        } else {
            parts.extend(self.stepwise_limit(i));
        }
        if parts.is_empty() {
            return Ok(());
        }
        let begun = self.connection.execute(&parts.join("; ")).await;
        begun.map_err(|error| {
            failure(step, script, None, "begin the step", error, None, DatabaseState::RolledBack)
        })
    }

    /// What is sent before statement `k`, apart from the first: that those before it are done. What can be rolled back
    /// is noted in the same transaction.
    fn notes_before(&self, i: usize, k: usize) -> Vec<String> {
        if k == 0 {
            return Vec::new();
        }
        let begin = begins_transaction(self.script(i), k).then(|| "BEGIN".to_owned());
        self.journal.progress(i + 1, k).into_iter().chain(begin).collect()
    }

    /// Sends the notes that come before statement `k` by themselves.
    async fn send_notes(
        &mut self,
        i: usize,
        k: usize,
        notes: &[String],
        took: Duration,
    ) -> Result<(), RunErrorKind> {
        let Err(error) = self.connection.execute(&notes.join("; ")).await else { return Ok(()) };
        Err(self.note_failure(i, k, Broken::AfterStatement(k), error, None, took).await)
    }

    /// Sends the notes and statement `k`, if the hooks let it. The index of an error is that of the note, or their number.
    pub(crate) async fn send_one(
        &mut self,
        i: usize,
        k: usize,
        notes: &[String],
        took: &mut Duration,
    ) -> (Result<(), BatchError>, Option<StopReason>) {
        if let Err((error, reason)) = self.before_statement(i, k).await {
            return (Err(BatchError { index: notes.len(), error }), Some(reason));
        }
        let statement = &self.script(i).statements[k];
        let beside = self.limit_beside(i, k).map_or_else(String::new, |limit| limit + "; ");
        let sql = format!("{beside}{}", statement.sql);
        let texts: Vec<&str> = notes.iter().chain([&sql]).map(String::as_str).collect();
        let batch = if self.joins() { Batch::Joined } else { Batch::OneByOne };
        let began = Instant::now();
        self.observer.event(&Event::StatementStarted { statement });
        let (noted, mut n_done) = (Notify::new(), 0);
        if notes.is_empty() {
            noted.notify_one();
        }
        let limit = self.statement_limit(i);
        let desk = Desk::new(&mut *self.observer, limit);
        let mut done = |index: usize, duration: Duration| {
            let mut desk = desk.lock();
            desk.next();
            n_done = index + 1;
            if n_done == notes.len() {
                noted.notify_one();
            } else if n_done > notes.len() {
                *took += duration;
                desk.observer.event(&Event::StatementFinished { statement, duration });
            }
        };
        let stop = async {
            let reason = self.stop.requested().await;
            // To cancel means the statement. The notes are short; should they not be, they are cancelled too.
            let _ = tokio::time::timeout(CANCEL_AGAIN, noted.notified()).await;
            reason
        };
        let canceller = self.connection.canceller();
        let path = Arc::clone(&canceller);
        let run = self.watcher.beside(&path, &desk, self.connection.run(&texts, batch, &mut done));
        let guarded = guarded(stop, canceller, run).await;
        let result = guarded.result.unwrap_or_else(|| Err(BatchError { index: n_done, error: given_up() }));
        let result = result.map_err(|BatchError { index, error }| {
            let mut error = desk.judge(error);
            error.offset = error.offset.map(|offset| offset.saturating_sub(beside.len()));
            BatchError { index, error }
        });
        self.blockers = desk.into_blockers();
        self.after_statement(i, k, began, result.as_ref().err().map(|failed| &failed.error)).await;
        (result, guarded.stopped)
    }

    /// Whether notes can travel with a statement without being one transaction with it.
    fn joins(&self) -> bool {
        let can = self.dialect.capabilities();
        can.multi_command_messages && !can.atomic_messages
    }

    /// Notes that so many statements are done, and that is all.
    async fn note_progress(
        &mut self,
        i: usize,
        done: usize,
        reason: StopReason,
        took: Duration,
    ) -> Result<(), RunErrorKind> {
        let Some(note) = self.journal.progress(i + 1, done) else { return Ok(()) };
        let Err(error) = self.connection.execute(&note).await else { return Ok(()) };
        Err(self.note_failure(i, done, Broken::AfterStatement(done), error, Some(reason), took).await)
    }

    /// Finds out what is left where the note that so many statements are done did not get through.
    async fn note_failure(
        &mut self,
        i: usize,
        done: usize,
        broken: Broken,
        error: DriverError,
        stopped: Option<StopReason>,
        took: Duration,
    ) -> RunErrorKind {
        let (step, script) = (&self.plan.steps[i], self.script(i));
        let state = if self.is_gone(&error) {
            self.stepwise_state(i, broken, took, &error).await
        } else {
            self.roll_back().await;
            let done = survivors(script, done);
            self.note_end(i, done, took, &error).await;
            DatabaseState::PartlyDone { done }
        };
        // Where the next statement may have been carried out, it is the place that matters.
        let is_in_doubt = matches!((broken, state), (Broken::AtNote(_), DatabaseState::InDoubt { .. }));
        let statement = is_in_doubt.then_some(done);
        failure(step, script, statement, "write the journal", error, stopped, state)
    }

    fn is_gone(&self, error: &DriverError) -> bool {
        error.kind == ErrorKind::Closed || self.connection.is_closed()
    }

    async fn finish_stepwise(&mut self, i: usize, took: Duration) -> Result<(), Halt> {
        let (step, script) = (&self.plan.steps[i], self.script(i));
        let total = script.statements.len();
        let mut parts = self.records(i..i + 1);
        let next = self.next_stepwise(i);
        parts.extend(match next {
            None => self.journal.finish(i + 1, "done", total, took, None),
            Some(n) => {
                self.journal.turn((i + 1, step, script), took, (n + 1, &self.plan.steps[n], self.script(n)))
            }
        });
        let message = self.dialect.committed(!leaves_transaction_open(script), &parts);
        if let Err(error) = self.execute_watched(&message).await {
            if self.left_only_what_was_before(i, total, &error) {
                let state = DatabaseState::PartlyDone { done: survivors(script, total) };
                let kind = failure(step, script, None, "record the migration", error, None, state);
                return Err(Halt::Contention { at: total, kind: Box::new(kind) });
            }
            let state = if self.is_gone(&error) {
                self.stepwise_state(i, Broken::AtRecord, took, &error).await
            } else {
                self.roll_back().await;
                DatabaseState::PartlyDone { done: survivors(script, total) }
            };
            if state == DatabaseState::Recorded {
                self.step_done(i, took);
            }
            return Err(failure(step, script, None, "record the migration", error, None, state).into());
        }
        self.begun = next;
        self.step_done(i, took);
        Ok(())
    }

    /// The next step, if the journal will follow it too: its row can travel with the end of this one.
    fn next_stepwise(&self, i: usize) -> Option<usize> {
        self.works.get(i + 1).is_some_and(|work| is_stepwise(&work.script)).then_some(i + 1)
    }

    /// Notes that a step did not begin after all.
    pub(crate) async fn forget_begun(&mut self) {
        let Some(i) = self.begun.take() else { return };
        if let Some(update) = self.journal.finish(i + 1, "failed", 0, Duration::ZERO, None) {
            let _ = self.connection.execute(&update).await;
        }
    }

    /// Finds out what the failed step left behind, and notes it. `done` statements have succeeded.
    async fn stepwise_failure(
        &mut self,
        i: usize,
        k: usize,
        done: usize,
        error: DriverError,
        stopped: Option<StopReason>,
        took: Duration,
    ) -> RunErrorKind {
        let (step, script) = (&self.plan.steps[i], self.script(i));
        let state = if self.is_gone(&error) {
            self.stepwise_state(i, Broken::AtStatement(done), took, &error).await
        } else {
            self.roll_back().await;
            let done = self.done_after_rollback(i, done).await;
            self.note_end(i, done, took, &error).await;
            DatabaseState::PartlyDone { done }
        };
        failure(step, script, Some(k), "", error, stopped, state)
    }

    /// Notes that a step has failed, if that can be.
    pub(crate) async fn note_end(&mut self, i: usize, done: usize, took: Duration, error: &DriverError) {
        if let Some(update) = self.journal.finish(i + 1, "failed", done, took, Some(&code_of(error))) {
            let _ = self.connection.execute(&update).await;
        }
    }

    /// How many statements survived the rollback. The journal's count was written in the same transaction as the
    /// statements, so it tells; without a journal what commits by itself tells.
    pub(crate) async fn done_after_rollback(&mut self, i: usize, done: usize) -> usize {
        if let Some(query) = self.journal.statements_done(i + 1)
            && let Ok(rows) = self.connection.query(&query).await
            && let Some(count) = count_of(rows)
        {
            return count;
        }
        let script = self.script(i);
        let next_commits = script.statements.get(done).is_some_and(|s| s.class.commits_implicitly);
        if next_commits { done } else { survivors(script, done) }
    }
}

/// The number in the one field of the one row.
pub(crate) fn count_of(rows: Vec<Row>) -> Option<usize> {
    rows.into_iter().next()?.pop().flatten()?.parse().ok()
}

/// An error's number only: its text may quote values that must not be written down.
pub(crate) fn code_of(error: &DriverError) -> String {
    match (&error.sqlstate, error.number) {
        (Some(state), Some(number)) => format!("{number} ({state})"),
        (Some(state), None) => state.clone(),
        (None, Some(number)) => number.to_string(),
        (None, None) => "error".to_owned(),
    }
}
