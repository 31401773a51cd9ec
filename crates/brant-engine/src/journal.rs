//! The journal: what is known of a run's steps beyond what the history table can hold.

use std::hash::{BuildHasher, Hasher};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use brant_core::{Content, Direction, Marking, Script, Step, Version};
use brant_sql::{JournalEntry, JournalSql};

use crate::Options;
use crate::contents::pack;
use crate::notes::Beginning;

/// Renders the journal's statements for one run.
pub(crate) struct Journal {
    /// `None`: the journal can't be written, so the run goes on without.
    sql: Option<JournalSql>,
    run_id: String,
    /// Without its schema, which is the journal's own.
    history_table: String,
    os_user: String,
    host: String,
    tool: String,
}

impl Journal {
    /// The journal of a new run.
    pub(crate) fn new(sql: Option<JournalSql>, options: &Options) -> Self {
        Self {
            sql,
            run_id: new_run_id(),
            history_table: options.table.table().to_owned(),
            os_user: shorten(&options.os_user),
            host: shorten(&options.host),
            tool: shorten(&options.tool),
        }
    }

    /// Whether anything is written at all.
    pub(crate) fn is_on(&self) -> bool {
        self.sql.is_some()
    }

    /// The journal's table, ready to be put into a statement.
    pub(crate) fn table(&self) -> Option<&str> {
        self.sql.as_ref().map(|sql| sql.table.as_str())
    }

    /// Rows for steps that are done.
    pub(crate) fn done<'a>(
        &self,
        steps: impl Iterator<Item = (usize, &'a Step, &'a Script, Duration)>,
    ) -> Option<String> {
        let sql = self.sql.as_ref()?;
        let rows: Vec<_> = steps.map(|(n, step, script, took)| (Row::of(n, step, script), took)).collect();
        let entries: Vec<JournalEntry<'_>> =
            rows.iter().map(|(row, took)| self.done_entry(row, *took)).collect();
        (!entries.is_empty()).then(|| sql.insert(&entries))
    }

    /// Rows for versions that a person settled by hand, with what their files hold where that is known.
    pub(crate) fn by_hand<'a>(
        &'a self,
        state: &'a str,
        marks: impl Iterator<Item = (&'a Marking, Option<&'a Content>)>,
        reason: Option<&'a str>,
    ) -> Option<String> {
        let sql = self.sql.as_ref()?;
        let text = |content: &Content| content.text.as_deref().and_then(pack);
        let marks: Vec<_> =
            marks.map(|(mark, content)| (mark, content, content.and_then(text))).enumerate().collect();
        let mut entries = Vec::with_capacity(marks.len());
        for (index, (mark, content, source)) in &marks {
            let direction = if mark.applied { Direction::Up } else { Direction::Down };
            entries.push(JournalEntry {
                state,
                checksum: content.map_or("", |content| &content.checksum),
                token_hash: content.and_then(|content| content.token_hash.as_deref()),
                source: source.as_deref(),
                reason,
                ..self.blank(index + 1, mark.version, &mark.name, direction)
            });
        }
        Some(sql.insert(&entries))
    }

    /// A row for a step that begins.
    pub(crate) fn begin(
        &self,
        number: usize,
        step: &Step,
        script: &Script,
        beginning: &Beginning,
    ) -> Option<String> {
        let row = Row::of(number, step, script);
        // Where it is tried again, its row is there already.
        self.sql.as_ref().map(|sql| sql.put(&[self.begun(&row, beginning)]))
    }

    /// Notes how many statements of a step are done, and its state should nothing more be heard of it.
    pub(crate) fn progress(&self, number: usize, state: &str, statements_done: usize) -> Option<String> {
        self.sql.as_ref().map(|sql| sql.progress(&self.run_id, number, state, statements_done))
    }

    /// Notes that a step is over.
    pub(crate) fn finish(
        &self,
        number: usize,
        state: &str,
        done: usize,
        took: Duration,
        error: Option<&str>,
    ) -> Option<String> {
        self.sql.as_ref().map(|sql| sql.finish(&self.run_id, number, state, done, millis(took), error))
    }

    /// Asks how many statements of a step are done.
    pub(crate) fn statements_done(&self, number: usize) -> Option<String> {
        self.sql.as_ref().map(|sql| sql.statements_done(&self.run_id, number))
    }

    fn done_entry<'a>(&'a self, row: &'a Row<'a>, took: Duration) -> JournalEntry<'a> {
        JournalEntry {
            state: "done",
            statements_done: row.script.statements.len(),
            duration_ms: millis(took),
            ..self.entry(row)
        }
    }

    fn begun<'a>(&'a self, row: &'a Row<'a>, beginning: &'a Beginning) -> JournalEntry<'a> {
        JournalEntry {
            state: beginning.state,
            statements_done: beginning.done,
            statement_hashes: Some(&beginning.hashes),
            ..self.entry(row)
        }
    }

    fn entry<'a>(&'a self, Row { number, step, script, name, source }: &'a Row<'a>) -> JournalEntry<'a> {
        JournalEntry {
            statements_total: script.statements.len(),
            checksum: &script.content.checksum,
            token_hash: script.content.token_hash.as_deref(),
            source: source.as_deref(),
            ..self.blank(*number, step.migration.version, name, step.direction)
        }
    }

    /// An entry that tells nothing but whose it is.
    fn blank<'a>(
        &'a self,
        number: usize,
        version: Version,
        name: &'a str,
        direction: Direction,
    ) -> JournalEntry<'a> {
        JournalEntry {
            run_id: &self.run_id,
            step: number,
            history_table: &self.history_table,
            version,
            name,
            direction,
            state: JournalSql::RUNNING,
            statements_done: 0,
            statements_total: 0,
            checksum: "",
            token_hash: None,
            statement_hashes: None,
            source: None,
            reason: None,
            duration_ms: 0,
            who: &self.os_user,
            host: &self.host,
            tool: &self.tool,
        }
    }
}

/// What a row is made of.
struct Row<'a> {
    number: usize,
    step: &'a Step,
    script: &'a Script,
    name: String,
    /// The text of what is applied: it is the way back.
    source: Option<Vec<u8>>,
}

impl<'a> Row<'a> {
    fn of(number: usize, step: &'a Step, script: &'a Script) -> Self {
        let text = script.content.text.as_deref().filter(|_| step.direction == Direction::Up);
        Self { number, step, script, name: step.migration.file_name(), source: text.and_then(pack) }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// As long as the journal's columns take.
fn shorten(text: &str) -> String {
    text.chars().take(60).collect()
}

/// A name for the run that no other run has: the time, and bits that the system drew.
fn new_run_id() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let drawn = std::collections::hash_map::RandomState::new().build_hasher().finish();
    format!("{:x}-{drawn:016x}", now.as_millis())
}
