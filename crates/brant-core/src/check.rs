//! What keeps a database from being what its migrations say, each cause by itself. Pure functions.

use crate::late::keep_refused;
use crate::{
    Change, Direction, Ending, History, Migration, OutOfOrder, Policy, Status, Unfinished, Version, statuses,
};

/// What a check found. All of it empty: the database is what its migrations say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Findings {
    /// What an `up` would apply, by version.
    pub pending: Vec<Migration>,
    /// What is pending below the highest applied version and may not be: an `up` refuses it.
    pub out_of_order: Vec<Migration>,
    /// What is applied and has no migration.
    pub missing: Vec<Version>,
    /// What was edited after it was applied. That takes a look into the files: see [`crate::changes`].
    pub changed: Vec<Change>,
    /// What earlier runs left half done.
    pub half_done: Vec<Unfinished>,
}

impl Findings {
    /// Whether what is half done can be gone on with: an `up` needs its file.
    #[must_use]
    pub fn has_file_of(&self, left: &Unfinished) -> bool {
        let mut pending = self.pending.iter().chain(&self.out_of_order);
        left.direction != "up" || pending.any(|migration| migration.version == left.version)
    }
}

/// What brings a half-done migration to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayOn {
    /// Its file is gone: a person says what became of it, or brings the file back.
    Mark,
    /// A person says whether the statement that failed is done.
    Answer,
    /// A person undoes what a rollback left, and says so.
    Undo,
    /// A run this way goes on by itself.
    Run(Direction),
}

impl WayOn {
    /// The way on with what is half done among these findings.
    #[must_use]
    pub fn with(left: &Unfinished, findings: &Findings) -> Self {
        match left.ending {
            _ if !findings.has_file_of(left) => Self::Mark,
            Ending::InParts => Self::Answer,
            Ending::Kept => Self::Undo,
            _ if left.direction == Direction::Up.as_str() => Self::Run(Direction::Up),
            _ => Self::Run(Direction::Down),
        }
    }
}

/// A sort of finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindingKind {
    /// [`Findings::pending`]
    Pending,
    /// [`Findings::out_of_order`]
    OutOfOrder,
    /// [`Findings::missing`]
    Missing,
    /// [`Findings::changed`]
    Changed,
    /// [`Findings::half_done`]
    HalfDone,
}

impl FindingKind {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Pending, Self::OutOfOrder, Self::Missing, Self::Changed, Self::HalfDone];

    /// Its name, as on the command line and in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::OutOfOrder => "out_of_order",
            Self::Missing => "missing",
            Self::Changed => "changed",
            Self::HalfDone => "half_done",
        }
    }

    /// The sort of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether a run alone can't put it right.
    #[must_use]
    pub fn needs_person(self) -> bool {
        self != Self::Pending
    }
}

impl Findings {
    /// How much was found of a sort.
    #[must_use]
    pub fn count(&self, kind: FindingKind) -> usize {
        match kind {
            FindingKind::Pending => self.pending.len(),
            FindingKind::OutOfOrder => self.out_of_order.len(),
            FindingKind::Missing => self.missing.len(),
            FindingKind::Changed => self.changed.len(),
            FindingKind::HalfDone => self.half_done.len(),
        }
    }

    /// The sorts of which something was found.
    pub fn kinds(&self) -> impl Iterator<Item = FindingKind> {
        FindingKind::ALL.into_iter().filter(|kind| self.count(*kind) > 0)
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kinds().next().is_none()
    }
}

/// Compares migrations, sorted by version, with a history; their contents are not compared. Only migrations that are late
/// are asked whether they may be.
///
/// # Errors
///
/// That of a question.
pub fn check<E>(
    migrations: &[Migration],
    history: &History,
    policy: &Policy,
    mut may_be_late: impl FnMut(&Migration) -> Result<bool, E>,
) -> Result<Findings, E> {
    let highest = history.highest_applied();
    let (mut late, mut findings) = (Vec::new(), Findings::default());
    for status in statuses(migrations, history) {
        match status {
            Status::Applied(..) => {}
            Status::Pending(m) if m.version < highest && policy.out_of_order == OutOfOrder::Error => {
                late.push(m.clone());
            }
            Status::Pending(migration) => findings.pending.push(migration.clone()),
            Status::MissingFile(record) => findings.missing.push(record.version),
        }
    }
    findings.out_of_order = keep_refused(late.clone(), &mut may_be_late)?;
    late.retain(|migration| !findings.out_of_order.contains(migration));
    findings.pending.splice(0..0, late);
    findings.pending.sort_by_key(|migration| migration.version);
    findings.half_done = history.unfinished().to_vec();
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MigrationKind, Record};

    fn file(version: i64) -> Migration {
        Migration {
            version: Version(version),
            name: String::new(),
            path: format!("{version}_a.sql").into(),
            kind: MigrationKind::Sql,
        }
    }

    fn half_done(version: i64, direction: Direction, ending: Ending) -> Unfinished {
        Unfinished {
            version: Version(version),
            name: format!("{version}_a.sql"),
            direction: direction.to_string(),
            statements_done: 1,
            statements_total: 2,
            ending,
            statement_hashes: vec![],
        }
    }

    #[test]
    fn what_is_half_done_has_one_way_on() {
        use Direction::{Down, Up};
        let findings =
            Findings { pending: vec![file(2)], out_of_order: vec![file(1)], ..Findings::default() };
        for (version, direction, ending, way) in [
            (2, Up, Ending::Failed, WayOn::Run(Up)),
            (1, Up, Ending::InDoubt, WayOn::Run(Up)),
            (2, Up, Ending::InParts, WayOn::Answer),
            (2, Up, Ending::Kept, WayOn::Undo),
            (7, Up, Ending::Failed, WayOn::Mark),
            (7, Up, Ending::InParts, WayOn::Mark),
            (7, Down, Ending::CutOff, WayOn::Run(Down)),
            (7, Down, Ending::InParts, WayOn::Answer),
        ] {
            let left = half_done(version, direction, ending);
            assert_eq!(WayOn::with(&left, &findings), way, "{version} {direction} {ending:?}");
        }
    }

    #[test]
    fn each_cause_is_told_apart() {
        let rows = |versions: &[i64]| {
            let row = |v: &i64| Record { version: Version(*v), applied: true, at: None };
            History::from_records(std::iter::once(&0).chain(versions).map(row).collect())
        };
        let half = half_done(9, Direction::Up, Ending::Failed);
        let half_done = rows(&[1]).with_unfinished(vec![half]);
        for (known, history, policy, want) in [
            (&[1, 2][..], rows(&[1, 2]), OutOfOrder::Error, ""),
            (&[], History::absent(), OutOfOrder::Error, ""),
            (&[1, 2], History::absent(), OutOfOrder::Error, "pending 2"),
            (&[1, 2, 3], rows(&[1, 3]), OutOfOrder::Error, "out_of_order 1"),
            (&[1, 2, 3, 4], rows(&[1, 3]), OutOfOrder::Warn, "pending 2"),
            // 5 says of itself that it may be late.
            (&[1, 5, 6, 7], rows(&[1, 6]), OutOfOrder::Error, "pending 2"),
            (&[1, 3], rows(&[1, 2]), OutOfOrder::Error, "pending 1, missing 1"),
            (&[1, 9], half_done, OutOfOrder::Error, "pending 1, half_done 1"),
        ] {
            let migrations: Vec<Migration> = known.iter().map(|v| file(*v)).collect();
            let policy = Policy { out_of_order: policy, ..Policy::default() };
            let may_be_late = |m: &Migration| Ok::<_, ()>(m.version == Version(5));
            let findings = check(&migrations, &history, &policy, may_be_late).unwrap();
            let shown: Vec<String> =
                findings.kinds().map(|kind| format!("{} {}", kind.name(), findings.count(kind))).collect();
            assert_eq!(shown.join(", "), want, "{known:?}");
            assert_eq!(findings.is_empty(), want.is_empty());
        }
    }
}
