//! The steps of a run that has hooks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use brant_core::{Event, Step};
use brant_driver::DriverError;
use brant_sql::JournalSql;

use crate::StopReason;
use crate::around::{HookCalls, Moment, Refusal};
use crate::error::{DatabaseState, RunErrorKind, StatementFailure};
use crate::execute::{Execution, Owner};
use crate::failure::failure;
use crate::hooks::{StatementInfo, StatementOutcome, StepInfo, StepOutcome};
use crate::notes::Notes;

impl<'a> Execution<'a> {
    fn info(&self, i: usize) -> StepInfo<'a> {
        let Step { migration, direction } = &self.plan.steps[i];
        StepInfo { migration, direction: *direction, number: i + 1, total: self.plan.steps.len() }
    }

    fn statement_info(&self, i: usize, k: usize) -> StatementInfo<'a> {
        let statements = &self.script(i).statements;
        StatementInfo { statement: &statements[k], number: k + 1, total: statements.len() }
    }

    fn hook_calls(&mut self, i: usize, in_transaction: bool) -> HookCalls<'_> {
        HookCalls {
            hooks: self.hooks,
            connection: &mut *self.connection,
            dialect: self.dialect,
            stop: self.stop,
            observer: &mut *self.observer,
            works: self.works,
            step: Some(&self.plan.steps[i]),
            in_transaction,
        }
    }

    /// Carries out one step in a transaction that its hooks see.
    pub(crate) async fn run_hooked(&mut self, i: usize) -> Result<(), RunErrorKind> {
        self.announce(i);
        self.observer.event(&Event::TransactionBegun);
        self.begin_transaction(i).await?;
        self.before_migration(i, true).await?;
        let mut took = Duration::ZERO;
        let sent = match self.hears_statements() {
            true => self.send_each(i, &mut took).await,
            false => self.send_ahead(i, &mut took).await,
        };
        match sent {
            Ok(()) => self.commit(i..i + 1, &[took]).await,
            Err((owner, error, stopped)) => {
                self.roll_back().await;
                self.note_kept(i..i + 1).await;
                Err(self.failure(owner, "", error, stopped, DatabaseState::RolledBack))
            }
        }
    }

    /// Whether a hook hears of each statement.
    pub(crate) fn hears_statements(&self) -> bool {
        self.hooks.iter().any(|hooks| hooks.wants_statements())
    }

    pub(crate) async fn begin_transaction(&mut self, i: usize) -> Result<(), RunErrorKind> {
        let begin = self.begin(i..i + 1);
        let begun = self.connection.execute(&begin).await;
        begun.map_err(|error| {
            let owner = Owner { step: i, statement: None };
            self.failure(owner, "begin the transaction", error, None, DatabaseState::RolledBack)
        })
    }

    async fn send_each(&mut self, i: usize, took: &mut Duration) -> Result<(), Unsent> {
        for k in 0..self.script(i).statements.len() {
            let owner = Owner { step: i, statement: Some(k) };
            match self.send_one(i, k, &Notes::default(), took).await {
                (Ok(()), _) => {}
                (Err(failed), stopped) => return Err((owner, failed.error, stopped)),
            }
        }
        Ok(())
    }

    async fn send_ahead(&mut self, i: usize, took: &mut Duration) -> Result<(), Unsent> {
        let Some(statement) = self.script(i).statements.first() else { return Ok(()) };
        let group = i..i + 1;
        let (messages, owners) = self.messages(&group, "");
        self.observer.event(&Event::StatementStarted { statement });
        // BEGIN, the first message, was sent for the hooks.
        let ran = self.send(&group, &messages[1..], &owners[1..]).await;
        *took = ran.durations[0];
        ran.result.map_err(|failed| (owners[1 + failed.index], failed.error, ran.stopped))
    }

    /// Asks the hooks whether the step may begin. A veto leaves nothing of it.
    pub(crate) async fn before_migration(
        &mut self,
        i: usize,
        in_transaction: bool,
    ) -> Result<(), RunErrorKind> {
        if self.hooks.is_empty() {
            return Ok(());
        }
        let info = self.info(i);
        match self.hook_calls(i, in_transaction).before(Moment::BeforeMigration(&info)).await {
            // The database has ended the transaction: the step gets another.
            Ok(true) if in_transaction => self.begin_transaction(i).await,
            Ok(_) => Ok(()),
            Err(refusal) => {
                self.roll_back().await;
                let done = self.done_before(i);
                // Where the journal follows the step, it is told that nothing began.
                if let Some(note) = self.journal.finish(i + 1, JournalSql::FAILED, done, Duration::ZERO, None)
                {
                    let _ = self.connection.execute(&note).await;
                }
                let (error, reason) = self.keep_cause(refusal);
                let (step, script, stopped) = (&self.plan.steps[i], self.script(i), Some(reason));
                let doing = "call the hooks before it";
                Err(failure(step, script, None, doing, error, stopped, DatabaseState::NotBegun))
            }
        }
    }

    /// Tells the hooks how the step ended.
    pub(crate) async fn after_migration(&mut self, i: usize, failure: Option<&StatementFailure>) {
        if self.hooks.is_empty() {
            return;
        }
        let done = self.report.steps.last().filter(|_| failure.is_none());
        let duration = done.map_or_else(|| self.step_began.elapsed(), |step| step.duration);
        let (info, outcome) = (self.info(i), StepOutcome { duration, failure });
        self.hook_calls(i, false).after(Moment::AfterMigration(&info, &outcome)).await;
    }

    /// Asks the hooks whether a statement may be sent.
    pub(crate) async fn before_statement(
        &mut self,
        i: usize,
        k: usize,
    ) -> Result<(), (DriverError, StopReason)> {
        let (step, statement) = (self.info(i), self.statement_info(i, k));
        let asked = self.hook_calls(i, true).before(Moment::BeforeStatement(&step, &statement)).await;
        asked.map(|_| ()).map_err(|refusal| self.keep_cause(refusal))
    }

    /// Tells the hooks how a statement ended.
    pub(crate) async fn after_statement(
        &mut self,
        i: usize,
        k: usize,
        began: Instant,
        error: Option<&DriverError>,
    ) {
        if self.hooks.is_empty() {
            return;
        }
        let duration = began.elapsed();
        let masked = error.cloned().map(|mut error| {
            self.mask(&mut error);
            error
        });
        let (step, statement) = (self.info(i), self.statement_info(i, k));
        let outcome = StatementOutcome { duration, error: masked.as_ref() };
        self.hook_calls(i, false).after(Moment::AfterStatement(&step, &statement, &outcome)).await;
    }

    /// Sets the hook's own error aside for the failure that is made of its words.
    fn keep_cause(&mut self, Refusal { told, cause, reason }: Refusal) -> (DriverError, StopReason) {
        self.refused_by = Some(Arc::from(cause));
        (told, reason)
    }
}

/// Where sending stopped, and why.
type Unsent = (Owner, DriverError, Option<StopReason>);
