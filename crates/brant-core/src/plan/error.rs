//! Why there is no plan.

use std::path::PathBuf;

use crate::{Direction, Migration, Unfinished, Version};

/// Why no plan can be made. Nothing has been changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The directory holds no migration (within the wanted range).
    #[error("no migration files found")]
    NoMigrations,
    /// Two files claim one version.
    #[error("duplicate version {version}: `{}` and `{}`", first.display(), second.display())]
    DuplicateVersion {
        /// The version.
        version: Version,
        /// One file.
        first: PathBuf,
        /// The other file.
        second: PathBuf,
    },
    /// Pending migrations lie below the highest applied version.
    #[error("found {} out-of-order migration{} below the highest applied version {highest}:{}",
        pending.len(), plural(pending.len()), list(pending))]
    OutOfOrder {
        /// The migrations, ascending.
        pending: Vec<Migration>,
        /// The highest applied version.
        highest: Version,
    },
    /// A version that should be applied already is.
    #[error("migration {version}: applied already")]
    AlreadyApplied {
        /// The version.
        version: Version,
    },
    /// A version that should be marked as applied has no migration.
    #[error("version {version} has no file: there is nothing to mark")]
    NothingToMark {
        /// The version.
        version: Version,
    },
    /// A database with a history can't get its first one.
    #[error("this database has a history: {applied} migration{} applied, the last of them version {current}",
        if *applied == 1 { " is" } else { "s are" })]
    HistoryInUse {
        /// How many migrations are applied.
        applied: usize,
        /// The version applied last.
        current: Version,
    },
    /// A version that should be reverted is not applied.
    #[error("migration {version}: not applied")]
    NotApplied {
        /// The version.
        version: Version,
    },
    /// There is nothing to revert.
    #[error("migration 0: no current version found")]
    NothingApplied,
    /// A version that should be reverted has no file.
    #[error("migration {version}: applied to the database, but its file is missing from the directory")]
    MissingFile {
        /// The version.
        version: Version,
    },
    /// The table exists, but not even version 0 is applied in it.
    #[error("the history table holds no applied version, not even 0: no next version found")]
    HistoryEmptied,
    /// The database has no history table.
    #[error("the history table does not exist: nothing was ever applied to this database")]
    NoHistory,
    /// The run would need program code that is not linked into this binary.
    #[error("`{}` is a {language} migration: this binary cannot run {language} code", migration.path.display())]
    ForeignCode {
        /// The first such migration of the plan.
        migration: Box<Migration>,
        /// Its language.
        language: &'static str,
    },
    /// `up N` or `down N` with a number that looks like a mistake.
    #[error("{direction} {asked}: only {available} migration{} can go {direction}", plural(*available))]
    TooManySteps {
        /// Up or down.
        direction: Direction,
        /// The number of steps asked for.
        asked: usize,
        /// The number of steps there are.
        available: usize,
        /// The number is a version that exists.
        is_version: bool,
    },
    /// `up N` or `down N` where N is also a version.
    #[error("{direction} {asked}: {asked} is a number of steps here, and also the version of a migration")]
    AmbiguousSteps {
        /// Up or down.
        direction: Direction,
        /// The number.
        asked: usize,
    },
    /// A migration is half done, and the run would go the other way without bringing it to its end.
    #[error("cannot go {direction}: {left}")]
    HalfDone {
        /// What is half done.
        left: Box<Unfinished>,
        /// Where the run wanted to go.
        direction: Direction,
    },
    /// A migration is half done, and no file has its version: its statements may stand in another one that would run.
    #[error("{left}; and no file has version {}", left.version)]
    HalfDoneWithoutFile {
        /// What is half done.
        left: Box<Unfinished>,
    },
    /// `goto` a version that is neither in the directory nor in the database.
    #[error("version {version} is neither in the directory nor applied to the database")]
    UnknownVersion {
        /// The version.
        version: Version,
    },
    /// `goto` without versioning: only the history tells whether the way there is up or down.
    #[error(
        "without versioning it is not known whether version {version} is to be reached by `up` or by `down`"
    )]
    DirectionUnknown {
        /// The version.
        version: Version,
    },
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

fn list(migrations: &[Migration]) -> String {
    migrations.iter().map(|m| format!("\n\tversion {}: {}", m.version, m.path.display())).collect()
}
