//! What can't be done where a pooler shares the server's sessions among its clients.

use brant_core::{Script, Statement, StatementKind, TransactionMode};
use brant_driver::Connection;

use crate::{RunErrorKind, Work};

/// Refuses files that change settings of the session, if a pooler gives each statement outside of a transaction to
/// another one. Where no file does, the server is not asked.
pub(crate) async fn check(connection: &mut dyn Connection, works: &[Work]) -> Result<(), RunErrorKind> {
    let Some((script, statement)) =
        works.iter().find_map(|Work { script, .. }| Some((script, session_setting(script)?)))
    else {
        return Ok(());
    };
    let asked = connection.is_pooled().await;
    let pooled = asked.map_err(|error| RunErrorKind::Database { doing: "look for a pooler", error })?;
    if !pooled {
        return Ok(());
    }
    Err(RunErrorKind::SessionSetting { path: script.path.clone(), position: statement.position })
}

/// The first statement that changes a setting for those that follow it.
fn session_setting(script: &Script) -> Option<&Statement> {
    if script.transaction == TransactionMode::PerMigration {
        return None;
    }
    // Within a transaction of the file's own, one session serves all.
    let mut in_transaction = false;
    script.statements.iter().find(|statement| {
        let words = first_words(&statement.sql);
        let [first, second] = [0, 1].map(|i| words.get(i).map(String::as_str).unwrap_or_default());
        if statement.class.kind == StatementKind::TransactionControl && !statement.block {
            match first {
                "BEGIN" | "START" => in_transaction = true,
                "COMMIT" | "END" | "ROLLBACK" | "ABORT" if second != "TO" => in_transaction = false,
                _ => {}
            }
        }
        let sets = matches!(first, "SET" | "LOAD") && second != "LOCAL";
        statement.class.kind == StatementKind::Setting && sets && !in_transaction
    })
}

/// The first two words in capitals. Comments don't come before a statement's first word: the splitter leaves them out.
fn first_words(sql: &str) -> Vec<String> {
    let words = sql.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    words.take(2).map(str::to_ascii_uppercase).collect()
}
