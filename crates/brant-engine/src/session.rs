//! One connection to one database, with its history table: what a command works on.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use brant_core::resume::Start;
use brant_core::{
    Direction, Ending, Event, History, Migration, Observer, OutOfOrder, Plan, Record, Report, Step, Target,
    Unfinished, Version, plan_asking,
};
use brant_driver::{Access, Connection, DriverError, Endpoint, ErrorKind, Row};
use brant_sql::{Dialect, HistorySql, JournalSql, LockSql, TableName};

use crate::approval::Approval;
use crate::around::{HookCalls, Moment};
use crate::boundary::check_outside;
use crate::contents::{load_kept, parse_content};
use crate::execute::Execution;
use crate::guard::{given_up, guarded};
use crate::hooks::{RunOutcome, SharedHooks};
use crate::journal::Journal;
use crate::lock::{self, Held};
use crate::resume::{self, Settling, Starts};
use crate::retry::{Tries, is_contention};
use crate::watch::Watcher;
use crate::{LockMode, Options, RunError, RunErrorKind, Scripts, Stop, StopReason, Work, pooler, single};

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

    /// Reads what was applied. Changes nothing.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub async fn history(&mut self) -> Result<History, RunError> {
        self.history_from_outside(true).await.map_err(nothing_done)
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

    /// Where the half-done steps begin, as far as that is known without a change; refused is what a run refuses.
    pub(crate) async fn starts_ahead(
        &mut self,
        plan: &Plan,
        works: &[Work],
        unfinished: &[Unfinished],
        observer: &mut dyn Observer,
    ) -> Result<Starts, RunErrorKind> {
        let starts = resume::starts(plan, works, unfinished, self.dialect, self.options.answers)?;
        if let Some(start) = starts.get(&0) {
            let mut settling = self.settling(works, observer);
            settling.check(&plan.steps[0], &works[0].script, *start).await?;
        }
        Ok(starts)
    }

    fn settling<'a>(&'a mut self, works: &'a [Work], observer: &'a mut dyn Observer) -> Settling<'a> {
        Settling {
            connection: &mut *self.connection,
            dialect: self.dialect,
            observer,
            stop: &self.options.stop,
            works,
            answers: self.options.answers,
        }
    }

    /// Where the half-done steps begin. Of the first step all that can be asked is asked, before anything is changed.
    async fn starts(
        &mut self,
        plan: &Plan,
        works: &[Work],
        unfinished: &[Unfinished],
        observer: &mut dyn Observer,
    ) -> Result<Starts, RunErrorKind> {
        let mut starts = resume::starts(plan, works, unfinished, self.dialect, self.options.answers)?;
        if let Some(start) = starts.get_mut(&0) {
            let mut settling = self.settling(works, observer);
            *start = Start::At(settling.settle(&plan.steps[0], &works[0].script, *start).await?);
        }
        Ok(starts)
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

    /// Reads the history, where there is to be one.
    pub(crate) async fn look(&mut self, wants_contents: bool) -> Result<History, RunErrorKind> {
        match self.options.policy.versioning {
            true => self.read_history(wants_contents).await,
            false => Ok(History::absent()),
        }
    }

    /// Contents are asked for where somebody compares them: it costs a row for each version.
    pub(crate) async fn read_history(&mut self, wants_contents: bool) -> Result<History, RunErrorKind> {
        self.probe().await?;
        if !self.found.history {
            return Ok(History::absent());
        }
        let mut message = self.history_sql.list.clone();
        if self.found.journal_readable {
            message.push_str("; ");
            message.push_str(&self.journal_sql.unfinished(self.table.table()));
            if wants_contents {
                message.push_str("; ");
                message.push_str(&self.journal_sql.contents(self.table.table()));
            }
        }
        let rows = self.ask(&message).await?;
        parse_history(rows).map_err(|error| database(READING, error))
    }

    /// Looks which of brant's tables are there, and where.
    pub(crate) async fn probe(&mut self) -> Result<(), RunErrorKind> {
        let probe = self.history_sql.probe.clone();
        let rows = self.ask(&probe).await?;
        let flag =
            |i: usize| rows.first().and_then(|row| row.get(i)).is_some_and(|value| is_true(value.as_deref()));
        self.found = Found {
            history: flag(0),
            journal: flag(1),
            journal_readable: flag(2),
            journal_writable: flag(3),
        };
        if let Some(schema) = rows.first().and_then(|row| row.get(4)).and_then(Option::as_deref) {
            self.table = self.options.table.found_in(schema, self.dialect);
            self.history_sql = self.dialect.history(self.options.layout, &self.table);
            self.journal_sql = self.dialect.journal(&self.table);
        }
        Ok(())
    }

    /// Whether there is a journal that can be read; known after a look.
    pub(crate) fn has_journal(&self) -> bool {
        self.found.journal_readable
    }

    /// Asks about the history, unless the run is asked to end.
    pub(crate) async fn ask(&mut self, sql: &str) -> Result<Vec<Row>, RunErrorKind> {
        let canceller = self.connection.canceller();
        let answer = guarded(self.options.stop.requested(), canceller, self.connection.query(sql)).await;
        match (answer.stopped, answer.result) {
            (Some(reason), _) => Err(RunErrorKind::Stopped(reason)),
            (None, Some(rows)) => rows.map_err(|error| database(READING, error)),
            (None, None) => Err(database(READING, given_up(&mut *self.connection))),
        }
    }

    pub(crate) async fn lock(&mut self, observer: &mut dyn Observer) -> Result<Held, RunErrorKind> {
        let LockMode::Wait(patience) = self.options.lock else { return Ok(Held::Nothing) };
        let sql = self.lock_sql();
        let owner = format!(
            "process {}, user {}, host {}, {}",
            std::process::id(),
            self.options.os_user,
            self.options.host,
            self.options.tool
        );
        let stop = self.options.stop.clone();
        let mut taken = lock::acquire(&mut *self.connection, &sql, patience, &owner, &stop, observer).await;
        if let Err(RunErrorKind::Locked { holder, .. }) = &mut taken
            && let Some(journalled) = self.journalled_owner().await
        {
            holder.push_str(&journalled);
        }
        taken
    }

    /// How runs over this history exclude each other.
    pub(crate) fn lock_sql(&self) -> LockSql {
        self.dialect.lock(self.options.layout, self.locked_table())
    }

    /// What the journal tells of the holder of a lock, where that can't tell of itself: who began the last step.
    pub(crate) async fn journalled_owner(&mut self) -> Option<String> {
        let LockSql::Session { .. } = self.lock_sql() else { return None };
        if !self.found.journal_readable {
            return None;
        }
        let rows = self.connection.query(&self.journal_sql.latest()).await.ok()?;
        let [user, host, tool, file] = <[Option<String>; 4]>::try_from(rows.into_iter().next()?).ok()?;
        Some(format!(" (in the journal: user {}, host {}, {}, at `{}`)", user?, host?, tool?, file?))
    }

    /// The table whose lock is taken: the one that was found, so that every spelling of it has one lock. Only a default
    /// table that was found by its bare name is known by that, whatever its schema: goose's library locks one number for
    /// all of them.
    fn locked_table(&self) -> &TableName {
        let given = &self.options.table;
        let is_default = given.schema().is_none() && given.table() == self.options.layout.default_table;
        if is_default { given } else { &self.table }
    }

    /// Reads and parses everything that the plan runs, before anything of it does.
    pub(crate) fn load(
        &self,
        plan: &Plan,
        scripts: &dyn Scripts,
        kept: &HashMap<Version, String>,
    ) -> Result<Vec<Work>, RunErrorKind> {
        let mut loaded = Vec::with_capacity(plan.steps.len());
        for step in &plan.steps {
            let work = match kept.get(&step.migration.version) {
                Some(text) => load_kept(step, text, scripts)?,
                None => scripts.load(&step.migration, step.direction).map_err(RunErrorKind::Script)?,
            };
            if step.direction == Direction::Down
                && !work.script.section_present
                && !self.options.policy.allow_irreversible
            {
                return Err(RunErrorKind::Irreversible(Box::new(step.migration.clone())));
            }
            check_outside(&work)?;
            loaded.push(work);
        }
        if self.options.single_transaction {
            single::check(&loaded, !self.hooks.is_empty())?;
        }
        Ok(loaded)
    }

    /// Creates what is missing of brant's tables.
    pub(crate) async fn prepare_tables(
        &mut self,
        observer: &mut dyn Observer,
    ) -> Result<Journal, RunErrorKind> {
        if !self.options.policy.versioning {
            return Ok(Journal::new(None, &self.options));
        }
        if !self.found.history {
            self.create_history().await.map_err(|error| database("create the history table", error))?;
            self.found.history = true;
        }
        if !self.found.journal
            && let Err(error) = self.create_journal().await?
        {
            let table = &self.journal_sql.table;
            let text = format!("going on without the journal: its table `{table}` can't be created: {error}");
            observer.event(&Event::Warning(&text));
        } else if !self.found.journal_writable {
            let text =
                format!("going on without the journal: no right to write `{}`", self.journal_sql.table);
            observer.event(&Event::Warning(&text));
        }
        Ok(Journal::new(self.found.journal_writable.then(|| self.journal_sql.clone()), &self.options))
    }

    /// The inner error is the server's refusal, and stops nothing.
    async fn create_journal(&mut self) -> Result<Result<(), DriverError>, RunErrorKind> {
        match self.connection.execute(&self.journal_sql.create).await {
            Ok(()) => {
                self.found =
                    Found { journal: true, journal_readable: true, journal_writable: true, ..self.found };
                Ok(Ok(()))
            }
            // Whom others keep waiting now gets it later: that is no reason to be without.
            Err(error) if error.kind == ErrorKind::Statement && !is_contention(&error) => {
                // A run over another history table holds another lock: it may have made the journal just now.
                self.probe().await?;
                Ok(if self.found.journal { Ok(()) } else { Err(error) })
            }
            Err(error) => Err(database("create the journal table", error)),
        }
    }

    async fn create_history(&mut self) -> Result<(), DriverError> {
        let schema = self.missing_schema().await?;
        let created = self.create_history_after(schema.as_deref()).await;
        match created {
            // A run over another history table may have made the schema just now.
            Err(error) if error.kind == ErrorKind::Statement && schema.is_some() => {
                match self.missing_schema().await? {
                    Some(_) => Err(error),
                    None => self.create_history_after(None).await,
                }
            }
            created => created,
        }
    }

    /// The statement that makes the schema of the history table, if it is to be made.
    pub(crate) async fn missing_schema(&mut self) -> Result<Option<String>, DriverError> {
        let Some(schema) = &self.options.new_schema else { return Ok(None) };
        let rows = self.connection.query(&schema.exists).await?;
        let exists = rows.first().and_then(|row| row.first()).is_some_and(|value| is_true(value.as_deref()));
        Ok((!exists).then(|| schema.create.clone()))
    }

    /// Creates the history table, in one transaction with what has to be there before it.
    async fn create_history_after(&mut self, schema: Option<&str>) -> Result<(), DriverError> {
        let parts = schema.into_iter().chain(self.history_sql.create.iter().map(String::as_str));
        let message = format!("BEGIN; {}; COMMIT", parts.collect::<Vec<_>>().join("; "));
        let created = self.connection.execute(&message).await;
        if created.is_err() {
            let _ = self.connection.execute("ROLLBACK").await;
        }
        created
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

pub(crate) fn is_true(value: Option<&str>) -> bool {
    matches!(value, Some("t" | "true" | "1"))
}

/// Rows of three columns are the history's, oldest first; rows of seven and of five are the journal's.
pub(crate) fn parse_history(rows: Vec<Row>) -> Result<History, DriverError> {
    let mut records = Vec::with_capacity(rows.len());
    let (mut unfinished, mut contents) = (Vec::new(), Vec::new());
    for row in rows {
        match <[Option<String>; 3]>::try_from(row).map_err(<[Option<String>; 5]>::try_from) {
            Ok([version, applied, at]) => records.push(Record {
                version: parse_version(version.as_deref())?,
                applied: is_true(applied.as_deref()),
                at,
            }),
            Err(Ok(content)) => contents.push(parse_content(content)?),
            Err(Err(row)) => unfinished.push(parse_unfinished(&row)?),
        }
    }
    Ok(History::from_records(records).with_contents(contents).with_unfinished(unfinished))
}

/// Tells of what is half done and stays so.
pub(crate) fn warn_of_others(plan: &Plan, history: &History, observer: &mut dyn Observer) {
    for left in history.unfinished().iter().filter(|left| resume::place(plan, left).is_none()) {
        observer.event(&Event::Warning(&left.to_string()));
    }
}

pub(crate) fn parse_version(text: Option<&str>) -> Result<Version, DriverError> {
    let parsed = text.and_then(|text| text.parse().ok()).map(Version);
    parsed.ok_or_else(|| {
        let text = format!("the history table holds `{}` where a version should be", text.unwrap_or("NULL"));
        DriverError::new(ErrorKind::Statement, text)
    })
}

fn parse_unfinished(row: &[Option<String>]) -> Result<Unfinished, DriverError> {
    let text = |i: usize| row.get(i).and_then(Option::as_deref).unwrap_or_default();
    let number = |i: usize| text(i).parse().unwrap_or(0);
    Ok(Unfinished {
        version: parse_version(Some(text(0)))?,
        name: text(1).to_owned(),
        direction: text(2).to_owned(),
        ending: match text(3) {
            JournalSql::RUNNING => Ending::CutOff,
            JournalSql::IN_DOUBT => Ending::InDoubt,
            JournalSql::IN_PARTS => Ending::InParts,
            JournalSql::UNUSABLE => Ending::LeftUnusable,
            _ => Ending::Failed,
        },
        statements_done: number(4),
        statements_total: number(5),
        statement_hashes: text(6).split_whitespace().map(str::to_owned).collect(),
    })
}
