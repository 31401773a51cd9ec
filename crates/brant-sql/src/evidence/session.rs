//! What a statement does to its session alone, and what becomes of it in another one.

use brant_core::{StatementClass, StatementKind};

use super::words::lexemes;
use crate::Lexis;
use crate::pattern::Lexeme;

/// What becomes of a statement's effect when its session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterSession {
    /// It stays.
    Stays,
    /// It is gone, and comes back when the statement runs again.
    Again,
    /// It is gone for good, for this reason.
    Lost(&'static str),
}

pub(crate) fn after_session(sql: &str, class: StatementClass, lexis: &'static Lexis) -> AfterSession {
    let Some(words) = lexemes(sql, lexis) else { return AfterSession::Stays };
    let mentions = |names: &[&str]| words.iter().any(|word| word.is_one_of(names));
    let is_temporary = |word: &Lexeme<'_>| word.is_one_of(&["TEMP", "TEMPORARY"]);
    match class.kind {
        StatementKind::Setting if mentions(&["SELECT", "LAST_INSERT_ID", "ROW_COUNT", "FOUND_ROWS"]) => {
            AfterSession::Lost("the value that it took from rows is gone with its session")
        }
        StatementKind::Setting => AfterSession::Again,
        StatementKind::Dml
            if words.first().is_some_and(|w| w.is_word("SELECT")) && mentions(&["set_config"]) =>
        {
            AfterSession::Again
        }
        StatementKind::Ddl
            if words.first().is_some_and(|w| w.is_word("CREATE"))
                && words.iter().take(4).any(is_temporary) =>
        {
            AfterSession::Lost("its temporary table is gone with its session")
        }
        // The tables that LOCK TABLES holds, and what gives them back.
        StatementKind::Other
            if class.commits_implicitly
                && words.first().is_some_and(|w| w.is_one_of(&["LOCK", "UNLOCK"])) =>
        {
            AfterSession::Again
        }
        _ => AfterSession::Stays,
    }
}
