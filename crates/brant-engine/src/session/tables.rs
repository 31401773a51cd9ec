//! Making what is missing of brant's own tables.

use brant_core::{Event, Observer};
use brant_driver::{DriverError, ErrorKind};

use super::look::is_true;
use super::{Found, Session, database};
use crate::RunErrorKind;
use crate::journal::Journal;
use crate::retry::is_contention;

impl Session<'_> {
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
}
