//! How the runs over one history exclude each other.

use brant_core::Observer;
use brant_sql::{LockSql, TableName};

use super::Session;
use crate::lock::{self, Held};
use crate::{LockMode, RunErrorKind};

impl Session<'_> {
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
}
