//! The operations.

use std::time::Duration;

use brant_core::{
    Answers, Compatibility, Direction, Event, History, Migration, MigrationKind, Observer, OutOfOrder, Plan,
    Policy, Report, Status, Target, Version, compatibility, plan, plan_asking, statuses,
};
use brant_driver::Access;
use brant_engine::{Options, RunErrorKind, Scripts, Session, Stop, StopReason, Stopper};
use brant_source::Loader;
use brant_sql::{DIALECTS, Dialect, dialect_by_name};

use crate::migrations::Loaded;
use crate::options::{Settings, SharedObserver};
use crate::{Builder, Database, Error, Migrations, Source};

/// Brings databases to versions of its migrations.
///
/// It belongs to no database: each operation is told which one to work on, so that one migrator serves many.
#[derive(Clone)]
pub struct Migrator {
    pub(crate) migrations: Migrations,
    pub(crate) settings: Settings,
}

/// A version of a database, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationStatus {
    /// The version.
    pub version: i64,
    /// The migration; `None` for a version that is applied and not known here.
    pub source: Option<Source>,
    /// Whether it is applied.
    pub standing: Standing,
}

/// Whether a migration is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is, since that time (`YYYY-MM-DD HH:MM:SS`, the server's) if it is known.
    Applied(Option<String>),
    /// It is not.
    Pending,
}

/// The versions of a database and of its migrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    /// What was applied last; 0 where nothing was.
    pub current: i64,
    /// The highest version that the migrator knows; 0 where it knows none.
    pub latest: i64,
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

    /// Where each version stands. Takes no lock and writes nothing.
    ///
    /// ```
    /// # async fn example(migrator: &brant::Migrator, database: &dyn brant::Database) -> Result<(), brant::Error> {
    /// for row in migrator.status(database).await? {
    ///     println!("{}: {:?}", row.version, row.standing);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the database can't be reached, or the migrations are not sound.
    pub async fn status(&self, database: &dyn Database) -> Result<Vec<MigrationStatus>, Error> {
        let migrations = self.sound()?;
        let history = self.history(database).await?;
        let sources = self.migrations.list_sources();
        let source = |version: Version| sources.iter().find(|source| source.version == version.0).cloned();
        let rows = statuses(&migrations, &history).into_iter().map(|status| MigrationStatus {
            version: status.version().0,
            source: source(status.version()),
            standing: match status {
                Status::Applied(_, record) | Status::MissingFile(record) => {
                    Standing::Applied(record.at.clone())
                }
                Status::Pending(_) => Standing::Pending,
            },
        });
        Ok(rows.collect())
    }

    /// Whether anything is pending. Takes no lock and writes nothing.
    ///
    /// ```
    /// # async fn example(migrator: &brant::Migrator, database: &dyn brant::Database) -> Result<(), brant::Error> {
    /// if migrator.has_pending(database).await? {
    ///     println!("not ready yet");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Migrator::status`].
    pub async fn has_pending(&self, database: &dyn Database) -> Result<bool, Error> {
        let history = self.history(database).await?;
        Ok(self.sound()?.iter().any(|migration| !history.is_applied(migration.version)))
    }

    /// How the application's migrations and the database fit together: what to ask at start-up. While a newer version of
    /// the application is being deployed, the database is *ahead* of the older one, which may then keep running.
    ///
    /// Takes no lock and writes nothing.
    ///
    /// ```
    /// # async fn example(migrator: &brant::Migrator, database: &dyn brant::Database) -> Result<(), brant::Error> {
    /// use brant::Compatibility;
    /// match migrator.compatibility(database).await? {
    ///     Compatibility::UpToDate | Compatibility::Ahead(_) => println!("serving"),
    ///     Compatibility::Pending(versions) => println!("{} to apply", versions.len()),
    ///     other => println!("these don't fit together: {other:?}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Migrator::status`].
    pub async fn compatibility(&self, database: &dyn Database) -> Result<Compatibility, Error> {
        let (migrations, history) = (self.sound()?, self.history(database).await?);
        let refused = self.findings(database, &migrations, &history)?.out_of_order;
        let policy = Policy {
            out_of_order: if refused.is_empty() { OutOfOrder::Apply } else { OutOfOrder::Error },
            ..*self.settings.policy()
        };
        Ok(compatibility(&migrations, &history, &policy))
    }

    /// The database's version and the latest there is. Takes no lock and writes nothing.
    ///
    /// ```
    /// # async fn example(migrator: &brant::Migrator, database: &dyn brant::Database) -> Result<(), brant::Error> {
    /// let versions = migrator.versions(database).await?;
    /// println!("{} of {}", versions.current, versions.latest);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Migrator::status`].
    pub async fn versions(&self, database: &dyn Database) -> Result<Versions, Error> {
        let history = self.history(database).await?;
        let latest = self.sound()?.last().map_or(0, |migration| migration.version.0);
        Ok(Versions { current: history.last_applied().0, latest })
    }

    /// What an operation would do. Runs and writes nothing.
    ///
    /// ```
    /// # async fn example(migrator: &brant::Migrator, database: &dyn brant::Database) -> Result<(), brant::Error> {
    /// for step in migrator.plan(database, brant::Target::Latest).await?.steps {
    ///     println!("{} {}", step.direction, step.migration.file_name());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When no plan can be made, as the operation itself would fail then.
    pub async fn plan(&self, database: &dyn Database, target: Target) -> Result<Plan, Error> {
        let history = self.history(database).await?;
        let variable = |name: &str| self.settings.variables.get(name).cloned();
        let loaded = Loaded::new(&self.migrations, Loader::new(known(database.dialect())?, &variable));
        let (all, policy) = (self.migrations.migrations(), self.settings.policy());
        let plan = plan_asking(&all, &history, target, policy, |late| loaded.may_be_late(late));
        Ok(plan.map_err(RunErrorKind::Script)??)
    }

    /// All migrations, by version.
    ///
    /// ```
    /// # fn example(migrator: &brant::Migrator) {
    /// for source in migrator.list_sources() {
    ///     println!("{} {}", source.version, source.path.display());
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn list_sources(&self) -> Vec<Source> {
        self.migrations.list_sources()
    }

    /// Whether the database answers.
    ///
    /// ```
    /// # async fn example(migrator: &brant::Migrator, database: &dyn brant::Database) -> Result<(), brant::Error> {
    /// migrator.ping(database).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When it does not.
    pub async fn ping(&self, database: &dyn Database) -> Result<(), Error> {
        let mut connection = database.connect(Access::Read).await.map_err(Error::from_driver)?;
        let answer = connection.execute("SELECT 1").await;
        connection.close().await;
        answer.map_err(Error::from_driver)
    }

    /// Reads every migration in both directions, for a dialect (`postgres`, `mysql`, `sqlite`). Needs no database.
    ///
    /// ```
    /// # fn example(migrator: &brant::Migrator) -> Result<(), brant::Error> {
    /// migrator.validate("postgres")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The first thing that is wrong: a version that two migrations have, a file that can't be read or understood, an
    /// unknown dialect.
    pub fn validate(&self, dialect: &str) -> Result<(), Error> {
        let dialect = known(dialect)?;
        let migrations = self.sound()?;
        let variable = |name: &str| self.settings.variables.get(name).cloned();
        let loaded = Loaded::new(&self.migrations, Loader::new(dialect, &variable));
        for migration in migrations.iter().filter(|m| !matches!(m.kind, MigrationKind::ForeignCode(_))) {
            for direction in [Direction::Up, Direction::Down] {
                loaded.read(migration, direction)?;
            }
        }
        Ok(())
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

    pub(crate) async fn history(&self, database: &dyn Database) -> Result<History, Error> {
        let dialect = known(database.dialect())?;
        let options = self.settings.options(dialect, Stop::never())?;
        let connection = database.connect(Access::Read).await.map_err(Error::from_driver)?;
        let mut session = Session::on(connection, dialect, options);
        let history = session.history().await;
        session.close().await;
        Ok(history?)
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

    /// The migrations, if no two have one version.
    pub(crate) fn sound(&self) -> Result<Vec<Migration>, Error> {
        let migrations = self.migrations.migrations();
        plan::sorted(&migrations)?;
        Ok(migrations)
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
