//! Exit codes: one match from what happened to what the calling script sees.

use std::process::ExitCode;

use crate::failure::{Failure, FailureKind};

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is well.
    Success,
    /// The command failed, for whatever reason.
    Failed,
    /// A flag is unknown or malformed.
    Usage,
}

impl Exit {
    /// The code that scripts see: goose's.
    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
        }
    }

    /// What a failure ends with.
    pub(crate) fn of(failure: &Failure) -> Self {
        match &failure.kind {
            FailureKind::Usage(_) => Exit::Usage,
            FailureKind::Plain { .. } | FailureKind::Run(_) => Exit::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}
