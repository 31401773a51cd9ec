//! The plan: which migrations will run, in which direction and order, decided before anything is touched.

mod error;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::{Direction, History, Migration, MigrationKind, OutOfOrder, Version, resume};

pub use self::error::PlanError;

/// Where a run should stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Apply everything pending.
    Latest,
    /// Apply everything pending up to and including this version.
    UpTo(Version),
    /// Apply the next pending migration.
    UpByOne,
    /// Apply the next so many pending migrations.
    UpSteps(usize),
    /// Revert the migration applied last.
    Down,
    /// Revert, the last applied first, until the last applied is this version or below it.
    DownTo(Version),
    /// Revert so many migrations, the last applied first.
    DownSteps(usize),
    /// Revert the migration applied last and apply it again.
    Redo,
    /// Revert everything, the last applied first.
    Reset,
    /// Go to exactly this version, whichever way it lies: revert what is applied above it, the last applied first,
    /// then apply what is pending up to and including it.
    GoTo(Version),
    /// Apply just this version, wherever it lies.
    Apply(Version),
    /// Revert just this version, wherever it lies.
    Revert(Version),
    /// Bring the migration to its end that an earlier run left half done, whichever way it went.
    Resume,
}

impl Target {
    fn goes_up(self) -> bool {
        matches!(self, Target::Latest | Target::UpTo(_) | Target::UpByOne | Target::UpSteps(_))
    }

    /// Whether a run there may revert something.
    #[must_use]
    pub fn may_revert(self) -> bool {
        !self.goes_up() && !matches!(self, Target::Apply(_))
    }

    /// The version above which the run promises to leave nothing.
    pub(crate) fn floor(self) -> Option<Version> {
        match self {
            Target::Reset => Some(Version::ZERO),
            Target::DownTo(floor) | Target::GoTo(floor) => Some(floor),
            _ => None,
        }
    }

    /// The version up to which the run promises to leave everything applied.
    pub(crate) fn ceiling(self) -> Option<Version> {
        match self {
            Target::Latest => Some(Version(i64::MAX)),
            Target::UpTo(ceiling) | Target::GoTo(ceiling) => Some(ceiling),
            _ => None,
        }
    }

    fn upper_bound(self) -> Version {
        if let Target::UpTo(v) = self { v } else { Version(i64::MAX) }
    }
}

/// The user's choices that change a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What to do about pending migrations that lie below the highest applied version.
    pub out_of_order: OutOfOrder,
    /// Revert migrations whose file has no Down section, as if it were empty.
    pub allow_irreversible: bool,
    /// Read and write the history. Without it a run carries out files as they are, each time.
    pub versioning: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self { out_of_order: OutOfOrder::Error, allow_irreversible: false, versioning: true }
    }
}

/// One migration in one direction within a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The migration.
    pub migration: Migration,
    /// Up or down.
    pub direction: Direction,
}

/// The ordered steps a run will take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What will run, in order.
    pub steps: Vec<Step>,
    /// The version applied last before the run, or 0. `None` without versioning, which knows of none.
    pub current: Option<Version>,
    /// Nothing was ever applied to this database.
    pub fresh: bool,
    /// What is applied before the run, the last applied last.
    pub applied: Vec<Version>,
    /// Applied versions that the run passes over because their file is missing.
    pub skipped: Vec<Version>,
}

impl Plan {
    /// Whether a step of it applies this version.
    #[must_use]
    pub fn applies(&self, version: Version) -> bool {
        self.steps.iter().any(|s| s.direction == Direction::Up && s.migration.version == version)
    }

    /// The version applied last once the first `n_done` steps are done. `None` without versioning.
    #[must_use]
    pub fn version_after(&self, n_done: usize) -> Option<Version> {
        self.current?;
        let mut reverted = HashSet::new();
        for step in self.steps[..n_done].iter().rev() {
            match step.direction {
                Direction::Up if reverted.contains(&step.migration.version) => {}
                Direction::Up => return Some(step.migration.version),
                Direction::Down => {
                    reverted.insert(step.migration.version);
                }
            }
        }
        let left = self.applied.iter().rev().find(|v| !reverted.contains(v));
        Some(left.copied().unwrap_or(Version::ZERO))
    }
}

/// Decides what a run will do. Pure: the same values give the same plan.
///
/// `all` is the directory's content in any order.
///
/// ```
/// use brant_core::{plan, Direction, History, Migration, MigrationKind, Policy, Target, Version};
/// let file = |v: i64| Migration {
///     version: Version(v), name: format!("m{v}"), path: format!("{v:05}_m{v}.sql").into(), kind: MigrationKind::Sql,
/// };
/// let plan = plan(&[file(2), file(1)], &History::absent(), Target::Latest, &Policy::default())?;
/// let versions: Vec<i64> = plan.steps.iter().map(|s| s.migration.version.0).collect();
/// assert_eq!(versions, [1, 2]);
/// assert!(plan.steps.iter().all(|s| s.direction == Direction::Up));
/// # Ok::<(), brant_core::PlanError>(())
/// ```
///
/// # Errors
///
/// A [`PlanError`] when the wanted run is not possible or not allowed by the policy.
pub fn plan(
    all: &[Migration],
    history: &History,
    target: Target,
    policy: &Policy,
) -> Result<Plan, PlanError> {
    let files = sorted(all)?;
    let in_range: Vec<&Migration> =
        files.iter().copied().filter(|m| m.version <= target.upper_bound()).collect();
    if in_range.is_empty() {
        return Err(PlanError::NoMigrations);
    }
    let mut skipped = Vec::new();
    let steps = if !policy.versioning {
        unversioned_steps(&in_range, target)?
    } else if let Target::GoTo(version) = target {
        goto_steps(&in_range, history, version, policy)?
    } else if let Target::Apply(version) | Target::Revert(version) = target {
        vec![single_step(&in_range, history, version, target)?]
    } else if target == Target::Resume {
        half_done_step(&in_range, history)?.into_iter().collect()
    } else if target.goes_up() {
        up_steps(&in_range, history, target, policy)?
    } else {
        down_steps(&in_range, history, target, &mut skipped)?
    };
    if policy.versioning {
        resume::check(history, &files, &steps, target)?;
    }
    let foreign = steps.iter().find_map(|step| match step.migration.kind {
        MigrationKind::ForeignCode(language) => Some((&step.migration, language)),
        MigrationKind::Sql | MigrationKind::Kept | MigrationKind::Code => None,
    });
    if let Some((migration, language)) = foreign {
        return Err(PlanError::ForeignCode { migration: Box::new(migration.clone()), language });
    }
    let mut applied: Vec<Version> = history.applied_newest_first().map(|r| r.version).collect();
    applied.reverse();
    let current = policy.versioning.then(|| history.last_applied());
    Ok(Plan { steps, current, fresh: history.is_fresh(), applied, skipped })
}

/// The migrations by version, as every plan sees them; `all` is a directory's content in any order.
///
/// # Errors
///
/// [`PlanError::DuplicateVersion`] when two of them claim one version.
pub fn sorted(all: &[Migration]) -> Result<Vec<&Migration>, PlanError> {
    let mut files: Vec<&Migration> = all.iter().collect();
    files.sort_by(|a, b| a.version.cmp(&b.version).then_with(|| a.path.cmp(&b.path)));
    if let Some(pair) = files.windows(2).find(|pair| pair[0].version == pair[1].version) {
        return Err(PlanError::DuplicateVersion {
            version: pair[0].version,
            first: pair[0].path.clone(),
            second: pair[1].path.clone(),
        });
    }
    Ok(files)
}

fn step(migration: &Migration, direction: Direction) -> Step {
    Step { migration: migration.clone(), direction }
}

fn up_steps(
    files: &[&Migration],
    history: &History,
    target: Target,
    policy: &Policy,
) -> Result<Vec<Step>, PlanError> {
    let pending = pending_steps(files, history, policy)?;
    match target {
        Target::UpByOne => Ok(pending.into_iter().take(1).collect()),
        Target::UpSteps(n) => take_steps(pending, n, Direction::Up, files),
        _ => Ok(pending),
    }
}

/// Everything pending, in the order in which it is applied: what lies below the highest applied version comes first.
fn pending_steps(files: &[&Migration], history: &History, policy: &Policy) -> Result<Vec<Step>, PlanError> {
    if history.is_emptied() {
        return Err(PlanError::HistoryEmptied);
    }
    let highest = history.highest_applied();
    let (out_of_order, new): (Vec<&Migration>, Vec<&Migration>) =
        files.iter().filter(|m| !history.is_applied(m.version)).partition(|m| m.version < highest);
    if !out_of_order.is_empty() && policy.out_of_order == OutOfOrder::Error {
        let pending = out_of_order.into_iter().cloned().collect();
        return Err(PlanError::OutOfOrder { pending, highest });
    }
    Ok(out_of_order.into_iter().chain(new).map(|m| step(m, Direction::Up)).collect())
}

/// Unlike `down-to`, which stops at the first version that is not above its target, this reverts every version above
/// the target, wherever it stands in the order of time: whoever names a version wants it, and nothing beyond.
fn goto_steps(
    files: &[&Migration],
    history: &History,
    target: Version,
    policy: &Policy,
) -> Result<Vec<Step>, PlanError> {
    let is_known =
        target == Version::ZERO || history.is_applied(target) || files.iter().any(|m| m.version == target);
    if !is_known {
        return Err(PlanError::UnknownVersion { version: target });
    }
    let below: Vec<&Migration> = files.iter().copied().filter(|m| m.version <= target).collect();
    let ups = pending_steps(&below, history, policy)?;
    let find = by_version(files, history);
    let down = |v| find(v).map(|m| step(&m, Direction::Down));
    let above = history.applied_newest_first().map(|r| r.version).filter(|v| *v > target);
    let downs: Result<Vec<Step>, PlanError> = above.map(down).collect();
    Ok(downs?.into_iter().chain(ups).collect())
}

/// One version by itself: whoever asks for it answers for the order.
fn single_step(
    files: &[&Migration],
    history: &History,
    version: Version,
    target: Target,
) -> Result<Step, PlanError> {
    if history.is_emptied() {
        return Err(PlanError::HistoryEmptied);
    }
    let file = by_version(files, history)(version).map_err(|_| PlanError::UnknownVersion { version })?;
    match (target, history.is_applied(version)) {
        (Target::Apply(_), true) => Err(PlanError::AlreadyApplied { version }),
        (Target::Apply(_), false) => Ok(step(&file, Direction::Up)),
        (_, true) => Ok(step(&file, Direction::Down)),
        (_, false) => Err(PlanError::NotApplied { version }),
    }
}

/// The step that an earlier run left half done; where there are several, the oldest.
fn half_done_step(files: &[&Migration], history: &History) -> Result<Option<Step>, PlanError> {
    let Some(left) = history.unfinished().first() else { return Ok(None) };
    let migration = match by_version(files, history)(left.version) {
        Err(PlanError::MissingFile { .. }) => {
            return Err(PlanError::HalfDoneWithoutFile { left: Box::new(left.clone()) });
        }
        found => found?,
    };
    let direction = if left.direction == "up" { Direction::Up } else { Direction::Down };
    Ok(Some(step(&migration, direction)))
}

/// Finds a migration: its file, or else the text of an applied one that was kept.
fn by_version<'a>(
    files: &[&'a Migration],
    history: &'a History,
) -> impl Fn(Version) -> Result<Cow<'a, Migration>, PlanError> + use<'a> {
    let files: HashMap<Version, &Migration> = files.iter().map(|m| (m.version, *m)).collect();
    move |version| match files.get(&version) {
        Some(file) => Ok(Cow::Borrowed(file)),
        None => history.kept(version).map(Cow::Owned).ok_or(PlanError::MissingFile { version }),
    }
}

fn down_steps(
    files: &[&Migration],
    history: &History,
    target: Target,
    skipped: &mut Vec<Version>,
) -> Result<Vec<Step>, PlanError> {
    if target == Target::Reset {
        if !history.exists() {
            return Err(PlanError::NoHistory);
        }
        return Ok(reset_steps(files, history, skipped));
    }
    if history.is_emptied() {
        return Err(PlanError::HistoryEmptied);
    }
    let find = by_version(files, history);
    let down = |v| find(v).map(|m| step(&m, Direction::Down));
    let mut applied = history.applied_newest_first().map(|r| r.version);
    match target {
        Target::DownTo(floor) => applied.take_while(|v| *v > floor).map(down).collect(),
        Target::DownSteps(n) => {
            let versions: Vec<Version> = applied.collect();
            check_steps(n, versions.len(), Direction::Down, files)?;
            versions.into_iter().take(n).map(down).collect()
        }
        _ => {
            let Some(current) = applied.next() else {
                // What is half done is not applied, and not nothing either.
                resume::check(history, files, &[], Target::Reset)?;
                return Err(PlanError::NothingApplied);
            };
            let current = find(current)?;
            let mut steps = vec![step(&current, Direction::Down)];
            if target == Target::Redo {
                steps.push(step(&current, Direction::Up));
            }
            Ok(steps)
        }
    }
}

fn reset_steps(files: &[&Migration], history: &History, skipped: &mut Vec<Version>) -> Vec<Step> {
    let find = by_version(files, history);
    let mut steps = Vec::new();
    for record in history.applied_newest_first() {
        match find(record.version) {
            Ok(migration) => steps.push(step(&migration, Direction::Down)),
            Err(_) => skipped.push(record.version),
        }
    }
    steps
}

fn take_steps(
    steps: Vec<Step>,
    n: usize,
    direction: Direction,
    files: &[&Migration],
) -> Result<Vec<Step>, PlanError> {
    check_steps(n, steps.len(), direction, files)?;
    Ok(steps.into_iter().take(n).collect())
}

/// A number of steps that is more than there are, or that is also a version, is taken for a mistake: who types
/// `down 3` may well mean `down-to 3`. One step is always meant: almost every directory holds a version 1, and nobody
/// writes `down 1` to keep it.
fn check_steps(
    asked: usize,
    available: usize,
    direction: Direction,
    files: &[&Migration],
) -> Result<(), PlanError> {
    let is_version = files.iter().any(|m| usize::try_from(m.version.0) == Ok(asked));
    if asked > available {
        return Err(PlanError::TooManySteps { direction, asked, available, is_version });
    }
    if is_version && asked > 1 {
        return Err(PlanError::AmbiguousSteps { direction, asked });
    }
    Ok(())
}

/// Without versioning the files alone decide, each time anew.
fn unversioned_steps(files: &[&Migration], target: Target) -> Result<Vec<Step>, PlanError> {
    let up = |m: &&Migration| step(m, Direction::Up);
    let down = |m: &&Migration| step(m, Direction::Down);
    Ok(match target {
        Target::GoTo(version) => return Err(PlanError::DirectionUnknown { version }),
        // Without a history nothing is known to be half done.
        Target::Resume => Vec::new(),
        Target::Latest | Target::UpTo(_) => files.iter().map(up).collect(),
        Target::UpByOne => files.iter().take(1).map(up).collect(),
        Target::UpSteps(n) => files.iter().take(n).map(up).collect(),
        Target::Down => files.iter().rev().take(1).map(down).collect(),
        Target::DownSteps(n) => files.iter().rev().take(n).map(down).collect(),
        Target::DownTo(floor) => files.iter().rev().filter(|m| m.version > floor).map(down).collect(),
        Target::Reset => files.iter().rev().map(down).collect(),
        Target::Apply(version) => files.iter().filter(|m| m.version == version).map(up).collect(),
        Target::Revert(version) => files.iter().filter(|m| m.version == version).map(down).collect(),
        Target::Redo => {
            files.last().map_or_else(Vec::new, |m| vec![step(m, Direction::Down), step(m, Direction::Up)])
        }
    })
}
