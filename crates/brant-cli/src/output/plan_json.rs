//! A run that has not been, for machines. Documented in `docs/json.md`.

use brant_core::{Migration, Statement};
use brant_engine::{Boundary, Preview, TableSize};
use brant_sql::effects::{Blocks, Effect, Effects, Work};
use brant_sql::mask_passwords;
use serde::Serialize;

/// What a run would do.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Plan {
    server: String,
    makes_history_table: bool,
    transactions: Vec<Transaction>,
    tables: Vec<Table>,
}

/// Steps that are held together.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Transaction {
    kind: &'static str,
    steps: Vec<Step>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Step {
    version: i64,
    name: String,
    file: String,
    direction: &'static str,
    sha256: String,
    /// By an earlier run: those after them are in `statements`.
    statements_done: usize,
    statements: Vec<Sql>,
}

/// A statement, as it stands in the file.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Sql {
    line: usize,
    column: usize,
    sql: String,
    locks: Vec<Lock>,
    /// There may be more locks than these.
    may_lock_more: bool,
    refused: Option<&'static str>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Lock {
    on: String,
    lock: &'static str,
    blocks: &'static str,
    queue: &'static str,
    work: &'static str,
    unless: Option<&'static str>,
    note: Option<&'static str>,
    since: Option<&'static str>,
    source: &'static str,
}

/// A table that is there now.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Table {
    name: String,
    rows: Option<u64>,
    bytes: Option<u64>,
}

impl Plan {
    /// The same, as the engine tells it.
    pub(crate) fn of(preview: &Preview) -> Self {
        let transaction = |group: &std::ops::Range<usize>| Transaction {
            kind: kind(preview.boundary(group.start)),
            steps: group.clone().map(|i| Step::of(preview, i)).collect(),
        };
        Self {
            server: preview.server.clone(),
            makes_history_table: preview.makes_history(),
            transactions: preview.groups.iter().map(transaction).collect(),
            tables: preview.sizes.iter().map(Table::of).collect(),
        }
    }
}

fn kind(boundary: Boundary) -> &'static str {
    match boundary {
        Boundary::Transaction => "transaction",
        Boundary::Statements => "statements",
        Boundary::Code => "code",
        Boundary::CodeInParts => "code_in_parts",
    }
}

impl Step {
    fn of(preview: &Preview, i: usize) -> Self {
        let (step, script) = (&preview.plan.steps[i], &preview.works[i].script);
        let Migration { version, name, path, .. } = &step.migration;
        let statements = script.statements.iter().zip(&preview.effects[i]).skip(preview.done_before(i));
        Self {
            version: version.0,
            name: name.clone(),
            file: path.display().to_string(),
            direction: step.direction.as_str(),
            sha256: script.content.checksum.clone(),
            statements_done: preview.done_before(i),
            statements: statements.map(Sql::of).collect(),
        }
    }
}

impl Sql {
    fn of((statement, effects): (&Statement, &Effects)) -> Self {
        Self {
            line: statement.position.line,
            column: statement.position.column,
            sql: mask_passwords(&statement.source),
            locks: effects.on.iter().map(Lock::of).collect(),
            may_lock_more: effects.has_unknown,
            refused: effects.refused,
        }
    }
}

impl Lock {
    fn of(effect: &Effect) -> Self {
        let Effect { subject, lock, work, unless, note, since, source } = effect;
        Self {
            on: subject.to_string(),
            lock: lock.name,
            blocks: blocks(lock.blocks),
            queue: blocks(lock.queue),
            work: match work {
                Work::Catalog => "catalog",
                Work::Rows => "rows",
                Work::Scan => "scan",
                Work::Index => "index",
                Work::Rewrite => "rewrite",
                Work::Unknown => "unknown",
            },
            unless: *unless,
            note: *note,
            since: *since,
            source,
        }
    }
}

fn blocks(blocks: Blocks) -> &'static str {
    match blocks {
        Blocks::Nothing => "nothing",
        Blocks::SameRows => "same_rows",
        Blocks::Writes => "writes",
        Blocks::Everything => "everything",
        Blocks::Unknown => "unknown",
    }
}

impl Table {
    fn of(size: &TableSize) -> Self {
        Self { name: size.table.to_string(), rows: size.rows, bytes: size.bytes }
    }
}
