//! What a run is told from outside.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use brant_core::{
    Answers, AppliedContent, Direction, HistoryLayout, Limits, Migration, Policy, Position, Verdict,
};
use brant_sql::{SchemaSql, TableName};

use crate::{Stop, Work};

/// Whether a run that changes something first locks others out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockMode {
    /// No lock: somebody else makes sure that runs do not overlap.
    Off,
    /// Lock, and wait at most so long for another run to finish.
    Wait(Duration),
}

/// The settings of a session.
#[derive(Clone, Debug)]
pub struct Options {
    /// The history table.
    pub table: TableName,
    /// How the schema that the table names is made with it, where that is wanted.
    pub new_schema: Option<SchemaSql>,
    /// Its columns.
    pub layout: &'static HistoryLayout,
    /// What the user allows.
    pub policy: Policy,
    /// A migration that was edited after it was applied is an error, and not a warning.
    pub strict: bool,
    /// All steps of a run are one transaction: all of them or none.
    pub single_transaction: bool,
    /// Whether to lock.
    pub lock: LockMode,
    /// How long statements may keep others waiting, where their files don't say it.
    pub limits: Limits,
    /// Who runs this, for the journal: the user of the operating system.
    pub os_user: String,
    /// Where this runs, for the journal: the machine's name.
    pub host: String,
    /// brant and its version, for the journal.
    pub tool: String,
    /// What a person knows of a half-done migration.
    pub answers: Answers,
    /// What can end the run early.
    pub stop: Stop,
}

/// Where the engine gets the SQL or the code of a step from: it reads no files itself.
pub trait Scripts: Sync {
    /// Reads and parses one direction of a migration, or finds its code.
    ///
    /// # Errors
    ///
    /// What is wrong with the file, and where.
    fn load(&self, migration: &Migration, direction: Direction) -> Result<Work, ScriptError>;

    /// Whether a migration says of itself that it may be applied after versions above its own.
    ///
    /// # Errors
    ///
    /// As [`Scripts::load`].
    fn may_be_late(&self, migration: &Migration) -> Result<bool, ScriptError> {
        Ok(self.load(migration, Direction::Up)?.script.may_be_late())
    }

    /// Parses one direction of a migration from a text that was kept, for one that is not there any more.
    ///
    /// # Errors
    ///
    /// What is wrong with the text, and where.
    fn parse(&self, migration: &Migration, text: &str, direction: Direction) -> Result<Work, ScriptError>;

    /// Compares a migration with what was applied; `None` where that can't be told.
    fn verdict(&self, migration: &Migration, applied: &AppliedContent) -> Option<Verdict>;
}

/// A migration file that can't be read or understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    /// The file.
    pub path: PathBuf,
    /// Where in the file.
    pub position: Option<Position>,
    /// What is wrong.
    pub message: String,
    /// What to do, as a command to somebody, where it is not just to correct the file.
    pub remedy: Option<String>,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(Position { line, column }) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for ScriptError {}
