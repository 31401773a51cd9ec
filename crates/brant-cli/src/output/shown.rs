//! What `show` tells of a version, for people and for machines.

use std::fmt::Write as _;

use brant_core::Verdict;
use brant_core::change::seconds;
use brant_engine::LogEntry;
use brant_sql::mask_passwords;
use serde::{Serialize, Serializer};
use similar::TextDiff;

use super::json::Millis;
use super::text;
use crate::go;

/// All that is known of a version.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Shown {
    /// The version.
    pub version: i64,
    /// The file name, as it is or was.
    pub name: Option<String>,
    /// The file, if it is there.
    pub file: Option<String>,
    /// It is applied.
    pub applied: bool,
    /// When, if the history tells.
    pub applied_at: Option<String>,
    /// The file beside what was applied.
    #[serde(serialize_with = "verdict")]
    pub content: Option<Verdict>,
    /// What the journal tells, oldest first.
    #[serde(serialize_with = "log")]
    pub log: Vec<LogEntry>,
    /// The text that was stored when it was applied.
    pub text: Option<String>,
    /// What was edited since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
}

impl Shown {
    /// The same, with what was edited since it was applied.
    pub(crate) fn with_diff(self, now: Option<&[u8]>) -> Self {
        let now = now.map(|bytes| mask_passwords(&String::from_utf8_lossy(bytes)));
        let (Some(applied), Some(now)) = (&self.text, now) else { return self };
        // Line ends are no edit.
        let (applied, now) = (applied.replace("\r\n", "\n"), now.replace("\r\n", "\n"));
        let diff = TextDiff::from_lines(&applied, &now);
        let head = self.file.as_deref().unwrap_or_default();
        let diff = diff.unified_diff().context_radius(3).header("as it was applied", head).to_string();
        Self { diff: Some(diff), ..self }
    }

    /// For people.
    pub(crate) fn to_text(&self) -> String {
        let mut text =
            format!("version {}: {}\n", self.version, self.name.as_deref().unwrap_or("no file name known"));
        let applied = match (self.applied, &self.applied_at) {
            (false, _) => "no",
            (true, at) => at.as_deref().map_or("yes", seconds),
        };
        let _ = writeln!(text, "applied: {applied}");
        let _ = writeln!(text, "file: {}{}", self.file.as_deref().unwrap_or("missing"), self.judged());
        if !self.log.is_empty() {
            let rows: Vec<Vec<String>> = self.log.iter().map(row).collect();
            let _ = writeln!(
                text,
                "\n{}",
                text::table(&["Time (UTC)", "What", "By", "Took", "With", "Why"], &rows)
            );
        }
        let below = match (&self.diff, &self.text) {
            (Some(diff), _) if diff.is_empty() && self.content == Some(Verdict::Changed) => {
                "passwords alone were edited, and those are not shown"
            }
            (Some(diff), _) if diff.is_empty() => "nothing was edited since it was applied",
            (Some(diff), _) => diff,
            (None, Some(stored)) => stored,
            (None, None) => "no text of it is stored",
        };
        let _ = write!(text, "\n{}", below.trim_end());
        text
    }

    fn judged(&self) -> String {
        match self.content {
            None | Some(Verdict::Same) => String::new(),
            Some(Verdict::Cosmetic) => {
                " (looks otherwise than what was applied, and means the same)".to_owned()
            }
            Some(Verdict::Changed) => " (changed since it was applied)".to_owned(),
        }
    }
}

fn row(entry: &LogEntry) -> Vec<String> {
    let [user, host, tool] = &entry.by;
    let took = match entry.state.as_str() {
        "marked" | "accepted" => String::new(),
        _ => go::format_duration(entry.duration),
    };
    vec![
        entry.at.clone(),
        what(entry),
        format!("{user}@{host}"),
        took,
        tool.clone(),
        entry.reason.clone().unwrap_or_default(),
    ]
}

fn what(entry: &LogEntry) -> String {
    let LogEntry { direction, statements_done: done, statements_total: total, .. } = entry;
    let verb = if direction == "up" { "applied" } else { "reverted" };
    match entry.state.as_str() {
        "done" => verb.to_owned(),
        "marked" if direction == "up" => "marked as applied".to_owned(),
        "marked" => "marked as pending".to_owned(),
        "accepted" => "accepted as it was then".to_owned(),
        state => format!("{direction} {state}, {done} of {total} statements done"),
    }
}

#[derive(Serialize)]
struct Line<'a> {
    at: &'a str,
    file: &'a str,
    direction: &'a str,
    state: &'a str,
    statements_done: usize,
    statements_total: usize,
    duration_ms: Millis,
    user: &'a str,
    host: &'a str,
    tool: &'a str,
    reason: Option<&'a str>,
}

fn log<S: Serializer>(log: &[LogEntry], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(log.iter().map(|entry| Line {
        at: &entry.at,
        file: &entry.name,
        direction: &entry.direction,
        state: &entry.state,
        statements_done: entry.statements_done,
        statements_total: entry.statements_total,
        duration_ms: Millis(entry.duration),
        user: &entry.by[0],
        host: &entry.by[1],
        tool: &entry.by[2],
        reason: entry.reason.as_deref(),
    }))
}

fn verdict<S: Serializer>(verdict: &Option<Verdict>, serializer: S) -> Result<S::Ok, S::Error> {
    verdict.map(Verdict::as_str).serialize(serializer)
}
