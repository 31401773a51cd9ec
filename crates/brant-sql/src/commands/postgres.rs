//! PostgreSQL's commands.
//!
//! Sources: the reference pages of the commands ("… cannot be executed inside a transaction block"), which name every
//! caller of `PreventInTransactionBlock` in the server; "ALTER TYPE", Notes, for new values of an enum.

use brant_core::StatementClass;
use brant_core::StatementKind::{Ddl, Dml, Other, Setting, TransactionControl};

use super::{CommandRules, Rule, outside, own};

/// PostgreSQL's commands.
pub(crate) static POSTGRES: CommandRules = CommandRules {
    rules: RULES,
    // Constraints that wait for the commit, and tables that change at it.
    pairs: &[("INITIALLY", "DEFERRED"), ("ON", "COMMIT")],
    functions: &["set_config", "pg_advisory_", "pg_try_advisory_"],
};

const RULES: &[Rule] = &[
    Rule::new(
        &["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "VALUES", "TABLE", "WITH", "COPY", "EXPLAIN", "("],
        "",
        StatementClass::plain(Dml),
    ),
    // CREATE
    Rule::new(&["CREATE"], "UNIQUE? INDEX CONCURRENTLY", outside(Ddl)),
    Rule::new(&["CREATE", "DROP"], "DATABASE|TABLESPACE", outside(Ddl)),
    // Without a replication slot to create, it is an ordinary command.
    Rule::new(&["CREATE"], "SUBSCRIPTION * create_slot|connect = false|off|0", StatementClass::plain(Ddl)),
    Rule::new(&["CREATE", "DROP"], "SUBSCRIPTION", outside(Ddl)),
    Rule::new(&["CREATE"], "", StatementClass::plain(Ddl)),
    // ALTER
    Rule::new(&["ALTER"], "SYSTEM", outside(Setting)),
    Rule::new(&["ALTER"], "DATABASE * SET TABLESPACE", outside(Ddl)),
    Rule::new(&["ALTER"], "TABLE * DETACH PARTITION * CONCURRENTLY", outside(Ddl)),
    Rule::new(&["ALTER"], "SUBSCRIPTION * REFRESH", outside(Ddl)),
    Rule::new(&["ALTER"], "SUBSCRIPTION * SET|ADD|DROP PUBLICATION", outside(Ddl)),
    // The new value cannot be used before the commit.
    Rule::new(&["ALTER"], "TYPE * ADD VALUE", own(Ddl)),
    Rule::new(&["ALTER"], "", StatementClass::plain(Ddl)),
    // Other changes of the schema
    Rule::new(&["DROP"], "INDEX CONCURRENTLY", outside(Ddl)),
    Rule::new(
        &["DROP", "TRUNCATE", "COMMENT", "GRANT", "REVOKE", "REASSIGN", "SECURITY", "IMPORT", "REFRESH"],
        "",
        StatementClass::plain(Ddl),
    ),
    Rule::new(&["REINDEX"], "() DATABASE|SYSTEM|SCHEMA", outside(Ddl)),
    Rule::new(&["REINDEX"], "* CONCURRENTLY", outside(Ddl)),
    Rule::new(&["REINDEX"], "", StatementClass::plain(Ddl)),
    // Care for tables
    Rule::new(&["VACUUM"], "", outside(Other)),
    Rule::new(&["CLUSTER"], "() VERBOSE? ;", outside(Other)),
    Rule::new(&["CLUSTER", "ANALYZE", "ANALYSE", "CHECKPOINT", "SHOW"], "", StatementClass::plain(Other)),
    // Transactions
    Rule::new(&["COMMIT", "ROLLBACK"], "PREPARED", outside(TransactionControl)),
    Rule::new(
        &["BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE"],
        "",
        own(TransactionControl),
    ),
    Rule::new(&["PREPARE"], "TRANSACTION", own(TransactionControl)),
    Rule::new(&["SET"], "TRANSACTION", own(TransactionControl)),
    Rule::new(&["SET"], "SESSION CHARACTERISTICS", own(TransactionControl)),
    // Settings
    Rule::new(&["DISCARD"], "ALL", outside(Setting)),
    Rule::new(&["SET", "RESET", "DISCARD", "LOAD"], "", own(Setting)),
    // What may do anything (CALL, DO, EXECUTE), lasts until the end of the transaction (LOCK, DECLARE), or of the
    // session (LISTEN, PREPARE), is not known, and so has its own transaction.
];
