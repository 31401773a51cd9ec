//! How a migrator works: everything explicit, with defaults that are safe.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use brant_core::{Answers, Limits, Observer, OutOfOrder, Policy};
use brant_engine::{Hooks, LockMode, Options, SharedHooks, Stop};
use brant_source::formats::goose::LAYOUT;
use brant_sql::{Dialect, SchemaSql, TableName};

use crate::identity;
use crate::{Error, Migrations, Migrator};

/// Builds a [`Migrator`].
///
/// ```
/// use std::time::Duration;
/// use brant::{Migrations, Migrator, OutOfOrder};
///
/// let migrator = Migrator::builder(Migrations::new())
///     .table("billing_db_version")
///     .out_of_order(OutOfOrder::Apply)
///     .lock_wait(Duration::from_secs(60))
///     .build();
/// ```
#[must_use]
pub struct Builder {
    pub(crate) migrations: Migrations,
    pub(crate) settings: Settings,
}

/// What the builder was told.
#[derive(Clone)]
pub(crate) struct Settings {
    table: Option<String>,
    schema: Option<String>,
    policy: Policy,
    strict: bool,
    single_transaction: bool,
    pub(crate) lock: LockMode,
    limits: Limits,
    pub(crate) timeout: Option<Duration>,
    pub(crate) variables: BTreeMap<String, String>,
    application: String,
    user: String,
    pub(crate) observers: Vec<SharedObserver>,
    pub(crate) hooks: Vec<SharedHooks>,
}

pub(crate) type SharedObserver = Arc<Mutex<Box<dyn Observer>>>;

impl Builder {
    pub(crate) fn new(migrations: Migrations) -> Self {
        let settings = Settings {
            table: None,
            schema: None,
            policy: Policy::default(),
            strict: false,
            single_transaction: false,
            lock: LockMode::Wait(Duration::MAX),
            limits: Limits::default(),
            timeout: None,
            variables: BTreeMap::new(),
            application: concat!("brant ", env!("CARGO_PKG_VERSION"), " (library)").to_owned(),
            user: "unknown".to_owned(),
            observers: Vec::new(),
            hooks: Vec::new(),
        };
        Self { migrations, settings }
    }

    /// The history table, in place of `goose_db_version`: `name` or `schema.name`.
    ///
    /// ```
    /// # fn example(builder: brant::Builder) -> brant::Builder {
    /// builder.table("billing_db_version")
    /// # }
    /// ```
    pub fn table(mut self, table: impl Into<String>) -> Self {
        self.settings.table = Some(table.into());
        self
    }

    /// A schema for the history table, which is made with it where it is missing (PostgreSQL).
    ///
    /// ```
    /// # fn example(builder: brant::Builder) -> brant::Builder {
    /// builder.schema("migrations")
    /// # }
    /// ```
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.settings.schema = Some(schema.into());
        self
    }

    /// What to do about what is pending below the highest applied version. By default that is an error, but for files that
    /// say `-- +brant OUT OF ORDER`.
    ///
    /// ```
    /// # fn example(builder: brant::Builder) -> brant::Builder {
    /// builder.out_of_order(brant::OutOfOrder::Warn)
    /// # }
    /// ```
    pub fn out_of_order(mut self, policy: OutOfOrder) -> Self {
        self.settings.policy.out_of_order = policy;
        self
    }

    /// Whether to revert migrations that have no Down, by removing their record and nothing else. Otherwise that is an
    /// error.
    ///
    /// ```
    /// # fn example(builder: brant::Builder) -> brant::Builder {
    /// builder.allow_irreversible(true)
    /// # }
    /// ```
    pub fn allow_irreversible(mut self, allow: bool) -> Self {
        self.settings.policy.allow_irreversible = allow;
        self
    }

    /// Whether a migration that was edited after it was applied is an error, before anything runs. Otherwise it is a
    /// warning. What only looks otherwise is neither.
    ///
    /// ```
    /// # fn example(builder: brant::Builder) -> brant::Builder {
    /// builder.strict(true)
    /// # }
    /// ```
    pub fn strict(mut self, strict: bool) -> Self {
        self.settings.strict = strict;
        self
    }

    /// Whether all steps of a run are one transaction: all of them or none. Refused before anything runs where something
    /// can't be in it: statements that the database commits by itself, files without a transaction, code, hooks.
    ///
    /// ```
    /// # fn example(builder: brant::Builder) -> brant::Builder {
    /// builder.single_transaction(true)
    /// # }
    /// ```
    pub fn single_transaction(mut self, single: bool) -> Self {
        self.settings.single_transaction = single;
        self
    }

    /// How long to wait for another run at most. By default for as long as its holder lives.
    ///
    /// ```
    /// # fn example(builder: brant::Builder) -> brant::Builder {
    /// builder.lock_wait(std::time::Duration::from_secs(60))
    /// # }
    /// ```
    pub fn lock_wait(mut self, limit: Duration) -> Self {
        self.settings.lock = LockMode::Wait(limit);
        self
    }

    /// Takes no lock: somebody else makes sure that runs don't overlap.
    ///
    /// ```
    /// # fn example(builder: brant::Builder) -> brant::Builder {
    /// builder.without_lock()
    /// # }
    /// ```
    pub fn without_lock(mut self) -> Self {
        self.settings.lock = LockMode::Off;
        self
    }

    /// How long a statement may wait for a lock, unless its file or the database's own settings say it. By default two
    /// seconds, or ten for what lets readers through; zero is for ever.
    ///
    /// ```
    /// # fn example(builder: brant::Builder) -> brant::Builder {
    /// builder.lock_timeout(std::time::Duration::from_millis(500))
    /// # }
    /// ```
    pub fn lock_timeout(mut self, limit: Duration) -> Self {
        self.settings.limits.lock = Some(limit);
        self
    }

    /// How long a statement may run, unless its file says it. By default for ever.
    ///
    /// ```
    /// # fn example(builder: brant::Builder) -> brant::Builder {
    /// builder.statement_timeout(std::time::Duration::from_secs(300))
    /// # }
    /// ```
    pub fn statement_timeout(mut self, limit: Duration) -> Self {
        self.settings.limits.statement = Some(limit);
        self
    }

    /// How long after it first failed for want of a lock, or by a conflict with others, a migration is still tried again.
    /// By default a minute; zero is not at all.
    ///
    /// ```
    /// # fn example(builder: brant::Builder) -> brant::Builder {
    /// builder.retry_for(std::time::Duration::from_secs(600))
    /// # }
    /// ```
    pub fn retry_for(mut self, budget: Duration) -> Self {
        self.settings.limits.retry_for = Some(budget);
        self
    }

    /// How long a run may take. What runs then is cancelled and rolled back.
    ///
    /// ```
    /// # fn example(builder: brant::Builder) -> brant::Builder {
    /// builder.timeout(std::time::Duration::from_secs(600))
    /// # }
    /// ```
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.settings.timeout = Some(limit);
        self
    }

    /// A variable for files that ask for it by `-- +goose ENVSUB ON`. The process's own environment is not read.
    ///
    /// ```
    /// # fn example(builder: brant::Builder) -> brant::Builder {
    /// builder.variable("TENANT", "acme")
    /// # }
    /// ```
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.variables.insert(name.into(), value.into());
        self
    }

    /// Who runs the migrations, for the journal: the application and its version.
    ///
    /// ```
    /// # fn example(builder: brant::Builder) -> brant::Builder {
    /// builder.application(concat!("shop ", env!("CARGO_PKG_VERSION")))
    /// # }
    /// ```
    pub fn application(mut self, name: impl Into<String>) -> Self {
        self.settings.application = name.into();
        self
    }

    /// On whose behalf they run, for the journal: a user, a deployment. The process's environment is not asked.
    ///
    /// ```
    /// # fn example(builder: brant::Builder) -> brant::Builder {
    /// builder.user("deploy")
    /// # }
    /// ```
    pub fn user(mut self, name: impl Into<String>) -> Self {
        self.settings.user = name.into();
        self
    }

    /// Tells what happens while it happens. May be given several times.
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.settings.observers.push(Arc::new(Mutex::new(Box::new(observer))));
        self
    }

    /// What is asked before each migration and told after it. May be given several times; they are called in this order.
    ///
    /// ```
    /// use brant::{BoxError, Context, Hooks, Migrations, Migrator, StepInfo, async_trait};
    ///
    /// struct Patience;
    ///
    /// #[async_trait]
    /// impl Hooks for Patience {
    ///     async fn before_migration(&self, _: &StepInfo<'_>, ctx: &mut Context<'_>) -> Result<(), BoxError> {
    ///         ctx.execute("SET LOCAL lock_timeout = '2s'", ()).await?;
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let migrator = Migrator::builder(Migrations::new()).hooks(Patience).build();
    /// ```
    pub fn hooks(mut self, hooks: impl Hooks + 'static) -> Self {
        self.settings.hooks.push(Arc::new(hooks));
        self
    }

    /// The migrator.
    ///
    /// ```
    /// # fn example(builder: brant::Builder) {
    /// let migrator = builder.build();
    /// # }
    /// ```
    #[must_use]
    pub fn build(self) -> Migrator {
        Migrator { migrations: self.migrations, settings: self.settings }
    }
}

impl Settings {
    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What the engine is told.
    pub(crate) fn options(&self, dialect: &dyn Dialect, stop: Stop) -> Result<Options, Error> {
        let (table, new_schema) = self.history_table(dialect)?;
        Ok(Options {
            table,
            new_schema,
            layout: &LAYOUT,
            policy: self.policy,
            strict: self.strict,
            single_transaction: self.single_transaction,
            lock: self.lock,
            limits: self.limits,
            os_user: self.user.clone(),
            host: identity::host(),
            tool: self.application.clone(),
            answers: Answers::default(),
            stop,
        })
    }

    /// What decides how a migrated database looks.
    #[cfg(feature = "testing")]
    pub(crate) fn deciding(&self) -> Vec<String> {
        let history = [&self.table, &self.schema].map(|name| format!("{name:?}"));
        let variables = self.variables.iter().map(|(name, value)| format!("{name}={value}"));
        // brant's own table is a part of it.
        let journal = |dialect: &&dyn Dialect| {
            let table = TableName::parse(LAYOUT.default_table, *dialect).ok()?;
            Some(dialect.journal(&table).create)
        };
        let journals = brant_sql::DIALECTS.iter().filter_map(journal);
        history.into_iter().chain(variables).chain(journals).collect()
    }

    pub(crate) fn history_table(
        &self,
        dialect: &dyn Dialect,
    ) -> Result<(TableName, Option<SchemaSql>), Error> {
        let name = self.table.as_deref().unwrap_or(LAYOUT.default_table);
        let table = TableName::parse(name, dialect).map_err(|error| Error::config(error.to_string()))?;
        let Some(schema) = &self.schema else { return Ok((table, None)) };
        if table.schema().is_some() {
            return Err(Error::config(format!(
                "the history table `{table}` names a schema already, and `schema` names `{schema}`: leave one of them out"
            )));
        }
        let table = table.in_schema(schema, dialect).map_err(|error| Error::config(error.to_string()))?;
        let sql = dialect.schema(table.schema().unwrap_or_default());
        let sql = sql.map_err(|reason| {
            Error::config(format!("the history cannot be kept in the schema `{schema}`: {reason}"))
        })?;
        Ok((table, Some(sql)))
    }
}
