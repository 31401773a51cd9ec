//! What a database holds: versions, what is half done, what is not as it should be, and who holds the lock.

use brant_core::{Ending, FindingKind, Marking, Migration, Record, Verdict, WayOn};
use brant_engine::LockHolder;
use serde::Serialize;

use crate::output::text;

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

/// A step that an earlier run left half done.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Unfinished {
    version: i64,
    file: String,
    direction: String,
    statements_done: usize,
    statements_total: usize,
    /// How the run ended: `failed`, `in_parts`, `kept`, `unusable`, `cut_off` or `in_doubt`.
    ending: &'static str,
    /// The statement that failed, or comes next; from 1.
    next_statement: Option<usize>,
    /// The command that goes on with it.
    next: &'static str,
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
                Ending::Kept => "kept",
                Ending::LeftUnusable => "unusable",
                Ending::CutOff => "cut_off",
                Ending::InDoubt => "in_doubt",
            },
            next_statement: Some(left.statements_done + 1).filter(|next| *next <= left.statements_total),
            next: text::command(WayOn::with(left, findings)),
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
