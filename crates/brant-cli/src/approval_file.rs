//! Plans in files: what `plan --out` writes, a person approves, and `apply` carries out.

use std::path::Path;

use brant_core::{Direction, Version};
use brant_engine::{Approval, ApprovedStep};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::output::plan_json::Plan;
use crate::private_file;

/// Grows when a file means something else than before.
const FORMAT: u32 = 1;

/// What `apply` reads.
#[derive(Debug, Deserialize)]
pub(crate) struct ApprovalFile {
    brant_plan: u32,
    /// The command that was planned, with its arguments.
    pub command: Vec<String>,
    /// What has to be as it was.
    pub approval: Kept,
}

/// What is written; the plan is for whoever reviews it.
#[derive(Serialize)]
struct Written<'a> {
    brant_plan: u32,
    command: &'a [String],
    approval: Kept,
    plan: &'a Plan,
}

/// An approval, as it is kept.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    database: Option<String>,
    version: i64,
    history_sha256: String,
    steps: Vec<KeptStep>,
    transactions: Vec<usize>,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptStep {
    version: i64,
    file: String,
    down: bool,
    sha256: String,
}

/// Writes a plan that only its owner can read.
///
/// # Errors
///
/// When it can't be written.
pub(crate) fn write(
    path: &Path,
    command: &[String],
    approval: &Approval,
    plan: &Plan,
) -> Result<(), Failure> {
    let written = Written { brant_plan: FORMAT, command, approval: Kept::of(approval), plan };
    match serde_json::to_string_pretty(&written) {
        Ok(text) => private_file::write(path, &(text + "\n")),
        Err(error) => unreachable!("every field can be written as JSON: {error}"),
    }
}

/// Reads a plan.
///
/// # Errors
///
/// When it can't be read, or is no plan.
pub(crate) fn read(path: &Path) -> Result<ApprovalFile, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::plain("file", format!("failed to read `{}`: {error}", path.display())))?;
    let read = serde_json::from_str(&text).ok().filter(|file: &ApprovalFile| file.brant_plan == FORMAT);
    read.ok_or_else(|| not_a_plan(path))
}

/// The file is none that this brant has written.
pub(crate) fn not_a_plan(path: &Path) -> Failure {
    Failure::plain("file", format!("`{}` is no plan that this brant can read", path.display()))
        .next("`brant plan --out FILE` writes one")
}

impl Kept {
    fn of(approval: &Approval) -> Self {
        let step = |step: &ApprovedStep| KeptStep {
            version: step.version.0,
            file: step.file.clone(),
            down: step.direction == Direction::Down,
            sha256: step.checksum.clone(),
        };
        Self {
            database: approval.database.clone(),
            version: approval.version.0,
            history_sha256: approval.history.clone(),
            steps: approval.steps.iter().map(step).collect(),
            transactions: approval.transactions.clone(),
        }
    }
}

impl From<Kept> for Approval {
    fn from(kept: Kept) -> Self {
        let step = |step: KeptStep| ApprovedStep {
            version: Version(step.version),
            file: step.file,
            direction: if step.down { Direction::Down } else { Direction::Up },
            checksum: step.sha256,
        };
        Self {
            database: kept.database,
            version: Version(kept.version),
            history: kept.history_sha256,
            steps: kept.steps.into_iter().map(step).collect(),
            transactions: kept.transactions,
        }
    }
}
