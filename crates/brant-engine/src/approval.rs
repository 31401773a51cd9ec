//! A plan that somebody has seen and approved: a run of it carries out exactly that, or nothing.

use std::collections::HashMap;
use std::ops::Range;

use brant_core::{Direction, Plan, Step, Version};
use brant_sql::sha256_hex;

use crate::session::nothing_done;
use crate::{Preview, RunError, RunErrorKind, Session, Work};

/// What was approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Which database it is for, and which history in it. A file of SQLite that is not there yet has no name.
    pub database: Option<String>,
    /// The version applied last, 0 for none.
    pub version: Version,
    /// A hash of the versions that were applied, in their order.
    pub history: String,
    /// The steps, in their order.
    pub steps: Vec<ApprovedStep>,
    /// How many steps each transaction holds, in their order; one that can't be in a transaction stands alone.
    pub transactions: Vec<usize>,
}

/// A step that was approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovedStep {
    /// The migration's version.
    pub version: Version,
    /// Its file name.
    pub file: String,
    /// Up or down.
    pub direction: Direction,
    /// SHA-256 of the file.
    pub checksum: String,
}

impl Approval {
    fn of(database: Option<String>, plan: &Plan, works: &[Work], groups: &[Range<usize>]) -> Self {
        let step = |(step, work): (&Step, &Work)| ApprovedStep {
            version: step.migration.version,
            file: step.migration.file_name(),
            direction: step.direction,
            checksum: work.script.content.checksum.clone(),
        };
        let applied: Vec<String> = plan.applied.iter().map(ToString::to_string).collect();
        Self {
            database,
            version: plan.current.unwrap_or(Version::ZERO),
            history: sha256_hex(applied.join(",").as_bytes()),
            steps: plan.steps.iter().zip(works).map(step).collect(),
            transactions: groups.iter().map(Range::len).filter(|n| *n > 0).collect(),
        }
    }

    /// What is different now, in words.
    fn differences(&self, now: &Self) -> Vec<String> {
        if let (Some(then), Some(now)) = (&self.database, &now.database)
            && then != now
        {
            return vec![format!("it was made for {then}, and this is {now}")];
        }
        let mut found = Vec::new();
        if self.history != now.history {
            let (then, now) = (self.version, now.version);
            found.push(format!(
                "the database was migrated since: version {then} was applied last, now {now} is"
            ));
        }
        let (then_by, now_by) = (by_what(&self.steps), by_what(&now.steps));
        for step in &self.steps {
            match now_by.get(&(step.version, step.direction)) {
                Some(other) if other.checksum != step.checksum => {
                    found.push(format!("`{}` was changed since", step.file));
                }
                Some(_) => {}
                None => found.push(format!("`{}` ({}) would not run now", step.file, step.direction)),
            }
        }
        for step in now.steps.iter().filter(|step| !then_by.contains_key(&(step.version, step.direction))) {
            found.push(format!("`{}` ({}) would run too", step.file, step.direction));
        }
        if found.is_empty() && self.steps != now.steps {
            found.push("the steps are in another order, or their files have other names".to_owned());
        }
        if found.is_empty() && self.transactions != now.transactions {
            let (then, now) = (self.transactions.len(), now.transactions.len());
            found.push(format!(
                "the steps would be held together otherwise: in {then} transactions then, in {now} now"
            ));
        }
        found
    }
}

/// Steps by what they do: a plan takes no version in one direction twice.
fn by_what(steps: &[ApprovedStep]) -> HashMap<(Version, Direction), &ApprovedStep> {
    steps.iter().map(|step| ((step.version, step.direction), step)).collect()
}

impl Session<'_> {
    /// The same, for runs of just this plan: one that would be another is refused.
    #[must_use]
    pub fn with_approval(mut self, approval: Approval) -> Self {
        self.approval = Some(approval);
        self
    }

    /// What has to be approved for a run to be as it is shown.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub async fn approval(&mut self, preview: &Preview) -> Result<Approval, RunError> {
        let database = self.identity().await.map_err(nothing_done)?;
        Ok(Approval::of(database, &preview.plan, &preview.works, &preview.groups))
    }

    /// Refuses a run that is not as it was approved, if it was.
    pub(crate) async fn check_approval(&mut self, plan: &Plan, works: &[Work]) -> Result<(), RunErrorKind> {
        let Some(approval) = self.approval.clone() else { return Ok(()) };
        let now = Approval::of(self.identity().await?, plan, works, &self.groups(plan, works));
        match approval.differences(&now) {
            found if found.is_empty() => Ok(()),
            found => Err(RunErrorKind::NotAsApproved(found)),
        }
    }

    async fn identity(&mut self) -> Result<Option<String>, RunErrorKind> {
        let rows = self.ask(self.dialect.identity()).await?;
        let name = rows.into_iter().next().and_then(|mut row| row.pop()).flatten();
        let name = name.filter(|name| !name.is_empty());
        Ok(name.map(|name| format!("the database {name} with its history in {}", self.table)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn approval() -> Approval {
        let step = |version, file: &str| ApprovedStep {
            version: Version(version),
            file: file.to_owned(),
            direction: Direction::Up,
            checksum: "aa".to_owned(),
        };
        Approval {
            database: Some("a".to_owned()),
            version: Version(1),
            history: "1".to_owned(),
            steps: vec![step(2, "2_a.sql"), step(3, "3_b.sql")],
            transactions: vec![1, 1],
        }
    }

    #[test]
    fn what_moved_is_told() {
        type Change = fn(&mut Approval);
        let cases: &[(Change, &[&str])] = &[
            (|_| {}, &[]),
            (|now| now.database = None, &[]),
            (|now| now.database = Some("b".to_owned()), &["it was made for a, and this is b"]),
            (|now| now.steps[1].checksum = "bb".to_owned(), &["`3_b.sql` was changed since"]),
            (|now| now.steps.truncate(1), &["`3_b.sql` (up) would not run now"]),
            (
                |now| now.steps[0].version = Version(4),
                &["`2_a.sql` (up) would not run now", "`2_a.sql` (up) would run too"],
            ),
            (|now| now.steps.reverse(), &["the steps are in another order, or their files have other names"]),
            (
                |now| now.transactions = vec![2],
                &["the steps would be held together otherwise: in 2 transactions then, in 1 now"],
            ),
            (
                |now| (now.history, now.version) = ("2".to_owned(), Version(2)),
                &["the database was migrated since: version 1 was applied last, now 2 is"],
            ),
        ];
        for (change, wanted) in cases {
            let mut now = approval();
            change(&mut now);
            assert_eq!(approval().differences(&now), *wanted);
        }
    }
}
