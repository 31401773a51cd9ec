//! `create NAME [TYPE]`: a new, empty migration file.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::{fs, io};

use jiff::{SignedDuration, Timestamp};

use crate::Numbering;
use crate::dir::{self, DirError, Dirs};
use crate::numbering::{highest_sequential, sequential, timestamp};
use crate::write::write_new;

/// What a new SQL migration holds.
pub const TEMPLATE: &str = "\
-- +goose Up
SELECT 'up SQL query';

-- +goose Down
SELECT 'down SQL query';
";

/// What a new Rust migration holds: an `up` and a `down`, run in the step's own transaction by the program that the file
/// is linked into.
pub const RUST_TEMPLATE: &str = "\
use brant::{Context, Result};

pub async fn up(ctx: &mut Context<'_>) -> Result<()> {
    ctx.execute(\"SELECT 'up SQL query'\", ()).await?;
    Ok(())
}

pub async fn down(ctx: &mut Context<'_>) -> Result<()> {
    ctx.execute(\"SELECT 'down SQL query'\", ()).await?;
    Ok(())
}
";

/// The file in the directory of migrations that `create` copies where it is there.
///
/// It does not end in `.sql`: goose reads every `*.sql`, hidden or not, and would stop at a name without a version.
pub const TEMPLATE_FILE: &str = ".brant-template";

/// What a new migration is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CreateKind {
    /// SQL.
    #[default]
    Sql,
    /// Rust: it runs in a program that it is linked into, not in the binary `brant`.
    Rust,
    /// Go; refused, since it is goose that runs Go.
    Go,
}

impl FromStr for CreateKind {
    type Err = CreateError;

    fn from_str(text: &str) -> Result<Self, CreateError> {
        match text {
            "sql" => Ok(Self::Sql),
            "rust" => Ok(Self::Rust),
            "go" => Ok(Self::Go),
            _ => Err(CreateError::UnknownKind(text.to_owned())),
        }
    }
}

/// Why no migration was created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// Go was asked for.
    #[error("brant creates SQL migrations: use goose for migrations in Go, or `create NAME sql`")]
    GoUnsupported,
    /// Something else was asked for.
    #[error("unknown migration type `{0}`: the types are `sql` and `rust`")]
    UnknownKind(String),
    /// The highest number is taken.
    #[error("there is no version after {}: create the migration without sequential numbering", i64::MAX)]
    NoVersionLeft,
    /// The directory can't be read.
    #[error(transparent)]
    Dir(#[from] DirError),
    /// There is a file of that name already.
    #[error("failed to create migration file: `{}` already exists", .0.display())]
    Exists(PathBuf),
    /// The directory has a template that can't be read.
    #[error("failed to read the template `{}`: {error}", path.display())]
    Template {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The file can't be written.
    #[error("failed to create migration file: `{}`: {error}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

/// Creates a migration file in the first of the directories and returns its path.
///
/// The file is called `VERSION_NAME.sql` (or `.rs`), with the name in [`snake_case`]. The version is `now` in UTC (or the next second that is free), or the
/// number after the highest sequential one of all directories (files of other languages count). An SQL file holds what
/// the directory's [`TEMPLATE_FILE`] holds, else [`TEMPLATE`]. An existing file is never touched.
///
/// # Errors
///
/// When the kind is Go, the directory is missing, its content can't be numbered, or the file can't be written.
pub fn create(
    dirs: &Dirs,
    name: &str,
    kind: CreateKind,
    numbering: Numbering,
    now: Timestamp,
) -> Result<PathBuf, CreateError> {
    let (extension, template) = match kind {
        CreateKind::Sql => ("sql", TEMPLATE),
        CreateKind::Rust => ("rs", RUST_TEMPLATE),
        CreateKind::Go => return Err(CreateError::GoUnsupported),
    };
    let dir = dirs.first.as_path();
    let version = match numbering {
        Numbering::Timestamp if !dir.exists() => return Err(DirError::Missing(dir.to_owned()).into()),
        Numbering::Timestamp if !dir.is_dir() => return Err(DirError::NotADirectory(dir.to_owned()).into()),
        Numbering::Timestamp => free_timestamp(dirs, now),
        Numbering::Sequential => {
            let highest = highest_sequential(&dir::list(dirs)?.migrations);
            sequential(highest.checked_add(1).ok_or(CreateError::NoVersionLeft)?)
        }
    };
    let path = dir::shown(dir, Path::new(&format!("{version}_{}.{extension}", snake_case(name))));
    let own = if kind == CreateKind::Sql { own_template(dir)? } else { None };
    write(path, own.as_deref().unwrap_or(template))
}

/// The time as a version, or the second after it that no migration has: what is made by a script in one second would have
/// one version otherwise.
fn free_timestamp(dirs: &Dirs, now: Timestamp) -> String {
    // What can't be listed is told by those who run it.
    let taken = dir::list(dirs).map(|listing| listing.migrations).unwrap_or_default();
    let is_taken = |version: &str| taken.iter().any(|migration| migration.version.to_string() == version);
    let seconds = (0..).map_while(|n| now.checked_add(SignedDuration::from_secs(n)).ok());
    seconds.map(timestamp).find(|version| !is_taken(version)).unwrap_or_else(|| timestamp(now))
}

/// The project's own template, if the directory has one.
fn own_template(dir: &Path) -> Result<Option<String>, CreateError> {
    let path = dir::shown(dir, Path::new(TEMPLATE_FILE));
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(CreateError::Template { path, error }),
    }
}

/// Writes a new migration file; for this module and `init`.
pub(crate) fn write(path: PathBuf, text: &str) -> Result<PathBuf, CreateError> {
    match write_new(&path, text) {
        Ok(()) => Ok(path),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Err(CreateError::Exists(path)),
        Err(error) => Err(CreateError::Write { path, error }),
    }
}

/// A name as it stands in a file name: letters and digits in lower case, and one `_` for all between two words.
///
/// What stands before the first word is dropped. What stands behind the last one is dropped too, unless it is a single
/// character, which becomes a `_`: so goose does it, and so the two tools name a file alike.
///
/// ```
/// use brant_source::create::snake_case;
/// assert_eq!(snake_case("Add Some-Column 2"), "add_some_column_2");
/// assert_eq!(snake_case("CreateUsers"), "createusers");
/// assert_eq!(snake_case("really!"), "really_");
/// ```
#[must_use]
pub fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len());
    let mut between = 0;
    for c in name.chars() {
        if c.is_alphabetic() || c.is_numeric() {
            if between > 0 && !snake.is_empty() {
                snake.push('_');
            }
            between = 0;
            snake.extend(c.to_lowercase());
        } else {
            between += 1;
        }
    }
    if between == 1 && !snake.is_empty() {
        snake.push('_');
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_snake_case() {
        for (name, snake) in [
            ("add_some_column", "add_some_column"),
            ("Add Some-Column 2!", "add_some_column_2_"),
            ("CreateUsers", "createusers"),
            ("  leading", "leading"),
            ("foo!", "foo_"),
            ("foo!!", "foo"),
            ("a -- b", "a_b"),
            ("Größe ändern", "größe_ändern"),
            ("v1.2", "v1_2"),
            ("../../etc/passwd", "etc_passwd"),
            ("!", ""),
            ("", ""),
        ] {
            assert_eq!(snake_case(name), snake, "{name:?}");
        }
    }
}
