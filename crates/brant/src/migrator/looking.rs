//! The operations that only look.

use brant_core::{
    Compatibility, Direction, History, Migration, MigrationKind, OutOfOrder, Plan, Policy, Status, Target,
    Version, compatibility, plan, plan_asking, statuses,
};
use brant_driver::Access;
use brant_engine::{RunErrorKind, Scripts, Session, Stop};
use brant_source::Loader;

use super::{Migrator, known};
use crate::migrations::Loaded;
use crate::{Database, Error, Source};

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
        let history = self.history(database, false).await?;
        let sources = self.migrations.list_sources();
        let source = |version: Version| {
            let at = sources.binary_search_by_key(&version.0, |source| source.version).ok()?;
            Some(sources[at].clone())
        };
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
        let history = self.history(database, false).await?;
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
        let (migrations, history) = (self.sound()?, self.history(database, false).await?);
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
        let history = self.history(database, false).await?;
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
        let history = self.history(database, true).await?;
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

    /// With its contents, where somebody compares them.
    pub(crate) async fn history(
        &self,
        database: &dyn Database,
        wants_contents: bool,
    ) -> Result<History, Error> {
        let dialect = known(database.dialect())?;
        let options = self.settings.options(dialect, Stop::never())?;
        let connection = database.connect(Access::Read).await.map_err(Error::from_driver)?;
        let mut session = Session::on(connection, dialect, options);
        let history = session.history(wants_contents).await;
        session.close().await;
        Ok(history?)
    }

    /// The migrations, if no two have one version.
    pub(crate) fn sound(&self) -> Result<Vec<Migration>, Error> {
        let migrations = self.migrations.migrations();
        plan::sorted(&migrations)?;
        Ok(migrations)
    }
}
