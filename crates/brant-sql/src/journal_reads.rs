//! What is asked of the journal about migrations that were applied.

use brant_core::Version;

use crate::JournalSql;

impl JournalSql {
    /// Rows of version, name, checksum, token hash, whether the text is kept: for each version whose last row says that
    /// it was applied (or that it was marked, or its file accepted). Never reads a text.
    #[must_use]
    pub fn contents(&self, history_table: &str) -> String {
        let columns = "j.version_id, j.name, j.checksum, j.token_hash, j.source IS NOT NULL";
        self.of_newest(columns, history_table, "")
    }

    /// Rows of version and text, packed, in hexadecimal digits: of these versions, those that have one.
    #[must_use]
    pub fn sources(&self, history_table: &str, versions: &[Version]) -> String {
        let columns = format!("j.version_id, {}", self.hex_source);
        let versions: Vec<String> = versions.iter().map(ToString::to_string).collect();
        let condition = format!(" AND version_id IN ({})", versions.join(", "));
        self.of_newest(&columns, history_table, &condition) + " AND j.source IS NOT NULL"
    }

    fn of_newest(&self, columns: &str, history_table: &str, condition: &str) -> String {
        let (table, history_table) = (&self.table, (self.literal)(history_table));
        // In the order of the index first, so that nothing of all the rows has to be sorted.
        let newest = |states: &str, order: &str| {
            format!(
                "SELECT version_id, max(id) AS id FROM {table} WHERE history_table = {history_table} AND state IN \
                 ({states}){condition} GROUP BY {order}"
            )
        };
        let newest = match self.asks_by_state {
            true => ["'done'", "'marked'", "'accepted'"]
                .map(|state| newest(state, "version_id"))
                .join(" UNION ALL "),
            false => newest("'done', 'marked', 'accepted'", "state, version_id"),
        };
        format!(
            "SELECT {columns} FROM {table} j JOIN (SELECT max(id) AS id FROM ({newest}) s GROUP BY version_id) n ON n.id = \
             j.id WHERE j.direction = 'up'"
        )
    }

    /// Rows of time (UTC), name, direction, state, statements done, statements total, milliseconds, user, host, tool,
    /// reason: all that happened to a version, oldest first.
    #[must_use]
    pub fn log(&self, history_table: &str, version: Version) -> String {
        let (table, time, history_table) = (&self.table, self.time, (self.literal)(history_table));
        format!(
            "SELECT {time}, name, direction, state, statements_done, statements_total, duration_ms, os_user, host, \
             tool, reason FROM {table} WHERE history_table = {history_table} AND version_id = {version} ORDER BY id"
        )
    }
}
