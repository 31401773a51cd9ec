//! The migrations of an application: from files, from its own binary, from memory, in Rust.

use std::borrow::Cow;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use brant_core::{
    AppliedContent, Content, Direction, Migration, MigrationKind, Script, TransactionMode, Verdict, Version,
};
use brant_engine::{ScriptError, Scripts, Work};
use brant_source::dir::{self, Dirs};
use brant_source::formats::goose::file_name;
use brant_source::{Loader, ParseError, read_file};

use crate::code::Shared;
use crate::{Error, RustMigration};

/// Migrations in one order, whatever they are written in and wherever they come from.
///
/// ```
/// use brant::Migrations;
/// let core = Migrations::new().sql("1_users.sql", "-- +goose Up\nCREATE TABLE users (id int);\n")?;
/// let billing = Migrations::new().sql("2_bills.sql", "-- +goose Up\nCREATE TABLE bills (id int);\n")?;
/// let names: Vec<String> = core.merge(billing).list_sources().into_iter().map(|s| s.name).collect();
/// assert_eq!(names, ["users", "bills"]);
/// # Ok::<(), brant::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Migrations {
    /// By version, then by path.
    entries: Vec<Entry>,
}

#[derive(Clone)]
struct Entry {
    migration: Migration,
    body: Body,
}

#[derive(Clone)]
enum Body {
    /// Read when it is needed.
    File,
    Text(Cow<'static, str>),
    Code(Shared),
}

/// One migration, as it is known without a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its version.
    pub version: i64,
    /// The human part of its file's name.
    pub name: String,
    /// Its file, as people shall see it.
    pub path: PathBuf,
    /// What it is written in.
    pub kind: MigrationKind,
}

impl Migrations {
    /// No migrations.
    ///
    /// ```
    /// assert!(brant::Migrations::new().list_sources().is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The migrations of a directory. It is listed now; a file is read when it is needed.
    ///
    /// ```
    /// # fn example() -> Result<(), brant::Error> {
    /// let migrations = brant::Migrations::from_dir("migrations")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the directory can't be read, or a `.sql` file in it has no proper name.
    pub fn from_dir(dir: impl AsRef<Path>) -> Result<Self, Error> {
        Ok(Self::of_files(dir::list(&Dirs::one(dir.as_ref()))?.migrations))
    }

    /// Adds a migration in SQL. The name is that of a file (`00007_add_orders.sql`), the text is what the file would hold.
    ///
    /// ```
    /// # fn example() -> Result<(), brant::Error> {
    /// let sql = "-- +goose Up\nCREATE TABLE orders (id int);\n-- +goose Down\nDROP TABLE orders;\n";
    /// let migrations = brant::Migrations::new().sql("00007_add_orders.sql", sql)?;
    /// assert_eq!(migrations.list_sources()[0].version, 7);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the name says no version.
    pub fn sql(self, name: &str, text: impl Into<Cow<'static, str>>) -> Result<Self, Error> {
        let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let file = file_name(base)
            .map_err(|reason| Error::source(format!("`{name}` is no name for a migration: {reason}")))?;
        let migration = Migration {
            version: file.version,
            name: file.name.to_owned(),
            path: name.into(),
            kind: file.kind,
        };
        Ok(self.with(Entry { migration, body: Body::Text(text.into()) }))
    }

    /// Adds a migration in Rust. It takes the place of a file of code of that version (`00051_seed.go`), if there is one.
    ///
    /// ```
    /// # fn example() -> Result<(), brant::Error> {
    /// use brant::{Context, Migrations, Result, RustMigration};
    /// async fn up(ctx: &mut Context<'_>) -> Result<()> {
    ///     ctx.execute("DELETE FROM orders WHERE customer IS NULL", ()).await?;
    ///     Ok(())
    /// }
    /// let migrations = Migrations::new().rust(RustMigration::new(8, "clean_orders").up(up).irreversible())?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When its version is below 1, it has no `up`, or it has no `down` and does not say that it is irreversible.
    pub fn rust(self, code: RustMigration) -> Result<Self, Error> {
        let (version, name) = (code.version, &code.name);
        let refuse = |reason: &str| Err(Error::source(format!("migration {version} `{name}`: {reason}")));
        if version.0 < 1 {
            return refuse("a version is at least 1");
        }
        if !code.has(Direction::Up) {
            return refuse("it has no `up`");
        }
        if code.has(Direction::Down) == code.is_irreversible {
            return refuse(match code.is_irreversible {
                true => "it has a `down`, and says that it is irreversible",
                false => "it has no `down`: give it one, or say that it is `irreversible()`",
            });
        }
        let path = code.path.clone().unwrap_or_else(|| format!("{:05}_{name}.rs", version.0).into());
        let migration = Migration { version, name: name.clone(), path, kind: MigrationKind::Code };
        Ok(self.with(Entry { migration, body: Body::Code(Arc::new(code)) }))
    }

    /// Adds all migrations of another set. Code takes the place of a file of code of its version.
    ///
    /// ```
    /// use brant::Migrations;
    /// let all = Migrations::new().merge(Migrations::new());
    /// ```
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        other.entries.into_iter().fold(self, Self::with)
    }

    /// Leaves out the migrations of these versions.
    ///
    /// ```
    /// let migrations = brant::Migrations::new().without_versions(&[7, 8]);
    /// ```
    #[must_use]
    pub fn without_versions(mut self, versions: &[i64]) -> Self {
        self.entries.retain(|entry| !versions.contains(&entry.migration.version.0));
        self
    }

    /// Leaves out the migrations whose files have these names (`00007_add_orders.sql`).
    ///
    /// ```
    /// let migrations = brant::Migrations::new().without_names(&["00007_add_orders.sql"]);
    /// ```
    #[must_use]
    pub fn without_names(mut self, names: &[&str]) -> Self {
        self.entries.retain(|entry| !names.contains(&entry.migration.file_name().as_str()));
        self
    }

    /// All migrations, by version.
    ///
    /// ```
    /// # fn example(migrations: &brant::Migrations) {
    /// let highest = migrations.list_sources().last().map(|source| source.version);
    /// # }
    /// ```
    #[must_use]
    pub fn list_sources(&self) -> Vec<Source> {
        let source = |Entry { migration, .. }: &Entry| Source {
            version: migration.version.0,
            name: migration.name.clone(),
            path: migration.path.clone(),
            kind: migration.kind.clone(),
        };
        self.entries.iter().map(source).collect()
    }

    /// For `embed!`, which has checked the name.
    #[doc(hidden)]
    #[must_use]
    pub fn __embedded(self, path: &str, text: &'static str) -> Self {
        match self.sql(path, text) {
            Ok(migrations) => migrations,
            Err(error) => unreachable!("checked when it was embedded: {error}"),
        }
    }

    /// For `embed!`, which has made it so.
    #[doc(hidden)]
    #[must_use]
    pub fn __embedded_rust(self, path: &str, mut code: RustMigration, checksum: &str) -> Self {
        code.path = Some(path.into());
        checksum.clone_into(&mut code.checksum);
        match self.rust(code) {
            Ok(migrations) => migrations,
            Err(error) => unreachable!("checked when it was embedded: {error}"),
        }
    }

    fn with(mut self, new: Entry) -> Self {
        let same = self.of_version(new.migration.version);
        // A file of code and its linked-in body are one migration, known by the file's name.
        if let Some(known) = self.entries[same.clone()].first_mut() {
            if known.is_foreign() && new.is_code() {
                known.migration.kind = MigrationKind::Code;
                known.body = new.body;
                return self;
            }
            if known.is_code() && new.is_foreign() {
                known.migration = Migration { kind: MigrationKind::Code, ..new.migration };
                return self;
            }
        }
        let path = &new.migration.path;
        let at = same.start + self.entries[same].partition_point(|known| known.migration.path <= *path);
        self.entries.insert(at, new);
        self
    }

    /// Where the entries of a version stand: one, if all is well.
    fn of_version(&self, version: Version) -> Range<usize> {
        let start = self.entries.partition_point(|entry| entry.migration.version < version);
        // One by one: there is hardly ever more than one.
        let same = self.entries[start..].iter().take_while(|entry| entry.migration.version == version);
        start..start + same.count()
    }

    /// Files as they were listed elsewhere, by version, then by path.
    pub(crate) fn of_files(migrations: Vec<Migration>) -> Self {
        let entries = migrations.into_iter().map(|migration| Entry { migration, body: Body::File });
        Self { entries: entries.collect() }
    }

    /// Files of code get the bodies that another set has for their versions; whatever else that holds stays out.
    pub(crate) fn with_code_of(self, linked: &Self) -> Self {
        let is_wanted = |new: &&Entry| {
            let same = &self.entries[self.of_version(new.migration.version)];
            new.is_code() && same.iter().any(Entry::is_foreign)
        };
        let wanted: Vec<Entry> = linked.entries.iter().filter(is_wanted).cloned().collect();
        wanted.into_iter().fold(self, Self::with)
    }

    /// What plans are made of.
    pub(crate) fn migrations(&self) -> Vec<Migration> {
        self.entries.iter().map(|entry| entry.migration.clone()).collect()
    }

    /// What a migration's file holds, or stands for it; `None` for code whose text is not known.
    #[cfg(feature = "testing")]
    pub(crate) fn content(&self, migration: &Migration) -> Result<Option<Vec<u8>>, Error> {
        match self.find(migration).map(|entry| &entry.body) {
            Some(Body::Text(text)) => Ok(Some(text.as_bytes().to_vec())),
            Some(Body::Code(code)) if code.checksum.is_empty() => Ok(None),
            Some(Body::Code(code)) => Ok(Some(code.checksum.clone().into_bytes())),
            _ => std::fs::read(&migration.path).map(Some).map_err(|error| {
                Error::source(format!("`{}` cannot be read: {error}", migration.path.display()))
            }),
        }
    }

    /// Whether it is code that says that it can't be reverted.
    #[cfg(feature = "testing")]
    pub(crate) fn is_irreversible_code(&self, migration: &Migration) -> bool {
        matches!(self.find(migration), Some(Entry { body: Body::Code(code), .. }) if code.is_irreversible)
    }

    fn find(&self, migration: &Migration) -> Option<&Entry> {
        let same = &self.entries[self.of_version(migration.version)];
        same.iter().find(|entry| entry.migration == *migration)
    }
}

impl Entry {
    fn is_code(&self) -> bool {
        matches!(self.body, Body::Code(_))
    }

    fn is_foreign(&self) -> bool {
        matches!(self.migration.kind, MigrationKind::ForeignCode(_))
    }
}

impl std::fmt::Debug for Migrations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.entries.iter().map(|entry| entry.migration.file_name())).finish()
    }
}

/// Migrations read in a dialect.
#[derive(Clone, Copy)]
pub struct Loaded<'a> {
    migrations: &'a Migrations,
    loader: Loader<'a>,
}

impl<'a> Loaded<'a> {
    /// What the loader makes of the migrations.
    #[must_use]
    pub fn new(migrations: &'a Migrations, loader: Loader<'a>) -> Self {
        Self { migrations, loader }
    }

    /// Reads one direction of a migration.
    ///
    /// # Errors
    ///
    /// When its file, or its text, can't be read or understood.
    pub fn read(&self, migration: &Migration, direction: Direction) -> Result<Work, ParseError> {
        match self.migrations.find(migration).map(|entry| &entry.body) {
            Some(Body::Text(text)) => Ok(self.loader.parse(migration, text.as_bytes(), direction)?.into()),
            Some(Body::Code(code)) => Ok(work(migration, code, direction)),
            _ => Ok(self.loader.load(migration, direction)?.into()),
        }
    }
}

impl Loaded<'_> {
    /// The bytes of a migration in SQL, if they can be read.
    #[must_use]
    pub fn sql(&self, migration: &Migration) -> Option<Cow<'_, [u8]>> {
        match self.migrations.find(migration).map(|entry| &entry.body) {
            Some(Body::Text(text)) => Some(Cow::Borrowed(text.as_bytes())),
            Some(Body::Code(_)) => None,
            _ => read_file(&migration.path).ok().map(Cow::Owned),
        }
    }
}

impl Scripts for Loaded<'_> {
    fn load(&self, migration: &Migration, direction: Direction) -> Result<Work, ScriptError> {
        self.read(migration, direction).map_err(script_error)
    }

    fn parse(&self, migration: &Migration, text: &str, direction: Direction) -> Result<Work, ScriptError> {
        Ok(self.loader.parse(migration, text.as_bytes(), direction).map_err(script_error)?.into())
    }

    fn verdict(&self, migration: &Migration, applied: &AppliedContent) -> Option<Verdict> {
        self.loader.verdict(&self.sql(migration)?, applied)
    }
}

fn script_error(ParseError { path, position, message, remedy }: ParseError) -> ScriptError {
    ScriptError { path, position, message, remedy }
}

fn work(migration: &Migration, code: &Shared, direction: Direction) -> Work {
    let transaction = match code.has_transaction {
        true => TransactionMode::PerMigration,
        false => TransactionMode::None,
    };
    let script = Script {
        path: migration.path.clone(),
        statements: Vec::new(),
        transaction,
        section_present: code.has(direction),
        annotations: Vec::new(),
        content: Content { checksum: code.checksum.clone(), ..Content::default() },
        substituted: Vec::new(),
    };
    Work { script, code: Some(Arc::<RustMigration>::clone(code)) }
}
