//! Migrations written in Rust.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use brant_core::{Direction, Version};
use brant_engine::{Code, Context};

use crate::BoxError;

/// A function that carries out one direction of a migration: an `async fn(&mut Context<'_>) -> Result<(), E>`.
///
/// Implemented for every such function; there is no need to do it by hand.
pub trait StepFn<'a>: Send + Sync {
    /// Calls it.
    fn call(
        &self,
        context: &'a mut Context<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send + 'a>>;
}

impl<'a, F, Work, E> StepFn<'a> for F
where
    F: Fn(&'a mut Context<'a>) -> Work + Send + Sync,
    Work: Future<Output = Result<(), E>> + Send + 'a,
    E: Into<BoxError>,
{
    fn call(
        &self,
        context: &'a mut Context<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send + 'a>> {
        let work = self(context);
        Box::pin(async move { work.await.map_err(Into::into) })
    }
}

type Step = Box<dyn for<'a> StepFn<'a>>;

/// A migration written in Rust.
///
/// ```
/// use brant::{Context, Result, RustMigration};
///
/// async fn up(ctx: &mut Context<'_>) -> Result<()> {
///     ctx.execute("INSERT INTO regions (code) VALUES ($1)", ("EU-WEST",)).await?;
///     Ok(())
/// }
///
/// async fn down(ctx: &mut Context<'_>) -> Result<()> {
///     ctx.execute("DELETE FROM regions", ()).await?;
///     Ok(())
/// }
///
/// let seed = RustMigration::new(51, "seed_regions").up(up).down(down);
/// ```
pub struct RustMigration {
    pub(crate) version: Version,
    pub(crate) name: String,
    pub(crate) has_transaction: bool,
    pub(crate) is_irreversible: bool,
    /// Its file, where it has one.
    pub(crate) path: Option<PathBuf>,
    /// SHA-256 of that, in hexadecimal digits.
    pub(crate) checksum: String,
    up: Option<Step>,
    down: Option<Step>,
}

impl RustMigration {
    /// A migration of this version that does nothing yet. It runs in a transaction.
    ///
    /// ```
    /// let migration = brant::RustMigration::new(51, "seed_regions");
    /// ```
    #[must_use]
    pub fn new(version: i64, name: impl Into<String>) -> Self {
        Self {
            version: Version(version),
            name: name.into(),
            has_transaction: true,
            is_irreversible: false,
            path: None,
            checksum: String::new(),
            up: None,
            down: None,
        }
    }

    /// What applies it.
    ///
    /// ```
    /// use brant::{Context, Result, RustMigration};
    /// async fn up(ctx: &mut Context<'_>) -> Result<()> {
    ///     ctx.execute("INSERT INTO regions VALUES ('EU')", ()).await?;
    ///     Ok(())
    /// }
    /// let migration = RustMigration::new(51, "seed_regions").up(up);
    /// ```
    #[must_use]
    pub fn up(mut self, step: impl for<'a> StepFn<'a> + 'static) -> Self {
        self.up = Some(Box::new(step));
        self
    }

    /// What reverts it.
    ///
    /// ```
    /// use brant::{Context, Result, RustMigration};
    /// async fn down(ctx: &mut Context<'_>) -> Result<()> {
    ///     ctx.execute("DELETE FROM regions", ()).await?;
    ///     Ok(())
    /// }
    /// let migration = RustMigration::new(51, "seed_regions").down(down);
    /// ```
    #[must_use]
    pub fn down(mut self, step: impl for<'a> StepFn<'a> + 'static) -> Self {
        self.down = Some(Box::new(step));
        self
    }

    /// It runs outside of a transaction, and must be able to run again after it failed half-way: only its record tells
    /// that it is done.
    ///
    /// ```
    /// # fn example(migration: brant::RustMigration) -> brant::RustMigration {
    /// migration.without_transaction()
    /// # }
    /// ```
    #[must_use]
    pub fn without_transaction(mut self) -> Self {
        self.has_transaction = false;
        self
    }

    /// It can't be reverted. A migration that has no `down` must say so.
    ///
    /// ```
    /// # fn example(migration: brant::RustMigration) -> brant::RustMigration {
    /// migration.irreversible()
    /// # }
    /// ```
    #[must_use]
    pub fn irreversible(mut self) -> Self {
        self.is_irreversible = true;
        self
    }

    pub(crate) fn has(&self, direction: Direction) -> bool {
        self.step(direction).is_some()
    }

    fn step(&self, direction: Direction) -> Option<&Step> {
        match direction {
            Direction::Up => self.up.as_ref(),
            Direction::Down => self.down.as_ref(),
        }
    }
}

#[async_trait]
impl Code for RustMigration {
    async fn run(&self, direction: Direction, context: &mut Context<'_>) -> Result<(), BoxError> {
        match self.step(direction) {
            Some(step) => step.call(&mut context.reborrow()).await,
            None => Ok(()),
        }
    }
}

/// A migration in Rust as the engine runs it.
pub(crate) type Shared = Arc<RustMigration>;
