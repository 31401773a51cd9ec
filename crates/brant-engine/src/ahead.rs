//! What a step's script says to the run, found out for many steps at once.
//!
//! Between two waits for a server the processor forgets what it was at: the same work, done for one step after each
//! wait, takes three times as long.

use std::ops::Range;

use brant_sql::LockLimit;

use crate::boundary::is_stepwise;
use crate::execute::Execution;
use crate::notes::{sendings, state_before};

/// So many steps that the processor learns the way, and so few that little is done in vain where the run ends early.
const LOT: usize = 64;

/// The texts of a lot's files: its rows hold them once more.
const LOT_BYTES: usize = 1 << 20;

/// Steps that stand next to each other.
#[derive(Default)]
pub(crate) struct Lot {
    first: usize,
    steps: Vec<Ahead>,
}

/// What is known of a step ahead.
struct Ahead {
    limit: Option<LockLimit>,
    begin: Option<String>,
}

impl Execution<'_> {
    /// How long these steps may wait for their locks in one transaction: as long as the one with the strongest lock. Who
    /// waits for a weak one keeps what he has.
    pub(crate) fn lock_limit(&mut self, steps: Range<usize>) -> Option<LockLimit> {
        steps.filter_map(|i| self.ahead(i).limit).min_by_key(|limit| limit.tables)
    }

    /// The row of the journal for a step that is followed statement by statement, from its first.
    pub(crate) fn begin_row(&mut self, i: usize) -> Option<String> {
        self.ahead(i).begin.clone()
    }

    fn ahead(&mut self, i: usize) -> &Ahead {
        if !(self.lot.first..self.lot.first + self.lot.steps.len()).contains(&i) {
            let steps = self.lot_from(i).map(|i| self.look_ahead(i)).collect();
            self.lot = Lot { first: i, steps };
        }
        &self.lot.steps[i - self.lot.first]
    }

    /// The lot that begins with this step.
    fn lot_from(&self, first: usize) -> Range<usize> {
        let length = |i: usize| self.script(i).content.text.as_ref().map_or(0, String::len);
        let (mut end, mut bytes) = (first + 1, length(first));
        while end < self.works.len().min(first + LOT) && bytes + length(end) <= LOT_BYTES {
            bytes += length(end);
            end += 1;
        }
        first..end
    }

    fn look_ahead(&self, i: usize) -> Ahead {
        let (step, script) = (&self.plan.steps[i], self.script(i));
        let begin = || {
            let state = state_before(sendings(script, self.dialect).first());
            self.journal.begin(i + 1, step, script, &self.beginning(script, 0, state))
        };
        let begins = is_stepwise(script) && !self.starts.contains_key(&i);
        Ahead { limit: self.lock_limits().of(i..i + 1), begin: begins.then(begin).flatten() }
    }
}
