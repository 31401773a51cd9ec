//! How a run is asked to end early.

use std::fmt;

use tokio::sync::watch;

/// Why a run should end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// A person (Ctrl-C) or the system (SIGTERM) wants it.
    Interrupted,
    /// The time given to the run is over.
    TimedOut,
    /// A hook did not let something begin.
    Vetoed,
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            StopReason::Interrupted => "interrupted",
            StopReason::TimedOut => "timeout: the time given with -timeout is over",
            StopReason::Vetoed => "a hook did not let it begin",
        })
    }
}

/// Asks a run to end.
#[derive(Debug)]
pub struct Stopper(watch::Sender<Option<StopReason>>);

/// The run's side of a [`Stopper`].
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<Option<StopReason>>);

impl Stopper {
    /// A stopper, and the side of it that belongs into [`crate::Options`].
    #[must_use]
    pub fn new() -> (Self, Stop) {
        let (sender, receiver) = watch::channel(None);
        (Self(sender), Stop(receiver))
    }

    /// Asks the run to end: the running statement is cancelled, its transaction rolled back, the lock released. Only
    /// the first reason counts.
    pub fn stop(&self, reason: StopReason) {
        self.0.send_if_modified(|current| {
            let first = current.is_none();
            if first {
                *current = Some(reason);
            }
            first
        });
    }
}

impl Stop {
    /// A run that nothing ends early.
    #[must_use]
    pub fn never() -> Self {
        Stopper::new().1
    }

    /// The reason, if the run should end.
    #[must_use]
    pub fn reason(&self) -> Option<StopReason> {
        *self.0.borrow()
    }

    /// Waits until the run should end; for ever if that never comes.
    pub async fn requested(&self) -> StopReason {
        let mut receiver = self.0.clone();
        let reason = match receiver.wait_for(Option::is_some).await {
            Ok(reason) => *reason,
            Err(_) => None,
        };
        match reason {
            Some(reason) => reason,
            None => std::future::pending().await,
        }
    }
}
