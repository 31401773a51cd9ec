//! What a SET command of the text changes in how the rest of the text is read.
//!
//! Sources: PostgreSQL, "Version and Platform Compatibility" (`standard_conforming_strings`); MySQL Reference
//! Manual, "Server SQL Modes" (`ANSI_QUOTES`, `NO_BACKSLASH_ESCAPES`, and the combinations that contain them);
//! MariaDB, "SQL_MODE".

use crate::lexer::{Modes, TokenKind};
use crate::pattern::Lexeme;

/// SQL modes that make `"…"` an identifier.
const ANSI_QUOTES: &[&str] =
    &["ANSI_QUOTES", "ANSI", "DB2", "MAXDB", "MSSQL", "MYSQL323", "MYSQL40", "ORACLE", "POSTGRESQL"];

/// The modes after a command that began like this. `base` are the ones that a session begins with.
pub(super) fn after(head: &[Lexeme<'_>], modes: Modes, base: Modes) -> Modes {
    let Some((first, rest)) = head.split_first() else { return modes };
    if first.is_word("RESET") && rest.first().is_some_and(is_standard_strings_or_all) {
        return base;
    }
    if !first.is_word("SET") {
        return modes;
    }
    match (standard_strings(rest, base), sql_mode(rest)) {
        (Some(backslash_escapes), _) => Modes { backslash_escapes, ..modes },
        (None, Some(value)) => with_sql_mode(value, modes, base),
        (None, None) => modes,
    }
}

fn is_standard_strings_or_all(lexeme: &Lexeme<'_>) -> bool {
    lexeme.is_one_of(&["standard_conforming_strings", "ALL"])
}

/// `SET [SESSION | LOCAL] standard_conforming_strings = value`: is a backslash an escape afterwards?
fn standard_strings(rest: &[Lexeme<'_>], base: Modes) -> Option<bool> {
    let rest = match rest.split_first()? {
        (scope, rest) if scope.is_one_of(&["SESSION", "LOCAL"]) => rest,
        _ => rest,
    };
    let [name, assign, value, ..] = rest else { return None };
    if !name.is_word("standard_conforming_strings") || !(assign.is_symbol(b'=') || assign.is_word("TO")) {
        return None;
    }
    let value = value.text.trim_matches('\'');
    if value.eq_ignore_ascii_case("default") {
        return Some(base.backslash_escapes);
    }
    Some(["off", "of", "false", "f", "no", "n", "0"].iter().any(|off| value.eq_ignore_ascii_case(off)))
}

/// The tokens of the value that a SET command gives to the session's `sql_mode`.
fn sql_mode<'h, 'a>(rest: &'h [Lexeme<'a>]) -> Option<&'h [Lexeme<'a>]> {
    let at = (0..rest.len()).find(|&at| is_sql_mode(&rest[..=at]) && assigns(&rest[at + 1..]))?;
    let value = &rest[at + 1..];
    let value = &value[value.iter().take_while(|l| matches!(l.text, ":" | "=")).count()..];
    let mut depth = 0_usize;
    let end = value.iter().position(|lexeme| {
        depth = match lexeme.kind {
            TokenKind::Symbol(b'(') => depth + 1,
            TokenKind::Symbol(b')') => depth.saturating_sub(1),
            _ => depth,
        };
        depth == 0 && lexeme.is_symbol(b',')
    });
    Some(&value[..end.unwrap_or(value.len())])
}

/// The last of these tokens is the session's `sql_mode`: not a user's variable, not that of sessions to come.
fn is_sql_mode(tokens: &[Lexeme<'_>]) -> bool {
    let Some((name, before)) = tokens.split_last() else { return false };
    let scope = |back: usize| before.len().checked_sub(back).map(|at| before[at]);
    let is_user_variable =
        scope(1).is_some_and(|l| l.is_symbol(b'@')) && !scope(2).is_some_and(|l| l.is_symbol(b'@'));
    let scope = if scope(1).is_some_and(|l| l.is_symbol(b'.')) { scope(2) } else { scope(1) };
    let is_global = scope.is_some_and(|l| l.is_one_of(&["GLOBAL", "PERSIST", "PERSIST_ONLY"]));
    name.is_word("sql_mode") && !is_user_variable && !is_global
}

fn assigns(rest: &[Lexeme<'_>]) -> bool {
    match rest {
        [equals, ..] if equals.is_symbol(b'=') => true,
        [colon, equals, ..] => colon.is_symbol(b':') && equals.is_symbol(b'='),
        _ => false,
    }
}

fn with_sql_mode(value: &[Lexeme<'_>], modes: Modes, base: Modes) -> Modes {
    let named = SqlModes::named(value);
    let keeps = value.iter().any(|l| l.is_word("sql_mode"));
    match value {
        [literal] if literal.kind != TokenKind::Word || !literal.is_word("DEFAULT") => Modes {
            backslash_escapes: !named.no_backslash_escapes,
            double_quoted_strings: !named.ansi_quotes,
        },
        // REPLACE(@@sql_mode, 'ANSI_QUOTES', '') takes a mode away.
        [function, ..] if keeps && function.is_word("REPLACE") => Modes {
            backslash_escapes: modes.backslash_escapes || named.no_backslash_escapes,
            double_quoted_strings: modes.double_quoted_strings || named.ansi_quotes,
        },
        // CONCAT(@@sql_mode, ',ANSI_QUOTES') adds one.
        _ if keeps => Modes {
            backslash_escapes: modes.backslash_escapes && !named.no_backslash_escapes,
            double_quoted_strings: modes.double_quoted_strings && !named.ansi_quotes,
        },
        // @OLD_SQL_MODE, DEFAULT: what it was at the beginning.
        _ => base,
    }
}

/// The SQL modes with a bearing on the lexer.
struct SqlModes {
    ansi_quotes: bool,
    no_backslash_escapes: bool,
}

impl SqlModes {
    fn named(value: &[Lexeme<'_>]) -> Self {
        let has = |modes: &[&str]| {
            let mut words =
                value.iter().flat_map(|l| l.text.split(|c: char| !c.is_alphanumeric() && c != '_'));
            words.any(|word| modes.iter().any(|mode| word.eq_ignore_ascii_case(mode)))
        };
        Self { ansi_quotes: has(ANSI_QUOTES), no_backslash_escapes: has(&["NO_BACKSLASH_ESCAPES"]) }
    }
}
