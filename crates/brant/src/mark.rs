//! Versions recorded by hand.

use brant_core::{MarkTarget, Marking, Version};
use brant_driver::Access;
use brant_engine::{MarkOrder, Session, Stopper};
use brant_source::Loader;

use crate::migrations::Loaded;
use crate::migrator::{Observers, known, within};
use crate::{Database, Error, Migrator};

impl Migrator {
    /// Records versions as applied without running them: what was done by hand. What an earlier run left half done of them
    /// is settled. The reason is kept in the journal.
    ///
    /// ```
    /// # async fn example(migrator: &brant::Migrator, database: &dyn brant::Database) -> Result<(), brant::Error> {
    /// migrator.mark_applied(database, &[7], "finished by hand after the outage").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When one of them is applied already and left nothing half done, or is not known here; and as
    /// [`Migrator::up`]. Nothing was changed then, unless [`Error::state`] says so: a connection that broke at the very
    /// end. That holds for all three that write by hand.
    pub async fn mark_applied(
        &self,
        database: &dyn Database,
        versions: &[i64],
        reason: &str,
    ) -> Result<Vec<Marking>, Error> {
        let versions = versions.iter().copied().map(Version).collect();
        self.mark(database, MarkTarget::Applied(versions), reason).await
    }

    /// Takes versions off the history without reverting them: what was undone by hand. What an earlier run left half done
    /// of them is settled.
    ///
    /// ```
    /// # async fn example(migrator: &brant::Migrator, database: &dyn brant::Database) -> Result<(), brant::Error> {
    /// migrator.mark_pending(database, &[7], "").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When one of them is not applied and left nothing half done; and as [`Migrator::mark_applied`].
    pub async fn mark_pending(
        &self,
        database: &dyn Database,
        versions: &[i64],
        reason: &str,
    ) -> Result<Vec<Marking>, Error> {
        let versions = versions.iter().copied().map(Version).collect();
        self.mark(database, MarkTarget::Pending(versions), reason).await
    }

    /// Adopts a database that was made in another way: everything up to and including a version is recorded as applied.
    ///
    /// ```
    /// # async fn example(migrator: &brant::Migrator, database: &dyn brant::Database) -> Result<(), brant::Error> {
    /// if migrator.versions(database).await?.current == 0 {
    ///     migrator.baseline(database, 42, "taken over from the old system").await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When something is applied already, or the version is not known here; and as [`Migrator::mark_applied`].
    pub async fn baseline(
        &self,
        database: &dyn Database,
        version: i64,
        reason: &str,
    ) -> Result<Vec<Marking>, Error> {
        self.mark(database, MarkTarget::Baseline(Version(version)), reason).await
    }

    async fn mark(
        &self,
        database: &dyn Database,
        target: MarkTarget,
        reason: &str,
    ) -> Result<Vec<Marking>, Error> {
        let reason = Some(reason.to_owned()).filter(|reason| !reason.is_empty());
        let order = MarkOrder { target, without_file: false, reason };
        let dialect = known(database.dialect())?;
        let (stopper, stop) = Stopper::new();
        let options = self.settings.options(dialect, stop)?;
        let run = async {
            let connection = database.connect(Access::Write).await.map_err(Error::from_driver)?;
            let mut session = Session::on(connection, dialect, options);
            let variable = |name: &str| self.settings.variables.get(name).cloned();
            let loaded = Loaded::new(&self.migrations, Loader::new(dialect, &variable));
            let mut observers = Observers(&self.settings.observers);
            let all = self.migrations.migrations();
            let marked = session.mark(&all, &order, None, &loaded, &mut observers).await;
            session.close().await;
            Ok(marked?)
        };
        within(self.settings.timeout, &stopper, run).await
    }
}
