//! Whether each Down undoes its Up.

use std::fmt;
use std::path::PathBuf;

use brant_core::Migration;
use brant_driver::Access;
use brant_engine::LockMode;
use brant_schema::{Change, Schema};

use crate::{Database, Error, Migrator, Version};

/// What brant keeps beside the history table.
const JOURNAL: &str = "brant_journal";
/// The most that is shown of a definition, in characters.
const SHOWN: usize = 200;

/// What [`check_reversible`] found in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walk {
    /// How many migrations were reverted and applied again.
    pub checked: usize,
    /// The files of those that say that they are irreversible. What is below the last of them was not reverted together.
    pub irreversible: Vec<PathBuf>,
}

/// What a Down does not undo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The migration's file; `None` for all migrations together.
    pub migration: Option<PathBuf>,
    /// What looks different after the Down from before the Up.
    pub changes: Vec<Change>,
}

/// Why migrations are not reversible. Its text names every file and every object.
#[derive(Debug)]
pub struct Irreversible {
    /// What Downs do not undo.
    pub differences: Vec<Difference>,
    /// What ended the walk before its end.
    pub failure: Option<Error>,
}

/// Panics unless each Down undoes its Up: [`check_reversible`] for tests.
///
/// ```
/// use brant::Migrations;
/// use brant::testing::{TestDatabase, assert_reversible};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), brant::Error> {
/// let migrations = Migrations::new()
///     .sql("1_users.sql", "-- +goose Up\nCREATE TABLE users (name text);\n-- +goose Down\nDROP TABLE users;\n")?;
/// let empty = TestDatabase::sqlite(Migrations::new()).await?;
/// assert_reversible(&empty, &migrations).await;
/// # Ok(())
/// # }
/// ```
///
/// # Panics
///
/// With the file of each migration whose Down leaves something or takes too much, and what that is.
pub async fn assert_reversible(database: &dyn Database, migrator: impl Into<Migrator>) {
    if let Err(error) = check_reversible(database, migrator).await {
        panic!("{error}");
    }
}

/// Applies, reverts and applies again each migration in order, and then reverts all of them, comparing what the catalog
/// of the database tells of tables, columns, indexes, constraints, views, triggers, functions, types and so on before
/// and after. Rows, the order of columns, privileges, owners and comments are not compared.
///
/// The database must be one that none of the migrations was applied to. A migration that says that it can't be reverted
/// (`-- +brant IRREVERSIBLE` in its file, [`crate::RustMigration::irreversible`]) is applied only, and those before it
/// are not reverted together with those after it.
///
/// # Errors
///
/// All that Downs leave or take, or what failed.
pub async fn check_reversible(
    database: &dyn Database,
    migrator: impl Into<Migrator>,
) -> Result<Walk, Irreversible> {
    let mut migrator = migrator.into();
    // Nobody else has a database that is taken down and up.
    migrator.settings.lock = LockMode::Off;
    let mut walker = Walker { database, migrator: &migrator, walk: Walk::default(), differences: Vec::new() };
    let failure = walker.walk().await.err();
    match (walker.differences, failure) {
        (differences, None) if differences.is_empty() => Ok(walker.walk),
        (differences, failure) => Err(Irreversible { differences, failure }),
    }
}

struct Walker<'a> {
    database: &'a dyn Database,
    migrator: &'a Migrator,
    walk: Walk,
    differences: Vec<Difference>,
}

impl Walker<'_> {
    async fn walk(&mut self) -> Result<(), Error> {
        let applied = self.migrator.versions(self.database).await?.current;
        if applied != 0 {
            return Err(Error::config(format!(
                "the database is at version {applied}: whether migrations are reversible shows on an empty one, such as \
                 `TestDatabase::sqlite(Migrations::new())`"
            )));
        }
        let mut before = self.schema().await?;
        let mut floor = (Version(0), before.clone());
        for migration in self.migrator.sound()? {
            let Version(version) = migration.version;
            self.migrator.up_to(self.database, version).await?;
            if self.migrator.is_irreversible(&migration, self.database.dialect())? {
                before = self.schema().await?;
                floor = (migration.version, before.clone());
                self.walk.irreversible.push(migration.path);
                continue;
            }
            self.revert(&migration, &before).await?;
            self.migrator.up_to(self.database, version).await?;
            before = self.schema().await?;
            self.walk.checked += 1;
        }
        let (Version(version), schema) = floor;
        self.migrator.down_to(self.database, version).await?;
        // What one Down leaves is left by all of them: it was told.
        if self.differences.is_empty() {
            self.compare(None, &schema).await?;
        }
        Ok(())
    }

    async fn revert(&mut self, migration: &Migration, before: &Schema) -> Result<(), Error> {
        self.migrator.down(self.database).await?;
        self.compare(Some(&migration.path), before).await
    }

    async fn compare(&mut self, migration: Option<&PathBuf>, before: &Schema) -> Result<(), Error> {
        let changes = self.schema().await?.changes_since(before);
        if !changes.is_empty() {
            self.differences.push(Difference { migration: migration.cloned(), changes });
        }
        Ok(())
    }

    /// What the database looks like, but for brant's own tables.
    async fn schema(&self) -> Result<Schema, Error> {
        let mut connection = self.database.connect(Access::Read).await.map_err(Error::from_driver)?;
        let schema = brant_schema::read(&mut *connection, self.database.dialect()).await;
        connection.close().await;
        let schema = schema.map_err(|error| Error::database("read the catalog", error))?;
        let history = self.migrator.history_table(self.database.dialect())?;
        Ok(schema.filtered(|name| match name.kind.as_str() {
            "schema" => history.schema() != Some(&name.name),
            _ => {
                let table = name.table.as_ref().unwrap_or(&name.name);
                table != history.table() && table != JOURNAL
            }
        }))
    }
}

impl fmt::Display for Walk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.checked {
            1 => write!(f, "1 migration is undone by its Down")?,
            checked => write!(f, "{checked} migrations are undone by their Down")?,
        }
        self.irreversible.iter().try_for_each(|path| write!(f, "; `{}` is irreversible", path.display()))
    }
}

impl fmt::Display for Irreversible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = Vec::new();
        for Difference { migration, changes } in &self.differences {
            lines.push(match migration {
                Some(path) => format!("`{}` is not undone by its Down:", path.display()),
                None => "the migrations together are not undone by their Downs:".to_owned(),
            });
            lines.extend(changes.iter().map(|change| format!("  {}", Words(change))));
        }
        if let Some(error) = &self.failure {
            lines.push(format!("the walk ends early: {error}"));
        }
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Irreversible {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.failure.as_ref().map(|error| error as _)
    }
}

/// A change as the fault of a Down.
struct Words<'a>(&'a Change);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Change::Added { name, definition } => write!(f, "{name} is left{}", shown(definition)),
            Change::Removed { name, definition } => write!(f, "{name} is missing{}", shown(definition)),
            Change::Changed { name, before, after } => {
                write!(f, "{name} is different{}, before{}", shown(after), shown(before))
            }
        }
    }
}

/// A definition on one line, not too long.
fn shown(definition: &str) -> String {
    let line = definition.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN) {
        _ if line.is_empty() => String::new(),
        Some((end, _)) => format!(": {}…", &line[..end]),
        None => format!(": {line}"),
    }
}
