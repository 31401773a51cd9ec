//! Exit codes: one match from what happened to what the calling script sees. Documented in `docs/exit-codes.md`.

use std::process::ExitCode;

use brant_core::{FindingKind, Findings, PlanError};
use brant_driver::ErrorKind;
use brant_engine::RunErrorKind;

use crate::failure::{Failure, FailureKind, INTERRUPTED};
use crate::output::json::Body;

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is well.
    Success,
    /// The command failed, for whatever reason.
    Failed,
    /// A flag is unknown or malformed; in detail, also what was asked for makes no sense.
    Usage,
    /// In detail: migrations are pending.
    Pending,
    /// In detail: what is there is not what was applied.
    Mismatch,
    /// In detail: another run holds the lock.
    Locked,
    /// In detail: the history says something that only a person can put right.
    History,
    /// A signal came while a person was asked.
    Interrupted,
}

/// Whether a command tells causes apart by its code in any case: it exists for that.
pub(crate) fn is_told_in_detail(command: &str) -> bool {
    command == "check"
}

/// What the history of a database looks like beside its directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// Nothing is pending, or it was not looked at.
    #[default]
    UpToDate,
    /// `up` would apply something.
    Pending,
    /// Something was edited after it was applied.
    Mismatch,
    /// Somebody holds the lock.
    Locked,
    /// Something is out of order, half done, or applied without a file.
    NeedsPerson,
}

impl Standing {
    /// The worst of what was found, but for the sorts that are allowed.
    pub(crate) fn of(findings: &Findings, allowed: &[FindingKind]) -> Self {
        let counted = findings.kinds().filter(|kind| !allowed.contains(kind));
        let standing = |kind: FindingKind| match kind {
            FindingKind::Changed => Self::Mismatch,
            kind if kind.needs_person() => Self::NeedsPerson,
            _ => Self::Pending,
        };
        counted.map(standing).max().unwrap_or_default()
    }
}

impl Exit {
    /// The code that scripts see.
    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Pending => 3,
            Exit::Mismatch => 5,
            Exit::Locked => 6,
            Exit::History => 7,
            Exit::Interrupted => 130,
        }
    }

    /// What a command ends with: goose's codes, unless it should be told in detail.
    pub(crate) fn of(result: &Result<Body, Failure>, detailed: bool) -> Self {
        match (result, detailed) {
            (Ok(_), false) => Exit::Success,
            (Ok(body), true) => match body.standing {
                Standing::UpToDate => Exit::Success,
                Standing::Pending => Exit::Pending,
                Standing::Mismatch => Exit::Mismatch,
                Standing::Locked => Exit::Locked,
                Standing::NeedsPerson => Exit::History,
            },
            (Err(failure), _) if matches!(failure.kind, FailureKind::Usage(_)) => Exit::Usage,
            (Err(failure), _) if matches!(failure.kind, FailureKind::Plain { kind: INTERRUPTED, .. }) => {
                Exit::Interrupted
            }
            (Err(_), false) => Exit::Failed,
            (Err(failure), true) => Self::in_detail(&failure.kind),
        }
    }

    fn in_detail(kind: &FailureKind) -> Self {
        match kind {
            FailureKind::Usage(_) => Exit::Usage,
            FailureKind::Plain { kind, .. } => match *kind {
                "arguments" | "config" | "directory" | "unknown_command" | "unknown_driver" => Exit::Usage,
                "half_done" => Exit::History,
                _ => Exit::Failed,
            },
            FailureKind::Problems(_) => Exit::Failed,
            FailureKind::Run(error) => match &error.kind {
                RunErrorKind::Locked { .. } => Exit::Locked,
                RunErrorKind::Changed(_) => Exit::Mismatch,
                RunErrorKind::Plan(error) => Self::of_plan(error),
                RunErrorKind::HalfDone(_) => Exit::History,
                RunErrorKind::Database { error, .. } if error.kind == ErrorKind::Config => Exit::Usage,
                _ => Exit::Failed,
            },
        }
    }

    fn of_plan(error: &PlanError) -> Self {
        match error {
            PlanError::OutOfOrder { .. }
            | PlanError::MissingFile { .. }
            | PlanError::HalfDone { .. }
            | PlanError::HalfDoneWithoutFile { .. }
            | PlanError::HistoryEmptied => Exit::History,
            PlanError::NoMigrations
            | PlanError::TooManySteps { .. }
            | PlanError::AmbiguousSteps { .. }
            | PlanError::UnknownVersion { .. }
            | PlanError::NothingToMark { .. }
            | PlanError::DirectionUnknown { .. } => Exit::Usage,
            _ => Exit::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

/// Every code and what it means, for the manual page.
pub(crate) const MEANINGS: &[(u8, &str)] = &[
    (0, "All is well."),
    (1, "The command failed; without -detailed-exit-codes for whatever reason."),
    (
        2,
        "A flag is unknown or malformed; with -detailed-exit-codes also: arguments or configuration make no sense.",
    ),
    (3, "Migrations are pending: check; with -detailed-exit-codes also status and plan."),
    (
        5,
        "Migrations were edited after they were applied: check; with -detailed-exit-codes and -strict also others.",
    ),
    (6, "With -detailed-exit-codes: another run held the lock for too long."),
    (
        7,
        "check, and others with -detailed-exit-codes: the history needs a person (out of order, file missing, half done, \
         emptied).",
    ),
    (130, "Ended by Ctrl-C at a question, with nothing changed; or at once by a second Ctrl-C."),
    (143, "Ended at once by a second SIGTERM."),
];
