//! From a migration to its script: reads the file and has its format parse it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use brant_core::{AppliedContent, Direction, Migration, Script, Verdict};
use brant_sql::{Dialect, sha256_hex};

use crate::formats::goose::Goose;
use crate::{Format, ParseError};

/// Room for most files: longer ones get more when they need it.
const USUAL_SIZE: usize = 8192;

/// The bytes of a file. The standard library's own `read` asks for the size first, which is a tenth of the time that
/// thousands of small files take.
///
/// # Errors
///
/// That of the operating system.
pub fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(USUAL_SIZE);
    // Behind `take` the reader can't tell that it is a file, whose size it would ask for too.
    File::open(path)?.take(u64::MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads and parses migration files.
#[derive(Clone, Copy)]
pub struct Loader<'a> {
    dialect: &'a dyn Dialect,
    env: &'a (dyn Fn(&str) -> Option<String> + Sync),
}

impl<'a> Loader<'a> {
    /// A loader for files in this dialect; `env` supplies the variables that files ask for.
    #[must_use]
    pub fn new(dialect: &'a dyn Dialect, env: &'a (dyn Fn(&str) -> Option<String> + Sync)) -> Self {
        Self { dialect, env }
    }

    /// Reads one direction of a migration from the file at its path.
    ///
    /// # Errors
    ///
    /// When the file can't be read (with the operating system's words) or can't be understood.
    pub fn load(&self, migration: &Migration, direction: Direction) -> Result<Script, ParseError> {
        let path = &migration.path;
        let bytes = read_file(path).map_err(|e| ParseError {
            path: path.clone(),
            position: None,
            message: format!("the migration file cannot be read: {e}"),
            remedy: Some(format!(
                "make it a file that can be read (`ls -l {}` shows what it is)",
                path.display()
            )),
        })?;
        self.parse(migration, &bytes, direction)
    }

    /// Reads one direction of a migration from the bytes of its file.
    ///
    /// # Errors
    ///
    /// When they can't be understood.
    pub fn parse(
        &self,
        migration: &Migration,
        bytes: &[u8],
        direction: Direction,
    ) -> Result<Script, ParseError> {
        Goose.parse(&migration.path, bytes, direction, self.dialect, self.env)
    }

    /// Compares a file with what was applied; `None` where that can't be told.
    #[must_use]
    pub fn verdict(&self, bytes: &[u8], applied: &AppliedContent) -> Option<Verdict> {
        applied.verdict(&sha256_hex(bytes), || Goose.token_hash(bytes, self.dialect))
    }
}
