//! What a run did.

use std::time::Duration;

use crate::{Direction, Migration, Version};

/// The result of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Statements ran and the history was changed.
    Done,
    /// There was nothing to run; the history was changed.
    Empty,
}

/// One step that is done and durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepReport {
    /// The migration.
    pub migration: Migration,
    /// Up or down.
    pub direction: Direction,
    /// What came of it.
    pub outcome: Outcome,
    /// How long its statements took.
    pub duration: Duration,
    /// How many statements it had.
    pub n_statements: usize,
}

/// The outcomes of a run; the error of a failed run carries it too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The steps that are done and durable, in order.
    pub steps: Vec<StepReport>,
    /// The version applied last, before the run. `None` if the run did not get so far, and without versioning.
    pub version_before: Option<Version>,
    /// The version applied last, after the run. `None` in the same cases.
    pub version_after: Option<Version>,
}
