//! Trying again what could not get a lock, or met others in their work.
//!
//! Only what left nothing is tried again: a transaction as a whole, or the one statement that failed where each commits
//! by itself.

use std::time::{Duration, Instant};

use brant_core::{Event, Limits, Observer, Statement, StatementKind};
use brant_driver::{Cause, DriverError, ErrorKind};
use brant_sql::{JournalSql, count_commands};

use crate::aftermath::survivors;
use crate::boundary::begins_transaction;
use crate::error::{DatabaseState, RunErrorKind, StatementFailure};
use crate::execute::Execution;
use crate::journal::Journal;
use crate::lock::{jittered, sleep};
use crate::session::{Session, database};

const PAUSE_FIRST: Duration = Duration::from_millis(250);
const PAUSE_LAST: Duration = Duration::from_secs(10);

/// The tries of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tries {
    pub(crate) step: usize,
    /// How many there were.
    pub(crate) n: usize,
    /// When the first failed.
    failed_first: Option<Instant>,
    pause: Duration,
}

impl Tries {
    pub(crate) fn of(step: usize) -> Self {
        Self { step, n: 1, failed_first: None, pause: PAUSE_FIRST }
    }

    /// The pause before the next try; `None` once the budget is used up.
    fn next_pause(&mut self, budget: Duration) -> Option<Duration> {
        let spent = self.failed_first.get_or_insert_with(Instant::now).elapsed();
        let left = budget.checked_sub(spent).filter(|left| !left.is_zero())?;
        let pause = jittered(self.pause).min(left);
        self.pause = (self.pause * 2).min(PAUSE_LAST);
        Some(pause)
    }
}

/// Whether others were in the way.
pub(crate) fn is_contention(error: &DriverError) -> bool {
    error.kind != ErrorKind::Closed && error.cause().is_some_and(Cause::is_contention)
}

impl Session<'_> {
    /// Creates what is missing of brant's tables, and tries again where others are in the way.
    pub(crate) async fn prepare(&mut self, observer: &mut dyn Observer) -> Result<Journal, RunErrorKind> {
        let budget = self.options.limits.retry_for.unwrap_or(Limits::RETRY_FOR);
        let mut tries = Tries::of(0);
        loop {
            let (doing, error) = match self.prepare_tables(observer).await {
                Err(RunErrorKind::Database { doing, error }) if is_contention(&error) => (doing, error),
                prepared => return prepared,
            };
            let Some(pause) = tries.next_pause(budget) else { return Err(database(doing, error)) };
            let text = format!("failed to {doing}: {error}; it is tried again in {}ms", pause.as_millis());
            observer.event(&Event::Notice(&text));
            sleep(pause, &self.options.stop).await.map_err(RunErrorKind::Stopped)?;
        }
    }
}

impl Execution<'_> {
    /// Whether all of a failed step is gone, so that it can be tried again from its beginning.
    pub(crate) fn left_nothing(&self, failure: &StatementFailure) -> bool {
        failure.state == DatabaseState::RolledBack
            && failure.stopped.is_none()
            && is_contention(&failure.error)
            && failure.kept.is_none()
            && !self.connection.is_closed()
    }

    /// Waits for the time of the next try. False: there is none, because the budget is used up or the run is asked to end.
    pub(crate) async fn pause_before_retry(&mut self, failure: &mut StatementFailure) -> bool {
        let step = self.tries.step;
        let budget = self.limits(step).retry_for.unwrap_or(Limits::RETRY_FOR);
        failure.tries = self.tries.n;
        let Some(pause) = self.tries.next_pause(budget).filter(|_| !self.held.is_lost()) else {
            return false;
        };
        self.tries.n += 1;
        self.observer.event(&Event::Retrying {
            migration: &failure.migration,
            direction: failure.direction,
            attempt: self.tries.n,
            pause,
            error: &failure.to_string(),
            blockers: &failure.blockers,
        });
        match sleep(pause, self.stop).await {
            Ok(()) => true,
            Err(reason) => {
                failure.stopped = Some(reason);
                false
            }
        }
    }

    /// Whether others were in the way of a statement of a step that is followed statement by statement (or of its record,
    /// behind the last), and nothing of it is left.
    pub(crate) fn left_only_what_was_before(&self, i: usize, k: usize, error: &DriverError) -> bool {
        let script = self.script(i);
        let controls = |s: &Statement| s.class.kind == StatementKind::TransactionControl;
        is_contention(error)
            && !self.connection.is_closed()
            // Which of the file's own transactions is open only the file knows.
            && !script.statements.iter().any(controls)
            && script.statements.get(k).is_none_or(|statement| self.is_atomic(statement))
    }

    /// Whether a statement that fails leaves nothing.
    fn is_atomic(&self, statement: &Statement) -> bool {
        let is_one =
            self.dialect.capabilities().atomic_messages || count_commands(&statement.sql, self.dialect) == 1;
        // Other commands may be procedures, which commit by themselves.
        is_one
            && matches!(statement.class.kind, StatementKind::Ddl | StatementKind::Dml)
            && self.remains(statement).is_none()
            && self.dialect.leftovers(&statement.sql).is_none()
    }

    /// Rolls back, waits, and tells at which statement to go on: those whose transaction was lost run again.
    pub(crate) async fn resume_at(
        &mut self,
        i: usize,
        at: usize,
        mut kind: RunErrorKind,
        took: Duration,
    ) -> Result<usize, RunErrorKind> {
        self.roll_back().await;
        let script = self.script(i);
        // What the journal counts is what was done before the last statement that was sent.
        let done = match at == script.statements.len() {
            true => survivors(script, at),
            false => self.done_after_rollback(i, at).await,
        };
        let RunErrorKind::Step(failure) = &mut kind else { return Err(kind) };
        failure.state = DatabaseState::PartlyDone { done };
        self.explain(failure);
        let state = if self.kept.is_some() { JournalSql::IN_PARTS } else { JournalSql::FAILED };
        if self.kept.is_some() || !self.pause_before_retry(failure).await {
            let error = failure.error.clone();
            self.note_end(i, state, done, took, &error).await;
            return Err(kind);
        }
        let first = self.done_before(i);
        if done == first && begins_transaction(script, first, first) {
            // What the hooks did is gone with the transaction.
            self.begin_transaction(i).await?;
            self.before_migration(i, true).await?;
        }
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_until_the_budget_is_used_up() {
        let mut tries = Tries::of(0);
        let mut longest = PAUSE_FIRST;
        for _ in 0..9 {
            let pause = tries.next_pause(Duration::from_secs(60)).unwrap();
            assert!(pause <= longest && pause >= longest / 2, "{pause:?} {longest:?}");
            longest = (longest * 2).min(PAUSE_LAST);
        }
        assert_eq!(tries.next_pause(Duration::ZERO), None);
        assert_eq!(Tries::of(0).next_pause(Duration::ZERO), None);
        assert!(Tries::of(0).next_pause(Duration::from_millis(1)).unwrap() <= Duration::from_millis(1));
    }
}
