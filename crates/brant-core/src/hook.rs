//! Plain SQL that runs around a run and around each of its migrations.

use std::path::PathBuf;

/// When such SQL runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HookPoint {
    /// Before anything of the run.
    BeforeAll,
    /// Before each migration, in its transaction if it has one.
    BeforeEach,
    /// After each migration.
    AfterEach,
    /// When the run is over.
    AfterAll,
}

impl HookPoint {
    /// Every point, in the order of a run.
    pub const ALL: [HookPoint; 4] =
        [HookPoint::BeforeAll, HookPoint::BeforeEach, HookPoint::AfterEach, HookPoint::AfterAll];

    /// The name of the file that holds its SQL.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        match self {
            HookPoint::BeforeAll => "before_all.sql",
            HookPoint::BeforeEach => "before_each.sql",
            HookPoint::AfterEach => "after_each.sql",
            HookPoint::AfterAll => "after_all.sql",
        }
    }
}

/// The SQL of one point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookText {
    /// When it runs.
    pub point: HookPoint,
    /// Its file, as people shall see it.
    pub path: PathBuf,
    /// What the file holds: statements in the database's own SQL.
    pub text: String,
}
