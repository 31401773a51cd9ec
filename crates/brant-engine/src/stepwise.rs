//! Steps that can't be rolled back as a whole: files without a transaction, and files whose statements commit by
//! themselves. The journal follows them statement by statement.

use std::sync::Arc;
use std::time::{Duration, Instant};

use brant_core::{Event, Script};
use brant_driver::{Batch, BatchError, DriverError, ErrorKind, Row};
use brant_sql::{JournalSql, bare};
use tokio::sync::Notify;

use crate::StopReason;
use crate::aftermath::{Broken, survivors};
use crate::boundary::begins_transaction;
use crate::error::{DatabaseState, RunErrorKind};
use crate::execute::{Execution, GroupError, step_started};
use crate::failure::failure;
use crate::guard::{CANCEL_AGAIN, given_up, guarded};
use crate::notes::{Beginning, Notes, Sending, hashes, sendings, state_before};
use crate::watch::Desk;

/// What is being done, to follow "failed to".
pub(crate) const WRITING_JOURNAL: &str = "write the journal";

/// Why a step did not get to its end.
pub(crate) enum Halt {
    /// The run is over.
    Over(Box<RunErrorKind>),
    /// Others were in the way of this statement, or of the record behind the last. What it did itself is gone.
    Contention { at: usize, kind: Box<RunErrorKind> },
    /// It has not begun, since the record of this step before it did not get through.
    Unrecorded(usize),
}

impl From<RunErrorKind> for Halt {
    fn from(kind: RunErrorKind) -> Self {
        Self::Over(Box::new(kind))
    }
}

impl Execution<'_> {
    /// Carries out one step, statement by statement, and records it.
    pub(crate) async fn run_stepwise(&mut self, i: usize) -> Result<(), GroupError> {
        let script = self.script(i);
        self.sendings = sendings(script, self.dialect);
        if self.owed.is_some() {
            // All that comes before the first statement is in the record.
            return self.carry_out(i, 0, Duration::ZERO).await;
        }
        self.settle(i).await?;
        self.announce(i);
        let first = self.done_before(i);
        self.begin_stepwise(i).await?;
        self.before_migration(i, begins_transaction(script, first, first)).await?;
        self.carry_out(i, first, Duration::ZERO).await
    }

    /// Carries out what follows the first `from` statements, and tries again where others are in the way.
    pub(crate) async fn carry_out(
        &mut self,
        i: usize,
        mut from: usize,
        mut took: Duration,
    ) -> Result<(), GroupError> {
        loop {
            match self.run_from(i, from, &mut took).await {
                Ok(()) => return Ok(()),
                Err(Halt::Over(kind)) => return Err(GroupError::Failed(*kind)),
                Err(Halt::Unrecorded(step)) => return Err(GroupError::Unrecorded(step)),
                Err(Halt::Contention { at, kind }) => from = self.resume_at(i, at, *kind, took).await?,
            }
        }
    }

    /// Carries out what follows the first `from` statements, and records the step.
    async fn run_from(&mut self, i: usize, from: usize, took: &mut Duration) -> Result<(), Halt> {
        let script = self.script(i);
        for k in from..script.statements.len() {
            let notes = self.prepare(i, k, *took).await?;
            let sent = self.send_and_look(i, k, &notes, took).await;
            if let (Err(failed), stopped) = &sent
                && let Some(record) = self.owed.take()
            {
                return Err(self.unrecorded(i, record, failed.error.clone(), *stopped).await);
            }
            match sent {
                (Ok(()), Some(reason)) if k + 1 < script.statements.len() => {
                    let error = DriverError::new(ErrorKind::Cancelled, "stopped after this statement");
                    self.note_progress(i, k + 1, reason, *took).await?;
                    return Err(self.stepwise_failure(i, k, k + 1, error, Some(reason), *took).await.into());
                }
                (Err(failed), stopped) if failed.index < notes.before.len() => {
                    let broken = match self.sendings[k] {
                        Sending::Together => Broken::Together(k),
                        _ if self.joins() => Broken::AtNote(k),
                        _ => Broken::AfterStatement(k),
                    };
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
        let (step, script, first) = (&self.plan.steps[i], self.script(i), self.done_before(i));
        let mut parts = Vec::new();
        if self.begun.take() != Some(i) {
            let state = state_before(self.sendings.get(first));
            parts.extend(self.journal.begin(i + 1, step, script, &self.beginning(script, first, state)));
        }
        if begins_transaction(script, first, first) {
            self.observer.event(&Event::TransactionBegun);
            parts.push(self.begin(i..i + 1));
        } else {
            parts.extend(self.stepwise_limit(i));
        }
        if parts.is_empty() {
            return Ok(());
        }
        // A backup that holds all tables keeps the journal waiting.
        let canceller = self.connection.canceller();
        let stop = self.stop.clone();
        let message = parts.join("; ");
        let begun = guarded(stop.requested(), canceller, self.execute_watched(&message)).await;
        let result = begun.result.unwrap_or_else(|| Err(given_up(self.connection)));
        result.map_err(|error| {
            let state = match first {
                0 => DatabaseState::RolledBack,
                done => DatabaseState::PartlyDone { done },
            };
            failure(step, script, None, "begin the step", error, begun.stopped, state)
        })
    }

    pub(crate) fn beginning(&self, script: &Script, done: usize, state: &'static str) -> Beginning {
        Beginning { done, state, hashes: hashes(script, self.dialect).join(" ") }
    }

    /// What is sent around statement `k`: before it the record that is owed, and that the statements before it are done, if
    /// that was not noted with them; behind it that it is done itself, where both can be one transaction.
    fn notes(&self, i: usize, k: usize) -> Notes {
        let (script, first) = (self.script(i), self.done_before(i));
        let is_noted = k == first || self.sendings[k - 1] == Sending::Together;
        let is_commit = self.sendings[k] == Sending::Commit;
        let mut before: Vec<String> = self.owed.iter().map(|record| record.message.clone()).collect();
        if is_commit {
            before.extend(self.note_of(i, k + 1));
        } else if !is_noted {
            before.extend(self.note_of(i, k));
        }
        if k > first && begins_transaction(script, first, k) {
            before.push("BEGIN".to_owned());
        }
        let is_together = self.sendings[k] == Sending::Together;
        let note = is_together.then(|| self.note_of(i, k + 1)).flatten();
        let after: Vec<String> = note.into_iter().flat_map(|note| [note, "COMMIT".to_owned()]).collect();
        if !after.is_empty() {
            before.push("BEGIN".to_owned());
        }
        Notes { before, after }
    }

    /// The note that so many statements are done.
    fn note_of(&self, i: usize, done: usize) -> Option<String> {
        self.journal.progress(i + 1, state_before(self.sendings.get(done)), done)
    }

    /// What remains to be sent around statement `k`, once what is in its way is gone and what must be noted before it by
    /// itself is noted.
    async fn prepare(&mut self, i: usize, k: usize, took: Duration) -> Result<Notes, RunErrorKind> {
        if let Err(error) = self.clear_remains(i, k).await {
            return Err(self.stepwise_failure(i, k, k, error, None, took).await);
        }
        let mut notes = self.notes(i, k);
        // A hook finds noted what is done; and what is sent ahead must all be in one transaction.
        let alone = if self.hears_statements() {
            notes.before.len() - usize::from(!notes.after.is_empty())
        } else if self.sends_ahead(&notes) {
            notes.before.len() - 1
        } else {
            0
        };
        let first: Vec<String> = notes.before.drain(..alone).collect();
        if !first.is_empty() {
            self.send_notes(i, k, &first, took).await?;
        }
        Ok(notes)
    }

    /// Whether a statement and its notes may be sent ahead of their results.
    fn sends_ahead(&self, notes: &Notes) -> bool {
        !notes.after.is_empty() && self.dialect.capabilities().failure_aborts_transaction
    }

    /// Sends statement `k`; once more, if it passed over something that can't be used.
    async fn send_and_look(
        &mut self,
        i: usize,
        k: usize,
        notes: &Notes,
        took: &mut Duration,
    ) -> (Result<(), BatchError>, Option<StopReason>) {
        let sent = self.send_one(i, k, notes, took).await;
        if sent != (Ok(()), None) {
            return sent;
        }
        match self.is_passed_over(i, k).await {
            Ok(false) => sent,
            Ok(true) => self.send_one(i, k, &Notes::default(), took).await,
            Err(error) => (Err(BatchError { index: notes.before.len(), error }), None),
        }
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

    /// Sends the notes and statement `k`, if the hooks let it. A record that was owed is no longer, once it is written. The
    /// index of an error is that of the note, or their number.
    pub(crate) async fn send_one(
        &mut self,
        i: usize,
        k: usize,
        notes: &Notes,
        took: &mut Duration,
    ) -> (Result<(), BatchError>, Option<StopReason>) {
        let n_before = notes.before.len();
        if let Err((error, reason)) = self.before_statement(i, k).await {
            return (Err(BatchError { index: n_before, error }), Some(reason));
        }
        let statement = &self.script(i).statements[k];
        let beside = self.limit_beside(i, k).map_or_else(String::new, |limit| limit + "; ");
        let sql = if notes.after.is_empty() { &statement.sql } else { bare(&statement.sql, self.dialect) };
        let sql = match self.dialect.sharing(sql, &self.own_tables()) {
            Some(sql) => sql,
            None => format!("{beside}{sql}"),
        };
        let before = notes.before.iter().map(String::as_str);
        let texts: Vec<&str> = before.chain([&*sql]).chain(notes.after.iter().map(String::as_str)).collect();
        let batch = match self.joins() {
            true => Batch::Joined,
            false if self.sends_ahead(notes) => Batch::Ahead,
            false => Batch::OneByOne,
        };
        let began = Instant::now();
        let recorded = self.owed.as_ref().map(|record| self.step_report(record.step, record.took));
        if recorded.is_none() {
            self.observer.event(&Event::StatementStarted { statement });
        }
        let (noted, mut n_done) = (Notify::new(), 0);
        if n_before == 0 {
            noted.notify_one();
        }
        let limit = self.statement_limit(i);
        let (step_began, plan) = (&mut self.step_began, self.plan);
        let desk = Desk::new(&mut *self.observer, limit);
        let mut done = |index: usize, duration: Duration| {
            let mut desk = desk.lock();
            desk.next();
            n_done = index + 1;
            if let Some(report) = recorded.as_ref().filter(|_| index == 0) {
                *step_began = Instant::now();
                desk.observer.event(&Event::StepFinished(report));
                desk.observer.event(&step_started(plan, i));
                desk.observer.event(&Event::StatementStarted { statement });
            }
            if n_done == n_before {
                noted.notify_one();
            } else if index == n_before {
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
        let result = guarded
            .result
            .unwrap_or_else(|| Err(BatchError { index: n_done, error: given_up(&mut *self.connection) }));
        let result = result.map_err(|BatchError { index, error }| {
            let mut error = desk.judge(error);
            error.offset = error.offset.map(|offset| offset.saturating_sub(beside.len()));
            BatchError { index, error }
        });
        self.blockers = desk.into_blockers();
        if let Some(report) = recorded.filter(|_| n_done > 0) {
            self.owed = None;
            self.report.steps.push(report);
        }
        self.after_statement(i, k, began, result.as_ref().err().map(|failed| &failed.error)).await;
        (result, guarded.stopped)
    }

    /// Whether notes can travel with a statement without being one transaction with it.
    pub(crate) fn joins(&self) -> bool {
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
        let Some(note) = self.note_of(i, done) else { return Ok(()) };
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
            self.note_end(i, JournalSql::FAILED, done, took, &error).await;
            DatabaseState::PartlyDone { done }
        };
        // Where the next statement may have been carried out, it is the place that matters.
        let is_in_doubt = matches!((broken, state), (Broken::AtNote(_), DatabaseState::InDoubt { .. }));
        let statement = is_in_doubt.then_some(done);
        failure(step, script, statement, WRITING_JOURNAL, error, stopped, state)
    }

    pub(crate) fn is_gone(&self, error: &DriverError) -> bool {
        error.kind == ErrorKind::Closed || self.connection.is_closed()
    }

    /// Finds out what the failed step left behind, and notes it. `done` statements have succeeded.
    pub(crate) async fn stepwise_failure(
        &mut self,
        i: usize,
        k: usize,
        done: usize,
        error: DriverError,
        stopped: Option<StopReason>,
        took: Duration,
    ) -> RunErrorKind {
        let (step, script) = (&self.plan.steps[i], self.script(i));
        let mut left = Vec::new();
        let state = if self.is_gone(&error) {
            let broken = match self.sendings[k] {
                Sending::Together => Broken::Together(done),
                _ => Broken::AtStatement(done),
            };
            self.stepwise_state(i, broken, took, &error).await
        } else {
            self.roll_back().await;
            let done = self.done_after_rollback(i, done).await;
            if done == k {
                left = self.left_unusable(i, k).await;
            }
            self.note_end(i, self.state_after(i, k, done, &left, &error), done, took, &error).await;
            DatabaseState::PartlyDone { done }
        };
        let mut failure = failure(step, script, Some(k), "", error, stopped, state);
        if let RunErrorKind::Step(failure) = &mut failure {
            failure.left_unusable = left;
        }
        failure
    }

    /// The state of a step whose statement `k` failed, `done` of them being done.
    fn state_after(
        &self,
        i: usize,
        k: usize,
        done: usize,
        left: &[String],
        error: &DriverError,
    ) -> &'static str {
        let statement = &self.script(i).statements[k];
        match done == k {
            _ if self.kept.is_some() => JournalSql::IN_PARTS,
            true if self.parts_of(k, statement, error).is_some() => JournalSql::IN_PARTS,
            true if !left.is_empty() => JournalSql::UNUSABLE,
            _ => JournalSql::FAILED,
        }
    }

    /// Notes that a step has failed, if that can be.
    pub(crate) async fn note_end(
        &mut self,
        i: usize,
        state: &'static str,
        done: usize,
        took: Duration,
        error: &DriverError,
    ) {
        if let Some(update) = self.journal.finish(i + 1, state, done, took, Some(&code_of(error))) {
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
