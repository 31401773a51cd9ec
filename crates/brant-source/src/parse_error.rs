//! What is wrong with a migration file, and where.

use std::fmt;
use std::path::PathBuf;

use brant_core::Position;

/// A migration file that can't be read or understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The file.
    pub path: PathBuf,
    /// Where in the file, if the error has a place.
    pub position: Option<Position>,
    /// What is wrong, and what was expected.
    pub message: String,
    /// What to do, as a command to somebody, where it is not just to correct what the message says.
    pub remedy: Option<String>,
}

impl fmt::Display for ParseError {
    /// `path:line:column: message`, as compilers write it, so that editors and terminals can jump there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(Position { line, column }) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for ParseError {}
