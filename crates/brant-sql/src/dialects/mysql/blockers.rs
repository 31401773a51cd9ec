//! Who keeps a session waiting. Each product and version has tables of its own to tell it by; a server refuses the
//! questions that are for others.

use super::super::{BLOCKERS_MAX, QUERY_LENGTH};

/// See [`crate::Dialect::blockers`].
pub(super) fn questions(session: i64) -> Vec<String> {
    vec![
        // Rows: MariaDB, and MySQL up to 5.7.
        question(
            "b.trx_mysql_thread_id",
            true,
            &format!(
                "information_schema.innodb_lock_waits w JOIN information_schema.innodb_trx r ON r.trx_id = \
                 w.requesting_trx_id AND r.trx_mysql_thread_id = {session} JOIN information_schema.innodb_trx b ON \
                 b.trx_id = w.blocking_trx_id"
            ),
        ),
        // Rows: MySQL from 8.0.
        question(
            "b.trx_mysql_thread_id",
            true,
            &format!(
                "performance_schema.data_lock_waits w JOIN information_schema.innodb_trx r ON r.trx_id = \
                 w.requesting_engine_transaction_id AND r.trx_mysql_thread_id = {session} JOIN \
                 information_schema.innodb_trx b ON b.trx_id = w.blocking_engine_transaction_id"
            ),
        ),
        // Tables: MySQL from 5.7, and MariaDB with its performance schema on.
        question(
            "gt.processlist_id",
            true,
            &format!(
                "performance_schema.metadata_locks w JOIN performance_schema.threads wt ON wt.thread_id = \
                 w.owner_thread_id AND wt.processlist_id = {session} AND w.lock_status = 'PENDING' JOIN \
                 performance_schema.metadata_locks g ON g.object_type = w.object_type AND g.object_schema = \
                 w.object_schema AND g.object_name = w.object_name AND g.lock_status = 'GRANTED' AND \
                 g.owner_thread_id <> w.owner_thread_id JOIN performance_schema.threads gt ON gt.thread_id = \
                 g.owner_thread_id"
            ),
        ),
        // Tables: MariaDB with the plugin `metadata_lock_info`, which tells who holds a table, not who waits for which.
        question(
            "m.thread_id",
            true,
            &format!(
                "{} JOIN information_schema.metadata_lock_info m ON m.thread_id <> me.id AND m.table_name <> '' AND \
                 locate(m.table_name, me.info) > 0",
                waiting(session)
            ),
        ),
        // Otherwise it is told that the session waits, and nothing more. What holds a table is an open
        // transaction, mostly of a session in the same database.
        question(
            "o.trx_mysql_thread_id",
            false,
            &format!(
                "{} JOIN information_schema.innodb_trx o ON o.trx_mysql_thread_id <> me.id JOIN \
                 information_schema.processlist op ON op.id = o.trx_mysql_thread_id AND coalesce(op.db, database()) = \
                 database()",
                waiting(session)
            ),
        ),
    ]
}

/// The session, if it waits for a lock on a table.
fn waiting(session: i64) -> String {
    format!(
        "(SELECT id, info FROM information_schema.processlist WHERE id = {session} AND state LIKE 'Waiting for%lock%') me"
    )
}

/// The facts about the sessions that such a source of rows names.
fn question(id: &str, is_certain: bool, from: &str) -> String {
    format!(
        "SELECT DISTINCT {id}, p.user, NULL, p.host, nullif(p.command, 'Query'), timestampdiff(SECOND, x.trx_started, \
         now()), left(p.info, {QUERY_LENGTH}), {is_certain} FROM {from} LEFT JOIN information_schema.processlist p ON p.id \
         = {id} LEFT JOIN information_schema.innodb_trx x ON x.trx_mysql_thread_id = {id} ORDER BY 6 DESC LIMIT \
         {BLOCKERS_MAX}"
    )
}
