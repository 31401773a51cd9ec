//! Hooks that are plain SQL, from files or from the program.

use std::path::Path;

use async_trait::async_trait;
use brant_core::{HookPoint, HookText};
use brant_engine::{Context, Hooks, RunOutcome, StepInfo, StepOutcome};

use crate::{BoxError, Error, Plan};

/// Plain SQL around a run and around each of its migrations.
///
/// It is cut into statements as migrations are, and has no annotations. What runs before something vetoes it if it fails;
/// what runs after something does so after a failure too, and a failure of its own is a warning.
///
/// ```
/// use brant::{Migrations, Migrator, SqlHooks};
///
/// let hooks = SqlHooks::new()
///     .before_each("SET LOCAL lock_timeout = '2s'")
///     .after_all("ANALYZE");
/// let migrator = Migrator::builder(Migrations::new()).hooks(hooks).build();
/// ```
#[derive(Clone, Debug, Default)]
pub struct SqlHooks(brant_engine::SqlHooks);

impl SqlHooks {
    /// No hooks.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The hooks of a directory: its files `before_all.sql`, `before_each.sql`, `after_each.sql` and `after_all.sql`, as far
    /// as they are there. They are read now.
    ///
    /// # Errors
    ///
    /// When the directory or a file can't be read, or a `.sql` file has another name.
    pub fn from_dir(dir: impl AsRef<Path>) -> Result<Self, Error> {
        Ok(Self(brant_engine::SqlHooks::new(brant_source::hooks::read(dir.as_ref())?)))
    }

    /// SQL that runs before anything of a run, outside of a transaction.
    #[must_use]
    pub fn before_all(self, sql: impl Into<String>) -> Self {
        self.with(HookPoint::BeforeAll, sql.into())
    }

    /// SQL that runs before each migration, in its transaction if it has one.
    #[must_use]
    pub fn before_each(self, sql: impl Into<String>) -> Self {
        self.with(HookPoint::BeforeEach, sql.into())
    }

    /// SQL that runs after each migration, outside of its transaction.
    #[must_use]
    pub fn after_each(self, sql: impl Into<String>) -> Self {
        self.with(HookPoint::AfterEach, sql.into())
    }

    /// SQL that runs when a run is over, outside of a transaction.
    #[must_use]
    pub fn after_all(self, sql: impl Into<String>) -> Self {
        self.with(HookPoint::AfterAll, sql.into())
    }

    fn with(mut self, point: HookPoint, text: String) -> Self {
        self.0.push(HookText { point, path: point.file_name().into(), text });
        self
    }
}

#[async_trait]
impl Hooks for SqlHooks {
    async fn before_run(&self, plan: &Plan, ctx: &mut Context<'_>) -> Result<(), BoxError> {
        self.0.before_run(plan, ctx).await
    }

    async fn after_run(&self, outcome: &RunOutcome<'_>, ctx: &mut Context<'_>) -> Result<(), BoxError> {
        self.0.after_run(outcome, ctx).await
    }

    async fn before_migration(&self, step: &StepInfo<'_>, ctx: &mut Context<'_>) -> Result<(), BoxError> {
        self.0.before_migration(step, ctx).await
    }

    async fn after_migration(
        &self,
        step: &StepInfo<'_>,
        outcome: &StepOutcome<'_>,
        ctx: &mut Context<'_>,
    ) -> Result<(), BoxError> {
        self.0.after_migration(step, outcome, ctx).await
    }
}
