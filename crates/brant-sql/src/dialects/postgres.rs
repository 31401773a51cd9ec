//! PostgreSQL 12 and later.

use brant_core::HistoryLayout;

use super::{BLOCKERS_MAX, QUERY_LENGTH, only_mention, quote_if_needed};
use crate::bind::{hex, plain};
use crate::effects::{EffectTable, POSTGRES};
use crate::evidence;
use crate::{
    Capabilities, Dialect, Evidence, HistorySql, JournalSql, Lexis, LockLimit, LockLimitSql, LockSql,
    SchemaSql, SessionLockSql, TableName, Value,
};

/// PostgreSQL.
pub(super) struct Postgres;

const LEXIS: Lexis = Lexis {
    dollar_quotes: true,
    escape_strings: true,
    backslash_escapes: false,
    double_quoted_strings: false,
    backtick_identifiers: false,
    bracket_identifiers: false,
    nested_comments: true,
    hash_comments: false,
    dashes_need_blank: false,
    delimiter_command: false,
    compound_bodies: false,
    atomic_bodies: true,
    backslash_commands: true,
    executable_comments: false,
    commands: &crate::commands::POSTGRES,
};

static EFFECTS: &[&EffectTable] = &[&POSTGRES];

impl Dialect for Postgres {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["pgx", "postgresql"]
    }

    fn lexis(&self) -> &'static Lexis {
        &LEXIS
    }

    fn sizes(&self, tables: &[TableName]) -> String {
        let each = tables.iter().enumerate().map(|(i, table)| format!("({i}, {})", literal(&table.sql())));
        // With all partitions and other heirs: what is done to a table is done to them, and the server keeps no estimate of
        // the rows of the whole that would stay up to date.
        format!(
            "SELECT x.i, whole.tuples, whole.bytes FROM (VALUES {}) AS x (i, name) LEFT JOIN pg_index n ON n.indexrelid = \
             to_regclass(x.name) JOIN pg_class c ON c.oid = coalesce(n.indrelid, to_regclass(x.name)) CROSS JOIN LATERAL \
             (WITH RECURSIVE heirs (oid) AS (SELECT c.oid UNION SELECT i.inhrelid FROM pg_inherits i JOIN heirs h ON \
             i.inhparent = h.oid) SELECT (sum(t.reltuples) FILTER (WHERE t.reltuples >= 0 AND t.relkind <> 'p'))::bigint AS \
             tuples, sum(pg_total_relation_size(t.oid)) AS bytes FROM heirs JOIN pg_class t USING (oid)) AS whole WHERE \
             c.relkind IN ('r', 'p', 'm') ORDER BY x.i",
            each.collect::<Vec<_>>().join(", ")
        )
    }

    fn identity(&self) -> &'static str {
        "SELECT current_database() || ' of the cluster ' || (SELECT system_identifier FROM pg_control_system())"
    }

    fn client_script_head(&self) -> &'static str {
        "-- for psql: psql -X -f FILE\n\\set ON_ERROR_STOP on\n\\encoding UTF8\n"
    }

    fn client_beside(&self, sql: &str) -> String {
        format!("{sql}\\;")
    }

    fn effects(&self) -> &'static [&'static EffectTable] {
        EFFECTS
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            transactional_ddl: true,
            failure_aborts_transaction: true,
            multi_command_messages: true,
            atomic_messages: true,
        }
    }

    /// REINDEX CONCURRENTLY builds beside each index another one, and exchanges them in the end.
    fn leftovers(&self, sql: &str) -> Option<String> {
        let sql = sql.to_ascii_uppercase();
        (sql.starts_with("REINDEX") && sql.contains("CONCURRENTLY")).then(|| {
            "SELECT i.indexrelid::regclass FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE NOT i.indisvalid \
             AND c.relname ~ '_cc(new|old)[0-9]*$' ORDER BY 1"
                .to_owned()
        })
    }

    /// The server does not notice that a client is gone before it has done what that sent.
    fn is_running(&self, sql: &str) -> Option<String> {
        let sql = literal(sql);
        Some(format!(
            "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user AND \
             pid <> pg_backend_pid() AND state = 'active' AND query <> '' AND starts_with({sql}, query)"
        ))
    }

    fn fold(&self, name: &str) -> String {
        name.to_lowercase()
    }

    fn fails_in_parts(&self, sql: &str) -> Option<&'static str> {
        evidence::parts::of_postgres(sql, self)
    }

    fn evidence(&self, sql: &str) -> Evidence {
        evidence::postgres(sql, self)
    }

    fn identifier(&self, stored: &str) -> String {
        quote_if_needed(stored, '"', false)
    }

    fn literal(&self, text: &str) -> String {
        literal(text)
    }

    fn value(&self, value: &Value) -> Result<String, &'static str> {
        match value {
            Value::Text(text) if text.contains('\0') => Err("text cannot contain a NUL character"),
            Value::Text(text) => Ok(literal(text)),
            Value::Bytes(bytes) => Ok(bytes_literal(bytes)),
            Value::Float(number) if number.is_nan() => Ok("'NaN'::float8".to_owned()),
            Value::Float(number) if number.is_infinite() => {
                Ok(format!("'{}Infinity'::float8", if *number < 0.0 { "-" } else { "" }))
            }
            // Without the cast it would be a decimal number of any precision.
            Value::Float(number) => Ok(format!("({number:e}::float8)")),
            other => plain(other).ok_or("there is no literal for it"),
        }
    }

    /// `bytea_output = hex`, the default since version 9.0.
    fn bytes(&self, printed: &[u8]) -> Vec<u8> {
        let digits = printed.strip_prefix(b"\\x").and_then(|digits| std::str::from_utf8(digits).ok());
        let bytes = digits.filter(|digits| digits.is_ascii() && digits.len() % 2 == 0).and_then(|digits| {
            (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok()).collect()
        });
        bytes.unwrap_or_else(|| printed.to_vec())
    }

    fn history(&self, layout: &HistoryLayout, table: &TableName) -> HistorySql {
        let HistoryLayout { id, version, applied, time, .. } = layout;
        let name = table.sql();
        let journal = table.sibling(JOURNAL, self).sql();
        // to_regclass finds what an unqualified name in a statement would find, and raises no error in the log.
        let (history, journal) =
            (format!("to_regclass({})", literal(&name)), format!("to_regclass({})", literal(&journal)));
        let may = |right: &str| format!("has_table_privilege({journal}::oid, '{right}')");
        let probe = format!(
            "SELECT {history} IS NOT NULL, {journal} IS NOT NULL, coalesce({0}, false), coalesce({0} AND {1} AND {2}, \
             false), coalesce((SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = {history}), \
             current_schema())",
            may("SELECT"),
            may("INSERT"),
            may("UPDATE")
        );
        let create = vec![
            format!(
                "CREATE TABLE {name} (\n    {id} integer PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY,\n    {version} \
                 bigint NOT NULL,\n    {applied} boolean NOT NULL,\n    {time} timestamp NOT NULL DEFAULT now()\n)"
            ),
            format!("INSERT INTO {name} ({version}, {applied}) VALUES (0, true)"),
        ];
        let time = format!("to_char({time}, 'YYYY-MM-DD HH24:MI:SS.US')");
        HistorySql::new(probe, create, layout, &name, &time)
    }

    fn schema(&self, stored: &str) -> Result<SchemaSql, &'static str> {
        let name = self.identifier(stored);
        // Who may not create schemas may still use one: CREATE SCHEMA IF NOT EXISTS asks for the right first.
        Ok(SchemaSql {
            exists: format!("SELECT to_regnamespace({}) IS NOT NULL", literal(&name)),
            create: format!("CREATE SCHEMA IF NOT EXISTS {name}"),
        })
    }

    fn journal(&self, history_table: &TableName) -> JournalSql {
        let table = history_table.sibling(JOURNAL, self).sql();
        let create = format!(
            "CREATE TABLE IF NOT EXISTS {table} (\n    id bigint PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY,\n    \
             run_id text NOT NULL,\n    step integer NOT NULL,\n    history_table text NOT NULL,\n    version_id bigint \
             NOT NULL,\n    name text NOT NULL,\n    direction text NOT NULL,\n    state text NOT NULL,\n    \
             statements_done integer NOT NULL,\n    statements_total integer NOT NULL,\n    checksum text NOT NULL,\n    \
             token_hash text,\n    statement_hashes text,\n    source bytea,\n    reason text,\n    \
             recorded_at timestamptz NOT NULL,\n    duration_ms bigint NOT NULL,\n    os_user text NOT NULL,\n    host \
             text NOT NULL,\n    tool text NOT NULL,\n    error text,\n    UNIQUE (run_id, step),\n    UNIQUE \
             (history_table, state, version_id, id)\n)"
        );
        JournalSql {
            create,
            table,
            now: "clock_timestamp()",
            literal,
            hex_source: "encode(j.source, 'hex')",
            time: "to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')",
            bytes: bytes_literal,
            or_update: OR_UPDATE,
            asks_by_state: false,
        }
    }

    fn error_offset(&self, sql: &str, message: &str) -> Option<usize> {
        // Commands that change the schema tell no position.
        only_mention(sql, message, &["relation \"", "column \"", "table \"", "type \"", "schema \""], '"')
    }

    fn end_session(&self, session: i64) -> Option<String> {
        Some(format!("SELECT pg_terminate_backend({session})"))
    }

    fn progress(&self, session: i64) -> Vec<String> {
        let question = |view: &str, phase: &str, done: &str, total: &str| {
            format!(
                "SELECT {phase}, 100 * {done} / nullif({total}, 0) FROM pg_stat_progress_{view} WHERE pid = {session}"
            )
        };
        // A phase counts either blocks, or tuples, or sessions to wait for.
        let counted = |noun: &str| {
            format!(
                "CASE WHEN blocks_total > 0 THEN blocks_{noun} WHEN tuples_total > 0 THEN tuples_{noun} ELSE lockers_{noun} \
                 END"
            )
        };
        // While the first block is read all of them count as done (`heapam_scan_get_blocks_done`).
        let done = format!("nullif({}, {})", counted("done"), counted("total"));
        vec![
            question("create_index", "phase", &done, &counted("total")),
            // CLUSTER and VACUUM FULL
            question("cluster", "phase", "heap_blks_scanned", "heap_blks_total"),
            question("vacuum", "phase", "heap_blks_scanned", "heap_blks_total"),
            // From version 13, and 14.
            question("analyze", "phase", "sample_blks_scanned", "sample_blks_total"),
            question("copy", "lower(command)", "bytes_processed", "bytes_total"),
        ]
    }

    fn lock_limit(&self, limit: LockLimit, _before: Option<LockLimit>) -> LockLimitSql {
        let millis = limit.tables.as_millis().max(1);
        LockLimitSql::Transaction(format!(
            "SELECT set_config('lock_timeout', '{millis}ms', true) WHERE current_setting('lock_timeout') = '0'"
        ))
    }

    fn blockers(&self, session: i64) -> Vec<String> {
        // Who waits in front is told too; a prepared transaction has no process.
        vec![format!(
            "SELECT b.pid, a.usename, coalesce(nullif(a.application_name, ''), nullif(a.backend_type, 'client \
             backend')), a.client_addr, a.state, extract(epoch FROM clock_timestamp() - a.xact_start)::bigint, \
             left(a.query, {QUERY_LENGTH}), true FROM (SELECT DISTINCT unnest(pg_blocking_pids({session}))) b(pid) LEFT \
             JOIN pg_stat_activity a ON a.pid = b.pid ORDER BY a.xact_start LIMIT {BLOCKERS_MAX}"
        )]
    }

    fn lock(&self, layout: &HistoryLayout, history_table: &TableName) -> LockSql {
        let key = lock_key(layout, history_table);
        // The transaction is READ COMMITTED and idle, so it keeps no snapshot that CREATE INDEX CONCURRENTLY would
        // wait for. Its own settings must not end it while it waits for the run.
        LockSql::SideTransaction {
            begin_and_try: format!(
                "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = 0; SELECT \
                 pg_try_advisory_xact_lock({key})"
            ),
            end: "ROLLBACK".to_owned(),
            // What the holder says of itself stands in a comment before its last statement.
            holder: format!(
                "SELECT l.pid, (SELECT w.pid FROM pg_stat_activity w WHERE w.pid = substring(a.query from '[*]/ /[*] works in \
                 ([0-9]+) [*]/')::int AND w.usename = a.usename AND w.datname = a.datname AND w.application_name = \
                 a.application_name), coalesce(o.owner || ' (server ', '') || 'process ' || l.pid || coalesce(', user ' || \
                 a.usename, '') || coalesce(', ' || nullif(a.application_name, ''), '') || coalesce(', from ' || \
                 a.client_addr, '') || coalesce(', since ' || to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SSOF'), '') \
                 || CASE WHEN o.owner IS NULL THEN '' ELSE ')' END FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid \
                 = l.pid CROSS JOIN LATERAL (SELECT substring(a.query from '^/[*] brant: (.*?) [*]/')) o(owner) WHERE \
                 l.locktype = 'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = \
                 current_database()) AND l.objsubid = 1 AND (l.classid::bigint << 32 | l.objid::bigint) = {key} LIMIT 1"
            ),
            session: SessionLockSql {
                try_lock: format!("SELECT pg_try_advisory_lock({key})"),
                release: format!("SELECT pg_advisory_unlock({key})"),
                held: format!(
                    "SELECT count(*) > 0 FROM pg_locks l WHERE l.pid = pg_backend_pid() AND l.locktype = 'advisory' AND \
                     l.granted AND (l.classid::bigint << 32 | l.objid::bigint) = {key}"
                ),
            },
            // Other transactions of the same user may be meant too: then the wait is longer than it had to be.
            at_work: format!(
                "SELECT count(*) > 0 FROM pg_stat_activity a WHERE a.datname = current_database() AND a.usename = \
                 current_user AND a.pid <> pg_backend_pid() AND a.application_name = \
                 current_setting('application_name') AND a.xact_start < (SELECT s.backend_start FROM pg_stat_activity s \
                 WHERE s.pid = pg_backend_pid()) AND NOT EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND \
                 l.locktype = 'advisory' AND (l.classid::bigint << 32 | l.objid::bigint) = {key})"
            ),
        }
    }
}

const JOURNAL: &str = "brant_journal";

/// Brings a row of the journal up to date.
const OR_UPDATE: &str = "ON CONFLICT (run_id, step) DO UPDATE SET state = excluded.state, statements_done = \
                         excluded.statements_done, duration_ms = excluded.duration_ms, recorded_at = excluded.recorded_at";

/// The number that goose's own library locks for its default table (the CRC-32 of "goose"), so that it and brant
/// exclude each other.
const GOOSE_LOCK_KEY: i64 = 4_097_083_626;

/// The schema whose tables are known by their names alone.
const DEFAULT_SCHEMA: &str = "public";

/// The number to lock for a history table. Other databases have numbers of their own.
fn lock_key(layout: &HistoryLayout, table: &TableName) -> i64 {
    let name = match table.schema().filter(|schema| *schema != DEFAULT_SCHEMA) {
        None if table.table() == layout.default_table => return GOOSE_LOCK_KEY,
        None => table.table().to_owned(),
        Some(schema) => format!("{schema}.{}", table.table()),
    };
    // FNV-1a: any well-spread number will do, as long as it stays the same from release to release.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    i64::try_from(hash >> 1).unwrap_or(GOOSE_LOCK_KEY)
}

fn bytes_literal(bytes: &[u8]) -> String {
    format!("decode('{}', 'hex')", hex(bytes))
}

/// `E'…'` means the same whatever standard_conforming_strings says.
fn literal(text: &str) -> String {
    let text: String = text.chars().filter(|c| *c != '\0').collect();
    let escaped = text.replace('\\', "\\\\").replace('\'', "''");
    format!("E'{escaped}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUT: HistoryLayout = HistoryLayout {
        default_table: "goose_db_version",
        id: "id",
        version: "version_id",
        applied: "is_applied",
        time: "tstamp",
    };

    #[test]
    fn a_table_has_one_lock_however_it_is_spelled() {
        let key = |name: &str| lock_key(&LAYOUT, &TableName::parse(name, &Postgres).unwrap());
        assert_eq!(key("goose_db_version"), GOOSE_LOCK_KEY);
        for (one, other) in [
            ("goose_db_version", "public.goose_db_version"),
            ("goose_db_version", r#""public"."goose_db_version""#),
            ("versions", "Public.Versions"),
            ("a.versions", r#""a".VERSIONS"#),
        ] {
            assert_eq!(key(one), key(other), "{one} {other}");
        }
        for (one, other) in [
            ("goose_db_version", "a.goose_db_version"),
            ("a.versions", "b.versions"),
            ("versions", "a.versions"),
        ] {
            assert_ne!(key(one), key(other), "{one} {other}");
        }
    }
}
