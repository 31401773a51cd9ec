//! What was done with files, and what is wrong with them.

use serde::Serialize;

/// A file that got a new name.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Renamed {
    /// Its old name.
    pub from: String,
    /// Its new name.
    pub to: String,
}

/// A file that was looked at.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Checked {
    /// Its path.
    pub file: String,
    /// `sql`, or the language it is written in.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether each direction runs in a transaction; not known for code.
    pub transaction: Option<bool>,
    /// How many statements its Up section has.
    pub up: Option<usize>,
    /// How many statements its Down section has.
    pub down: Option<usize>,
}

/// Something that is wrong with a file.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Problem {
    /// What is wrong.
    pub message: String,
    /// With which file.
    pub file: Option<String>,
    /// Where in it.
    pub line: Option<usize>,
    /// Where in the line.
    pub column: Option<usize>,
    /// What to do, where it is not just to correct the file.
    pub next: Option<String>,
}
