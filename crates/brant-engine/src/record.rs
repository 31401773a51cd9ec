//! The record of a step that the journal follows. It is sent by itself, or on the way of the next step's first statement:
//! that saves a round trip for each step.

use std::time::Duration;

use brant_core::{Statement, StatementKind};
use brant_driver::DriverError;
use brant_sql::JournalSql;

use crate::aftermath::{Broken, is_recorded, survivors};
use crate::boundary::{begins_transaction, is_stepwise, leaves_transaction_open};
use crate::error::{DatabaseState, RunErrorKind};
use crate::execute::{Execution, GroupError};
use crate::failure::failure;
use crate::notes::{Sending, sendings};
use crate::stepwise::Halt;
use crate::{StopReason, Work};

/// Commits a step whose statements are done.
pub(crate) struct Record {
    pub(crate) step: usize,
    pub(crate) took: Duration,
    /// With its COMMIT.
    pub(crate) message: String,
    /// The step whose row of the journal it begins.
    begins: Option<usize>,
}

impl Execution<'_> {
    /// Records a step whose statements are done, now or on the way of the next.
    pub(crate) async fn finish_stepwise(&mut self, i: usize, took: Duration) -> Result<(), Halt> {
        let record = self.record(i, took);
        match record.begins {
            Some(next) if self.has_committed(i) && self.may_travel(next) => {
                self.begun = Some(next);
                self.owed = Some(record);
                Ok(())
            }
            _ => self.send_record(record).await,
        }
    }

    fn record(&mut self, i: usize, took: Duration) -> Record {
        let script = self.script(i);
        let begins = self.next_stepwise(i);
        let mut parts = self.records(i..i + 1);
        parts.extend(self.journal_parts(i, took, begins));
        let is_open = leaves_transaction_open(script) && self.done_before(i) < script.statements.len();
        Record { step: i, took, message: self.dialect.committed(!is_open, &parts), begins }
    }

    /// The end of a step in the journal, and the beginning of the next.
    fn journal_parts(
        &mut self,
        i: usize,
        took: Duration,
        begins: Option<usize>,
    ) -> impl Iterator<Item = String> + use<> {
        let end = self.journal.finish(i + 1, "done", self.script(i).statements.len(), took, None);
        end.into_iter().chain(begins.and_then(|n| self.begin_row(n)))
    }

    /// The next step, if the journal will follow it too: its row can travel with the end of this one.
    fn next_stepwise(&self, i: usize) -> Option<usize> {
        let follows = |work: &Work| is_stepwise(&work.script) && !self.starts.contains_key(&(i + 1));
        self.works.get(i + 1).is_some_and(follows).then_some(i + 1)
    }

    /// Whether no transaction is open behind a step's last statement: what fails on its way to the next can be rolled back
    /// then, and nothing of the step is lost with it.
    fn has_committed(&self, i: usize) -> bool {
        let is_ddl =
            |last: &Statement| last.class.commits_implicitly && last.class.kind == StatementKind::Ddl;
        self.sendings.last() == Some(&Sending::Together)
            || self.script(i).statements.last().is_some_and(is_ddl)
    }

    /// Whether a record may wait for the next step's first statement: nothing else is to be done before that is sent.
    fn may_travel(&mut self, next: usize) -> bool {
        self.records_travel
            && self.hooks.is_empty()
            && self.joins()
            && self.dialect.commits_in_one_command(self.connection.server())
            && !begins_transaction(self.script(next), 0, 0)
            && self.is_limited_already(next)
            && self.stop.reason().is_none()
            && self.held.was_heard()
    }

    async fn send_record(&mut self, record: Record) -> Result<(), Halt> {
        let Record { step: i, took, message, begins } = record;
        let Err(error) = self.execute_watched(&message).await else {
            self.begun = begins;
            self.step_done(i, took);
            return Ok(());
        };
        let (step, script) = (&self.plan.steps[i], self.script(i));
        let total = script.statements.len();
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
        Err(failure(step, script, None, "record the migration", error, None, state).into())
    }

    /// Sends a record by itself that failed on the way of another step.
    pub(crate) async fn record_alone(&mut self, record: Record) -> Result<(), GroupError> {
        let (i, took, script) = (record.step, record.took, self.script(record.step));
        self.sendings = sendings(script, self.dialect);
        let steps = &self.plan.steps[i..=i];
        if is_recorded(&mut *self.connection, self.history_sql, steps).await != Some(true) {
            return self.carry_out(i, script.statements.len(), took).await;
        }
        // It was stopped right behind its COMMIT, or the history can't be rolled back: what is missing is the journal's part.
        let parts: Vec<String> = self.journal_parts(i, took, record.begins).collect();
        let message = self.dialect.committed(true, &parts);
        match self.send_record(Record { message, ..record }).await {
            Ok(()) => Ok(()),
            Err(Halt::Over(kind)) => Err(GroupError::Failed(*kind)),
            Err(Halt::Contention { kind, .. }) => {
                self.roll_back().await;
                Err(GroupError::Failed(*kind))
            }
            Err(Halt::Unrecorded(step)) => Err(GroupError::Unrecorded(step)),
        }
    }

    /// What follows where the record did not get through that was sent in one message with the first statement of step `i`.
    pub(crate) async fn unrecorded(
        &mut self,
        i: usize,
        record: Record,
        error: DriverError,
        stopped: Option<StopReason>,
    ) -> Halt {
        // Whatever was in its way: the next ones go by themselves, as this one does now.
        self.records_travel = false;
        self.begun = None;
        let (before, took) = (record.step, record.took);
        if !self.is_gone(&error) {
            let _ = self.connection.execute("ROLLBACK").await;
            self.owed = Some(record);
            return Halt::Unrecorded(before);
        }
        let state = self.stepwise_state(before, Broken::AtRecord, took, &error).await;
        if state == DatabaseState::Recorded {
            self.step_done(before, took);
            self.announce(i);
            return self.stepwise_failure(i, 0, 0, error, stopped, Duration::ZERO).await.into();
        }
        let (step, script) = (&self.plan.steps[before], self.script(before));
        let mut kind = failure(step, script, None, "record the migration", error, stopped, state);
        if let RunErrorKind::Step(failure) = &mut kind {
            failure.with_next = true;
        }
        kind.into()
    }

    /// Notes that a step did not begin after all.
    pub(crate) async fn forget_begun(&mut self) {
        let Some(i) = self.begun.take() else { return };
        if let Some(update) = self.journal.finish(i + 1, JournalSql::FAILED, 0, Duration::ZERO, None) {
            let _ = self.connection.execute(&update).await;
        }
    }
}
