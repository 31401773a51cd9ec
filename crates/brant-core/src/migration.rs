//! What a migration is: its identity, before anything of its content is read.

use std::fmt;
use std::path::PathBuf;

/// A migration's identity and its place in the order: 1 to 9 223 372 036 854 775 807.
///
/// Version 0 is the state before the first migration.
///
/// ```
/// use brant_core::Version;
/// assert!(Version(7) < Version(20_260_101_120_000));
/// assert_eq!(Version(7).to_string(), "7");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub i64);

impl Version {
    /// The state before the first migration.
    pub const ZERO: Version = Version(0);
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which way a step goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Apply.
    Up,
    /// Revert.
    Down,
}

impl Direction {
    /// `"up"` or `"down"`, as written in the journal and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::Up => "up",
            Direction::Down => "down",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a migration's body is written in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MigrationKind {
    /// An SQL file.
    Sql,
    /// An SQL file that is gone, and whose text was kept when it was applied.
    Kept,
    /// Program code that is linked into this program.
    Code,
    /// A file of program code that this binary cannot run, with the name of its language (`"Go"`).
    ForeignCode(&'static str),
}

/// One versioned change, as found in a directory; its content is read later, and only when a plan needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Identity and order.
    pub version: Version,
    /// The human part of the file name (`add_orders` of `00007_add_orders.sql`).
    pub name: String,
    /// Where it was read from, as shown to people.
    pub path: PathBuf,
    /// What its body is written in.
    pub kind: MigrationKind,
}

impl Migration {
    /// The file name without its directory, as result lines show it.
    #[must_use]
    pub fn file_name(&self) -> String {
        self.path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned())
    }
}
