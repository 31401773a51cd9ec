//! A run that was cut off and one that is at work leave the same traces in the journal. The lock tells them apart.

use brant_core::History;

use crate::session::Session;
use crate::{LockMode, RunErrorKind};

impl Session<'_> {
    /// The history as it is told to somebody who holds no lock.
    pub(crate) async fn history_from_outside(
        &mut self,
        wants_contents: bool,
    ) -> Result<History, RunErrorKind> {
        let mut history = self.look(wants_contents).await?;
        for _ in 0..2 {
            if !history.may_be_under_way() {
                break;
            }
            // Who may not ask is told what the journal tells.
            if let Ok(Some(holder)) = self.find_lock_holder().await {
                return Ok(history.with_run_under_way(holder.description));
            }
            // The run may have ended between the two questions, and another one begun.
            history = self.look(wants_contents).await?;
        }
        Ok(history)
    }

    /// Whether only whoever holds the lock can tell what this history means.
    pub(crate) fn needs_lock(&self, history: &History) -> bool {
        history.may_be_under_way() && self.lock_mode() != LockMode::Off
    }
}
