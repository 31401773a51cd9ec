//! How hooks are called: in their order, safe from their panics, and no longer than the run may go on.

use std::fmt;
use std::time::Duration;

use brant_core::{Event, Observer, Plan, Step};
use brant_driver::{Connection, DriverError, ErrorKind};
use brant_sql::{Dialect, mask_values};

use crate::code::{caught, chain};
use crate::context::StatementError;
use crate::failure::secrets;
use crate::guard::{given_up, guarded};
use crate::hooks::{RunOutcome, SharedHooks, StatementInfo, StatementOutcome, StepInfo, StepOutcome};
use crate::{BoxError, Context, Hooks, Stop, StopReason, Work};

/// How long a hook may take once the run was asked to end.
const PATIENCE_STOPPED: Duration = Duration::from_secs(5);

/// When hooks are called, and with what.
#[derive(Clone, Copy)]
pub(crate) enum Moment<'a> {
    BeforeRun(&'a Plan),
    AfterRun(&'a RunOutcome<'a>),
    BeforeMigration(&'a StepInfo<'a>),
    AfterMigration(&'a StepInfo<'a>, &'a StepOutcome<'a>),
    BeforeStatement(&'a StepInfo<'a>, &'a StatementInfo<'a>),
    AfterStatement(&'a StepInfo<'a>, &'a StatementInfo<'a>, &'a StatementOutcome<'a>),
}

impl Moment<'_> {
    async fn call(self, hooks: &dyn Hooks, context: &mut Context<'_>) -> Result<(), BoxError> {
        match self {
            Self::BeforeRun(plan) => hooks.before_run(plan, context).await,
            Self::AfterRun(outcome) => hooks.after_run(outcome, context).await,
            Self::BeforeMigration(step) => hooks.before_migration(step, context).await,
            Self::AfterMigration(step, outcome) => hooks.after_migration(step, outcome, context).await,
            Self::BeforeStatement(step, statement) => hooks.before_statement(step, statement).await,
            Self::AfterStatement(step, statement, outcome) => {
                hooks.after_statement(step, statement, outcome).await
            }
        }
    }

    fn concerns(self, hooks: &dyn Hooks) -> bool {
        match self {
            Self::BeforeStatement(..) | Self::AfterStatement(..) => hooks.wants_statements(),
            _ => true,
        }
    }
}

impl fmt::Display for Moment<'_> {
    /// What comes before or after the hook.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BeforeRun(_) | Self::AfterRun(_) => f.write_str("the run"),
            Self::BeforeMigration(step) | Self::AfterMigration(step, _) => {
                write!(f, "`{}`", step.migration.file_name())
            }
            Self::BeforeStatement(step, statement) | Self::AfterStatement(step, statement, _) => {
                write!(f, "statement {} of `{}`", statement.number, step.migration.file_name())
            }
        }
    }
}

/// A hook did not let something begin.
pub(crate) struct Refusal {
    /// The hook's words, with what is known of the connection.
    pub(crate) told: DriverError,
    /// The hook's own error.
    pub(crate) cause: BoxError,
    pub(crate) reason: StopReason,
}

/// Where hooks are called.
pub(crate) struct HookCalls<'a> {
    pub(crate) hooks: &'a [SharedHooks],
    pub(crate) connection: &'a mut dyn Connection,
    pub(crate) dialect: &'static dyn Dialect,
    pub(crate) stop: &'a Stop,
    pub(crate) observer: &'a mut dyn Observer,
    /// What the run carries out, whose secrets a hook may trip over.
    pub(crate) works: &'a [Work],
    /// The migration around which they are called.
    pub(crate) step: Option<&'a Step>,
    pub(crate) in_transaction: bool,
}

impl HookCalls<'_> {
    /// Asks hook after hook whether something may begin. Returns whether one of them did what the database commits by
    /// itself.
    pub(crate) async fn before(&mut self, moment: Moment<'_>) -> Result<bool, Refusal> {
        let mut committed = false;
        for hooks in self.hooks.iter().filter(|hooks| moment.concerns(&***hooks)) {
            let canceller = self.connection.canceller();
            let mut context = Context::new(
                &mut *self.connection,
                self.dialect,
                self.step,
                self.in_transaction,
                &mut committed,
            );
            let call = caught(moment.call(&**hooks, &mut context));
            let guarded = guarded(self.stop.requested(), canceller, call).await;
            let result = guarded.result.unwrap_or_else(|| Err(given_up(&mut *self.connection).into()));
            if let Err(cause) = result {
                let kind = if self.connection.is_closed() { ErrorKind::Closed } else { ErrorKind::Statement };
                let reason = guarded.stopped.unwrap_or(StopReason::Vetoed);
                return Err(Refusal { told: DriverError::new(kind, self.words(&cause)), cause, reason });
            }
        }
        Ok(committed)
    }

    /// Tells every hook how something ended. What goes wrong in one is a warning.
    pub(crate) async fn after(&mut self, moment: Moment<'_>) {
        for hooks in self.hooks.iter().filter(|hooks| moment.concerns(&***hooks)) {
            if let Err(error) = self.tell(&**hooks, moment).await {
                let text = format!("a hook after {moment} failed: {}", self.words(&error));
                self.observer.event(&Event::Warning(&text));
                self.leave_no_transaction(moment).await;
            }
        }
    }

    /// A hook may have begun a transaction of its own that it did not come to the end of.
    async fn leave_no_transaction(&mut self, moment: Moment<'_>) {
        if matches!(moment, Moment::AfterMigration(..) | Moment::AfterRun(_)) && !self.connection.is_closed()
        {
            let _ = self.connection.execute("ROLLBACK").await;
        }
    }

    async fn tell(&mut self, hooks: &dyn Hooks, moment: Moment<'_>) -> Result<(), BoxError> {
        let canceller = self.connection.canceller();
        let mut committed = false;
        let (connection, stopped) = (&mut *self.connection, self.stop.reason().is_some());
        let mut context =
            Context::new(connection, self.dialect, self.step, self.in_transaction, &mut committed);
        let call = caught(moment.call(hooks, &mut context));
        // A run that is over because it was asked to end still has its hooks, which may undo what those before it did.
        let result = match stopped {
            true => tokio::time::timeout(PATIENCE_STOPPED, call).await.ok(),
            false => guarded(self.stop.requested(), canceller, call).await.result,
        };
        result.unwrap_or_else(|| Err("it took too long for a run that was asked to end".into()))
    }

    /// What a hook's error says, and at which of its statements.
    fn words(&self, error: &BoxError) -> String {
        let words = mask_values(&chain(&**error), &secrets(self.works));
        match error.downcast_ref::<StatementError>().and_then(StatementError::statement) {
            Some(statement) => format!("{words}, at `{statement}`"),
            None => words,
        }
    }
}
