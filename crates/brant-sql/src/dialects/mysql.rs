//! MySQL and MariaDB.

mod blockers;
mod limits;
mod progress;
mod table_locks;

use brant_core::{HistoryLayout, StatementClass};

use super::{only_mention, quote_if_needed};
use crate::bind::{bytes_literal, plain};
use crate::effects::{EffectTable, MARIADB, MYSQL};
use crate::evidence;
use crate::splitter::is_ended;
use crate::{
    Capabilities, Dialect, Evidence, HistorySql, JournalSql, Lexis, LockLimit, LockLimitSql, LockSql,
    SchemaSql, SessionLockSql, TableName, Value,
};

/// MySQL 5.7 and later, MariaDB 10.3 and later.
pub(super) struct MySql;

const LEXIS: Lexis = Lexis {
    dollar_quotes: false,
    escape_strings: false,
    backslash_escapes: true,
    double_quoted_strings: true,
    backtick_identifiers: true,
    bracket_identifiers: false,
    nested_comments: false,
    hash_comments: true,
    dashes_need_blank: true,
    delimiter_command: true,
    compound_bodies: true,
    atomic_bodies: false,
    backslash_commands: false,
    executable_comments: true,
    commands: &crate::commands::MYSQL,
};

static EFFECTS: &[&EffectTable] = &[&MYSQL, &MARIADB];

impl Dialect for MySql {
    fn name(&self) -> &'static str {
        "mysql"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["mariadb"]
    }

    fn lexis(&self) -> &'static Lexis {
        &LEXIS
    }

    fn sizes(&self, tables: &[TableName]) -> String {
        let each = tables.iter().enumerate().map(|(i, table)| {
            let schema = table.schema().map_or_else(|| "database()".to_owned(), literal);
            format!(
                "SELECT {i}, table_rows, data_length + index_length FROM information_schema.tables WHERE table_schema = \
                 {schema} AND table_name = {} AND table_type = 'BASE TABLE'",
                literal(table.table())
            )
        });
        each.collect::<Vec<_>>().join(" UNION ALL ")
    }

    fn identity(&self) -> &'static str {
        "SELECT concat(database(), ' on ', @@hostname, ':', @@port)"
    }

    fn client_script_head(&self) -> &'static str {
        "-- for mariadb or mysql: mariadb --comments DATABASE < FILE; without --force it stops at the first error\nSET \
         NAMES utf8mb4;\n"
    }

    /// The client ends a statement at each semicolon, also in the body of a routine, unless it is told another delimiter.
    fn client_statement(&self, sql: &str) -> String {
        if !sql.trim_end().trim_end_matches(';').contains(';') {
            return if is_ended(sql, self.lexis()) { sql.to_owned() } else { format!("{sql}\n;") };
        }
        let mut delimiter = "$$".to_owned();
        while sql.contains(&delimiter) {
            delimiter.push('$');
        }
        format!("DELIMITER {delimiter}\n{sql}\n{delimiter}\nDELIMITER ;")
    }

    fn effects(&self) -> &'static [&'static EffectTable] {
        EFFECTS
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            transactional_ddl: false,
            failure_aborts_transaction: false,
            multi_command_messages: true,
            atomic_messages: false,
        }
    }

    fn evidence(&self, sql: &str) -> Evidence {
        evidence::mysql(sql, self)
    }

    fn may_join_note(&self, sql: &str, class: StatementClass) -> bool {
        evidence::may_join_note(sql, class, self)
    }

    fn beyond_rollback(&self, sql: &str) -> Option<String> {
        evidence::beyond_rollback(sql, self)
    }

    fn fails_in_parts(&self, sql: &str) -> Option<&'static str> {
        evidence::parts::of_message(sql, self).or_else(|| evidence::parts::of_mysql(sql, self))
    }

    /// Tables of MyISAM, Aria and MEMORY keep what was changed.
    fn incomplete_rollback(&self) -> Option<(&'static str, &'static str)> {
        Some(("SHOW WARNINGS", "1196"))
    }

    fn sharing(&self, sql: &str, own: &[&str]) -> Option<String> {
        table_locks::sharing(sql, own, &LEXIS)
    }

    fn identifier(&self, stored: &str) -> String {
        quote_if_needed(stored, '`', true)
    }

    fn literal(&self, text: &str) -> String {
        literal(text)
    }

    /// MariaDB answers each command of a message by itself, but a compound statement once: the client wakes up once
    /// instead of four times. MySQL has no such statements outside of procedures, and finds comments there.
    fn committed(&self, begin: bool, commands: &[String]) -> String {
        let begin = begin.then_some("START TRANSACTION");
        let parts = begin.into_iter().chain(commands.iter().map(String::as_str));
        let commands: Vec<&str> = parts.chain(["COMMIT"]).collect();
        format!("/*M!100101 BEGIN NOT ATOMIC */ {} /*M!100101 ; END */", commands.join("; "))
    }

    fn commits_in_one_command(&self, server: &str) -> bool {
        server.starts_with("MariaDB")
    }

    fn value(&self, value: &Value) -> Result<String, &'static str> {
        match value {
            Value::Text(text) => Ok(literal(text)),
            Value::Bytes(bytes) => Ok(bytes_literal(bytes)),
            other => plain(other).ok_or("there is no infinite number, and none that is not a number"),
        }
    }

    fn history(&self, layout: &HistoryLayout, table: &TableName) -> HistorySql {
        let HistoryLayout { id, version, applied, time, .. } = layout;
        let name = table.sql();
        let schema = table.schema().map_or_else(|| "DATABASE()".to_owned(), literal);
        let exists = |table: &str| {
            format!(
                "EXISTS (SELECT 1 FROM information_schema.tables WHERE table_schema = {schema} AND table_name = {})",
                literal(table)
            )
        };
        let journal = exists(JOURNAL);
        let probe = format!("SELECT {}, {journal}, {journal}, {journal}, DATABASE()", exists(table.table()));
        // A schema change can't be rolled back here, so the table appears under its name only with its first row in
        // it: an empty history would look like one that somebody emptied.
        let new = table.sibling(&format!("{}_new", table.table()), self).sql();
        let create = vec![
            format!("DROP TABLE IF EXISTS {new}"),
            format!(
                "CREATE TABLE {new} (\n    {id} bigint(20) unsigned NOT NULL AUTO_INCREMENT,\n    {version} bigint \
                 NOT NULL,\n    {applied} boolean NOT NULL,\n    {time} timestamp NULL default now(),\n    PRIMARY \
                 KEY({id})\n)"
            ),
            format!("INSERT INTO {new} ({version}, {applied}) VALUES (0, true)"),
            format!("RENAME TABLE {new} TO {name}"),
        ];
        HistorySql::new(probe, create, layout, &name, time)
    }

    fn schema(&self, stored: &str) -> Result<SchemaSql, &'static str> {
        Ok(SchemaSql {
            exists: format!(
                "SELECT EXISTS (SELECT 1 FROM information_schema.schemata WHERE schema_name = {})",
                literal(stored)
            ),
            create: format!("CREATE DATABASE IF NOT EXISTS {}", self.identifier(stored)),
        })
    }

    fn journal(&self, history_table: &TableName) -> JournalSql {
        let table = history_table.sibling(JOURNAL, self).sql();
        let create = format!(
            "CREATE TABLE IF NOT EXISTS {table} (\n    id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,\n    \
             run_id varchar(64) NOT NULL,\n    step int NOT NULL,\n    history_table varchar(255) NOT NULL,\n    \
             version_id bigint NOT NULL,\n    name varchar(255) NOT NULL,\n    direction varchar(8) NOT NULL,\n    state \
             varchar(16) NOT NULL,\n    statements_done int NOT NULL,\n    statements_total int NOT NULL,\n    checksum \
             varchar(64) NOT NULL,\n    token_hash varchar(64),\n    statement_hashes mediumtext,\n    source \
             longblob,\n    reason text,\n    recorded_at datetime(6) NOT NULL,\n    duration_ms bigint NOT NULL,\n    os_user \
             varchar(255) NOT NULL,\n    host varchar(255) NOT NULL,\n    tool varchar(64) NOT NULL,\n    error text,\n    \
             UNIQUE KEY run_step (run_id, step),\n    KEY newest \
             (history_table, state, version_id, id)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
        );
        JournalSql {
            create,
            table,
            now: "UTC_TIMESTAMP(6)",
            literal,
            hex_source: "hex(j.source)",
            time: "date_format(recorded_at, '%Y-%m-%d %H:%i:%s')",
            bytes: bytes_literal,
            or_update: OR_UPDATE,
            asks_by_state: false,
        }
    }

    fn lock(&self, _layout: &HistoryLayout, history_table: &TableName) -> LockSql {
        // Names of locks are global to the server and at most 64 characters long. MD5 and SHA1 are gone from MySQL 9.
        let schema = history_table.schema().map_or_else(|| "DATABASE()".to_owned(), literal);
        let name = format!(
            "CONCAT('brant_', LEFT(SHA2(CONCAT({schema}, '.', {}), 256), 32))",
            literal(history_table.table())
        );
        LockSql::Session {
            session: SessionLockSql {
                try_lock: format!("SELECT GET_LOCK({name}, 0)"),
                release: format!("SELECT RELEASE_LOCK({name})"),
                held: format!("SELECT IS_USED_LOCK({name}) <=> CONNECTION_ID()"),
            },
            holder: format!(
                "SELECT IS_USED_LOCK({name}), NULL, CONCAT('connection ', IS_USED_LOCK({name}), COALESCE((SELECT CONCAT(', user ', p.user, ', from \
                 ', p.host) FROM information_schema.processlist p WHERE p.id = IS_USED_LOCK({name})), ''))"
            ),
            at_work: format!("SELECT IS_USED_LOCK({name}) IS NOT NULL"),
        }
    }

    fn end_session(&self, session: i64) -> Option<String> {
        Some(format!("KILL {session}"))
    }

    fn progress(&self, session: i64) -> Vec<String> {
        progress::questions(session)
    }

    fn lock_limit(&self, limit: LockLimit, before: Option<LockLimit>) -> LockLimitSql {
        limits::of(limit, before)
    }

    fn blockers(&self, session: i64) -> Vec<String> {
        blockers::questions(session)
    }

    fn error_offset(&self, sql: &str, message: &str) -> Option<usize> {
        near(sql, message).or_else(|| only_mention(sql, message, NAMES, '\''))
    }
}

/// Messages that begin so and go on with a name of the statement.
const NAMES: &[&str] = &[
    "Unknown column '",
    "Unknown data type: '",
    "Unknown table '",
    "Table '",
    "Duplicate column name '",
    "Duplicate key name '",
    "Invalid default value for '",
];

/// Reads `… near 'TEXT' at line N`: TEXT is the statement from the error on, cut after some characters.
fn near(sql: &str, message: &str) -> Option<usize> {
    let (head, line) = message.rsplit_once("' at line ")?;
    let line: usize = line.trim().parse().ok()?;
    let text = &head[head.find(" near '")? + " near '".len()..];
    if text.is_empty() {
        return Some(sql.trim_end_matches(|c: char| c.is_whitespace() || c == ';').len());
    }
    let line_of = |at: usize| 1 + sql[..at].matches('\n').count();
    let mut places = sql.match_indices(text).map(|(at, _)| at);
    places.clone().find(|at| line_of(*at) == line).or_else(|| {
        // Within a message of several commands the server may count from the one that failed.
        let first = places.next()?;
        places.next().is_none().then_some(first)
    })
}

const JOURNAL: &str = "brant_journal";

/// Brings a row of the journal up to date.
const OR_UPDATE: &str = "ON DUPLICATE KEY UPDATE state = VALUES(state), statements_done = VALUES(statements_done), duration_ms \
                         = VALUES(duration_ms), recorded_at = VALUES(recorded_at)";

/// What could mean something else to some sql_mode or character set is given in hexadecimal digits.
fn literal(text: &str) -> String {
    let is_plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'_' | b'-' | b'.' | b':' | b'/');
    if text.bytes().all(is_plain) {
        return ["'", text, "'"].concat();
    }
    format!("_utf8mb4 {}", bytes_literal(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use crate::Dialect as _;

    use super::MySql;

    #[test]
    fn words_tell_the_place() {
        let sql = "CREATE TABLE t (\n  id itn,\n  v itn\n);";
        for (message, offset) in [
            ("for the right syntax to use near 'itn\n);' at line 3", Some(31)),
            ("for the right syntax to use near 'itn,\n  v itn\n);' at line 2", Some(22)),
            ("for the right syntax to use near 'v itn\n);' at line 1", Some(29)),
            ("for the right syntax to use near '' at line 4", Some(36)),
            ("near 'nowhere' at line 4", None),
            ("Table 'db.t' already exists", Some(13)),
            ("Unknown data type: 'itn'", None),
        ] {
            assert_eq!(MySql.error_offset(sql, message), offset, "{message}");
        }
    }
}
