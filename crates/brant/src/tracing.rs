//! Runs as spans and events of the `tracing` crate.

use std::time::Duration;

use brant_core::{
    Blocker, Direction, Migration, Observer, Plan, Progress, Report, Statement, StepReport, Version,
};
use brant_sql::mask_passwords;
use tracing::{Span, debug, error, info, info_span, trace, warn};

/// Tells `tracing` of a run: a span `migrate` for it, in that a span `migration` for each step, and in these an event for
/// each statement, warning and failure.
///
/// The span of a run begins in whatever span its caller is in. Statements are shown as they stand in their files, without
/// passwords and before variables were substituted.
///
/// Runs that a migrator makes at the same time share its observers: where their spans should stay apart, give each run a
/// migrator of its own.
///
/// ```
/// use brant::{Migrations, Migrator, TracingObserver};
/// let migrator = Migrator::builder(Migrations::new()).observer(TracingObserver::new()).build();
/// ```
#[derive(Debug)]
pub struct TracingObserver {
    dialect: &'static str,
    run: Span,
    /// The steps that are not done yet, the one that runs last: steps that share a transaction are done together.
    steps: Vec<(Version, Direction, Span)>,
}

impl TracingObserver {
    /// An observer for runs on any database.
    #[must_use]
    pub fn new() -> Self {
        Self { dialect: "", run: Span::none(), steps: Vec::new() }
    }

    /// The innermost span.
    fn span(&self) -> &Span {
        self.steps.last().map_or(&self.run, |(_, _, span)| span)
    }

    /// The span of a step, which is over.
    fn end_step(&mut self, migration: &Migration, direction: Direction) -> Span {
        let is_it = |(version, way, _): &(Version, Direction, Span)| {
            *version == migration.version && *way == direction
        };
        match self.steps.iter().position(is_it) {
            Some(i) => self.steps.remove(i).2,
            None => self.run.clone(),
        }
    }

    fn end_run(&mut self) {
        self.steps.clear();
        self.run = Span::none();
    }
}

impl Default for TracingObserver {
    fn default() -> Self {
        Self::new()
    }
}

impl Observer for TracingObserver {
    fn run_started(&mut self, dialect: &'static str) {
        self.end_run();
        self.dialect = dialect;
        self.run = info_span!("migrate", dialect);
    }

    fn lock_waiting(&mut self, holder: &str, waited: Duration) {
        info!(parent: &self.run, holder, waited_ms = millis(waited), "waiting for the lock");
    }

    fn planned(&mut self, plan: &Plan) {
        info!(parent: &self.run, steps = plan.steps.len(), "planned");
    }

    fn step_started(&mut self, migration: &Migration, direction: Direction, number: usize, total: usize) {
        // A step that failed in company is tried once more, alone.
        self.end_step(migration, direction);
        let span = info_span!(
            parent: &self.run,
            "migration",
            version = migration.version.0,
            name = migration.name,
            direction = direction.as_str(),
            dialect = self.dialect,
            number,
            total,
        );
        self.steps.push((migration.version, direction, span));
    }

    fn transaction_begun(&mut self) {
        trace!(parent: self.span(), "transaction begun");
    }

    fn statement_started(&mut self, statement: &Statement) {
        trace!(parent: self.span(), statement = mask_passwords(&statement.source), "statement started");
    }

    fn statement_finished(&mut self, statement: &Statement, duration: Duration) {
        let text = mask_passwords(&statement.source);
        debug!(parent: self.span(), statement = text, duration_ms = millis(duration), "statement done");
    }

    fn statement_running(&mut self, running: Duration, progress: Option<&Progress>) {
        let running_ms = millis(running);
        match progress {
            Some(progress) => debug!(parent: self.span(), running_ms, %progress, "statement running"),
            None => debug!(parent: self.span(), running_ms, "statement running"),
        }
    }

    fn blocked(&mut self, blockers: &[Blocker], waited: Duration) {
        for blocker in blockers {
            warn!(parent: self.span(), %blocker, waited_ms = millis(waited), "blocked");
        }
    }

    fn unwatched(&mut self, reason: &str) {
        debug!(parent: self.span(), reason, "nobody looks after the statements");
    }

    fn retrying(&mut self, migration: &Migration, attempt: usize, pause: Duration, error: &str) {
        let version = migration.version.0;
        warn!(parent: &self.run, version, attempt, pause_ms = millis(pause), error, "trying again");
    }

    fn transaction_committed(&mut self) {
        trace!(parent: self.span(), "transaction committed");
    }

    fn transaction_rolled_back(&mut self) {
        trace!(parent: self.span(), "transaction rolled back");
    }

    fn step_finished(&mut self, step: &StepReport) {
        let StepReport { migration, direction, duration, n_statements, .. } = step;
        let span = self.end_step(migration, *direction);
        info!(parent: &span, duration_ms = millis(*duration), statements = n_statements, "migration done");
    }

    fn step_failed(&mut self, migration: &Migration, direction: Direction, duration: Duration, error: &str) {
        let span = self.end_step(migration, direction);
        error!(parent: &span, duration_ms = millis(duration), error, "migration failed");
    }

    fn warning(&mut self, text: &str) {
        warn!(parent: self.span(), "{text}");
    }

    fn run_finished(&mut self, report: &Report) {
        let version = report.version_after.map(|version| version.0);
        info!(parent: &self.run, steps = report.steps.len(), version, "run done");
        self.end_run();
    }

    fn run_failed(&mut self, report: &Report, error: &str) {
        error!(parent: &self.run, steps = report.steps.len(), error, "run failed");
        self.end_run();
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
