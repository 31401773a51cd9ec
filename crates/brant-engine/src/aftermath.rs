//! After the connection broke: what the database holds, as a new connection sees it.
//!
//! What can be told without asking is told so: a transaction whose COMMIT was never sent is rolled back by the server
//! when its connection ends. A new connection is only needed where a COMMIT was under way.

use std::ops::Range;
use std::time::Duration;

use brant_core::{Direction, Script, Statement, StatementKind, Step, TransactionMode};
use brant_driver::{Connection, DriverError};
use brant_sql::{HistorySql, JournalSql};

use crate::boundary::locks_tables;
use crate::error::DatabaseState;
use crate::execute::Execution;
use crate::look_again::look_again;
use crate::session::parse_history;
use crate::stepwise::{code_of, count_of};

/// Where a step was when its connection broke.
#[derive(Clone, Copy)]
pub(crate) enum Broken {
    /// So many statements had succeeded, and the next one was sent.
    AtStatement(usize),
    /// So many statements had succeeded, and the journal was being written.
    AfterStatement(usize),
    /// So many statements had succeeded, and one message was to write that into the journal and to go on with the next.
    AtNote(usize),
    /// So many statements had succeeded, and the next one was sent in one transaction with its note.
    Together(usize),
    /// All had succeeded, and the record was being committed.
    AtRecord,
}

impl Execution<'_> {
    /// Whether a transaction whose commit was under way got through. The connection is gone.
    pub(crate) async fn commit_state(&mut self, steps: Range<usize>) -> DatabaseState {
        let Some(mut connection) = self.look_again().await else { return DatabaseState::CommitInDoubt };
        let recorded = is_recorded(&mut *connection, self.history_sql, &self.plan.steps[steps]).await;
        connection.close().await;
        match recorded {
            Some(true) => DatabaseState::Recorded,
            Some(false) => DatabaseState::RolledBack,
            None => DatabaseState::CommitInDoubt,
        }
    }

    /// How far a step came that is followed statement by statement, and notes it in the journal. The connection is
    /// gone.
    pub(crate) async fn stepwise_state(
        &mut self,
        i: usize,
        broken: Broken,
        took: Duration,
        error: &DriverError,
    ) -> DatabaseState {
        let script = self.script(i);
        let mut connection = self.look_again().await;
        let counted = match &mut connection {
            Some(connection) => self.counted(&mut **connection, i).await,
            None => None,
        };
        let mut state = known_state(script, broken, counted);
        if let (Broken::AtRecord, Some(connection)) = (broken, &mut connection) {
            match is_recorded(&mut **connection, self.history_sql, &self.plan.steps[i..=i]).await {
                Some(true) => state = DatabaseState::Recorded,
                Some(false) => {
                    state = DatabaseState::PartlyDone { done: survivors(script, script.statements.len()) }
                }
                None => {}
            }
        }
        if let Some(mut connection) = connection {
            if let Some(note) = self.note(i, state, took, error) {
                let _ = connection.execute(&note).await;
            }
            connection.close().await;
        }
        state
    }

    async fn look_again(&mut self) -> Option<Box<dyn Connection>> {
        look_again(&mut *self.connection, &self.lock_sql, self.stop).await
    }

    /// The journal's count of the step's statements.
    async fn counted(&mut self, connection: &mut dyn Connection, i: usize) -> Option<usize> {
        count_of(connection.query(&self.journal.statements_done(i + 1)?).await.ok()?)
    }

    fn note(&self, i: usize, state: DatabaseState, took: Duration, error: &DriverError) -> Option<String> {
        match state {
            DatabaseState::PartlyDone { done } if done < self.script(i).statements.len() => {
                self.journal.finish(i + 1, JournalSql::FAILED, done, took, Some(&code_of(error)))
            }
            DatabaseState::PartlyDone { done } => self.journal.progress(i + 1, JournalSql::RUNNING, done),
            DatabaseState::InDoubt { done } if done == self.script(i).statements.len() => {
                self.journal.progress(i + 1, JournalSql::RUNNING, done)
            }
            DatabaseState::InDoubt { done } => self.journal.progress(i + 1, JournalSql::IN_DOUBT, done),
            _ => None,
        }
    }
}

/// Whether the history holds these steps; `None` where that can't be found out.
pub(crate) async fn is_recorded(
    connection: &mut dyn Connection,
    sql: Option<&HistorySql>,
    steps: &[Step],
) -> Option<bool> {
    let rows = connection.query(&sql?.list).await.ok()?;
    let history = parse_history(rows).ok()?;
    let is_held =
        |step: &Step| history.is_applied(step.migration.version) == (step.direction == Direction::Up);
    Some(steps.iter().all(is_held))
}

/// What can be told of a step without asking for its record; `counted` is the journal's count, if it could be read.
fn known_state(script: &Script, broken: Broken, counted: Option<usize>) -> DatabaseState {
    let total = script.statements.len();
    if script.statements.iter().any(controls_transaction) {
        // Which of its own transactions was committed only the journal knows.
        let known = match broken {
            Broken::AtStatement(done)
            | Broken::AfterStatement(done)
            | Broken::AtNote(done)
            | Broken::Together(done) => done,
            Broken::AtRecord => total,
        };
        return DatabaseState::InDoubt { done: counted.unwrap_or(known) };
    }
    match broken {
        Broken::AtRecord => DatabaseState::InDoubt { done: total },
        Broken::AfterStatement(done) => DatabaseState::PartlyDone { done: survivors(script, done) },
        Broken::Together(done) => match counted {
            // What was noted before by itself may not be counted.
            Some(counted) => DatabaseState::PartlyDone { done: counted.max(done) },
            None => DatabaseState::InDoubt { done },
        },
        Broken::AtStatement(done) | Broken::AtNote(done) => {
            let commits_itself = script.transaction == TransactionMode::None
                || script.statements.get(done).is_some_and(|s| s.class.commits_implicitly);
            let is_joined = matches!(broken, Broken::AtNote(_));
            let survivors = survivors(script, done);
            match counted {
                // It is not begun without the note in its message; its commit would have carried those before it, and
                // their count.
                Some(counted) if counted < done && (is_joined || survivors < done) => {
                    DatabaseState::PartlyDone { done: survivors }
                }
                Some(_) if commits_itself => DatabaseState::InDoubt { done },
                None if commits_itself => DatabaseState::InDoubt { done: survivors },
                _ => DatabaseState::PartlyDone { done: survivors },
            }
        }
    }
}

/// How many of the first `done` statements outlive their connection.
pub(crate) fn survivors(script: &Script, done: usize) -> usize {
    match script.transaction {
        TransactionMode::None => done,
        TransactionMode::PerMigration if script.statements[..done].iter().any(locks_tables) => done,
        TransactionMode::PerMigration => {
            let committed = script.statements[..done].iter().rposition(|s| s.class.commits_implicitly);
            committed.map_or(0, |last| last + 1)
        }
    }
}

fn controls_transaction(statement: &Statement) -> bool {
    statement.class.kind == StatementKind::TransactionControl
}

#[cfg(test)]
mod tests {
    use brant_core::{Content, Position, StatementClass};

    use super::*;

    /// A script of schema changes (`d`, which commit by themselves), rows (`r`) and transaction control (`t`).
    fn script(kinds: &str, transaction: TransactionMode) -> Script {
        let statement = |c: char| Statement {
            sql: String::new(),
            source: String::new(),
            position: Position { line: 1, column: 1 },
            bytes: 0..0,
            class: StatementClass {
                commits_implicitly: c == 'd',
                ..StatementClass::plain(match c {
                    't' => StatementKind::TransactionControl,
                    _ => StatementKind::Other,
                })
            },
            block: false,
        };
        Script {
            path: "1_a.sql".into(),
            statements: kinds.chars().map(statement).collect(),
            transaction,
            section_present: true,
            annotations: vec![],
            content: Content::default(),
            substituted: vec![],
        }
    }

    #[test]
    fn what_a_broken_connection_leaves() {
        use Broken::{AfterStatement, AtNote, AtRecord, AtStatement, Together};
        use DatabaseState::{InDoubt, PartlyDone};
        let (one, none) = (TransactionMode::PerMigration, TransactionMode::None);
        for (kinds, mode, broken, counted, state) in [
            ("drr", one, AtStatement(0), Some(0), InDoubt { done: 0 }),
            ("drr", one, AtStatement(2), Some(1), PartlyDone { done: 1 }),
            ("drd", one, AtStatement(2), Some(1), PartlyDone { done: 1 }),
            ("drd", one, AtStatement(2), Some(2), InDoubt { done: 2 }),
            ("drd", one, AtStatement(2), None, InDoubt { done: 1 }),
            ("ddd", one, AtStatement(2), Some(1), InDoubt { done: 2 }),
            ("ddd", one, AfterStatement(2), Some(1), PartlyDone { done: 2 }),
            ("drr", one, AfterStatement(2), Some(1), PartlyDone { done: 1 }),
            // A note and the next statement in one message.
            ("ddd", one, AtNote(2), Some(1), PartlyDone { done: 2 }),
            ("ddd", one, AtNote(2), Some(2), InDoubt { done: 2 }),
            ("ddd", one, AtNote(2), None, InDoubt { done: 2 }),
            // With BEGIN between the two.
            ("ddr", one, AtNote(2), Some(1), PartlyDone { done: 2 }),
            ("ddr", one, AtNote(2), Some(2), PartlyDone { done: 2 }),
            // In the transaction of a row that is rolled back with it, or committed with it by the next.
            ("drr", one, AtNote(2), Some(1), PartlyDone { done: 1 }),
            ("drd", one, AtNote(2), Some(1), PartlyDone { done: 1 }),
            ("drd", one, AtNote(2), Some(2), InDoubt { done: 2 }),
            ("drd", one, AtNote(2), None, InDoubt { done: 1 }),
            ("rrr", none, AtNote(2), Some(1), PartlyDone { done: 2 }),
            ("rrr", none, AtNote(2), Some(2), InDoubt { done: 2 }),
            ("rrr", none, AtNote(2), None, InDoubt { done: 2 }),
            ("trt", none, AtNote(2), Some(0), InDoubt { done: 0 }),
            ("rrr", none, AtStatement(2), Some(2), InDoubt { done: 2 }),
            ("rrr", none, AfterStatement(2), None, PartlyDone { done: 2 }),
            // In one transaction with its note.
            ("rrr", none, Together(1), Some(1), PartlyDone { done: 1 }),
            ("rrr", none, Together(1), Some(2), PartlyDone { done: 2 }),
            ("rrr", none, Together(1), None, InDoubt { done: 1 }),
            ("rrr", none, AtRecord, None, InDoubt { done: 3 }),
            ("trt", none, AtStatement(2), Some(0), InDoubt { done: 0 }),
        ] {
            assert_eq!(known_state(&script(kinds, mode), broken, counted), state, "{kinds}");
        }
    }
}
