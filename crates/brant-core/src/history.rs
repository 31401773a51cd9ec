//! What was applied to a database, as its history table says.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::{AppliedContent, Migration, MigrationKind, Version};

/// One row of a history table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The migration it speaks of; 0 for the row that marks the table's creation.
    pub version: Version,
    /// True: applied. False: reverted, in tables written by very old tools.
    pub applied: bool,
    /// When, as `YYYY-MM-DD HH:MM:SS[.ffffff]` in the server's time, if the server told.
    pub at: Option<String>,
}

/// A step that an earlier run left half done, as the journal tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// The migration.
    pub version: Version,
    /// Its file name at the time.
    pub name: String,
    /// `up` or `down`.
    pub direction: String,
    /// How many statements are known to be done.
    pub statements_done: usize,
    /// How many statements it had.
    pub statements_total: usize,
    /// How the run ended.
    pub ending: Ending,
    /// A hash of each statement as it read then.
    pub statement_hashes: Vec<String>,
}

/// How a run left a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The next statement failed, and left nothing.
    Failed,
    /// The next statement failed; part of what it does may be done.
    InParts,
    /// The next statement failed, and left something that can't be used.
    LeftUnusable,
    /// A statement failed, and the rollback left something: rows of tables without transactions, or what was committed.
    Kept,
    /// The run was killed or cut off before the next statement took effect.
    CutOff,
    /// The run was killed or cut off: whether the next statement was carried out is not known.
    InDoubt,
}

impl Ending {
    /// Whether the next statement is done is not known.
    #[must_use]
    pub fn is_in_doubt(self) -> bool {
        matches!(self, Self::InParts | Self::InDoubt)
    }

    /// Nobody noted an end: the run was cut off, or is at work.
    fn is_open(self) -> bool {
        matches!(self, Self::CutOff | Self::InDoubt)
    }

    /// Why no question can settle it, to follow "since".
    pub(crate) fn hopeless(self) -> Option<&'static str> {
        (self == Self::InParts).then_some("it failed, and part of what it does may be done")
    }
}

impl std::fmt::Display for Unfinished {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, direction, statements_done: done, statements_total: total, .. } = self;
        write!(f, "an earlier run left `{name}` ({direction}) half done: ")?;
        if self.ending != Ending::Kept {
            write!(f, "{done} of {total} statements are done; ")?;
        }
        let next = done + 1;
        match self.ending {
            Ending::Failed => write!(f, "statement {next} failed"),
            Ending::InParts => write!(f, "statement {next} failed, and part of it may be done"),
            Ending::LeftUnusable => {
                write!(f, "statement {next} failed, and left something that cannot be used")
            }
            Ending::Kept => write!(f, "it failed, and not all of it could be rolled back"),
            Ending::CutOff | Ending::InDoubt if done >= total => {
                write!(f, "it was cut off before it was recorded")
            }
            Ending::CutOff => write!(f, "it was cut off before statement {next}"),
            Ending::InDoubt => {
                write!(f, "it was cut off, so statement {next} may or may not have been carried out")
            }
        }
    }
}

/// Another run that is at work, as it looks from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnderWay {
    /// Who holds the lock.
    pub holder: String,
    /// The steps that were begun and not ended; all but the last were perhaps cut off before.
    pub steps: Vec<Unfinished>,
}

impl std::fmt::Display for UnderWay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("another run is at work")?;
        for Unfinished { name, direction, statements_done, statements_total, .. } in &self.steps {
            write!(f, ", `{name}` ({direction}) is at {statements_done} of {statements_total} statements")?;
        }
        write!(f, "; the lock is held by {}", self.holder)
    }
}

/// The ordered record of what was applied. For each version only its newest row counts.
///
/// ```
/// use brant_core::{History, Record, Version};
/// let row = |v, applied| Record { version: Version(v), applied, at: None };
/// // Oldest first: 1 and 5 applied, then 3 out of order.
/// let history = History::from_records(vec![row(0, true), row(1, true), row(5, true), row(3, true)]);
/// assert_eq!(history.last_applied(), Version(3));
/// assert_eq!(history.highest_applied(), Version(5));
/// assert!(history.is_applied(Version(1)));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    exists: bool,
    /// The newest row of each version, newest first; version 0 included.
    newest: Vec<Record>,
    index: HashMap<Version, usize>,
    unfinished: Vec<Unfinished>,
    under_way: Option<UnderWay>,
    /// By version.
    contents: Vec<AppliedContent>,
}

impl History {
    /// The history of a database that has no history table.
    #[must_use]
    pub fn absent() -> Self {
        Self::default()
    }

    /// The history that these rows, oldest first, tell.
    #[must_use]
    pub fn from_records(records: Vec<Record>) -> Self {
        let mut index = HashMap::with_capacity(records.len());
        let mut newest = Vec::with_capacity(records.len());
        for record in records.into_iter().rev() {
            if let Entry::Vacant(place) = index.entry(record.version) {
                place.insert(newest.len());
                newest.push(record);
            }
        }
        Self { exists: true, newest, index, ..Self::default() }
    }

    /// Adds what the journal knows of steps left half done, one for each version. What the history contradicts is
    /// dropped: the history alone says what is applied.
    #[must_use]
    pub fn with_unfinished(mut self, mut unfinished: Vec<Unfinished>) -> Self {
        unfinished.retain(|left| self.is_applied(left.version) == (left.direction == "down"));
        self.unfinished = unfinished;
        self
    }

    /// Whether something looks cut off. A run that is at work leaves the same traces.
    #[must_use]
    pub fn may_be_under_way(&self) -> bool {
        self.unfinished.iter().any(|left| left.ending.is_open())
    }

    /// Another run holds the lock: what looks cut off is what it is at work on.
    #[must_use]
    pub fn with_run_under_way(mut self, holder: String) -> Self {
        let (steps, unfinished) = self.unfinished.into_iter().partition(|left| left.ending.is_open());
        self.unfinished = unfinished;
        self.under_way = Some(UnderWay { holder, steps });
        self
    }

    /// Another run that is at work, where a step of it shows that.
    #[must_use]
    pub fn under_way(&self) -> Option<&UnderWay> {
        self.under_way.as_ref()
    }

    /// Adds what the journal knows of the content of applied migrations, in any order.
    #[must_use]
    pub fn with_contents(mut self, mut contents: Vec<AppliedContent>) -> Self {
        contents.sort_unstable_by_key(|content| content.version);
        self.contents = contents;
        self
    }

    /// What is known of the content of a migration that is applied. Nothing is where another tool applied it.
    #[must_use]
    pub fn content(&self, version: Version) -> Option<&AppliedContent> {
        let i = self.contents.binary_search_by_key(&version, |content| content.version).ok()?;
        self.is_applied(version).then(|| &self.contents[i])
    }

    /// A migration that is applied, as its text was kept.
    #[must_use]
    pub fn kept(&self, version: Version) -> Option<Migration> {
        let content = self.content(version).filter(|content| content.has_text)?;
        let name = content.name.trim_end_matches(".sql").split_once('_').map_or("", |(_, name)| name);
        Some(Migration {
            version,
            name: name.to_owned(),
            path: content.name.clone().into(),
            kind: MigrationKind::Kept,
        })
    }

    /// Steps that earlier runs left half done.
    #[must_use]
    pub fn unfinished(&self) -> &[Unfinished] {
        &self.unfinished
    }

    /// The history table exists (it may hold no row).
    #[must_use]
    pub fn exists(&self) -> bool {
        self.exists
    }

    /// No migration was ever applied here: no table, or nothing in it but the row of version 0.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.newest.iter().all(|r| r.version == Version::ZERO)
    }

    /// The table exists and not even version 0 counts as applied in it: somebody emptied it.
    #[must_use]
    pub fn is_emptied(&self) -> bool {
        self.exists && !self.newest.iter().any(|r| r.applied)
    }

    /// The newest row of a version.
    #[must_use]
    pub fn record(&self, version: Version) -> Option<&Record> {
        self.index.get(&version).map(|&i| &self.newest[i])
    }

    /// Whether the newest row of this version says applied.
    #[must_use]
    pub fn is_applied(&self, version: Version) -> bool {
        self.record(version).is_some_and(|r| r.applied)
    }

    /// The version applied last in time (not the highest), or 0.
    #[must_use]
    pub fn last_applied(&self) -> Version {
        self.newest.iter().find(|r| r.applied).map_or(Version::ZERO, |r| r.version)
    }

    /// The highest version applied, or 0.
    #[must_use]
    pub fn highest_applied(&self) -> Version {
        self.newest.iter().filter(|r| r.applied).map(|r| r.version).max().unwrap_or(Version::ZERO)
    }

    /// Applied versions, the last applied first, without version 0.
    pub fn applied_newest_first(&self) -> impl Iterator<Item = &Record> {
        self.newest.iter().filter(|r| r.applied && r.version > Version::ZERO)
    }
}
