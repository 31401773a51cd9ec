//! One connection to one database, with its history table: what a command works on.

mod load;
mod locking;
mod look;
mod tables;

use std::sync::Arc;
use std::time::{Duration, Instant};

use brant_core::{Event, History, Migration, Observer, OutOfOrder, Plan, Report, Step, Target, plan_asking};
use brant_driver::{Access, Connection, DriverError, Endpoint};
use brant_sql::{Dialect, HistorySql, JournalSql, TableName};

use crate::ahead::Lot;
use crate::approval::Approval;
use crate::around::{HookCalls, Moment};
use crate::execute::Execution;
use crate::hooks::{RunOutcome, SharedHooks};
use crate::lock::Held;
use crate::resume::{self, Starts};
use crate::retry::Tries;
use crate::watch::Watcher;
use crate::{LockMode, Options, RunError, RunErrorKind, Scripts, Stop, StopReason, Work, pooler};

pub(crate) use look::{is_true, parse_history, parse_version};

/// What is being done, to follow "failed to".
pub(crate) const READING: &str = "read the history";

/// An open session.
pub struct Session<'c> {
    connection: Box<dyn Connection + 'c>,
    pub(crate) dialect: &'static dyn Dialect,
    pub(crate) options: Options,
    /// The history table, with its schema once that is known.
    pub(crate) table: TableName,
    pub(crate) history_sql: HistorySql,
    pub(crate) journal_sql: JournalSql,
    pub(crate) found: Found,
    pub(crate) hooks: Vec<SharedHooks>,
    /// The steps that somebody agreed to: no others are run.
    approved: Option<Vec<Step>>,
    /// The plan that somebody agreed to, files and all: no other is run.
    pub(crate) approval: Option<Approval>,
}

/// Which of brant's tables are there.
#[derive(Clone, Copy, Default)]
pub(crate) struct Found {
    pub(crate) history: bool,
    journal: bool,
    journal_readable: bool,
    journal_writable: bool,
}

impl<'c> Session<'c> {
    /// Connects. Costs no query.
    ///
    /// # Errors
    ///
    /// When the database can't be reached, or the run is asked to end before it is.
    pub async fn open(
        endpoint: &dyn Endpoint,
        dialect: &'static dyn Dialect,
        access: Access,
        options: Options,
    ) -> Result<Self, RunError> {
        let connected = tokio::select! {
            biased;
            reason = options.stop.requested() => return Err(nothing_done(RunErrorKind::Stopped(reason))),
            connected = endpoint.connect(access) => connected,
        };
        let connection = connected.map_err(|error| nothing_done(database("connect", error)))?;
        Ok(Self::on(connection, dialect, options))
    }

    /// A session on a connection that is open already.
    #[must_use]
    pub fn on(connection: Box<dyn Connection + 'c>, dialect: &'static dyn Dialect, options: Options) -> Self {
        let history_sql = dialect.history(options.layout, &options.table);
        let journal_sql = dialect.journal(&options.table);
        let table = options.table.clone();
        let (found, hooks) = (Found::default(), Vec::new());
        Self {
            connection,
            dialect,
            options,
            table,
            history_sql,
            journal_sql,
            found,
            hooks,
            approved: None,
            approval: None,
        }
    }

    /// The same, with hooks in its runs.
    #[must_use]
    pub fn with_hooks(self, hooks: Vec<SharedHooks>) -> Self {
        Self { hooks, ..self }
    }

    /// The same, for runs that take exactly these steps: a run that would take others is refused.
    #[must_use]
    pub fn with_approved(self, steps: Vec<Step>) -> Self {
        Self { approved: Some(steps), ..self }
    }

    /// What a run would do. Changes nothing.
    ///
    /// # Errors
    ///
    /// When the database refuses, or there is no such plan.
    pub async fn plan(
        &mut self,
        all: &[Migration],
        target: Target,
        scripts: &dyn Scripts,
    ) -> Result<Plan, RunError> {
        let history = self.history_from_outside(true).await.map_err(nothing_done)?;
        self.plan_of(all, &history, target, scripts).map_err(nothing_done)
    }

    /// Reads what was applied; with its contents, where somebody compares them. Changes nothing.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub async fn history(&mut self, wants_contents: bool) -> Result<History, RunError> {
        self.history_from_outside(wants_contents).await.map_err(nothing_done)
    }

    /// Brings the database to the target: lock, plan, execute, record.
    ///
    /// # Errors
    ///
    /// Whatever stopped the run, with the report of what was done before.
    pub async fn migrate(
        &mut self,
        all: &[Migration],
        target: Target,
        scripts: &dyn Scripts,
        observer: &mut dyn Observer,
    ) -> Result<Report, RunError> {
        observer.event(&Event::RunStarted { dialect: self.dialect.name() });
        let result = self.lock_and_migrate(all, target, scripts, observer).await;
        match &result {
            Ok(report) => observer.event(&Event::RunFinished(report)),
            Err(error) => {
                observer.event(&Event::RunFailed { report: &error.report, error: &error.to_string() });
            }
        }
        result
    }

    async fn lock_and_migrate(
        &mut self,
        all: &[Migration],
        target: Target,
        scripts: &dyn Scripts,
        observer: &mut dyn Observer,
    ) -> Result<Report, RunError> {
        let wants_contents = self.options.strict || target.may_revert();
        let history = self.look(wants_contents).await.map_err(nothing_done)?;
        let first_look = match self.needs_lock(&history) {
            true => None,
            false => {
                let plan = self.plan_of(all, &history, target, scripts).map_err(nothing_done)?;
                Some((plan, history))
            }
        };
        if let Some((plan, history)) = &first_look
            && plan.steps.is_empty()
        {
            warn_of_others(plan, history, observer);
            if self.options.strict {
                self.check_changes(all, history, plan, scripts, observer).map_err(nothing_done)?;
            }
            self.check_approval(plan, &[]).await.map_err(nothing_done)?;
            return Ok(idle(plan));
        }
        let mut held = self.lock(observer).await.map_err(nothing_done)?;
        let result = self.migrate_locked(all, target, first_look, scripts, observer, &mut held).await;
        held.release(&mut *self.connection).await;
        result
    }

    async fn migrate_locked(
        &mut self,
        all: &[Migration],
        target: Target,
        first_look: Option<(Plan, History)>,
        scripts: &dyn Scripts,
        observer: &mut dyn Observer,
        held: &mut Held,
    ) -> Result<Report, RunError> {
        let is_unlocked = matches!(held, Held::Nothing);
        // Somebody else may have migrated between the first look and the lock.
        let (plan, history) = match first_look {
            Some(look) if is_unlocked && (self.options.strict || target.may_revert()) => look,
            _ => self.look_and_plan(all, target, scripts).await.map_err(nothing_done)?,
        };
        warn_of_others(&plan, &history, observer);
        if plan.steps.is_empty() {
            self.check_approval(&plan, &[]).await.map_err(nothing_done)?;
            return Ok(idle(&plan));
        }
        if self.approved.as_ref().is_some_and(|approved| *approved != plan.steps) {
            return Err(nothing_done(RunErrorKind::PlanMoved));
        }
        self.check_changes(all, &history, &plan, scripts, observer).map_err(nothing_done)?;
        let kept = self.kept_texts(&plan, &history, observer).await.map_err(nothing_done)?;
        let works = self.load(&plan, scripts, &kept).map_err(nothing_done)?;
        self.check_approval(&plan, &works).await.map_err(nothing_done)?;
        pooler::check(&mut *self.connection, &works).await.map_err(nothing_done)?;
        let starts =
            self.starts(&plan, &works, history.unfinished(), observer).await.map_err(nothing_done)?;
        self.warn_of_steps(&plan, &works, observer);
        observer.event(&Event::Planned(&plan));
        let began = Instant::now();
        let result = match self.before_run(&plan, &works, observer).await {
            Ok(()) => self.carry_out(&plan, &works, starts, observer, held).await,
            Err(kind) => Err(nothing_done(kind)),
        };
        self.after_run(&result, began.elapsed(), &works, observer).await;
        result
    }

    /// Warns of what is odd about the steps, and no reason to refuse them.
    pub(crate) fn warn_of_steps(&self, plan: &Plan, works: &[Work], observer: &mut dyn Observer) {
        for version in &plan.skipped {
            observer.event(&Event::Warning(&format!(
                "version {version} is applied but its file is missing: passed over"
            )));
        }
        if self.options.policy.out_of_order == OutOfOrder::Warn {
            for step in plan.late_steps() {
                let file = step.migration.file_name();
                observer.event(&Event::Warning(&format!("`{file}` is out of order: applied all the same")));
            }
        }
        for Work { script, .. } in works {
            for (line, words) in brant_core::unknown(&script.annotations) {
                observer.event(&Event::Warning(&format!("{}:{line}: {words}", script.path.display())));
            }
        }
    }

    async fn before_run(
        &mut self,
        plan: &Plan,
        works: &[Work],
        observer: &mut dyn Observer,
    ) -> Result<(), RunErrorKind> {
        let asked = self.hook_calls(works, observer).before(Moment::BeforeRun(plan)).await;
        let Err(refusal) = asked else { return Ok(()) };
        // Hooks may have begun a transaction here, and this one did not come to its end.
        let _ = self.connection.execute("ROLLBACK").await;
        Err(match refusal.reason {
            StopReason::Vetoed => {
                let (message, cause) = (refusal.told.to_string(), Arc::from(refusal.cause));
                RunErrorKind::Vetoed { message, cause }
            }
            reason => RunErrorKind::Stopped(reason),
        })
    }

    async fn after_run(
        &mut self,
        result: &Result<Report, RunError>,
        duration: Duration,
        works: &[Work],
        observer: &mut dyn Observer,
    ) {
        let error = result.as_ref().err().map(ToString::to_string);
        let report = result.as_ref().unwrap_or_else(|error| &error.report);
        let outcome = RunOutcome { duration, report, error: error.as_deref() };
        self.hook_calls(works, observer).after(Moment::AfterRun(&outcome)).await;
    }

    fn hook_calls<'a>(&'a mut self, works: &'a [Work], observer: &'a mut dyn Observer) -> HookCalls<'a> {
        HookCalls {
            hooks: &self.hooks,
            connection: &mut *self.connection,
            dialect: self.dialect,
            stop: &self.options.stop,
            observer,
            works,
            step: None,
            in_transaction: false,
        }
    }

    async fn carry_out(
        &mut self,
        plan: &Plan,
        works: &[Work],
        starts: Starts,
        observer: &mut dyn Observer,
        held: &mut Held,
    ) -> Result<Report, RunError> {
        let journal = self.prepare(observer).await.map_err(nothing_done)?;
        let lock_sql = self.lock_sql();
        let execution = Execution {
            connection: &mut *self.connection,
            dialect: self.dialect,
            lock_sql,
            history_sql: self.options.policy.versioning.then_some(&self.history_sql),
            journal,
            stop: &self.options.stop,
            held,
            observer,
            plan,
            works,
            starts,
            sendings: Vec::new(),
            begun: None,
            owed: None,
            records_travel: true,
            lot: Lot::default(),
            hooks: &self.hooks,
            refused_by: None,
            single: self.options.single_transaction,
            watcher: Watcher::new(self.dialect),
            limits: self.options.limits,
            session_limit: None,
            tries: Tries::of(0),
            blockers: Vec::new(),
            step_began: Instant::now(),
            report: Report { version_before: plan.current, ..Report::default() },
            kept: None,
            is_marked: false,
        };
        execution.run().await
    }

    async fn look_and_plan(
        &mut self,
        all: &[Migration],
        target: Target,
        scripts: &dyn Scripts,
    ) -> Result<(Plan, History), RunErrorKind> {
        let history = self.look(true).await?;
        Ok((self.plan_of(all, &history, target, scripts)?, history))
    }

    pub(crate) fn plan_of(
        &self,
        all: &[Migration],
        history: &History,
        target: Target,
        scripts: &dyn Scripts,
    ) -> Result<Plan, RunErrorKind> {
        plan_asking(all, history, target, &self.options.policy, |late| scripts.may_be_late(late))
            .map_err(RunErrorKind::Script)?
            .map_err(RunErrorKind::Plan)
    }

    pub(crate) fn connection(&mut self) -> &mut (dyn Connection + 'c) {
        &mut *self.connection
    }

    pub(crate) fn dialect(&self) -> &'static dyn Dialect {
        self.dialect
    }

    pub(crate) fn lock_mode(&self) -> LockMode {
        self.options.lock
    }

    pub(crate) fn stop(&self) -> &Stop {
        &self.options.stop
    }

    pub(crate) fn history_sql(&self) -> &HistorySql {
        &self.history_sql
    }

    /// The server's product and version.
    #[must_use]
    pub fn server(&self) -> &str {
        self.connection.server()
    }

    /// Closes the connection.
    pub async fn close(self) {
        self.connection.close().await;
    }
}

pub(crate) fn nothing_done(kind: RunErrorKind) -> RunError {
    RunError { kind, report: Report::default() }
}

pub(crate) fn database(doing: &'static str, error: DriverError) -> RunErrorKind {
    RunErrorKind::Database { doing, error }
}

fn idle(plan: &Plan) -> Report {
    Report { steps: Vec::new(), version_before: plan.current, version_after: plan.current }
}

/// Tells of what is half done and stays so.
pub(crate) fn warn_of_others(plan: &Plan, history: &History, observer: &mut dyn Observer) {
    for left in history.unfinished().iter().filter(|left| resume::place(plan, left).is_none()) {
        observer.event(&Event::Warning(&left.to_string()));
    }
}
