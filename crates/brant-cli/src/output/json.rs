//! Results for machines. Documented in `docs/json.md`; fields are added, and never change their meaning within one
//! `format_version`.

mod error;
mod files;
mod history;

use std::collections::BTreeMap;
use std::time::Duration;

use brant_core::{Migration, Outcome, Report, StepReport, Version};
use brant_engine::Commands;
use serde::Serialize;

use self::error::Error;
pub(crate) use self::files::{Checked, Problem, Renamed};
pub(crate) use self::history::{Findings, Holder, Lock, Marked, Status, Unfinished};
use super::plan_json::Plan;
use super::shown::Shown;
use crate::exit::{Exit, Standing};
use crate::failure::Failure;

/// Grows when a field changes its meaning or goes away.
const FORMAT_VERSION: u32 = 1;

/// The answer to one command.
#[derive(Debug, Serialize)]
pub(crate) struct Document<'a> {
    format_version: u32,
    command: Option<&'a str>,
    exit_code: u8,
    #[serde(flatten)]
    body: &'a Body,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Error>,
}

impl<'a> Document<'a> {
    /// The answer that holds this result.
    pub(crate) fn new(
        command: Option<&'a str>,
        exit: Exit,
        result: &'a Result<Body, Failure>,
        warnings: Vec<String>,
        commands: &Commands,
    ) -> Self {
        let (body, error) = match result {
            Ok(body) => (body, None),
            Err(failure) => (&*failure.body, Some(Error::of(failure, commands))),
        };
        Self { format_version: FORMAT_VERSION, command, exit_code: exit.code(), body, warnings, error }
    }

    /// The text that is written: indented, with a line end.
    pub(crate) fn render(&self) -> String {
        match serde_json::to_string_pretty(self) {
            Ok(text) => text + "\n",
            Err(error) => unreachable!("every field can be written as JSON: {error}"),
        }
    }
}

/// What a command found or did; each command fills its own fields.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Body {
    /// The version applied last, before the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_before: Option<i64>,
    /// The version applied last, after the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_after: Option<i64>,
    /// What the run did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<Step>>,
    /// `plan`: what would be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Box<Plan>>,
    /// `version`: the version applied last (or the highest file, without versioning).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// `status`: every migration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migrations: Option<Vec<Status>>,
    /// `status`: what earlier runs left half done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unfinished: Vec<Unfinished>,
    /// `check`: what is not as it should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings: Option<Findings>,
    /// `config`: what is set, and by whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<Vec<Setting>>,
    /// `mark`, `baseline`: what was written, or would be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marked: Option<Vec<Marked>>,
    /// `show`: what is known of a version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<Shown>,
    /// `lock`: whether it is held, and by whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock: Option<Lock>,
    /// Nothing was changed: this is what would be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
    /// `create`, `init`: the new file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// `fix`: what got a new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed: Option<Vec<Renamed>>,
    /// `validate`: what was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<Vec<Checked>>,
    /// `validate`: what is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problems: Option<Vec<Problem>>,
    /// `env`: the variables and what they amount to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variables: Option<BTreeMap<&'static str, String>>,
    /// `drivers`: the names that may stand for DRIVER.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drivers: Option<Vec<Vec<&'static str>>>,
    /// `help`: the commands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commands: Option<Vec<Help>>,
    /// `completions`, `man`, `plan --sql`: the whole text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// `wait`: the server that answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// `wait`: how long it took until it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waited_ms: Option<Millis>,
    /// `status`: what the exit code tells with `-detailed-exit-codes`.
    #[serde(skip)]
    pub standing: Standing,
    /// `-version`: brant's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brant: Option<&'static str>,
}

impl Body {
    /// The fields of a run.
    pub(crate) fn of_report(report: &Report) -> Self {
        let number = |version: Option<Version>| version.map(|v| v.0);
        Self {
            version_before: number(report.version_before),
            version_after: number(report.version_after),
            steps: Some(report.steps.iter().map(Step::of).collect()),
            ..Self::default()
        }
    }
}

/// A setting that is in effect.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Setting {
    /// Its key in `brant.toml`.
    pub name: &'static str,
    /// Its value, written as there; null where there is none.
    pub value: Option<String>,
    /// Who set it.
    pub origin: String,
}

/// A step that is done.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Step {
    version: i64,
    name: String,
    file: String,
    direction: &'static str,
    outcome: &'static str,
    duration_ms: Millis,
    statements: usize,
}

impl Step {
    fn of(step: &StepReport) -> Self {
        let Migration { version, name, path, .. } = &step.migration;
        Self {
            version: version.0,
            name: name.clone(),
            file: path.display().to_string(),
            direction: step.direction.as_str(),
            outcome: match step.outcome {
                Outcome::Done => "done",
                Outcome::Empty => "empty",
            },
            duration_ms: Millis(step.duration),
            statements: step.n_statements,
        }
    }
}

/// A duration in milliseconds, with three decimals.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Millis(pub Duration);

impl Serialize for Millis {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64((self.0.as_secs_f64() * 1e6).round() / 1e3)
    }
}

/// A command, as `help` shows it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Help {
    /// Its name.
    pub name: &'static str,
    /// What follows the name.
    pub arguments: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// A command line to try.
    pub example: &'static str,
}
