//! Which process of a PostgreSQL server works for a connection.
//!
//! A pooler tells its clients numbers of its own, and lends them another process for each transaction. What is true shows
//! on the server alone: it is the process that is at work on the text that was sent last.

use std::sync::{Mutex, OnceLock, PoisonError};

use crate::Connection;

/// How much of a text is compared, in characters. The server shows a kilobyte of it, unless it is told otherwise.
const COMPARED: usize = 200;

/// What a connection has under way, for whoever looks from another one of the same user in the same database.
#[derive(Debug, Default)]
pub struct UnderWay {
    /// The beginning of the text that was sent last; empty where it is not known.
    text: Mutex<String>,
    /// The process that said at the beginning that it serves the connection.
    first: OnceLock<i64>,
}

impl UnderWay {
    /// This process served the connection at its beginning.
    pub fn begins_on(&self, process: &str) {
        if let Ok(process) = process.parse() {
            let _ = self.first.set(process);
        }
    }

    /// This is sent now.
    pub fn sends(&self, sql: &str) {
        let mut text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        text.clear();
        text.extend(sql.chars().take(COMPARED));
    }

    /// Somebody else sends what is not known. The process is then taken for the one that it was at the beginning.
    pub fn is_lent(&self) {
        self.sends("");
    }

    /// The process that is at work on it; `None` where there is none, or not just one.
    pub async fn process(&self, other: &mut dyn Connection) -> Option<i64> {
        let rows = other.query(&self.of_process("w.pid")).await.ok()?;
        rows.first()?.first()?.as_deref()?.parse().ok()
    }

    /// Asks the server to stop whatever is at work on it. A process that has gone on to the work of another client by now
    /// is left alone.
    #[must_use]
    pub fn cancel(&self) -> String {
        self.of_process("pg_catalog.pg_cancel_backend(w.pid)")
    }

    /// Asks this of the process. Others may be at work on the same text, for another schema: of several it is the one that
    /// served the connection at its beginning, or none.
    fn of_process(&self, what: &str) -> String {
        let first = self.first.get().copied().unwrap_or_default();
        format!(
            "WITH w AS (SELECT a.pid FROM pg_catalog.pg_stat_activity a WHERE a.pid <> pg_catalog.pg_backend_pid() AND \
             a.datname = pg_catalog.current_database() AND a.usename = session_user AND a.backend_type = 'client backend' \
             AND a.state = 'active' AND {}) SELECT {what} FROM w WHERE w.pid = {first} OR (SELECT pg_catalog.count(*) FROM w) \
             = 1",
            self.is_it()
        )
    }

    fn is_it(&self) -> String {
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        match (text.is_empty(), self.first.get()) {
            (true, None) => "false".to_owned(),
            (true, Some(first)) => format!("a.pid = {first}"),
            // `E'…'` means the same whatever standard_conforming_strings says.
            (false, _) => {
                let escaped = text.replace('\\', "\\\\").replace('\'', "''");
                format!("pg_catalog.left(a.query, {COMPARED}) = E'{escaped}'")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_the_last_text_is_looked_for() {
        let under_way = UnderWay::default();
        under_way.sends("SELECT 1");
        under_way.sends(&format!("SELECT 'it''s\\', '{}'", "é".repeat(300)));
        let wanted = format!("= E'SELECT ''it''''s\\\\'', ''{}'", "é".repeat(COMPARED - 18));
        assert!(under_way.cancel().contains(&wanted), "{}", under_way.cancel());
    }

    #[test]
    fn what_others_send_is_looked_for_where_the_connection_began() {
        let under_way = UnderWay::default();
        under_way.sends("BEGIN");
        under_way.is_lent();
        assert!(under_way.cancel().contains("AND false)"));
        under_way.begins_on("4711");
        assert!(under_way.cancel().contains("AND a.pid = 4711)"));
    }
}
