//! SQLite's commands.
//!
//! Sources: "VACUUM" ("will fail if there is an open transaction"), "PRAGMA Statements" (`foreign_keys` "is a no-op
//! within a transaction"; `journal_mode` and `synchronous` are refused there), "ATTACH DATABASE".

use brant_core::StatementClass;
use brant_core::StatementKind::{Ddl, Dml, Other, Setting, TransactionControl};

use super::{CommandRules, Rule, outside, own};

/// SQLite's commands.
pub(crate) static SQLITE: CommandRules =
    CommandRules { rules: RULES, pairs: &[("INITIALLY", "DEFERRED")], functions: &[] };

const RULES: &[Rule] = &[
    Rule::new(
        &["SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "VALUES", "WITH", "EXPLAIN"],
        "",
        StatementClass::plain(Dml),
    ),
    Rule::new(&["CREATE", "ALTER", "DROP", "REINDEX"], "", StatementClass::plain(Ddl)),
    Rule::new(&["ANALYZE"], "", StatementClass::plain(Other)),
    Rule::new(&["VACUUM"], "", outside(Other)),
    Rule::new(&["BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"], "", own(TransactionControl)),
    // To or from WAL, the journal mode cannot change inside a transaction; other modes silently stay.
    Rule::new(&["PRAGMA"], "journal_mode|synchronous|temp_store =|(", outside(Setting)),
    Rule::new(&["PRAGMA"], "* . journal_mode|synchronous|temp_store =|(", outside(Setting)),
    // `foreign_keys` and others silently do nothing inside a transaction, so they are not refused there.
    Rule::new(&["PRAGMA"], "", own(Setting)),
    // Allowed inside a transaction, but the session has another set of databases after it.
    Rule::new(&["ATTACH", "DETACH"], "", own(Setting)),
];
