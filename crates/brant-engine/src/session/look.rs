//! Reading what was applied: one look at brant's own tables.

use brant_core::{Ending, History, Record, Unfinished, Version};
use brant_driver::{DriverError, ErrorKind, Row};
use brant_sql::{HistorySql, JournalSql};

use super::{Found, READING, Session, database};
use crate::RunErrorKind;
use crate::contents::parse_content;
use crate::guard::{Guarded, given_up, guarded};

impl Session<'_> {
    /// Reads the history, where there is to be one.
    pub(crate) async fn look(&mut self, wants_contents: bool) -> Result<History, RunErrorKind> {
        match self.options.policy.versioning {
            true => self.read_history(wants_contents).await,
            false => Ok(History::absent()),
        }
    }

    /// Contents are asked for where somebody compares them: it costs a row for each version.
    pub(crate) async fn read_history(&mut self, wants_contents: bool) -> Result<History, RunErrorKind> {
        self.probe().await?;
        if !self.found.history {
            return Ok(History::absent());
        }
        let journal = self.questions_to_journal(wants_contents);
        let HistorySql { list, list_all, .. } = &self.history_sql;
        let [picked, all] = [list, list_all].map(|list| format!("{list}{journal}"));
        let canceller = self.connection.canceller();
        let rows = self.connection.firsts(&picked, &all);
        let answer = guarded(self.options.stop.requested(), canceller, rows).await;
        let rows = self.rows_of(answer)?;
        parse_history(rows).map_err(|error| database(READING, error))
    }

    /// What is asked of the journal, to follow another question. For no version more than one row answers it.
    fn questions_to_journal(&self, wants_contents: bool) -> String {
        let mut questions = String::new();
        if self.found.journal_readable {
            questions.push_str("; ");
            questions.push_str(&self.journal_sql.unfinished(self.table.table()));
            if wants_contents {
                questions.push_str("; ");
                questions.push_str(&self.journal_sql.contents(self.table.table()));
            }
        }
        questions
    }

    /// Looks which of brant's tables are there, and where.
    pub(crate) async fn probe(&mut self) -> Result<(), RunErrorKind> {
        let probe = self.history_sql.probe.clone();
        let rows = self.ask(&probe).await?;
        let flag =
            |i: usize| rows.first().and_then(|row| row.get(i)).is_some_and(|value| is_true(value.as_deref()));
        self.found = Found {
            history: flag(0),
            journal: flag(1),
            journal_readable: flag(2),
            journal_writable: flag(3),
        };
        if let Some(schema) = rows.first().and_then(|row| row.get(4)).and_then(Option::as_deref) {
            self.table = self.options.table.found_in(schema, self.dialect);
            self.history_sql = self.dialect.history(self.options.layout, &self.table);
            self.journal_sql = self.dialect.journal(&self.table);
        }
        Ok(())
    }

    /// Whether there is a journal that can be read; known after a look.
    pub(crate) fn has_journal(&self) -> bool {
        self.found.journal_readable
    }

    /// Asks about the history, unless the run is asked to end.
    pub(crate) async fn ask(&mut self, sql: &str) -> Result<Vec<Row>, RunErrorKind> {
        let canceller = self.connection.canceller();
        let answer = guarded(self.options.stop.requested(), canceller, self.connection.query(sql)).await;
        self.rows_of(answer)
    }

    fn rows_of(&mut self, answer: Guarded<Result<Vec<Row>, DriverError>>) -> Result<Vec<Row>, RunErrorKind> {
        match (answer.stopped, answer.result) {
            (Some(reason), _) => Err(RunErrorKind::Stopped(reason)),
            (None, Some(rows)) => rows.map_err(|error| database(READING, error)),
            (None, None) => Err(database(READING, given_up(&mut *self.connection))),
        }
    }
}

pub(crate) fn is_true(value: Option<&str>) -> bool {
    matches!(value, Some("t" | "true" | "1"))
}

/// Rows of three columns are the history's, newest first; rows of seven and of five are the journal's.
pub(crate) fn parse_history(rows: Vec<Row>) -> Result<History, DriverError> {
    let mut records = Vec::with_capacity(rows.len());
    let (mut unfinished, mut contents) = (Vec::new(), Vec::new());
    for row in rows {
        match <[Option<String>; 3]>::try_from(row).map_err(<[Option<String>; 5]>::try_from) {
            Ok([version, applied, at]) => records.push(Record {
                version: parse_version(version.as_deref())?,
                applied: is_true(applied.as_deref()),
                at,
            }),
            Err(Ok(content)) => contents.push(parse_content(content)?),
            Err(Err(row)) => unfinished.push(parse_unfinished(&row)?),
        }
    }
    records.reverse();
    Ok(History::from_records(records).with_contents(contents).with_unfinished(unfinished))
}

pub(crate) fn parse_version(text: Option<&str>) -> Result<Version, DriverError> {
    let parsed = text.and_then(|text| text.parse().ok()).map(Version);
    parsed.ok_or_else(|| {
        let text = format!("the history table holds `{}` where a version should be", text.unwrap_or("NULL"));
        DriverError::new(ErrorKind::Statement, text)
    })
}

fn parse_unfinished(row: &[Option<String>]) -> Result<Unfinished, DriverError> {
    let text = |i: usize| row.get(i).and_then(Option::as_deref).unwrap_or_default();
    let number = |i: usize| text(i).parse().unwrap_or(0);
    Ok(Unfinished {
        version: parse_version(Some(text(0)))?,
        name: text(1).to_owned(),
        direction: text(2).to_owned(),
        ending: match text(3) {
            JournalSql::RUNNING => Ending::CutOff,
            JournalSql::IN_DOUBT => Ending::InDoubt,
            JournalSql::IN_PARTS => Ending::InParts,
            JournalSql::KEPT => Ending::Kept,
            JournalSql::UNUSABLE => Ending::LeftUnusable,
            _ => Ending::Failed,
        },
        statements_done: number(4),
        statements_total: number(5),
        statement_hashes: text(6).split_whitespace().map(str::to_owned).collect(),
    })
}
