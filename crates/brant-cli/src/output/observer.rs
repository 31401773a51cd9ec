//! A run as people see it: result lines as steps finish, and everything else on stderr.

use std::time::Duration;

use brant_core::{Blocker, Event, Observer};

use super::{Console, text};
use crate::go;

/// How long to keep quiet between two notes that the run still waits for the lock.
const WAITING_NOTE_INTERVAL: Duration = Duration::from_secs(5);

/// Shows the events of a run.
pub(crate) struct RunObserver<'a> {
    console: &'a mut Console,
    verbose: bool,
    next_waiting_note: Duration,
}

impl<'a> RunObserver<'a> {
    /// An observer that writes to this console; `verbose` shows transactions and statements too.
    pub(crate) fn new(console: &'a mut Console, verbose: bool) -> Self {
        Self { console, verbose, next_waiting_note: Duration::ZERO }
    }

    fn detail(&mut self, line: &str) {
        if self.verbose {
            self.console.detail(line);
        }
    }

    fn waiting(&mut self, holder: &str, waited: Duration) {
        self.console.show_progress(format!("waiting for the lock held by {holder}"));
        if waited >= self.next_waiting_note {
            self.console.note(format_args!("brant: waiting for the lock held by {holder}"));
            self.next_waiting_note = waited + WAITING_NOTE_INTERVAL;
        }
    }

    fn blocked(&mut self, blockers: &[Blocker], waited: Duration) {
        let waited = go::format_duration(waited);
        for blocker in blockers {
            self.console.note(format_args!("brant: waiting for {waited}, blocked by {blocker}"));
        }
        if let Some(first) = blockers.first() {
            self.console.show_progress(format!("blocked by {first}"));
        }
    }
}

impl Observer for RunObserver<'_> {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::LockWaiting { holder, waited } => self.waiting(holder, *waited),
            Event::StepStarted { migration, direction, number, total } => self
                .console
                .show_progress(format!("step {number} of {total}: {} {direction}", migration.file_name())),
            Event::TransactionBegun => self.detail("Begin transaction"),
            Event::StatementStarted { statement } if self.verbose => {
                let sql = text::statement(&statement.source);
                self.console.detail(&format!("Executing statement: {sql}"));
            }
            Event::StatementFinished { duration, .. } if self.verbose => {
                self.console.detail(&format!("Statement done ({})", go::format_duration(*duration)));
            }
            Event::Blocked { blockers, waited } => self.blocked(blockers, *waited),
            Event::Retrying { migration, attempt, pause, error, .. } => {
                let pause = go::format_duration(*pause);
                let file = migration.file_name();
                self.console.note(format_args!("brant: {error}"));
                self.console.note(format_args!("brant: `{file}` is tried again in {pause} (try {attempt})"));
            }
            Event::TransactionCommitted => self.detail("Commit transaction"),
            Event::TransactionRolledBack => self.detail("Rollback transaction"),
            Event::StepFinished(step) => self.console.result(text::step(step)),
            Event::Warning(warning) => self.console.warn(*warning),
            _ => {}
        }
    }
}
