//! The operations.

mod looking;

use std::time::Duration;

#[cfg(feature = "testing")]
use brant_core::Migration;
use brant_core::{Answers, Direction, Event, Observer, Report, Target, Version};
use brant_driver::Access;
use brant_engine::{Options, Session, StopReason, Stopper};
use brant_source::Loader;
use brant_sql::{DIALECTS, Dialect, dialect_by_name};

pub use self::looking::{MigrationStatus, Standing, Versions};
use crate::migrations::Loaded;
use crate::options::{Settings, SharedObserver};
use crate::{Builder, Database, Error, Migrations};

/// Brings databases to versions of its migrations.
///
/// It belongs to no database: each operation is told which one to work on, so that one migrator serves many.
#[derive(Clone)]
pub struct Migrator {
    pub(crate) migrations: Migrations,
    pub(crate) settings: Settings,
}

impl Migrator {
    /// A migrator with the defaults of [`Builder`].
    ///
    /// ```
    /// use brant::{Migrations, Migrator};
    /// let migrator = Migrator::new(Migrations::new());
    /// ```
    #[must_use]
    pub fn new(migrations: Migrations) -> Self {
        Builder::new(migrations).build()
    }

    /// Sets out to build a migrator.
    ///
    /// ```
    /// use brant::{Migrations, Migrator};
    /// let migrator = Migrator::builder(Migrations::new()).schema("app").build();
    /// ```
    pub fn builder(migrations: Migrations) -> Builder {
        Builder::new(migrations)
    }

    /// Applies everything pending.
    ///
    /// ```
    /// # async fn example(migrator: &brant::Migrator, database: &dyn brant::Database) -> Result<(), brant::Error> {
    /// for step in migrator.up(database).await?.steps {
    ///     println!("applied {} in {:?}", step.migration.file_name(), step.duration);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Whatever stops the run, with the report of what was done before. That holds for all operations that change
    /// something.
    pub async fn up(&self, database: &dyn Database) -> Result<Report, Error> {
        self.migrate(database, Target::Latest).await
    }

    /// Applies the next pending migration, if there is one.
    ///
    /// ```
    /// # async fn example(migrator: &brant::Migrator, database: &dyn brant::Database) -> Result<(), brant::Error> {
    /// let report = migrator.up_by_one(database).await?;
    /// assert!(report.steps.len() <= 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Migrator::up`].
    pub async fn up_by_one(&self, database: &dyn Database) -> Result<Report, Error> {
        self.migrate(database, Target::UpByOne).await
    }

    /// Applies everything pending up to and including a version.
    ///
    /// ```
    /// # async fn example(migrator: &brant::Migrator, database: &dyn brant::Database) -> Result<(), brant::Error> {
    /// migrator.up_to(database, 7).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Migrator::up`].
    pub async fn up_to(&self, database: &dyn Database, version: i64) -> Result<Report, Error> {
        self.migrate(database, Target::UpTo(Version(version))).await
    }

    /// Reverts the migration applied last.
    ///
    /// ```
    /// # async fn example(migrator: &brant::Migrator, database: &dyn brant::Database) -> Result<(), brant::Error> {
    /// let report = migrator.down(database).await?;
    /// assert_eq!(report.steps[0].direction, brant::Direction::Down);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Migrator::up`], and when nothing is applied.
    pub async fn down(&self, database: &dyn Database) -> Result<Report, Error> {
        self.migrate(database, Target::Down).await
    }

    /// Reverts, the last applied first, until the last applied is this version or below it. 0 reverts everything.
    ///
    /// ```
    /// # async fn example(migrator: &brant::Migrator, database: &dyn brant::Database) -> Result<(), brant::Error> {
    /// migrator.down_to(database, 5).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Migrator::up`].
    pub async fn down_to(&self, database: &dyn Database, version: i64) -> Result<Report, Error> {
        self.migrate(database, Target::DownTo(Version(version))).await
    }

    /// Reverts the migration applied last and applies it again.
    ///
    /// ```
    /// # async fn example(migrator: &brant::Migrator, database: &dyn brant::Database) -> Result<(), brant::Error> {
    /// let report = migrator.redo(database).await?;
    /// assert_eq!(report.steps.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Migrator::down`].
    pub async fn redo(&self, database: &dyn Database) -> Result<Report, Error> {
        self.migrate(database, Target::Redo).await
    }

    /// Reverts everything, the last applied first.
    ///
    /// ```
    /// # async fn example(migrator: &brant::Migrator, database: &dyn brant::Database) -> Result<(), brant::Error> {
    /// migrator.reset(database).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Migrator::up`], and when the database was never migrated.
    pub async fn reset(&self, database: &dyn Database) -> Result<Report, Error> {
        self.migrate(database, Target::Reset).await
    }

    /// Applies or reverts one version, wherever it lies in the order.
    ///
    /// ```
    /// # async fn example(migrator: &brant::Migrator, database: &dyn brant::Database) -> Result<(), brant::Error> {
    /// migrator.apply_version(database, 6, brant::Direction::Up).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Migrator::up`], and when the version is not known, or stands there already.
    pub async fn apply_version(
        &self,
        database: &dyn Database,
        version: i64,
        direction: Direction,
    ) -> Result<Report, Error> {
        let version = Version(version);
        let target = match direction {
            Direction::Up => Target::Apply(version),
            Direction::Down => Target::Revert(version),
        };
        self.migrate(database, target).await
    }

    /// Brings a database to a target: what all the operations that change something do.
    ///
    /// ```
    /// # async fn example(migrator: &brant::Migrator, database: &dyn brant::Database) -> Result<(), brant::Error> {
    /// migrator.migrate(database, brant::Target::UpSteps(2)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Migrator::up`].
    pub async fn migrate(&self, database: &dyn Database, target: Target) -> Result<Report, Error> {
        self.migrate_with(database, target, Answers::default()).await
    }

    /// Brings the migration to its end that an earlier run left half done, up or down, and does nothing else. All
    /// operations go on by themselves where they can; here a person may answer what can't be found out.
    ///
    /// ```
    /// # async fn example(migrator: &brant::Migrator, database: &dyn brant::Database) -> Result<(), brant::Error> {
    /// use brant::Answers;
    /// // Somebody has looked: the statement that the last run ended at is not done.
    /// let answers = Answers { statement_done: Some(false), ..Answers::default() };
    /// migrator.resume(database, answers).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Migrator::up`].
    pub async fn resume(&self, database: &dyn Database, answers: Answers) -> Result<Report, Error> {
        self.migrate_with(database, Target::Resume, answers).await
    }

    async fn migrate_with(
        &self,
        database: &dyn Database,
        target: Target,
        answers: Answers,
    ) -> Result<Report, Error> {
        let dialect = known(database.dialect())?;
        let (stopper, stop) = Stopper::new();
        let options = Options { answers, ..self.settings.options(dialect, stop)? };
        let run = async {
            let connection = database.connect(Access::Write).await.map_err(Error::from_driver)?;
            let mut session =
                Session::on(connection, dialect, options).with_hooks(self.settings.hooks.clone());
            let variable = |name: &str| self.settings.variables.get(name).cloned();
            let loaded = Loaded::new(&self.migrations, Loader::new(dialect, &variable));
            let mut observers = Observers(&self.settings.observers);
            let result =
                session.migrate(&self.migrations.migrations(), target, &loaded, &mut observers).await;
            session.close().await;
            Ok(result?)
        };
        within(self.settings.timeout, &stopper, run).await
    }

    /// Whether a migration says of itself that it can't be reverted. One that says nothing and has no Down is an error.
    #[cfg(feature = "testing")]
    pub(crate) fn is_irreversible(&self, migration: &Migration, dialect: &str) -> Result<bool, Error> {
        let variable = |name: &str| self.settings.variables.get(name).cloned();
        let loaded = Loaded::new(&self.migrations, Loader::new(known(dialect)?, &variable));
        let work = loaded.read(migration, Direction::Down)?;
        let says = |text: &str| text.split_whitespace().next() == Some("IRREVERSIBLE");
        if self.migrations.is_irreversible_code(migration)
            || work.script.annotations.iter().any(|annotation| says(&annotation.text))
        {
            return Ok(true);
        }
        match work.script.section_present {
            true => Ok(false),
            false => Err(Error::source(format!(
                "`{}` has no Down: write its `-- +goose Down` section (an empty one will do if there is nothing to undo), \
                 or say `-- +brant IRREVERSIBLE` in it",
                migration.path.display()
            ))),
        }
    }

    /// The history table, with its schema where one was named.
    #[cfg(feature = "testing")]
    pub(crate) fn history_table(&self, dialect: &str) -> Result<brant_sql::TableName, Error> {
        Ok(self.settings.history_table(known(dialect)?)?.0)
    }
}

impl From<Migrations> for Migrator {
    fn from(migrations: Migrations) -> Self {
        Self::new(migrations)
    }
}

impl From<&Migrations> for Migrator {
    fn from(migrations: &Migrations) -> Self {
        Self::new(migrations.clone())
    }
}

impl From<&Self> for Migrator {
    fn from(migrator: &Self) -> Self {
        migrator.clone()
    }
}

impl std::fmt::Debug for Migrator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Migrator").field("migrations", &self.migrations).finish_non_exhaustive()
    }
}

/// Asks the run to stop when its time is over, and waits for it to end.
pub(crate) async fn within<T>(limit: Option<Duration>, stopper: &Stopper, run: impl Future<Output = T>) -> T {
    let Some(limit) = limit else { return run.await };
    let mut run = std::pin::pin!(run);
    tokio::select! {
        biased;
        done = &mut run => return done,
        () = tokio::time::sleep(limit) => stopper.stop(StopReason::TimedOut),
    }
    run.await
}

pub(crate) fn known(name: &str) -> Result<&'static dyn Dialect, Error> {
    dialect_by_name(name).ok_or_else(|| {
        let names: Vec<&str> = DIALECTS.iter().map(|dialect| dialect.name()).collect();
        Error::config(format!("unknown dialect `{name}`: there are {}", names.join(", ")))
    })
}

/// Passes each event on to every observer.
pub(crate) struct Observers<'a>(pub(crate) &'a [SharedObserver]);

impl Observer for Observers<'_> {
    fn event(&mut self, event: &Event<'_>) {
        for observer in self.0 {
            // An observer that panicked is as good as any other for what comes.
            let mut observer = observer.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            observer.event(event);
        }
    }
}
