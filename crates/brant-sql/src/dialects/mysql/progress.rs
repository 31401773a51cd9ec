//! How far a session's statement is. Each product has a table of its own to tell it by; a server refuses the question
//! that is for the other.

/// See [`crate::Dialect::progress`].
pub(super) fn questions(session: i64) -> Vec<String> {
    vec![
        // MariaDB: a change of a table has stages, and each counts to 100.
        format!(
            "SELECT state, CAST((stage - 1 + progress / 100) / max_stage * 100 AS UNSIGNED) FROM \
             information_schema.processlist WHERE id = {session} AND max_stage > 0"
        ),
        // MySQL from 8.0, which watches the stages of a change by itself.
        format!(
            "SELECT substring_index(s.event_name, '/', -1), CAST(100 * s.work_completed / s.work_estimated AS UNSIGNED) \
             FROM performance_schema.events_stages_current s JOIN performance_schema.threads t ON t.thread_id = \
             s.thread_id WHERE t.processlist_id = {session} AND s.work_estimated > 0"
        ),
    ]
}
