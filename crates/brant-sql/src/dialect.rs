//! What brant must know of the SQL that a server speaks: strings and data, no connection.

use std::time::Duration;

use brant_core::{Direction, HistoryLayout, StatementClass, StatementKind, Version};

use crate::effects::EffectTable;
use crate::{AfterSession, CommandRules, Evidence, TableName, Value, evidence};

/// A dialect's quoting, comment and delimiter rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lexis {
    /// `$tag$ … $tag$` is a string.
    pub dollar_quotes: bool,
    /// `E'…'` is a string with backslash escapes.
    pub escape_strings: bool,
    /// A backslash escapes the next character in an ordinary string.
    pub backslash_escapes: bool,
    /// `"…"` is a string (it is an identifier everywhere else).
    pub double_quoted_strings: bool,
    /// `` `…` `` is an identifier.
    pub backtick_identifiers: bool,
    /// `[…]` is an identifier.
    pub bracket_identifiers: bool,
    /// `/* … /* … */ … */` nests.
    pub nested_comments: bool,
    /// `#` begins a comment.
    pub hash_comments: bool,
    /// `--` begins a comment only before a blank or the end of the line.
    pub dashes_need_blank: bool,
    /// `DELIMITER xx` on a line of its own changes the delimiter, as in the server's own command-line client.
    pub delimiter_command: bool,
    /// `BEGIN … END` bodies follow CREATE PROCEDURE, FUNCTION, TRIGGER and EVENT.
    pub compound_bodies: bool,
    /// `BEGIN ATOMIC … END` bodies follow CREATE FUNCTION and PROCEDURE.
    pub atomic_bodies: bool,
    /// Lines that begin with a backslash are commands of the server's own command-line client.
    pub backslash_commands: bool,
    /// `/*! … */` and `/*M! … */` hold SQL that the server carries out.
    pub executable_comments: bool,
    /// How its commands are told apart.
    pub commands: &'static CommandRules,
}

/// Facts about a dialect that the planner and the engine read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Schema changes can be rolled back.
    pub transactional_ddl: bool,
    /// A failing statement leaves the transaction unusable until a savepoint is rolled back to, so that statements
    /// sent ahead of a failure can do no harm.
    pub failure_aborts_transaction: bool,
    /// Several commands may be sent as one message.
    pub multi_command_messages: bool,
    /// They succeed or fail together, outside of a transaction too.
    pub atomic_messages: bool,
}

/// The statements that read and write one history table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistorySql {
    /// One row: does the history table exist, does the journal table exist, may it be read, may it be written too (truth
    /// values), and the schema in which the history lies or would be made (NULL where there is none to name).
    pub probe: String,
    /// Creates the history table, then writes the row of version 0. The statements belong in one transaction.
    pub create: Vec<String>,
    /// Rows of version, applied, time (text `YYYY-MM-DD HH:MM:SS[.ffffff]`), newest first: the newest row of each version, so
    /// that a long history costs a client no more than a short one.
    pub list: String,
    /// The same of all rows that there are.
    pub list_all: String,
    /// The table's name, ready to be put into a statement.
    pub table: String,
    insert_head: String,
    delete_head: String,
}

impl HistorySql {
    /// Puts the pieces together; for dialects. `time` is the column of that name as text.
    #[must_use]
    pub fn new(probe: String, create: Vec<String>, layout: &HistoryLayout, table: &str, time: &str) -> Self {
        let HistoryLayout { id, version, applied, .. } = layout;
        let list = format!(
            "SELECT {version}, {applied}, {time} FROM {table} AS h JOIN (SELECT max({id}) AS newest FROM {table} GROUP BY \
             {version}) AS n ON n.newest = h.{id} ORDER BY n.newest DESC"
        );
        let list_all = format!("SELECT {version}, {applied}, {time} FROM {table} ORDER BY {id} DESC");
        let insert_head = format!("INSERT INTO {table} ({version}, {applied}) VALUES ");
        let delete_head = format!("DELETE FROM {table} WHERE {version}");
        Self { probe, create, list, list_all, table: table.to_owned(), insert_head, delete_head }
    }

    /// Records these versions as applied, in this order.
    #[must_use]
    pub fn insert(&self, versions: &[Version]) -> String {
        let rows: Vec<String> = versions.iter().map(|v| format!("({v}, true)")).collect();
        format!("{}{}", self.insert_head, rows.join(", "))
    }

    /// Takes the record of a version away.
    #[must_use]
    pub fn delete(&self, version: Version) -> String {
        format!("{} = {version}", self.delete_head)
    }
}

/// One row of the journal: what brant knows of a step beyond what the history table can hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry<'a> {
    /// The run; the same for all its steps.
    pub run_id: &'a str,
    /// The step's number within the run, from 1.
    pub step: usize,
    /// The history table that the step belongs to.
    pub history_table: &'a str,
    /// The migration's version.
    pub version: Version,
    /// The migration's file name.
    pub name: &'a str,
    /// Up or down.
    pub direction: Direction,
    /// `done`; `marked`: a person said so, and nothing was run; or one of the states of a step that is not done.
    pub state: &'a str,
    /// How many of its statements are known to be carried out.
    pub statements_done: usize,
    /// How many statements it has.
    pub statements_total: usize,
    /// SHA-256 of the file.
    pub checksum: &'a str,
    /// SHA-256 of all in the file that means something.
    pub token_hash: Option<&'a str>,
    /// The hashes of its statements.
    pub statement_hashes: Option<&'a str>,
    /// The text of the file, packed.
    pub source: Option<&'a [u8]>,
    /// Why a person wanted this row.
    pub reason: Option<&'a str>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The user of the operating system who ran brant.
    pub who: &'a str,
    /// The machine that brant ran on.
    pub host: &'a str,
    /// brant and its version.
    pub tool: &'a str,
}

/// The statements that write the journal.
#[derive(Clone, Debug)]
pub struct JournalSql {
    /// Creates the journal table if it does not exist.
    pub create: String,
    /// The journal's name, ready to be put into a statement.
    pub table: String,
    /// The server's clock, as an expression.
    pub now: &'static str,
    /// Renders text as a literal.
    pub literal: fn(&str) -> String,
    /// The column `source` in hexadecimal digits, as an expression.
    pub hex_source: &'static str,
    /// The column `recorded_at` as text (`YYYY-MM-DD HH:MM:SS`, UTC), as an expression.
    pub time: &'static str,
    /// Renders bytes as a literal.
    pub bytes: fn(&[u8]) -> String,
    /// What follows an INSERT so that a row of the same run and step is brought up to date instead.
    pub or_update: &'static str,
    /// Where several states are wanted, each is asked for by itself: with less to compare for each row, or more to put
    /// together at the end.
    pub asks_by_state: bool,
}

/// The states of a step that is not done.
impl JournalSql {
    /// It runs, or was cut off; nothing but the statements that are counted is done.
    pub const RUNNING: &'static str = "running";
    /// It runs, or was cut off; the statement after those counted may be done too.
    pub const IN_DOUBT: &'static str = "in_doubt";
    /// The statement after those counted failed, and left nothing.
    pub const FAILED: &'static str = "failed";
    /// The statement after those counted failed, and left something that can't be used.
    pub const UNUSABLE: &'static str = "unusable";
    /// The statement after those counted failed, and part of it may be done.
    pub const IN_PARTS: &'static str = "in_parts";
    /// It was rolled back, but for what can't be.
    pub const KEPT: &'static str = "kept";
}

impl JournalSql {
    /// Writes rows.
    #[must_use]
    pub fn insert(&self, entries: &[JournalEntry<'_>]) -> String {
        let rows: Vec<String> = entries.iter().map(|e| self.row(e)).collect();
        format!(
            "INSERT INTO {} (run_id, step, history_table, version_id, name, direction, state, statements_done, \
             statements_total, checksum, token_hash, statement_hashes, source, reason, recorded_at, duration_ms, \
             os_user, host, tool) VALUES {}",
            self.table,
            rows.join(", ")
        )
    }

    /// Writes rows, or brings those of their run and step up to date.
    #[must_use]
    pub fn put(&self, entries: &[JournalEntry<'_>]) -> String {
        self.insert(entries) + " " + self.or_update
    }

    fn row(&self, e: &JournalEntry<'_>) -> String {
        let text = self.literal;
        let plain = |word: &str| ["'", word, "'"].concat();
        let or_null = |literal: Option<String>| literal.unwrap_or_else(|| "NULL".to_owned());
        let columns = [
            text(e.run_id),
            e.step.to_string(),
            text(e.history_table),
            e.version.to_string(),
            text(e.name),
            plain(e.direction.as_str()),
            plain(e.state),
            e.statements_done.to_string(),
            e.statements_total.to_string(),
            plain(e.checksum),
            or_null(e.token_hash.map(plain)),
            or_null(e.statement_hashes.map(text)),
            or_null(e.source.map(self.bytes)),
            or_null(e.reason.map(text)),
            self.now.to_owned(),
            e.duration_ms.to_string(),
            text(e.who),
            text(e.host),
            text(e.tool),
        ];
        ["(", &columns.join(", "), ")"].concat()
    }

    /// Rows of version, name, direction, state, statements done, statements total, hashes of the statements, oldest
    /// first: the steps of a history table that left something behind, or may have. Of each version its newest row tells:
    /// each run takes over what the one before it had come to.
    #[must_use]
    pub fn unfinished(&self, history_table: &str) -> String {
        let (table, history_table) = (&self.table, (self.literal)(history_table));
        format!(
            "SELECT j.version_id, j.name, j.direction, j.state, j.statements_done, j.statements_total, \
             coalesce(j.statement_hashes, '') FROM {table} j WHERE j.state IN ('{}') AND \
             (j.state <> '{}' OR j.statements_done > 0) AND j.history_table = {history_table} AND NOT EXISTS (SELECT 1 FROM \
             {table} l WHERE l.history_table = j.history_table AND l.version_id = j.version_id AND l.id > j.id AND l.state \
             <> 'accepted') ORDER BY j.id",
            // By name, so that the index leads there past all that are over.
            [Self::RUNNING, Self::IN_DOUBT, Self::FAILED, Self::UNUSABLE, Self::IN_PARTS, Self::KEPT]
                .join("', '"),
            Self::FAILED
        )
    }

    /// A row with the number of statements done, as the journal has it.
    #[must_use]
    pub fn statements_done(&self, run_id: &str, step: usize) -> String {
        let run_id = (self.literal)(run_id);
        format!("SELECT statements_done FROM {} WHERE run_id = {run_id} AND step = {step}", self.table)
    }

    /// A row of user, host, tool and file of the step that was begun last, if it is not at its end.
    #[must_use]
    pub fn latest(&self) -> String {
        let (table, running, in_doubt) = (&self.table, Self::RUNNING, Self::IN_DOUBT);
        format!(
            "SELECT os_user, host, tool, name FROM {table} WHERE state IN ('{running}', '{in_doubt}') AND id = (SELECT \
             max(id) FROM {table})"
        )
    }

    /// Notes how far a step has come, and which state it is in should nothing more be heard of it.
    #[must_use]
    pub fn progress(&self, run_id: &str, step: usize, state: &str, statements_done: usize) -> String {
        let done = statements_done.to_string();
        let set = ["state = '", state, "', statements_done = ", &done, ", recorded_at = ", self.now];
        self.update(run_id, step, &set.concat())
    }

    /// Notes that a step is over, with the error if it failed.
    #[must_use]
    pub fn finish(
        &self,
        run_id: &str,
        step: usize,
        state: &str,
        statements_done: usize,
        duration_ms: u64,
        error: Option<&str>,
    ) -> String {
        let error = error.map_or_else(|| "NULL".to_owned(), self.literal);
        let now = self.now;
        let set = format!(
            "state = '{state}', statements_done = {statements_done}, duration_ms = {duration_ms}, error = {error}, \
             recorded_at = {now}"
        );
        self.update(run_id, step, &set)
    }

    fn update(&self, run_id: &str, step: usize, set: &str) -> String {
        let (run_id, step) = ((self.literal)(run_id), step.to_string());
        ["UPDATE ", &self.table, " SET ", set, " WHERE run_id = ", &run_id, " AND step = ", &step].concat()
    }
}

/// The statements for the schema that a history is kept in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaSql {
    /// One truth value: is it there?
    pub exists: String,
    /// Creates it if it is not there.
    pub create: String,
}

/// How two runs are kept from migrating one database at the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockSql {
    /// A lock that belongs to an open, idle transaction on a connection of its own.
    SideTransaction {
        /// One message: begins the transaction and tries; its one row says whether the lock was got.
        begin_and_try: String,
        /// Ends the transaction, and with it the lock.
        end: String,
        /// A row of the holder's session, the session that works under the lock if it is another one, and what is known of
        /// them; none, or NULL, if nobody holds it.
        holder: String,
        /// Where no second connection can be had: a lock of the session.
        session: SessionLockSql,
        /// A row with a truth value: does a broken session of a run still work in the database?
        at_work: String,
    },
    /// A lock that belongs to the session.
    Session {
        /// It.
        session: SessionLockSql,
        /// As above.
        holder: String,
        /// A row with a truth value: does a session of a run still hold the lock?
        at_work: String,
    },
    /// A lock file beside the database file.
    File,
}

impl LockSql {
    /// What a new connection asks after the run's own broke, to know when the server has done with that.
    #[must_use]
    pub fn at_work(&self) -> Option<&str> {
        match self {
            Self::SideTransaction { at_work, .. } | Self::Session { at_work, .. } => Some(at_work),
            Self::File => None,
        }
    }
}

/// The statements of a lock that belongs to the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionLockSql {
    /// Tries; its one row says whether the lock was got.
    pub try_lock: String,
    /// Gives the lock back.
    pub release: String,
    /// A row with a truth value: does this session hold the lock?
    pub held: String,
}

/// How long a statement may wait for locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockLimit {
    /// For those on whole tables.
    pub tables: Duration,
    /// For those on rows, where a server tells them apart.
    pub rows: Duration,
}

/// How a server is told so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockLimitSql {
    /// Not at all.
    None,
    /// By a statement that holds until its transaction ends, or its message outside of one.
    Transaction(String),
    /// By a statement that holds until the session ends, with one that takes it back.
    Session {
        /// Sets it.
        set: String,
        /// Sets what was before.
        reset: String,
    },
}

/// The SQL a server speaks.
pub trait Dialect: Sync + Send {
    /// Its name.
    fn name(&self) -> &'static str;
    /// Other names by which users call for it.
    fn aliases(&self) -> &'static [&'static str];
    /// How it is written.
    fn lexis(&self) -> &'static Lexis;
    /// What it can do.
    fn capabilities(&self) -> Capabilities;
    /// What its statements do to others, one table for each product that speaks it.
    fn effects(&self) -> &'static [&'static EffectTable];
    /// How to find out whether this statement took effect, once nobody remembers.
    fn evidence(&self, sql: &str) -> Evidence;
    /// These commands and COMMIT as one message, after BEGIN unless a transaction is open already.
    fn committed(&self, begin: bool, commands: &[String]) -> String {
        let begin = begin.then_some("BEGIN");
        let parts: Vec<&str> =
            begin.into_iter().chain(commands.iter().map(String::as_str)).chain(["COMMIT"]).collect();
        parts.join("; ")
    }
    /// Whether what [`Dialect::committed`] makes is one command for this server, answered once.
    fn commits_in_one_command(&self, _server: &str) -> bool {
        false
    }
    /// Asks for the names of what this statement leaves when it fails, apart from what [`Dialect::evidence`] finds.
    fn leftovers(&self, _sql: &str) -> Option<String> {
        None
    }
    /// Asks whether another session of this user still carries this statement out; `None` where the lock tells.
    fn is_running(&self, _sql: &str) -> Option<String> {
        None
    }
    /// Whether a statement that stands outside of a transaction may be committed together with a note of brant's, as if
    /// it stood alone.
    fn may_join_note(&self, sql: &str, class: StatementClass) -> bool {
        let _ = sql;
        match class.kind {
            StatementKind::Ddl | StatementKind::Dml => !class.outside_transaction_only,
            // CALL, DO and what else is not known may end a transaction themselves.
            StatementKind::Other => !class.outside_transaction_only && !class.needs_own_transaction,
            StatementKind::TransactionControl | StatementKind::Setting => false,
        }
    }
    /// Asks which of the tables that a change of rows may mean can't be rolled back: rows of their names. `None` where
    /// there are no such tables.
    fn beyond_rollback(&self, _sql: &str) -> Option<String> {
        None
    }
    /// Why a failure of this statement, outside of a transaction, may leave part of what it does, to follow "since"; `None`:
    /// it leaves nothing.
    fn fails_in_parts(&self, _sql: &str) -> Option<&'static str> {
        None
    }
    /// What to ask right after a ROLLBACK, and the code in the second field of a row that says: not all could be taken back.
    fn incomplete_rollback(&self) -> Option<(&'static str, &'static str)> {
        None
    }
    /// A statement that keeps its session from all tables that it does not name, with these named too; `None` where it does
    /// not.
    fn sharing(&self, _sql: &str, _own: &[&str]) -> Option<String> {
        None
    }
    /// What becomes of a statement's effect when its session ends.
    fn after_session(&self, sql: &str, class: StatementClass) -> AfterSession {
        evidence::after_session(sql, class, self.lexis())
    }
    /// How the server stores a name that was written without quotes.
    fn fold(&self, name: &str) -> String {
        name.to_owned()
    }
    /// Renders a stored name for a statement: quoted where that is needed.
    fn identifier(&self, stored: &str) -> String;
    /// Renders text as a string literal, whatever the session's settings.
    fn literal(&self, text: &str) -> String;
    /// Renders a value as a literal, whatever the session's settings.
    ///
    /// # Errors
    ///
    /// Why the database has no such value.
    fn value(&self, value: &Value) -> Result<String, &'static str>;
    /// The bytes that the server prints so.
    fn bytes(&self, printed: &[u8]) -> Vec<u8> {
        printed.to_vec()
    }
    /// The statements for a history table of this layout.
    fn history(&self, layout: &HistoryLayout, table: &TableName) -> HistorySql;
    /// The statements for a schema of that name.
    ///
    /// # Errors
    ///
    /// Why no history can be kept in a schema of its own.
    fn schema(&self, stored: &str) -> Result<SchemaSql, &'static str>;
    /// The statements for the journal that stands beside this history table.
    fn journal(&self, history_table: &TableName) -> JournalSql;
    /// How runs over this history table exclude each other; the same for every way to spell its name, as long as it has
    /// the schema that it was found in.
    fn lock(&self, layout: &HistoryLayout, history_table: &TableName) -> LockSql;
    /// Lets the session wait for a lock no longer than this, wherever nobody else has set how long: neither the connection
    /// string nor the user, the database, the server or an earlier statement. What brant itself had set before
    /// (`before`) may be changed.
    fn lock_limit(&self, _limit: LockLimit, _before: Option<LockLimit>) -> LockLimitSql {
        LockLimitSql::None
    }
    /// Ends a session of the server, and what it holds.
    fn end_session(&self, _session: i64) -> Option<String> {
        None
    }
    /// Questions about who keeps a session waiting, the most certain first: the first that has an answer counts. What a
    /// server does not know of, or does not tell this user, is an error there. Rows of session, user, application, host,
    /// state, age of the transaction in seconds, statement, and whether it is certain.
    fn blockers(&self, _session: i64) -> Vec<String> {
        Vec::new()
    }
    /// Questions about how far a session's statement is: the first that has an answer counts. What a server does not
    /// know of is an error there. Rows of what it does and how much of that is done, in percent.
    fn progress(&self, _session: i64) -> Vec<String> {
        Vec::new()
    }
    /// Rows of the place in the list, rows as the server estimates them, bytes with indexes: of those tables (or tables of
    /// those indexes) that are there. What the server does not know is NULL.
    fn sizes(&self, tables: &[TableName]) -> String;
    /// A row with a text that tells this database from others, and is the same for whoever connects.
    fn identity(&self) -> &'static str;
    /// How a script for the server's own command-line client begins, so that it stops at the first error.
    fn client_script_head(&self) -> &'static str;
    /// A statement for the server's own command-line client, with what ends it.
    fn client_statement(&self, sql: &str) -> String {
        if crate::splitter::is_ended(sql, self.lexis()) { sql.to_owned() } else { format!("{sql}\n;") }
    }
    /// A statement that is to be in one message with that which follows, for the same client.
    fn client_beside(&self, sql: &str) -> String {
        format!("{sql};")
    }
    /// The byte of `sql` at which a message of the server places its error, where it tells so in words only.
    fn error_offset(&self, _sql: &str, _message: &str) -> Option<usize> {
        None
    }
}
