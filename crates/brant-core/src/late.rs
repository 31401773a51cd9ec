//! What is pending below the highest applied version: out of order, since what is above it did not know of it.

use std::collections::HashSet;

use crate::{Direction, History, Migration, Plan, PlanError, Policy, Step, Target, Version, plan};

/// What to do about migrations that are out of order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutOfOrder {
    /// Refuse, but for those whose files say that they may be late.
    #[default]
    Error,
    /// Apply them, and warn of each.
    Warn,
    /// Apply them.
    Apply,
}

impl OutOfOrder {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Error, Self::Warn, Self::Apply];

    /// Its name, as in configuration files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Apply => "apply",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.name() == name)
    }
}

impl std::fmt::Display for OutOfOrder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl Plan {
    /// The steps that apply something below what was the highest applied version before the run.
    pub fn late_steps(&self) -> impl Iterator<Item = &Step> {
        let highest = self.applied.iter().max().copied().unwrap_or(Version::ZERO);
        let downs = self.steps.iter().filter(|step| step.direction == Direction::Down);
        let reverted: HashSet<Version> = downs.map(|step| step.migration.version).collect();
        self.steps.iter().filter(move |step| {
            let version = step.migration.version;
            step.direction == Direction::Up && version < highest && !reverted.contains(&version)
        })
    }
}

/// Decides as [`plan()`] does, and lets through what would be refused as out of order where the migration itself says
/// that it may be late. Only migrations that are late are asked.
///
/// # Errors
///
/// The outer one is that of a question; the inner one that of [`plan()`], which then names those that may not be late.
pub fn plan_asking<E>(
    all: &[Migration],
    history: &History,
    target: Target,
    policy: &Policy,
    mut may_be_late: impl FnMut(&Migration) -> Result<bool, E>,
) -> Result<Result<Plan, PlanError>, E> {
    let (late, highest) = match plan(all, history, target, policy) {
        Err(PlanError::OutOfOrder { pending, highest }) => (pending, highest),
        decided => return Ok(decided),
    };
    let pending = keep_refused(late, &mut may_be_late)?;
    if !pending.is_empty() {
        return Ok(Err(PlanError::OutOfOrder { pending, highest }));
    }
    let policy = Policy { out_of_order: OutOfOrder::Apply, ..*policy };
    Ok(plan(all, history, target, &policy))
}

/// Those that may not be late.
pub(crate) fn keep_refused<E>(
    late: Vec<Migration>,
    may_be_late: &mut impl FnMut(&Migration) -> Result<bool, E>,
) -> Result<Vec<Migration>, E> {
    let mut refused = Vec::new();
    for migration in late {
        if !may_be_late(&migration)? {
            refused.push(migration);
        }
    }
    Ok(refused)
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

    fn planned(opted_in: &[i64], target: Target, policy: OutOfOrder) -> (String, Vec<i64>) {
        let files: Vec<Migration> = (1..=7).map(file).collect();
        let rows = [0, 1, 3, 6].map(|v| Record { version: Version(v), applied: true, at: None });
        let history = History::from_records(rows.into());
        let policy = Policy { out_of_order: policy, ..Policy::default() };
        let mut asked = Vec::new();
        let decided = plan_asking(&files, &history, target, &policy, |migration| {
            asked.push(migration.version.0);
            Ok::<_, ()>(opted_in.contains(&migration.version.0))
        });
        let versions = |migrations: Vec<&Migration>| {
            migrations.iter().map(|m| m.version.to_string()).collect::<Vec<_>>().join(" ")
        };
        let shown = match decided.unwrap() {
            Ok(plan) => {
                let steps = versions(plan.steps.iter().map(|s| &s.migration).collect());
                format!("{steps}; late {}", versions(plan.late_steps().map(|s| &s.migration).collect()))
            }
            Err(PlanError::OutOfOrder { pending, .. }) => {
                format!("refused {}", versions(pending.iter().collect()))
            }
            Err(other) => other.to_string(),
        };
        (shown, asked)
    }

    #[test]
    fn only_late_migrations_are_asked_and_all_must_agree() {
        use OutOfOrder::{Apply, Error, Warn};
        for (opted_in, target, policy, shown, asked) in [
            (&[][..], Target::Latest, Error, "refused 2 4 5", &[2, 4, 5][..]),
            (&[2, 4], Target::Latest, Error, "refused 5", &[2, 4, 5]),
            (&[2, 4, 5], Target::Latest, Error, "2 4 5 7; late 2 4 5", &[2, 4, 5]),
            (&[2], Target::UpTo(Version(3)), Error, "2; late 2", &[2]),
            (&[], Target::Latest, Warn, "2 4 5 7; late 2 4 5", &[]),
            (&[], Target::Latest, Apply, "2 4 5 7; late 2 4 5", &[]),
            (&[], Target::Redo, Error, "6 6; late ", &[]),
        ] {
            assert_eq!(
                planned(opted_in, target, policy),
                (shown.to_owned(), asked.to_vec()),
                "{opted_in:?} {target:?}"
            );
        }
    }
}
