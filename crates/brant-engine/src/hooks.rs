//! What a program hooks into a run.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use brant_core::{Direction, Migration, Plan, Report, Statement};
use brant_driver::DriverError;
use brant_sql::mask_passwords;

use crate::{BoxError, Context, StatementFailure};

/// What a program wants to do, or to forbid, around a run, its migrations and their statements.
///
/// All methods do nothing by default.
///
/// What comes **before** something can veto it by an error (or a panic): the run stops there, nothing of the migration is
/// changed, and the error tells the hook's words. What comes **after** something sees how it ended and can't change that:
/// an error of it is a warning.
///
/// With hooks each migration has a transaction of its own, also on a new database.
#[async_trait]
pub trait Hooks: Send + Sync {
    /// The plan is made, its files are parsed, and the lock is held; nothing was run or created yet. Not called where
    /// there is nothing to do.
    ///
    /// # Errors
    ///
    /// To veto the run.
    async fn before_run(&self, plan: &Plan, ctx: &mut Context<'_>) -> Result<(), BoxError> {
        let _ = (plan, ctx);
        Ok(())
    }

    /// The run is over, also if it failed or was vetoed; the lock is still held.
    ///
    /// # Errors
    ///
    /// Whatever went wrong: it becomes a warning.
    async fn after_run(&self, outcome: &RunOutcome<'_>, ctx: &mut Context<'_>) -> Result<(), BoxError> {
        let _ = (outcome, ctx);
        Ok(())
    }

    /// A migration is about to begin. Where it has a transaction, this runs inside of it: what it does (`SET LOCAL
    /// lock_timeout = '2s'`) holds for this migration, and is rolled back with it.
    ///
    /// # Errors
    ///
    /// To veto the migration, and with it the rest of the run.
    async fn before_migration(&self, step: &StepInfo<'_>, ctx: &mut Context<'_>) -> Result<(), BoxError> {
        let _ = (step, ctx);
        Ok(())
    }

    /// A migration is committed, or it failed and is rolled back as far as that is possible. Called also for one that was
    /// vetoed.
    ///
    /// # Errors
    ///
    /// Whatever went wrong: it becomes a warning.
    async fn after_migration(
        &self,
        step: &StepInfo<'_>,
        outcome: &StepOutcome<'_>,
        ctx: &mut Context<'_>,
    ) -> Result<(), BoxError> {
        let _ = (step, outcome, ctx);
        Ok(())
    }

    /// Whether the methods for statements are to be called. Statements are then sent one by one, and not ahead of their
    /// results.
    fn wants_statements(&self) -> bool {
        false
    }

    /// A statement of an SQL migration is about to be sent. (Those of migrations in program code are their own affair.)
    ///
    /// # Errors
    ///
    /// To veto the statement, and with it the rest of the run. A migration without a transaction keeps what its statements
    /// before this one have done.
    async fn before_statement(
        &self,
        step: &StepInfo<'_>,
        statement: &StatementInfo<'_>,
    ) -> Result<(), BoxError> {
        let _ = (step, statement);
        Ok(())
    }

    /// A statement of an SQL migration was carried out, or failed.
    ///
    /// # Errors
    ///
    /// Whatever went wrong: it becomes a warning.
    async fn after_statement(
        &self,
        step: &StepInfo<'_>,
        statement: &StatementInfo<'_>,
        outcome: &StatementOutcome<'_>,
    ) -> Result<(), BoxError> {
        let _ = (step, statement, outcome);
        Ok(())
    }
}

/// Hooks that several runs may call.
pub type SharedHooks = Arc<dyn Hooks>;

/// One migration in one direction, as a part of a run.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct StepInfo<'a> {
    /// The migration.
    pub migration: &'a Migration,
    /// Up or down.
    pub direction: Direction,
    /// The step's number in the plan, from 1.
    pub number: usize,
    /// How many steps the plan has.
    pub total: usize,
}

/// How a migration ended.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct StepOutcome<'a> {
    /// How long its statements took, or until when it failed.
    pub duration: Duration,
    /// Why it failed, if it did: with the place, the server's facts, and the state of the database. Its text is fit to be
    /// shown.
    pub failure: Option<&'a StatementFailure>,
}

/// One statement of a migration.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct StatementInfo<'a> {
    /// The statement.
    pub statement: &'a Statement,
    /// Its number in the migration, from 1.
    pub number: usize,
    /// How many statements the migration has.
    pub total: usize,
}

impl StatementInfo<'_> {
    /// The statement as it may be shown: as it stands in the file, before variables were substituted, without passwords.
    #[must_use]
    pub fn text(&self) -> String {
        mask_passwords(&self.statement.source)
    }
}

/// How a statement ended.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct StatementOutcome<'a> {
    /// How long it took.
    pub duration: Duration,
    /// What the database said, if it failed, without secrets.
    pub error: Option<&'a DriverError>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RunOutcome<'a> {
    /// How long it took, from before the hooks before it.
    pub duration: Duration,
    /// What was done, and stays done.
    pub report: &'a Report,
    /// Why the run stopped before its end, if it did; fit to be shown.
    pub error: Option<&'a str>,
}
