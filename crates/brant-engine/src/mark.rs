//! Versions that a person marks by hand: written under the lock, in one transaction, with a note in the journal.

use std::collections::HashMap;

use brant_core::{Direction, MarkTarget, Marking, Migration, Observer, Version, markings};

use brant_driver::{DriverError, ErrorKind};

use crate::journal::Journal;
use crate::look_again::look_again;
use crate::session::{Session, database, nothing_done, parse_history};
use crate::{RunError, RunErrorKind, Scripts};

/// What a person wants to be written.
#[derive(Clone, Debug)]
pub struct MarkOrder {
    /// What is said of which versions.
    pub target: MarkTarget,
    /// Versions that have no file may be marked as applied.
    pub without_file: bool,
    /// Why, for the journal.
    pub reason: Option<String>,
}

impl Session<'_> {
    /// What would be written. Changes nothing.
    ///
    /// # Errors
    ///
    /// When the database refuses, or the order makes no sense there.
    pub async fn markings(&mut self, all: &[Migration], order: &MarkOrder) -> Result<Vec<Marking>, RunError> {
        Ok(self.decide(all, order).await.map_err(nothing_done)?.0)
    }

    /// Writes it: rows of the history as a run would have written them, and a note in the journal for each version.
    ///
    /// With `approved`, only if it is that which is to be written now.
    ///
    /// # Errors
    ///
    /// As [`Session::markings`]; also when another run holds the lock. Nothing was changed then, unless the error says so:
    /// a connection that broke at the very end.
    pub async fn mark(
        &mut self,
        all: &[Migration],
        order: &MarkOrder,
        approved: Option<&[Marking]>,
        scripts: &dyn Scripts,
        observer: &mut dyn Observer,
    ) -> Result<Vec<Marking>, RunError> {
        let held = self.lock(observer).await.map_err(nothing_done)?;
        let marked = self.mark_locked(all, order, approved, scripts, observer).await;
        held.release(self.connection()).await;
        marked.map_err(nothing_done)
    }

    async fn mark_locked(
        &mut self,
        all: &[Migration],
        order: &MarkOrder,
        approved: Option<&[Marking]>,
        scripts: &dyn Scripts,
        observer: &mut dyn Observer,
    ) -> Result<Vec<Marking>, RunErrorKind> {
        let (marks, begins_anew) = self.decide(all, order).await?;
        if approved.is_some_and(|approved| approved != marks) {
            return Err(RunErrorKind::PlanMoved);
        }
        let journal = self.prepare(observer).await?;
        let accepts = matches!(order.target, MarkTarget::Accepted(_));
        let notes = match accepts {
            true => Some(acceptance(&journal, &marks, all, order.reason.as_deref(), scripts)?),
            false => notes(&journal, &marks, all, order.reason.as_deref(), scripts),
        };
        let message = self.message(&marks, begins_anew, notes);
        match self.connection().execute(&message).await {
            Ok(()) => Ok(marks),
            Err(error) if error.kind == ErrorKind::Closed => {
                let recorded = self.are_recorded(&marks, &journal).await;
                Err(RunErrorKind::MarkCutOff { error, recorded })
            }
            Err(error) => {
                let _ = self.connection().execute("ROLLBACK").await;
                Err(database("write the history", error))
            }
        }
    }

    /// Whether all of it is there, as a new connection sees it: it is one transaction. `None` where that can't be found
    /// out.
    async fn are_recorded(&mut self, marks: &[Marking], journal: &Journal) -> Option<bool> {
        let (lock_sql, stop) = (self.lock_sql(), self.options.stop.clone());
        let mut connection = look_again(self.connection(), &lock_sql, &stop).await?;
        let note = journal.statements_done(1);
        let rows = connection.query(note.as_ref().unwrap_or(&self.history_sql.list)).await;
        connection.close().await;
        if note.is_some() {
            return rows.ok().map(|rows| !rows.is_empty());
        }
        let history = parse_history(rows.ok()?).ok()?;
        Some(marks.iter().all(|mark| history.is_applied(mark.version) == mark.applied))
    }

    /// Also whether the row of version 0 is to be written too, which goose wants to find.
    async fn decide(
        &mut self,
        all: &[Migration],
        order: &MarkOrder,
    ) -> Result<(Vec<Marking>, bool), RunErrorKind> {
        let history = self.read_history(false).await?;
        let marks = markings(all, &history, &order.target, order.without_file).map_err(RunErrorKind::Plan)?;
        Ok((marks, history.is_emptied()))
    }

    fn message(&self, marks: &[Marking], begins_anew: bool, notes: Option<String>) -> String {
        let changed = |applied: bool| {
            marks
                .iter()
                .filter(move |mark| mark.in_history && mark.applied == applied)
                .map(|mark| mark.version)
        };
        let zero = begins_anew.then_some(Version::ZERO);
        let applied: Vec<Version> = zero.into_iter().chain(changed(true)).collect();
        let inserted = (!applied.is_empty()).then(|| self.history_sql().insert(&applied));
        let deleted = changed(false).map(|version| self.history_sql().delete(version));
        let statements: Vec<String> = inserted.into_iter().chain(deleted).chain(notes).collect();
        format!("BEGIN; {}; COMMIT", statements.join("; "))
    }
}

/// The rows of the journal for files that are taken as they are. That is all there is to write, so it has to be possible.
fn acceptance(
    journal: &Journal,
    marks: &[Marking],
    all: &[Migration],
    reason: Option<&str>,
    scripts: &dyn Scripts,
) -> Result<String, RunErrorKind> {
    let files = by_version(all);
    let mut contents = Vec::with_capacity(marks.len());
    for file in marks.iter().filter_map(|mark| files.get(&mark.version)) {
        contents.push(scripts.load(file, Direction::Up).map_err(RunErrorKind::Script)?.script.content);
    }
    let marks = marks.iter().zip(contents.iter().map(Some));
    journal.by_hand("accepted", marks, reason).ok_or_else(|| {
        let error = DriverError::new(ErrorKind::Statement, "there is no journal that can be written");
        database("note what was accepted", error)
    })
}

/// The rows of the journal. Those of applied versions keep what the files hold now: later edits are told from that.
fn notes(
    journal: &Journal,
    marks: &[Marking],
    all: &[Migration],
    reason: Option<&str>,
    scripts: &dyn Scripts,
) -> Option<String> {
    let files = by_version(all);
    let file = |mark: &Marking| files.get(&mark.version).filter(|_| mark.applied);
    // A file that can't be read today was not run either: the mark stands without its hashes.
    let contents: Vec<_> = marks
        .iter()
        .map(|mark| scripts.load(file(mark)?, Direction::Up).ok().map(|work| work.script.content))
        .collect();
    let marks = marks.iter().zip(&contents).map(|(mark, content)| (mark, content.as_ref()));
    journal.by_hand("marked", marks, reason)
}

fn by_version(all: &[Migration]) -> HashMap<Version, &Migration> {
    all.iter().map(|file| (file.version, file)).collect()
}
