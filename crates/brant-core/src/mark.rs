//! What a person says of a database by hand: that a version is applied there, or is not. Nothing is run. Pure functions.

use std::collections::BTreeSet;

use crate::{History, Migration, PlanError, Version, plan};

/// What a person says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MarkTarget {
    /// These versions are applied.
    Applied(Vec<Version>),
    /// These versions are not applied.
    Pending(Vec<Version>),
    /// What their files hold now is what is applied.
    Accepted(Vec<Version>),
    /// The database is what all migrations up to and including this one make, and was never migrated.
    Baseline(Version),
}

/// One version that is marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marking {
    /// The version.
    pub version: Version,
    /// The file name of its migration, as far as it is known.
    pub name: String,
    /// What is said of it: applied, or pending.
    pub applied: bool,
    /// The history changes. Otherwise it says so already, and only a step that was left half done is settled.
    pub in_history: bool,
    /// A step that was left half done is settled by this.
    pub settles: bool,
}

/// Decides what is to be written.
///
/// # Errors
///
/// A [`PlanError`] where it would make no sense: a version that stands so already and left nothing half done, one that
/// nobody knows (`without_file` takes such a one all the same), a baseline for a database that has a history.
pub fn markings(
    all: &[Migration],
    history: &History,
    target: &MarkTarget,
    without_file: bool,
) -> Result<Vec<Marking>, PlanError> {
    let files = plan::sorted(all)?;
    let mark = Marker { files: &files, history, without_file };
    match target {
        MarkTarget::Baseline(version) => mark.baseline(*version),
        _ if history.is_emptied() => Err(PlanError::HistoryEmptied),
        MarkTarget::Applied(versions) => mark.each(versions, Marker::applied),
        MarkTarget::Pending(versions) => mark.each(versions, Marker::pending),
        MarkTarget::Accepted(versions) => mark.each(versions, Marker::accepted),
    }
}

struct Marker<'a> {
    files: &'a [&'a Migration],
    history: &'a History,
    without_file: bool,
}

impl Marker<'_> {
    /// Each version once, in their order.
    fn each(
        &self,
        versions: &[Version],
        mark: impl Fn(&Self, Version) -> Result<Marking, PlanError>,
    ) -> Result<Vec<Marking>, PlanError> {
        let versions: BTreeSet<Version> = versions.iter().copied().collect();
        versions.into_iter().map(|version| mark(self, version)).collect()
    }

    fn applied(&self, version: Version) -> Result<Marking, PlanError> {
        if version <= Version::ZERO || !(self.without_file || self.file(version).is_some()) {
            return Err(PlanError::NothingToMark { version });
        }
        let marking = self.marking(version, true);
        if !marking.in_history && !marking.settles {
            return Err(PlanError::AlreadyApplied { version });
        }
        Ok(marking)
    }

    fn pending(&self, version: Version) -> Result<Marking, PlanError> {
        let marking = self.marking(version, false);
        if version <= Version::ZERO || !(marking.in_history || marking.settles) {
            return Err(PlanError::NotApplied { version });
        }
        Ok(marking)
    }

    fn accepted(&self, version: Version) -> Result<Marking, PlanError> {
        if self.file(version).is_none() {
            return Err(PlanError::NothingToMark { version });
        }
        match self.marking(version, true) {
            marking if marking.in_history => Err(PlanError::NotApplied { version }),
            marking => Ok(Marking { settles: false, ..marking }),
        }
    }

    fn baseline(&self, version: Version) -> Result<Vec<Marking>, PlanError> {
        let applied = self.history.applied_newest_first().count();
        if applied > 0 {
            return Err(PlanError::HistoryInUse { applied, current: self.history.last_applied() });
        }
        if self.file(version).is_none() {
            return Err(PlanError::NothingToMark { version });
        }
        let known = self.files.iter().map(|file| file.version).filter(|known| *known <= version);
        Ok(known.map(|version| self.marking(version, true)).collect())
    }

    fn marking(&self, version: Version, applied: bool) -> Marking {
        let half_done = self.history.unfinished().iter().find(|left| left.version == version);
        let name = match (self.file(version), half_done) {
            (Some(file), _) => file.file_name(),
            (None, Some(left)) => left.name.clone(),
            (None, None) => String::new(),
        };
        Marking {
            version,
            name,
            applied,
            in_history: self.history.is_applied(version) != applied,
            settles: half_done.is_some(),
        }
    }

    fn file(&self, version: Version) -> Option<&Migration> {
        self.files.binary_search_by_key(&version, |file| file.version).ok().map(|at| self.files[at])
    }
}

impl Marking {
    /// Nothing changes but what the journal knows of the file.
    #[must_use]
    pub fn is_acceptance(&self) -> bool {
        !self.in_history && !self.settles
    }
}

impl std::fmt::Display for Marking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name.as_str() {
            "" => write!(f, "version {}", self.version)?,
            name => write!(f, "{name}")?,
        }
        if self.is_acceptance() {
            return f.write_str(": applied as it is now");
        }
        f.write_str(if self.applied { ": applied" } else { ": pending" })?;
        if self.settles {
            f.write_str(", and no longer half done")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MigrationKind, Record, Unfinished};

    fn file(version: i64) -> Migration {
        Migration {
            version: Version(version),
            name: String::new(),
            path: format!("{version}_a.sql").into(),
            kind: MigrationKind::Sql,
        }
    }

    fn shown(target: &MarkTarget, rows: &[i64], half_done: &[(i64, &str)], without_file: bool) -> String {
        let rows = rows.iter().map(|v| Record { version: Version(*v), applied: true, at: None });
        let left = half_done.iter().map(|(version, direction)| Unfinished {
            version: Version(*version),
            name: format!("{version}_a.sql"),
            direction: (*direction).to_owned(),
            statements_done: 1,
            statements_total: 2,
            ending: crate::Ending::Failed,
            statement_hashes: vec![],
        });
        let history = History::from_records(rows.collect()).with_unfinished(left.collect());
        let files: Vec<Migration> = (1..=4).map(file).collect();
        match markings(&files, &history, target, without_file) {
            Ok(marks) => marks
                .iter()
                .map(|mark| format!("{mark}{}", if mark.in_history { "" } else { " (as the history says)" }))
                .collect::<Vec<_>>()
                .join("; "),
            Err(error) => format!("! {error}"),
        }
    }

    #[test]
    fn what_makes_sense_is_written_and_what_does_not_is_refused() {
        let versions = |list: &[i64]| list.iter().copied().map(Version).collect();
        let applied = |list| MarkTarget::Applied(versions(list));
        let pending = |list| MarkTarget::Pending(versions(list));
        for (target, rows, half_done, wanted) in [
            (applied(&[3, 2, 3]), &[0, 1][..], &[][..], "2_a.sql: applied; 3_a.sql: applied"),
            (applied(&[1]), &[0, 1], &[], "! migration 1: applied already"),
            (applied(&[9]), &[0, 1], &[], "! version 9 has no file: there is nothing to mark"),
            (applied(&[0]), &[0, 1], &[], "! version 0 has no file: there is nothing to mark"),
            (applied(&[2]), &[0, 1], &[(2, "up")], "2_a.sql: applied, and no longer half done"),
            (
                applied(&[2]),
                &[0, 2],
                &[(2, "down")],
                "2_a.sql: applied, and no longer half done (as the history says)",
            ),
            (pending(&[1]), &[0, 1], &[], "1_a.sql: pending"),
            (pending(&[9]), &[0, 9], &[], "version 9: pending"),
            (pending(&[2]), &[0, 1], &[], "! migration 2: not applied"),
            (pending(&[0]), &[0, 1], &[], "! migration 0: not applied"),
            (
                pending(&[2]),
                &[0, 1],
                &[(2, "up")],
                "2_a.sql: pending, and no longer half done (as the history says)",
            ),
            (pending(&[2]), &[0, 2], &[(2, "down")], "2_a.sql: pending, and no longer half done"),
            (
                applied(&[1]),
                &[],
                &[],
                "! the history table holds no applied version, not even 0: no next version found",
            ),
            (MarkTarget::Baseline(Version(2)), &[0], &[], "1_a.sql: applied; 2_a.sql: applied"),
            (MarkTarget::Baseline(Version(2)), &[], &[], "1_a.sql: applied; 2_a.sql: applied"),
            (
                MarkTarget::Baseline(Version(9)),
                &[0],
                &[],
                "! version 9 has no file: there is nothing to mark",
            ),
            (
                MarkTarget::Baseline(Version(3)),
                &[0, 1],
                &[],
                "! this database has a history: 1 migration is applied, the last of them version 1",
            ),
        ] {
            assert_eq!(shown(&target, rows, half_done, false), wanted, "{target:?} {rows:?}");
        }
        assert_eq!(shown(&applied(&[9]), &[0], &[], true), "version 9: applied");
    }
}
