//! goose's convention: `VERSION_NAME.sql`, sections begun by `-- +goose Up` and `-- +goose Down`.

mod annotation;
mod decode;
mod envsub;
mod name;
mod parser;
mod text;

use std::path::Path;

use brant_core::{Direction, HistoryLayout, Position, Script};
use brant_sql::Dialect;

use annotation::token_hash;
pub(crate) use decode::decode;
pub use name::{FileName, NameError, file_name};

use crate::ParseError;
use crate::formats::{Env, Format};

/// The columns of goose's history table.
pub const LAYOUT: HistoryLayout = HistoryLayout {
    default_table: "goose_db_version",
    id: "id",
    version: "version_id",
    applied: "is_applied",
    time: "tstamp",
};

/// goose's format, as of goose v3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Goose;

impl Format for Goose {
    fn name(&self) -> &'static str {
        "goose"
    }

    fn layout(&self) -> &'static HistoryLayout {
        &LAYOUT
    }

    fn parse(
        &self,
        path: &Path,
        bytes: &[u8],
        direction: Direction,
        dialect: &dyn Dialect,
        env: Env<'_>,
    ) -> Result<Script, ParseError> {
        parse(path, bytes, direction, dialect, env)
    }

    fn token_hash(&self, bytes: &[u8], dialect: &dyn Dialect) -> Option<String> {
        decode(bytes).ok().map(|(text, _)| token_hash(text, dialect))
    }
}

/// Reads one direction of a migration file.
///
/// The other direction is only looked through for its annotations and its variables, so that a broken Down does not
/// stop an `up`. The dialect decides where statements end; `env` supplies the variables of `-- +goose ENVSUB ON`.
///
/// ```
/// use std::path::Path;
/// use brant_core::Direction;
/// let postgres = brant_sql::dialect_by_name("postgres").unwrap();
/// let file = b"-- +goose Up\nCREATE TABLE t (id int);\n-- +goose Down\n";
/// let parse = |direction| {
///     brant_source::formats::goose::parse(Path::new("1_t.sql"), file, direction, postgres, &|_| None)
/// };
/// let down = parse(Direction::Down)?;
/// assert!(down.section_present && down.is_empty());
/// # parse(Direction::Up)?;
/// # Ok::<(), brant_source::ParseError>(())
/// ```
///
/// # Errors
///
/// When the bytes are not UTF-8 text, the annotations are unknown or out of order, a variable can't be substituted,
/// or the SQL of the wanted direction can't be cut into statements.
pub fn parse(
    path: &Path,
    bytes: &[u8],
    direction: Direction,
    dialect: &dyn Dialect,
    env: Env<'_>,
) -> Result<Script, ParseError> {
    parser::parse(path, bytes, direction, dialect, env).map_err(|fault| fault.of(path))
}

/// A [`ParseError`] that does not know its file yet.
#[derive(Debug)]
pub(crate) struct Fault {
    position: Option<Position>,
    message: String,
    remedy: Option<String>,
}

impl Fault {
    fn at(position: Position, message: impl Into<String>) -> Self {
        Self { position: Some(position), message: message.into(), remedy: None }
    }

    /// The same, of this file.
    pub(crate) fn of(self, path: &Path) -> ParseError {
        let Self { position, message, remedy } = self;
        ParseError { path: path.to_owned(), position, message, remedy }
    }

    fn remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }
}
