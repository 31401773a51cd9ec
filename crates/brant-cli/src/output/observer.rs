//! A run as people see it: result lines as steps finish, and everything else on stderr.

use std::time::{Duration, Instant};

use brant_core::{Blocker, Direction, Event, Migration, Observer, Progress, Statement};

use super::{Console, text};
use crate::go;

/// How long to keep quiet between two notes that the run still waits for the lock.
const WAITING_NOTE_INTERVAL: Duration = Duration::from_secs(5);

/// After what time a note says that a statement still runs; the next ones come after twice the time each.
const FIRST_RUNNING_NOTE: Duration = Duration::from_secs(5);

/// Shows the events of a run.
pub(crate) struct RunObserver<'a> {
    console: &'a mut Console,
    verbose: bool,
    next_waiting_note: Duration,
    /// The file of the step that runs, its number, and how many there are.
    step: (String, usize, usize),
    /// Where in its file the statement stands that runs.
    line: Option<usize>,
    next_running_note: Duration,
}

impl<'a> RunObserver<'a> {
    /// An observer that writes to this console; `verbose` shows transactions and statements too.
    pub(crate) fn new(console: &'a mut Console, verbose: bool) -> Self {
        Self {
            console,
            verbose,
            next_waiting_note: Duration::ZERO,
            step: Default::default(),
            line: None,
            next_running_note: FIRST_RUNNING_NOTE,
        }
    }

    fn detail(&mut self, line: &str) {
        if self.verbose {
            self.console.detail(line);
        }
    }

    fn waiting(&mut self, holder: &str, waited: Duration) {
        self.console.show_progress(format_args!("waiting for the lock held by {holder}"));
        if waited >= self.next_waiting_note {
            self.console.note(format_args!("brant: waiting for the lock held by {holder}"));
            self.next_waiting_note = waited + WAITING_NOTE_INTERVAL;
        }
    }

    fn step_started(&mut self, migration: &Migration, direction: Direction, (number, total): (usize, usize)) {
        self.step = (migration.file_name(), number, total);
        self.line = None;
        self.console.show_progress(format_args!("step {number} of {total}: {} {direction}", self.step.0));
    }

    fn statement_started(&mut self, statement: &Statement) {
        self.line = Some(statement.position.line);
        self.next_running_note = FIRST_RUNNING_NOTE;
        if self.verbose {
            let sql = text::statement(&statement.source);
            self.console.detail(&format!("Executing statement: {sql}"));
        }
    }

    /// A line that changes on a terminal; elsewhere a line now and then, ever more rarely.
    fn statement_running(&mut self, running: Duration, progress: Option<&Progress>) {
        let (file, number, total) = &self.step;
        let place = self.line.map_or_else(|| file.clone(), |line| format!("{file}:{line}"));
        let progress = progress.map(|progress| format!(": {progress}")).unwrap_or_default();
        if self.console.is_live() {
            let since = Instant::now().checked_sub(running).unwrap_or_else(Instant::now);
            let label = format_args!("step {number} of {total}: {place}{progress}");
            self.console.show_progress_since(label, since);
        } else if running >= self.next_running_note {
            self.next_running_note = running * 2;
            let seconds = running.as_secs();
            self.console.note(format_args!("brant: {place} has been running for {seconds} s{progress}"));
        }
    }

    fn blocked(&mut self, blockers: &[Blocker], waited: Duration) {
        let waited = go::format_duration(waited);
        for blocker in blockers {
            self.console.note(format_args!("brant: waiting for {waited}, blocked by {blocker}"));
        }
        if let Some(first) = blockers.first() {
            self.console.show_progress(format_args!("blocked by {first}"));
        }
    }
}

impl Observer for RunObserver<'_> {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::LockWaiting { holder, waited } => self.waiting(holder, *waited),
            Event::StepStarted { migration, direction, number, total } => {
                self.step_started(migration, *direction, (*number, *total));
            }
            Event::TransactionBegun => self.detail("Begin transaction"),
            Event::StatementStarted { statement } => self.statement_started(statement),
            Event::StatementRunning { running, progress } => self.statement_running(*running, *progress),
            Event::StatementFinished { duration, .. } if self.verbose => {
                self.console.detail(&format!("Statement done ({})", go::format_duration(*duration)));
            }
            Event::Blocked { blockers, waited } => self.blocked(blockers, *waited),
            Event::Unwatched(why) => self.detail(&format!(
                "Nobody looks after this run, so who keeps it waiting and how far it is will not be told: {why}"
            )),
            Event::Retrying { migration, attempt, pause, error, .. } => {
                let pause = go::format_duration(*pause);
                let file = migration.file_name();
                self.console.note(format_args!("brant: {error}"));
                self.console.note(format_args!("brant: `{file}` is tried again in {pause} (try {attempt})"));
            }
            Event::TransactionCommitted => self.detail("Commit transaction"),
            Event::TransactionRolledBack => self.detail("Rollback transaction"),
            Event::StepFinished(step) => self.console.result(text::step(step)),
            Event::Notice(notice) => self.console.note(format_args!("brant: {notice}")),
            Event::Warning(warning) => self.console.warn(*warning),
            _ => {}
        }
    }
}
