//! Whether a database is what its migrations say, and what it is not.

use brant_core::{Change, Findings, History, Migration, changes, check};
use brant_engine::{RunErrorKind, Scripts};
use brant_source::Loader;

use crate::migrations::Loaded;
use crate::migrator::known;
use crate::{Database, Error, Migrator};

impl Migrator {
    /// What keeps a database from being what the migrations say, each cause by itself: what is pending, out of order,
    /// applied without a migration, edited, half done. Takes no lock and writes nothing.
    ///
    /// ```
    /// # async fn example(migrator: &brant::Migrator, database: &dyn brant::Database) -> Result<(), brant::Error> {
    /// let findings = migrator.check(database).await?;
    /// if findings.kinds().any(brant::FindingKind::needs_person) {
    ///     println!("not before somebody has looked: {findings:?}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Migrator::status`], and when a migration that is late can't be read.
    pub async fn check(&self, database: &dyn Database) -> Result<Findings, Error> {
        let (migrations, history) = (self.sound()?, self.history(database, true).await?);
        let mut findings = self.findings(database, &migrations, &history)?;
        findings.changed = self.changed(database, &migrations, &history)?;
        Ok(findings)
    }

    /// The migrations that were edited after they were applied. Takes no lock and writes nothing.
    ///
    /// An edit of comments, blanks, line ends or the case of keywords is none, and neither is another file name. Of code,
    /// and of what another tool applied, nothing can be told.
    ///
    /// ```
    /// # async fn example(migrator: &brant::Migrator, database: &dyn brant::Database) -> Result<(), brant::Error> {
    /// for change in migrator.changes(database).await? {
    ///     println!("{change}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Migrator::status`].
    pub async fn changes(&self, database: &dyn Database) -> Result<Vec<Change>, Error> {
        let (migrations, history) = (self.sound()?, self.history(database, true).await?);
        self.changed(database, &migrations, &history)
    }

    fn changed(
        &self,
        database: &dyn Database,
        migrations: &[Migration],
        history: &History,
    ) -> Result<Vec<Change>, Error> {
        let variable = |name: &str| self.settings.variables.get(name).cloned();
        let loaded = Loaded::new(&self.migrations, Loader::new(known(database.dialect())?, &variable));
        Ok(changes(migrations, history, |migration, applied| loaded.verdict(migration, applied)))
    }

    /// How migrations and history differ.
    pub(crate) fn findings(
        &self,
        database: &dyn Database,
        migrations: &[Migration],
        history: &History,
    ) -> Result<Findings, Error> {
        let variable = |name: &str| self.settings.variables.get(name).cloned();
        let loaded = Loaded::new(&self.migrations, Loader::new(known(database.dialect())?, &variable));
        let findings = check(migrations, history, self.settings.policy(), |late| loaded.may_be_late(late));
        Ok(findings.map_err(RunErrorKind::Script)?)
    }
}
