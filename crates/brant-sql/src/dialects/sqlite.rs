//! SQLite 3.

use brant_core::HistoryLayout;

use super::quote_if_needed;
use crate::bind::{bytes_literal, hex, plain};
use crate::effects::{EffectTable, SQLITE};
use crate::evidence;
use crate::{
    Capabilities, Dialect, Evidence, HistorySql, JournalSql, Lexis, LockSql, SchemaSql, TableName, Value,
};

/// SQLite.
pub(super) struct Sqlite;

const LEXIS: Lexis = Lexis {
    dollar_quotes: false,
    escape_strings: false,
    backslash_escapes: false,
    double_quoted_strings: false,
    backtick_identifiers: true,
    bracket_identifiers: true,
    nested_comments: false,
    hash_comments: false,
    dashes_need_blank: false,
    delimiter_command: false,
    compound_bodies: true,
    atomic_bodies: false,
    backslash_commands: false,
    executable_comments: false,
    commands: &crate::commands::SQLITE,
};

static EFFECTS: &[&EffectTable] = &[&SQLITE];

impl Dialect for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["sqlite3"]
    }

    fn lexis(&self) -> &'static Lexis {
        &LEXIS
    }

    fn sizes(&self, tables: &[TableName]) -> String {
        let name = |table: &TableName| literal(&table.table().to_ascii_lowercase());
        let each = tables.iter().enumerate().map(|(i, table)| format!("({i}, {})", name(table)));
        // VALUES has no limit to its rows; a compound SELECT has one of 500. With CROSS JOIN the library looks each table
        // up among the names by an index; without, it would compare all with all.
        format!(
            "WITH x (i, name) AS (VALUES {}) SELECT x.i, NULL, (SELECT page_count * page_size FROM pragma_page_count, \
             pragma_page_size) FROM sqlite_master m CROSS JOIN x ON x.name = lower(m.name) WHERE m.type = 'table' ORDER BY \
             x.i",
            each.collect::<Vec<_>>().join(", ")
        )
    }

    fn identity(&self) -> &'static str {
        "SELECT file FROM pragma_database_list WHERE name = 'main'"
    }

    fn client_script_head(&self) -> &'static str {
        "-- for sqlite3: sqlite3 DATABASE < FILE\n.bail on\n"
    }

    fn effects(&self) -> &'static [&'static EffectTable] {
        EFFECTS
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            transactional_ddl: true,
            failure_aborts_transaction: false,
            multi_command_messages: true,
            atomic_messages: false,
        }
    }

    fn fails_in_parts(&self, sql: &str) -> Option<&'static str> {
        evidence::parts::of_message(sql, self)
    }

    fn evidence(&self, sql: &str) -> Evidence {
        evidence::sqlite(sql, self)
    }

    fn identifier(&self, stored: &str) -> String {
        quote_if_needed(stored, '"', true)
    }

    fn literal(&self, text: &str) -> String {
        literal(text)
    }

    fn value(&self, value: &Value) -> Result<String, &'static str> {
        match value {
            Value::Text(text) if text.contains('\0') => {
                Ok(format!("CAST(X'{}' AS TEXT)", hex(text.as_bytes())))
            }
            Value::Text(text) => Ok(literal(text)),
            Value::Bytes(bytes) => Ok(bytes_literal(bytes)),
            // Too great to be held, and so infinite.
            Value::Float(number) if number.is_infinite() => {
                Ok(if *number < 0.0 { "(-9e999)" } else { "9e999" }.to_owned())
            }
            other => plain(other).ok_or("there is no number that is not a number"),
        }
    }

    fn history(&self, layout: &HistoryLayout, table: &TableName) -> HistorySql {
        let HistoryLayout { id, version, applied, time, .. } = layout;
        let name = table.sql();
        // Asks the parsed schema, not the table `sqlite_master`, which has no index.
        let schema = table.schema().map(|schema| format!(", {}", literal(schema))).unwrap_or_default();
        let exists =
            |table: &str| format!("EXISTS (SELECT 1 FROM pragma_table_info({}{schema}))", literal(table));
        let journal = exists(JOURNAL);
        let probe = format!("SELECT {}, {journal}, {journal}, {journal}, 'main'", exists(table.table()));
        let create = vec![
            format!(
                "CREATE TABLE {name} (\n    {id} INTEGER PRIMARY KEY AUTOINCREMENT,\n    {version} INTEGER NOT \
                 NULL,\n    {applied} INTEGER NOT NULL,\n    {time} TIMESTAMP DEFAULT (datetime('now'))\n)"
            ),
            format!("INSERT INTO {name} ({version}, {applied}) VALUES (0, true)"),
        ];
        HistorySql::new(probe, create, layout, &name, time)
    }

    fn schema(&self, _: &str) -> Result<SchemaSql, &'static str> {
        Err("SQLite has no schemas, and a database that was attached is gone with the connection")
    }

    fn journal(&self, history_table: &TableName) -> JournalSql {
        let table = history_table.sibling(JOURNAL, self).sql();
        let create = format!(
            "CREATE TABLE IF NOT EXISTS {table} (\n    id INTEGER PRIMARY KEY AUTOINCREMENT,\n    run_id TEXT NOT \
             NULL,\n    step INTEGER NOT NULL,\n    history_table TEXT NOT NULL,\n    version_id INTEGER NOT NULL,\n    \
             name TEXT NOT NULL,\n    direction TEXT NOT NULL,\n    state TEXT NOT NULL,\n    statements_done INTEGER NOT \
             NULL,\n    statements_total INTEGER NOT NULL,\n    checksum TEXT NOT NULL,\n    token_hash \
             TEXT,\n    statement_hashes TEXT,\n    reason TEXT,\n    recorded_at TEXT NOT \
             NULL,\n    duration_ms INTEGER NOT NULL,\n    os_user TEXT NOT NULL,\n    host TEXT NOT NULL,\n    tool TEXT \
             NOT NULL,\n    error TEXT,\n    source BLOB,\n    UNIQUE (run_id, step),\n    UNIQUE (history_table, \
             state, version_id, id)\n)"
        );
        JournalSql {
            create,
            table,
            now: "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
            literal,
            hex_source: "hex(j.source)",
            time: "strftime('%Y-%m-%d %H:%M:%S', recorded_at)",
            bytes: bytes_literal,
            or_update: OR_UPDATE,
            asks_by_state: true,
        }
    }

    fn lock(&self, _layout: &HistoryLayout, _history_table: &TableName) -> LockSql {
        LockSql::File
    }
}

const JOURNAL: &str = "brant_journal";

/// Brings a row of the journal up to date.
const OR_UPDATE: &str = "ON CONFLICT (run_id, step) DO UPDATE SET state = excluded.state, statements_done = \
                         excluded.statements_done, duration_ms = excluded.duration_ms, recorded_at = excluded.recorded_at";

/// SQLite knows no escapes, and its text ends at a NUL.
fn literal(text: &str) -> String {
    let text: String = text.chars().filter(|c| *c != '\0').collect();
    format!("'{}'", text.replace('\'', "''"))
}
