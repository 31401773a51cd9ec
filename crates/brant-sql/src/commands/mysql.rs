//! The commands of MySQL and MariaDB.
//!
//! Sources: MySQL Reference Manual, "Statements That Cause an Implicit Commit"; MariaDB, "SQL statements That Cause
//! an Implicit Commit", "SET STATEMENT". Neither refuses a command because a transaction is open.

use brant_core::StatementClass;
use brant_core::StatementKind::{Ddl, Dml, Other, Setting, TransactionControl};

use super::{CommandRules, Rule, commits, commits_own, own};

/// The commands of MySQL and MariaDB.
pub(crate) static MYSQL: CommandRules =
    CommandRules { rules: RULES, pairs: &[], functions: &["GET_LOCK", "RELEASE_LOCK", "RELEASE_ALL_LOCKS"] };

const RULES: &[Rule] = &[
    Rule::new(
        &["SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "VALUES", "TABLE", "WITH", "EXPLAIN", "("],
        "",
        StatementClass::plain(Dml),
    ),
    // "Do not commit … if the TEMPORARY keyword is used. (This does not apply to ALTER TABLE and CREATE INDEX.)"
    Rule::new(&["CREATE"], "OR? REPLACE? TEMPORARY", StatementClass::plain(Ddl)),
    Rule::new(&["DROP"], "TEMPORARY", StatementClass::plain(Ddl)),
    Rule::new(&["CREATE", "ALTER", "DROP", "RENAME", "TRUNCATE", "GRANT", "REVOKE"], "", commits(Ddl)),
    Rule::new(&["INSTALL", "UNINSTALL"], "", commits(Ddl)),
    // Care for tables; `ANALYZE SELECT …` is a query of MariaDB's.
    Rule::new(
        &["ANALYZE", "OPTIMIZE", "REPAIR", "CHECK"],
        "NO_WRITE_TO_BINLOG|LOCAL? TABLE|TABLES",
        commits(Other),
    ),
    Rule::new(&["CHECK"], "VIEW", commits(Other)),
    Rule::new(&["REPAIR"], "NO_WRITE_TO_BINLOG|LOCAL? VIEW", commits(Other)),
    Rule::new(&["CACHE", "LOAD"], "INDEX", commits(Other)),
    Rule::new(&["LOAD"], "DATA|XML", StatementClass::plain(Dml)),
    Rule::new(&["FLUSH", "RESET"], "", commits_own(Other)),
    Rule::new(&["CHANGE"], "MASTER|REPLICATION", commits_own(Other)),
    Rule::new(&["START", "STOP"], "ALL? SLAVE|SLAVES|REPLICA|REPLICAS", commits_own(Other)),
    Rule::new(&["START", "STOP"], "GROUP_REPLICATION", commits_own(Other)),
    Rule::new(&["LOCK", "UNLOCK"], "TABLE|TABLES", commits_own(Other)),
    // Transactions
    Rule::new(&["BEGIN"], "NOT ATOMIC", own(Other)),
    Rule::new(&["BEGIN"], "", commits_own(TransactionControl)),
    Rule::new(&["START"], "TRANSACTION", commits_own(TransactionControl)),
    Rule::new(&["COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "XA"], "", own(TransactionControl)),
    Rule::new(&["SET"], "GLOBAL|SESSION|LOCAL? TRANSACTION", own(TransactionControl)),
    // Settings
    Rule::new(&["SET"], "PASSWORD", commits_own(Ddl)),
    Rule::new(&["SET"], "DEFAULT ROLE", commits_own(Ddl)),
    Rule::new(&["SET"], "* autocommit :? = 1|ON|TRUE", commits_own(Setting)),
    Rule::new(
        &["SET"],
        "STATEMENT * FOR CREATE|ALTER|DROP|RENAME|TRUNCATE|ANALYZE|OPTIMIZE|REPAIR|GRANT|REVOKE",
        commits_own(Ddl),
    ),
    Rule::new(
        &["SET"],
        "STATEMENT * FOR SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH",
        StatementClass::plain(Dml),
    ),
    Rule::new(&["SET", "USE"], "", own(Setting)),
    // What neither changes anything nor lasts
    Rule::new(&["ANALYZE"], "", StatementClass::plain(Dml)),
    Rule::new(&["SHOW", "DESCRIBE", "DESC", "HELP", "SIGNAL"], "", StatementClass::plain(Other)),
    // What may do anything (CALL, DO, EXECUTE, a compound statement) is not known, and so has its own transaction.
];
