//! How each migration tool names its files, annotates them and lays out its history table: one module for each.

pub mod goose;

use std::path::Path;

use brant_core::{Direction, HistoryLayout, Script};
use brant_sql::Dialect;

use crate::ParseError;

/// Looks up an environment variable: `None` when it is unset.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A migration tool's convention for file names and annotations.
pub trait Format: Sync {
    /// Its name.
    fn name(&self) -> &'static str;
    /// The columns of its history table.
    fn layout(&self) -> &'static HistoryLayout;
    /// Reads one direction of a file; `path` serves messages only.
    ///
    /// # Errors
    ///
    /// What is wrong with the file, and where.
    fn parse(
        &self,
        path: &Path,
        bytes: &[u8],
        direction: Direction,
        dialect: &dyn Dialect,
        env: Env<'_>,
    ) -> Result<Script, ParseError>;
    /// A hash of all in a file that means something, in both directions; `None` for what is no text.
    fn token_hash(&self, bytes: &[u8], dialect: &dyn Dialect) -> Option<String>;
}

/// Every format.
pub static FORMATS: &[&dyn Format] = &[&goose::Goose];
