//! `validate`: is every file of a directory well formed? Parses all of them, and runs nothing.

use std::path::{Path, PathBuf};

use brant_core::{Direction, Migration, MigrationKind, Script, TransactionMode, Version};
use brant_sql::Dialect;

use crate::dir::{self, DirError, Dirs};
use crate::formats::goose::{NameError, file_name};
use crate::{Loader, ParseError};

/// What was found in a directory.
#[derive(Debug, Default)]
pub struct Validation {
    /// A row for each well-formed file, by version.
    pub rows: Vec<Row>,
    /// All that is wrong.
    pub errors: Vec<ValidateError>,
    /// What was passed over although it looks like a migration.
    pub warnings: Vec<String>,
}

/// One well-formed file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// `sql`, `go` or `rust`.
    pub kind: &'static str,
    /// What it holds. `None` for code, which is counted but not read.
    pub counts: Option<Counts>,
    /// The file name.
    pub name: String,
    /// The file's path.
    pub path: PathBuf,
}

/// What an SQL file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Its statements share a transaction.
    pub transaction: bool,
    /// How many statements `up` runs.
    pub up: usize,
    /// How many statements `down` runs.
    pub down: usize,
}

/// One thing that is wrong.
#[derive(Debug, thiserror::Error)]
pub enum ValidateError {
    /// The name of an SQL file of a directory.
    #[error(transparent)]
    Dir(DirError),
    /// The name of the file to validate.
    #[error("failed to get version from file {path:?}: {reason}")]
    Name {
        /// The file.
        path: PathBuf,
        /// What is wrong with its name.
        reason: NameError,
    },
    /// The content of a file.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// Two files have one version.
    #[error("duplicate version {version}: `{}` and `{}`", first.display(), second.display())]
    Duplicate {
        /// The version.
        version: Version,
        /// One file.
        first: PathBuf,
        /// The other file.
        second: PathBuf,
    },
}

/// Parses one or several directories, or a single file, in both directions.
///
/// Goes on after an error, so that one call names everything. Go files are only counted: their source is not read.
///
/// # Errors
///
/// When a directory is missing or can't be read.
pub fn validate(
    dirs: &Dirs,
    dialect: &dyn Dialect,
    env: &(dyn Fn(&str) -> Option<String> + Sync),
) -> Result<Validation, DirError> {
    let mut validation = Validation::default();
    let is_file = dirs.also.is_empty() && dirs.first.is_file();
    let migrations =
        if is_file { validation.single_file(&dirs.first) } else { validation.directories(dirs)? };
    let loader = Loader::new(dialect, env);
    validation.read(&migrations, |migration, direction| loader.load(migration, direction));
    Ok(validation)
}

impl Validation {
    /// The same for migrations that are listed already, sorted by version, and come from wherever `read` finds them.
    pub fn of(
        migrations: &[Migration],
        read: impl Fn(&Migration, Direction) -> Result<Script, ParseError>,
    ) -> Self {
        let mut validation = Self::default();
        validation.read(migrations, read);
        validation
    }

    fn read(
        &mut self,
        migrations: &[Migration],
        read: impl Fn(&Migration, Direction) -> Result<Script, ParseError>,
    ) {
        self.duplicates(migrations);
        for migration in migrations {
            self.migration(migration, &read);
        }
    }

    fn directories(&mut self, dirs: &Dirs) -> Result<Vec<Migration>, DirError> {
        let scan = dir::scan(dirs)?;
        let name_error = |(path, reason)| ValidateError::Dir(DirError::Name { path, reason });
        self.errors.extend(scan.misnamed.into_iter().map(name_error));
        self.warnings = scan.warnings;
        Ok(scan.migrations)
    }

    fn single_file(&mut self, path: &Path) -> Vec<Migration> {
        let base = path.file_name().unwrap_or_default().to_string_lossy();
        match file_name(&base) {
            Ok(file) => vec![Migration {
                version: file.version,
                name: file.name.to_owned(),
                path: path.to_owned(),
                kind: file.kind,
            }],
            Err(reason) => {
                self.errors.push(ValidateError::Name { path: path.to_owned(), reason });
                Vec::new()
            }
        }
    }

    /// The migrations come sorted by version.
    fn duplicates(&mut self, migrations: &[Migration]) {
        for pair in migrations.windows(2).filter(|pair| pair[0].version == pair[1].version) {
            self.errors.push(ValidateError::Duplicate {
                version: pair[0].version,
                first: pair[0].path.clone(),
                second: pair[1].path.clone(),
            });
        }
    }

    fn migration(
        &mut self,
        migration: &Migration,
        read: impl Fn(&Migration, Direction) -> Result<Script, ParseError>,
    ) {
        let (name, path) = (migration.file_name(), migration.path.clone());
        let code = match migration.kind {
            MigrationKind::Sql | MigrationKind::Kept => None,
            MigrationKind::ForeignCode("Go") => Some("go"),
            MigrationKind::ForeignCode(_) | MigrationKind::Code => Some("rust"),
        };
        if let Some(kind) = code {
            self.rows.push(Row { kind, counts: None, name, path });
            return;
        }
        match (read(migration, Direction::Up), read(migration, Direction::Down)) {
            (Ok(up), Ok(down)) => {
                let unknown = brant_core::unknown(&up.annotations);
                self.warnings
                    .extend(unknown.map(|(line, words)| format!("{}:{line}: {words}", path.display())));
                let counts = Counts {
                    transaction: up.transaction == TransactionMode::PerMigration,
                    up: up.statements.len(),
                    down: down.statements.len(),
                };
                self.rows.push(Row { kind: "sql", counts: Some(counts), name, path });
            }
            // Both directions trip over the same annotation, mostly.
            (Err(up), Err(down)) if up == down => self.errors.push(up.into()),
            (up, down) => self.errors.extend(up.err().into_iter().chain(down.err()).map(ValidateError::from)),
        }
    }
}
