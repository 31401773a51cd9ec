//! What is applied and what is not: files and history side by side. Pure functions.

use crate::{History, Migration, OutOfOrder, Policy, Record, Version};

/// A version and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status<'a> {
    /// It is applied.
    Applied(&'a Migration, &'a Record),
    /// It is not.
    Pending(&'a Migration),
    /// It is applied, and there is no such migration.
    MissingFile(&'a Record),
}

impl Status<'_> {
    /// The version.
    #[must_use]
    pub fn version(&self) -> Version {
        match self {
            Self::Applied(migration, _) | Self::Pending(migration) => migration.version,
            Self::MissingFile(record) => record.version,
        }
    }
}

/// Migrations, sorted by version, and rows of the history together, by version.
#[must_use]
pub fn statuses<'a>(migrations: &'a [Migration], history: &'a History) -> Vec<Status<'a>> {
    let mut statuses: Vec<Status<'_>> = migrations
        .iter()
        .map(|m| match history.record(m.version).filter(|r| r.applied) {
            Some(record) => Status::Applied(m, record),
            None => Status::Pending(m),
        })
        .collect();
    let is_known = |v: Version| migrations.binary_search_by_key(&v, |m| m.version).is_ok();
    let missing = history.applied_newest_first().filter(|r| !is_known(r.version));
    statuses.extend(missing.map(Status::MissingFile));
    statuses.sort_by_key(Status::version);
    statuses
}

/// How a program's migrations and a database fit together: what a program asks when it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compatibility {
    /// All is applied, and nothing else.
    UpToDate,
    /// An `up` would apply these.
    Pending(Vec<Version>),
    /// All is applied, and so are these versions above, which the program does not know: a newer one has been here.
    Ahead(Vec<Version>),
    /// Neither came from the other.
    Diverged {
        /// What is not applied.
        pending: Vec<Version>,
        /// What is applied and not known.
        unknown: Vec<Version>,
    },
}

/// Compares migrations, sorted by version, with a history.
///
/// ```
/// use brant_core::{Compatibility, History, Policy, Record, Version, compatibility};
/// let row = |v| Record { version: Version(v), applied: true, at: None };
/// let newer = History::from_records(vec![row(0), row(1)]);
/// let ahead = compatibility(&[], &newer, &Policy::default());
/// assert_eq!(ahead, Compatibility::Ahead(vec![Version(1)]));
/// ```
#[must_use]
pub fn compatibility(migrations: &[Migration], history: &History, policy: &Policy) -> Compatibility {
    let (mut pending, mut unknown) = (Vec::new(), Vec::new());
    for status in statuses(migrations, history) {
        match status {
            Status::Applied(..) => {}
            Status::Pending(migration) => pending.push(migration.version),
            Status::MissingFile(record) if record.version == Version::ZERO => {}
            Status::MissingFile(record) => unknown.push(record.version),
        }
    }
    let highest_known = migrations.last().map_or(Version::ZERO, |m| m.version);
    let in_order = policy.out_of_order != OutOfOrder::Error
        || pending.iter().all(|version| *version > history.highest_applied());
    match (pending.is_empty(), unknown.is_empty()) {
        (true, true) => Compatibility::UpToDate,
        (false, true) if in_order => Compatibility::Pending(pending),
        (true, false) if unknown.iter().all(|version| *version > highest_known) => {
            Compatibility::Ahead(unknown)
        }
        _ => Compatibility::Diverged { pending, unknown },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MigrationKind;

    #[test]
    fn programs_and_databases_fit_together_or_not() {
        use Compatibility::{Ahead, Diverged, Pending, UpToDate};
        let versions = |list: &[i64]| list.iter().copied().map(Version).collect::<Vec<_>>();
        let diverged = |pending: &[i64], unknown: &[i64]| Diverged {
            pending: versions(pending),
            unknown: versions(unknown),
        };
        for (known, applied, want) in [
            (&[1, 2][..], &[1, 2][..], UpToDate),
            (&[], &[], UpToDate),
            (&[1, 2, 3], &[1], Pending(versions(&[2, 3]))),
            (&[1, 2], &[1, 2, 3, 4], Ahead(versions(&[3, 4]))),
            (&[1, 3], &[1, 2], diverged(&[3], &[2])),
            (&[1, 3], &[1, 2, 3], diverged(&[], &[2])),
            (&[1, 2, 3], &[1, 3], diverged(&[2], &[])),
        ] {
            let migrations: Vec<Migration> = known
                .iter()
                .map(|v| Migration {
                    version: Version(*v),
                    name: String::new(),
                    path: format!("{v}_a.sql").into(),
                    kind: MigrationKind::Sql,
                })
                .collect();
            let rows = std::iter::once(&0).chain(applied);
            let rows = rows.map(|v| Record { version: Version(*v), applied: true, at: None }).collect();
            let history = History::from_records(rows);
            assert_eq!(
                compatibility(&migrations, &history, &Policy::default()),
                want,
                "{known:?} {applied:?}"
            );
        }
    }
}
