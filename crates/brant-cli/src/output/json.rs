//! Results for machines. Documented in `docs/json.md`; fields are added, and never change their meaning within one
//! `format_version`.

use std::collections::BTreeMap;
use std::time::Duration;

use brant_core::{
    Ending, FindingKind, Marking, Migration, Outcome, PlanError, Record, Report, StepReport, Verdict, Version,
};
use brant_driver::{DriverError, ErrorKind};
use brant_engine::{Commands, LockHolder, RunError, RunErrorKind, StopReason};
use serde::Serialize;

use super::plan_json::Plan;
use super::problems;
use super::shown::Shown;
use crate::exit::{Exit, Standing};
use crate::failure::{Failure, FailureKind};

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

/// The lock that keeps other runs out.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Lock {
    /// Somebody holds it.
    pub held: bool,
    /// Who.
    pub holder: Option<Holder>,
    /// `lock break`: whose session was ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Holder>,
}

/// Who holds the lock.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Holder {
    session: Option<i64>,
    description: String,
}

impl Holder {
    /// The same, as the engine tells it.
    pub(crate) fn of(holder: &LockHolder) -> Self {
        Self { session: holder.session, description: holder.description.clone() }
    }
}

/// A step that an earlier run left half done.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Unfinished {
    version: i64,
    file: String,
    direction: String,
    statements_done: usize,
    statements_total: usize,
    /// How the run ended: `failed`, `in_parts`, `unusable`, `cut_off` or `in_doubt`.
    ending: &'static str,
    /// The statement that failed, or comes next; from 1.
    next_statement: Option<usize>,
    /// The command that goes on with it.
    next: String,
}

impl Unfinished {
    /// The same, as the engine tells it.
    pub(crate) fn of(left: &brant_core::Unfinished, findings: &brant_core::Findings) -> Self {
        Self {
            version: left.version.0,
            file: left.name.clone(),
            direction: left.direction.clone(),
            statements_done: left.statements_done,
            statements_total: left.statements_total,
            ending: match left.ending {
                Ending::Failed => "failed",
                Ending::InParts => "in_parts",
                Ending::LeftUnusable => "unusable",
                Ending::CutOff => "cut_off",
                Ending::InDoubt => "in_doubt",
            },
            next_statement: Some(left.statements_done + 1).filter(|next| *next <= left.statements_total),
            next: goes_on(left, findings).to_owned(),
        }
    }
}

/// What a check found.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Findings {
    pending: Vec<File>,
    out_of_order: Vec<File>,
    missing: Vec<i64>,
    changed: Vec<File>,
    half_done: Vec<Unfinished>,
    /// The sorts that don't count for the exit code.
    allowed: Vec<&'static str>,
}

impl Findings {
    /// The same, as it was found.
    pub(crate) fn of(findings: &brant_core::Findings, allowed: &[FindingKind]) -> Self {
        let files = |migrations: &[Migration]| migrations.iter().map(File::of).collect();
        Self {
            pending: files(&findings.pending),
            out_of_order: files(&findings.out_of_order),
            missing: findings.missing.iter().map(|version| version.0).collect(),
            changed: findings.changed.iter().map(|change| File::of(&change.migration)).collect(),
            half_done: findings.half_done.iter().map(|left| Unfinished::of(left, findings)).collect(),
            allowed: allowed.iter().map(|kind| kind.name()).collect(),
        }
    }
}

/// A migration, as it is known without its content.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct File {
    version: i64,
    name: String,
    file: String,
}

impl File {
    fn of(migration: &Migration) -> Self {
        let Migration { version, name, path, .. } = migration;
        Self { version: version.0, name: name.clone(), file: path.display().to_string() }
    }
}

/// A version that a person marked.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Marked {
    version: i64,
    file: Option<String>,
    state: &'static str,
    /// The history changes; otherwise it says so already.
    in_history: bool,
    /// A step that was left half done is settled.
    settles: bool,
}

impl Marked {
    /// The same, as it was decided.
    pub(crate) fn of(mark: &Marking) -> Self {
        Self {
            version: mark.version.0,
            file: Some(mark.name.clone()).filter(|name| !name.is_empty()),
            state: if mark.is_acceptance() {
                "accepted"
            } else if mark.applied {
                "applied"
            } else {
                "pending"
            },
            in_history: mark.in_history,
            settles: mark.settles,
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

/// The command that goes on with a half-done migration, or settles it.
pub(crate) fn goes_on(left: &brant_core::Unfinished, findings: &brant_core::Findings) -> &'static str {
    match left.ending {
        _ if !findings.has_file_of(left) => "brant mark",
        Ending::InParts => "brant resume",
        _ if left.direction == "up" => "brant up",
        _ => "brant down",
    }
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

/// One migration as `status` shows it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Status {
    version: i64,
    /// Absent where the file is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    state: &'static str,
    applied_at: Option<Time>,
    /// Beside what was applied: `same`, `cosmetic` or `changed`; absent where that can't be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'static str>,
}

impl Status {
    /// A migration that has a file; `record` is its row, if it is applied.
    pub(crate) fn of(migration: &Migration, record: Option<&Record>) -> Self {
        Self {
            version: migration.version.0,
            name: Some(migration.name.clone()),
            file: Some(migration.path.display().to_string()),
            state: if record.is_some() { "applied" } else { "pending" },
            applied_at: record.and_then(Time::of),
            content: None,
        }
    }

    /// The same, compared with what was applied.
    pub(crate) fn compared(self, verdict: Option<Verdict>) -> Self {
        Self { content: verdict.map(Verdict::as_str), ..self }
    }

    /// A row without a file.
    pub(crate) fn missing_file(record: &Record) -> Self {
        Self {
            version: record.version.0,
            name: None,
            file: None,
            state: "missing_file",
            applied_at: Time::of(record),
            content: None,
        }
    }

    /// A file of a directory whose history nobody asks for.
    pub(crate) fn without_versioning(migration: &Migration) -> Self {
        Self { state: "no_versioning", ..Self::of(migration, None) }
    }
}

/// A time as the history table holds it.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Time {
    text: String,
    /// Not known: the table does not tell.
    zone: Option<&'static str>,
}

impl Time {
    fn of(record: &Record) -> Option<Self> {
        record.at.as_ref().map(|text| Self { text: text.clone(), zone: None })
    }
}

/// A file that got a new name.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Renamed {
    /// Its old name.
    pub from: String,
    /// Its new name.
    pub to: String,
}

/// A file that was looked at.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Checked {
    /// Its path.
    pub file: String,
    /// `sql`, or the language it is written in.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether each direction runs in a transaction; not known for code.
    pub transaction: Option<bool>,
    /// How many statements its Up section has.
    pub up: Option<usize>,
    /// How many statements its Down section has.
    pub down: Option<usize>,
}

/// Something that is wrong with a file.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Problem {
    /// What is wrong.
    pub message: String,
    /// With which file.
    pub file: Option<String>,
    /// Where in it.
    pub line: Option<usize>,
    /// Where in the line.
    pub column: Option<usize>,
    /// What to do, where it is not just to correct the file.
    pub next: Option<String>,
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

/// Why the command failed.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Error {
    kind: &'static str,
    message: String,
    file: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
    statement: Option<usize>,
    statements: Option<usize>,
    sqlstate: Option<String>,
    number: Option<i64>,
    detail: Option<String>,
    hint: Option<String>,
    context: Option<String>,
    /// Who held what was waited for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    blockers: Vec<Blocker>,
    state: Option<String>,
    next: Option<String>,
}

/// A session that kept another one waiting.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Blocker {
    session: i64,
    user: Option<String>,
    application: Option<String>,
    host: Option<String>,
    state: Option<String>,
    transaction_seconds: Option<u64>,
    query: Option<String>,
    certain: bool,
}

impl Blocker {
    fn of(blocker: &brant_core::Blocker) -> Self {
        let brant_core::Blocker { session, user, application, host, state, open_for, query, certain, .. } =
            blocker.clone();
        let transaction_seconds = open_for.map(|age| age.as_secs());
        Self { session, user, application, host, state, transaction_seconds, query, certain }
    }
}

impl Error {
    fn of(failure: &Failure, commands: &Commands) -> Self {
        match &failure.kind {
            FailureKind::Usage(error) => Self {
                kind: "usage",
                message: error.message.clone(),
                next: error.next.clone(),
                ..Self::default()
            },
            FailureKind::Plain { kind, message, next } => {
                let next = next.as_ref().map(|next| next.text(commands));
                Self { kind, message: message.clone(), next, ..Self::default() }
            }
            FailureKind::Problems(errors) => Self {
                kind: "file",
                message: problems::message(errors),
                next: Some(problems::next(errors, commands)),
                ..Self::default()
            },
            FailureKind::Run(error) => Self::of_run(error, commands),
        }
    }

    fn of_run(run: &RunError, commands: &Commands) -> Self {
        let mut error = Self {
            kind: run_kind(&run.kind),
            message: run.to_string(),
            state: Some(run.state()),
            next: run.next_step(commands),
            ..Self::default()
        };
        match &run.kind {
            RunErrorKind::Script(script) => error.place(&script.path, script.position),
            RunErrorKind::SessionSetting { path, position }
            | RunErrorKind::NeedsNoTransaction { path, position } => error.place(path, Some(*position)),
            RunErrorKind::NotInOne { path: Some(path), position, .. } => error.place(path, *position),
            RunErrorKind::HalfDone(left) => error.place(&left.migration.path, left.position()),
            RunErrorKind::Database { error: driver, .. } | RunErrorKind::MarkCutOff { error: driver, .. } => {
                error.server(driver);
            }
            RunErrorKind::Step(failure) => {
                error.place(&failure.migration.path, failure.position);
                error.statement = failure.statement.as_ref().map(|_| failure.number);
                error.statements = Some(failure.total);
                error.server(&failure.error);
                error.blockers = failure.blockers.iter().map(Blocker::of).collect();
            }
            _ => {}
        }
        error
    }

    fn place(&mut self, path: &std::path::Path, position: Option<brant_core::Position>) {
        self.file = Some(path.display().to_string());
        self.line = position.map(|p| p.line);
        self.column = position.map(|p| p.column);
    }

    fn server(&mut self, error: &DriverError) {
        self.sqlstate.clone_from(&error.sqlstate);
        self.number = error.number;
        self.detail.clone_from(&error.detail);
        self.hint.clone_from(&error.hint);
        self.context.clone_from(&error.context);
    }
}

/// The name of a failed run's cause.
fn run_kind(kind: &RunErrorKind) -> &'static str {
    match kind {
        RunErrorKind::Plan(error) => plan_kind(error),
        RunErrorKind::Changed(_) => "changed",
        RunErrorKind::Script(_) => "file",
        RunErrorKind::Irreversible(_) => "irreversible",
        RunErrorKind::Locked { .. } => "locked",
        RunErrorKind::PlanMoved | RunErrorKind::NotAsApproved(_) => "plan_moved",
        RunErrorKind::LockLost => "lock_lost",
        RunErrorKind::SessionSetting { .. } => "session_setting",
        RunErrorKind::NeedsNoTransaction { .. } => "needs_no_transaction",
        RunErrorKind::NotInOne { .. } => "not_in_one_transaction",
        RunErrorKind::HalfDone(_) => "half_done",
        RunErrorKind::Stopped(reason) => stop_kind(*reason),
        RunErrorKind::Vetoed { .. } => "vetoed",
        RunErrorKind::MarkCutOff { .. } => "database",
        RunErrorKind::Database { error, .. } => match error.kind {
            ErrorKind::Config => "config",
            ErrorKind::Connect => "connect",
            _ => "database",
        },
        RunErrorKind::Step(failure) => failure.stopped.map_or("statement", stop_kind),
        _ => "other",
    }
}

fn stop_kind(reason: StopReason) -> &'static str {
    match reason {
        StopReason::Interrupted => "interrupted",
        StopReason::TimedOut => "timed_out",
        StopReason::Vetoed => "vetoed",
    }
}

fn plan_kind(error: &PlanError) -> &'static str {
    match error {
        PlanError::NoMigrations => "no_migrations",
        PlanError::DuplicateVersion { .. } => "duplicate_version",
        PlanError::OutOfOrder { .. } => "out_of_order",
        PlanError::NothingApplied => "nothing_applied",
        PlanError::MissingFile { .. } => "missing_file",
        PlanError::HistoryEmptied => "history_emptied",
        PlanError::NoHistory => "no_history",
        PlanError::ForeignCode { .. } => "foreign_code",
        PlanError::TooManySteps { .. } => "too_many_steps",
        PlanError::AmbiguousSteps { .. } => "ambiguous_steps",
        PlanError::UnknownVersion { .. } | PlanError::NothingToMark { .. } => "unknown_version",
        PlanError::HalfDone { .. } | PlanError::HalfDoneWithoutFile { .. } => "half_done",
        PlanError::HistoryInUse { .. } => "history_in_use",
        PlanError::AlreadyApplied { .. } => "already_applied",
        PlanError::NotApplied { .. } => "not_applied",
        PlanError::DirectionUnknown { .. } => "arguments",
        _ => "plan",
    }
}
