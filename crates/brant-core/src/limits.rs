//! For how long others may be kept waiting.

use std::time::Duration;

/// For how long a statement may wait and run, and for how long a migration is tried again. What is `None` is not said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// How long a statement may wait for a lock; zero: as long as the server lets it.
    pub lock: Option<Duration>,
    /// How long a statement may run; zero: for ever.
    pub statement: Option<Duration>,
    /// How long after it first failed for want of a lock a migration is still tried again; zero: not at all.
    pub retry_for: Option<Duration>,
}

impl Limits {
    /// Where it is not said how long to wait for a lock that keeps even readers out: those who come later queue behind
    /// the one who waits, so it is shorter than what a person, or a request in front of one, puts up with.
    pub const LOCK: Duration = Duration::from_secs(2);
    /// The same for locks that let readers through, and for rows: only writers queue.
    pub const LOCK_OF_WRITERS: Duration = Duration::from_secs(10);
    /// Where it is not said how long to try again: longer than most transactions last.
    pub const RETRY_FOR: Duration = Duration::from_secs(60);

    /// These, and where they say nothing, the others.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            lock: self.lock.or(others.lock),
            statement: self.statement.or(others.statement),
            retry_for: self.retry_for.or(others.retry_for),
        }
    }

    /// Something is said.
    #[must_use]
    pub fn is_some(self) -> bool {
        self != Self::default()
    }
}
