//! LOCK TABLES keeps its session from every table that it does not name, brant's own among them.

use crate::Lexis;
use crate::lexer::{Lexer, TokenKind};
use crate::pattern::Lexeme;

/// See [`crate::Dialect::sharing`].
pub(super) fn sharing(sql: &str, own: &[&str], lexis: &'static Lexis) -> Option<String> {
    // Nearly every command is another one, and need not be read to its end.
    let (first, _) = first_command(sql, lexis).next()?;
    if !first.is_word("LOCK") || own.is_empty() {
        return None;
    }
    let words: Vec<_> = first_command(sql, lexis).collect();
    if words.len() < 3 || !words[1].0.is_one_of(&["TABLE", "TABLES"]) {
        return None;
    }
    // How long to wait stands behind the tables.
    let limit = match &words[..] {
        [.., (last, _)] if last.is_word("NOWAIT") => 1,
        [.., (wait, _), (_, _)] if wait.is_word("WAIT") => 2,
        _ => 0,
    };
    let (_, end) = words[words.len() - 1 - limit];
    let own: String = own.iter().map(|table| format!(", {table} WRITE")).collect();
    Some(format!("{}{own}{}", &sql[..end], &sql[end..]))
}

/// The words of the first command of a text, each with where it ends.
fn first_command<'a>(sql: &'a str, lexis: &'static Lexis) -> impl Iterator<Item = (Lexeme<'a>, usize)> {
    let mut lexer = Lexer::new(sql, lexis);
    let tokens = std::iter::from_fn(move || lexer.next_token(false).ok().flatten());
    tokens
        .filter(|token| !matches!(token.kind, TokenKind::Blank | TokenKind::Comment))
        .take_while(|token| token.kind != TokenKind::Symbol(b';'))
        .map(|token| (Lexeme::of(token, sql), token.end))
}

#[cfg(test)]
mod tests {
    use crate::Dialect as _;
    use crate::dialects::mysql::MySql;

    #[test]
    fn brants_tables_are_locked_with_those_of_the_file() {
        for (sql, wanted) in [
            ("LOCK TABLES t WRITE", Some("LOCK TABLES t WRITE, j WRITE, `a b`.h WRITE")),
            (
                "lock table `t` read local, u write ; -- x",
                Some("lock table `t` read local, u write, j WRITE, `a b`.h WRITE ; -- x"),
            ),
            ("LOCK TABLES t WRITE WAIT 5;", Some("LOCK TABLES t WRITE, j WRITE, `a b`.h WRITE WAIT 5;")),
            ("LOCK TABLES t WRITE NOWAIT", Some("LOCK TABLES t WRITE, j WRITE, `a b`.h WRITE NOWAIT")),
            (
                "LOCK TABLES t WRITE; INSERT INTO t VALUES (1)",
                Some("LOCK TABLES t WRITE, j WRITE, `a b`.h WRITE; INSERT INTO t VALUES (1)"),
            ),
            ("UNLOCK TABLES", None),
            ("INSERT INTO t VALUES ('LOCK TABLES t')", None),
        ] {
            assert_eq!(MySql.sharing(sql, &["j", "`a b`.h"]).as_deref(), wanted, "{sql}");
        }
        assert_eq!(MySql.sharing("LOCK TABLES t WRITE", &[]), None);
    }
}
