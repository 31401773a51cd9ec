//! What was applied, by its content: edits are found, and the texts that were kept lead back.

use std::collections::HashMap;
use std::time::Duration;

use brant_core::change::seconds;
use brant_core::{
    AppliedContent, Event, History, Migration, MigrationKind, Observer, Plan, Step, Version, changes,
};
use brant_driver::{DriverError, ErrorKind, Row};
use brant_sql::{mask_passwords, password_literals};

use crate::session::{READING, Session, database, is_true, nothing_done, parse_version};
use crate::{RunError, RunErrorKind, ScriptError, Scripts, Work};

/// Longer texts are not kept: the record of a step must fit into one packet of any server.
const TEXT_MAX: usize = 1 << 20;

/// A masked text can be a little longer than the text was.
const UNPACKED_MAX: usize = 4 * TEXT_MAX;

/// What stands in a kept text in place of a password.
const MASK: &str = "***";

/// A text as the journal keeps it: without passwords, and packed.
pub(crate) fn pack(text: &str) -> Option<Vec<u8>> {
    (text.len() <= TEXT_MAX).then(|| lz4_flex::compress_prepend_size(mask_passwords(text).as_bytes()))
}

/// The text in these hexadecimal digits.
fn unpack(digits: &str) -> Option<String> {
    let digit = |at: usize| digits.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let packed = (0..digits.len()).step_by(2).map(digit).collect::<Option<Vec<u8>>>()?;
    // Whatever is there instead of a text must not take all memory.
    let (length, rest) =
        lz4_flex::block::uncompressed_size(&packed).ok().filter(|(n, _)| *n <= UNPACKED_MAX)?;
    String::from_utf8(lz4_flex::decompress(rest, length).ok()?).ok()
}

/// A row of five columns, as `JournalSql::contents` asks for it.
pub(crate) fn parse_content(row: [Option<String>; 5]) -> Result<AppliedContent, DriverError> {
    let [version, name, checksum, token_hash, has_text] = row;
    Ok(AppliedContent {
        version: parse_version(version.as_deref())?,
        name: name.unwrap_or_default(),
        checksum: checksum.unwrap_or_default(),
        token_hash,
        has_text: is_true(has_text.as_deref()),
    })
}

impl Session<'_> {
    /// Tells of migrations that were edited after they were applied, but for those that this very plan applies again.
    pub(crate) fn check_changes(
        &self,
        all: &[Migration],
        history: &History,
        plan: &Plan,
        scripts: &dyn Scripts,
        observer: &mut dyn Observer,
    ) -> Result<(), RunErrorKind> {
        let mut changes = changes(all, history, |migration, applied| scripts.verdict(migration, applied));
        changes.retain(|change| !plan.applies(change.migration.version));
        if self.options.strict && !changes.is_empty() {
            return Err(RunErrorKind::Changed(changes));
        }
        for change in changes {
            observer.event(&Event::Warning(&change.to_string()));
        }
        Ok(())
    }

    /// The texts of those steps whose file is gone.
    pub(crate) async fn kept_texts(
        &mut self,
        plan: &Plan,
        history: &History,
        observer: &mut dyn Observer,
    ) -> Result<HashMap<Version, String>, RunErrorKind> {
        let is_kept = |step: &&Step| step.migration.kind == MigrationKind::Kept;
        let mut gone: Vec<Version> = plan.steps.iter().filter(is_kept).map(|s| s.migration.version).collect();
        gone.dedup();
        for version in &gone {
            let name = history.content(*version).map_or("", |content| &content.name);
            let at = history
                .record(*version)
                .and_then(|record| record.at.as_deref())
                .unwrap_or("a time not known");
            let text = format!(
                "`{name}`: its file is missing: going back with the text stored when it was applied on {}",
                seconds(at)
            );
            observer.event(&Event::Warning(&text));
        }
        self.texts(&gone).await
    }

    /// The texts of these versions, where they were kept.
    pub(crate) async fn texts(
        &mut self,
        versions: &[Version],
    ) -> Result<HashMap<Version, String>, RunErrorKind> {
        if versions.is_empty() {
            return Ok(HashMap::new());
        }
        let sql = self.journal_sql.sources(self.table.table(), versions);
        let rows = self.ask(&sql).await?;
        let texts: Result<_, DriverError> = rows.iter().map(parse_text).collect();
        texts.map_err(|error| database(READING, error))
    }
}

/// Something that happened to a version, as the journal tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// When (`YYYY-MM-DD HH:MM:SS`, UTC).
    pub at: String,
    /// The file name at the time.
    pub name: String,
    /// `up` or `down`.
    pub direction: String,
    /// `running`, `done`, `failed`, `marked` or `accepted`.
    pub state: String,
    /// How many of its statements are known to be carried out.
    pub statements_done: usize,
    /// How many statements it had.
    pub statements_total: usize,
    /// How long it took.
    pub duration: Duration,
    /// The user of the operating system, the machine, and the program.
    pub by: [String; 3],
    /// Why a person wanted it.
    pub reason: Option<String>,
}

impl Session<'_> {
    /// All that the journal tells of a version, oldest first, and the text of it that was stored when it was applied.
    /// Changes nothing.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub async fn log(&mut self, version: Version) -> Result<(Vec<LogEntry>, Option<String>), RunError> {
        self.read_log(version).await.map_err(nothing_done)
    }

    async fn read_log(&mut self, version: Version) -> Result<(Vec<LogEntry>, Option<String>), RunErrorKind> {
        self.probe().await?;
        if !self.has_journal() {
            return Ok((Vec::new(), None));
        }
        let rows = self.ask(&self.journal_sql.log(self.table.table(), version)).await?;
        let text = self.texts(&[version]).await?.remove(&version);
        Ok((rows.into_iter().map(log_entry).collect(), text))
    }
}

fn log_entry(row: Row) -> LogEntry {
    let mut fields = row.into_iter();
    let mut next = || fields.next().flatten();
    let mut text = || next().unwrap_or_default();
    let [at, name, direction, state] = [text(), text(), text(), text()];
    let [done, total, millis] = [text(), text(), text()].map(|number| number.parse().unwrap_or(0_u64));
    let by = [text(), text(), text()];
    let count = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    LogEntry {
        at,
        name,
        direction,
        state,
        statements_done: count(done),
        statements_total: count(total),
        duration: Duration::from_millis(millis),
        by,
        reason: next(),
    }
}

fn parse_text(row: &Row) -> Result<(Version, String), DriverError> {
    let version = parse_version(row.first().and_then(Option::as_deref))?;
    let text = row.get(1).and_then(Option::as_deref).and_then(unpack);
    let text = text.ok_or_else(|| {
        let message = format!("the text that was stored of version {version} can't be unpacked");
        DriverError::new(ErrorKind::Statement, message)
    })?;
    Ok((version, text))
}

/// Reads a step from the text that was kept.
pub(crate) fn load_kept(step: &Step, text: &str, scripts: &dyn Scripts) -> Result<Work, RunErrorKind> {
    let work = scripts.parse(&step.migration, text, step.direction).map_err(RunErrorKind::Script)?;
    let hidden = |sql: &str| password_literals(sql).into_iter().any(|literal| &sql[literal] == MASK);
    match work.script.statements.iter().find(|statement| hidden(&statement.sql)) {
        None => Ok(work),
        Some(statement) => Err(RunErrorKind::Script(ScriptError {
            path: step.migration.path.clone(),
            position: Some(statement.position),
            message:
                "its file is missing, and this statement needs a password, which is not stored with the text"
                    .to_owned(),
            remedy: Some(
                "bring the file back, for example by checking out the commit that had it".to_owned(),
            ),
        })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_without_passwords() {
        for (text, kept) in [
            ("", ""),
            ("-- +goose Up\nSELECT 'ä€𝄞';\n", "-- +goose Up\nSELECT 'ä€𝄞';\n"),
            ("ALTER ROLE r PASSWORD 'geheim';", "ALTER ROLE r PASSWORD '***';"),
        ] {
            let digits: String = pack(text).unwrap().iter().map(|byte| format!("{byte:02X}")).collect();
            assert_eq!(unpack(&digits).as_deref(), Some(kept));
        }
        assert_eq!(pack(&" ".repeat(TEXT_MAX + 1)), None);
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for digits in ["0", "zz", "ffffffff", "05000000", "0100000010ff"] {
            assert_eq!(unpack(digits), None, "{digits}");
        }
    }
}
