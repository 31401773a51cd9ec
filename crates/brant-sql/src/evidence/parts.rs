//! Statements that may leave part of what they do when they fail.

use super::words::{Words, lexemes_of_one};
use crate::{Dialect, count_commands};

const COMMANDS: &str = "it holds several commands, and those before the error are done";
const COMMITS: &str = "what it calls may have committed before the error";
const LIST: &str = "it names several things, and each is changed by itself";

/// Where a message is no transaction: all that came before the error.
pub(crate) fn of_message(sql: &str, dialect: &dyn Dialect) -> Option<&'static str> {
    (count_commands(sql, dialect) > 1).then_some(COMMANDS)
}

/// MySQL and MariaDB: of a list what could be changed.
pub(crate) fn of_mysql(sql: &str, dialect: &dyn Dialect) -> Option<&'static str> {
    let lexemes = lexemes_of_one(sql, dialect)?;
    let mut words = Words::new(&lexemes, dialect);
    match words.skip()?.to_ascii_uppercase().as_str() {
        "CALL" | "EXECUTE" | "BEGIN" => Some(COMMITS),
        "DROP" if words.take_one(&["TABLE", "TABLES", "VIEW", "USER", "ROLE"]).is_some() => several(&words),
        "CREATE" | "RENAME" if words.take_one(&["USER", "ROLE"]).is_some() => several(&words),
        "GRANT" if words.skip_past("TO") => several(&words),
        "REVOKE" if words.skip_past("FROM") => several(&words),
        _ => None,
    }
}

/// PostgreSQL, outside of a transaction: a procedure may end transactions of its own.
pub(crate) fn of_postgres(sql: &str, dialect: &dyn Dialect) -> Option<&'static str> {
    let lexemes = lexemes_of_one(sql, dialect)?;
    lexemes.first()?.is_one_of(&["CALL", "DO"]).then_some(COMMITS)
}

fn several(words: &Words<'_>) -> Option<&'static str> {
    (words.clauses().len() > 1).then_some(LIST)
}
