//! What the tests of the splitter share: a notation for classes, and what must hold for any text.

use brant_core::{StatementClass, StatementKind};
use brant_sql::{Dialect, Piece, dialect_by_name, split};

/// The dialect of this name.
pub(crate) fn dialect(name: &str) -> &'static dyn Dialect {
    dialect_by_name(name).unwrap_or_else(|| panic!("no dialect is called {name}"))
}

/// A class in short: its kind, then `outside`, `commits`, `own` for what holds.
pub(crate) fn short(class: StatementClass) -> String {
    let kind = match class.kind {
        StatementKind::Ddl => "ddl",
        StatementKind::Dml => "dml",
        StatementKind::TransactionControl => "transaction",
        StatementKind::Setting => "setting",
        StatementKind::Other => "other",
    };
    let facts = [
        (class.outside_transaction_only, " outside"),
        (class.commits_implicitly, " commits"),
        (class.needs_own_transaction, " own"),
    ];
    facts.iter().filter(|(holds, _)| *holds).fold(kind.to_owned(), |text, (_, fact)| text + fact)
}

/// The texts of the pieces; one that no delimiter ended has `…` after it.
pub(crate) fn texts(text: &str, pieces: &[Piece]) -> Vec<String> {
    let mark = |piece: &Piece| if piece.terminated { "" } else { "…" };
    pieces.iter().map(|piece| format!("{}{}", &text[piece.range.clone()], mark(piece))).collect()
}

/// Splits, and checks what must hold for any text: pieces lie in order, inside the text, between characters, and are
/// neither empty nor surrounded by blanks; what is left out is no SQL.
pub(crate) fn split_checked(text: &str, dialect: &dyn Dialect) -> Option<Vec<Piece>> {
    let pieces = split(text, dialect).map_err(|error| assert!(text.is_char_boundary(error.offset))).ok()?;
    let mut rebuilt = String::new();
    let mut end = 0;
    for piece in &pieces {
        assert!(end <= piece.range.start && piece.range.start < piece.range.end, "out of order: {pieces:?}");
        rebuilt.push_str(&text[end..piece.range.start]);
        let sql = &text[piece.range.clone()];
        assert_eq!(sql.trim_matches([' ', '\t', '\r', '\n']), sql, "blanks around a piece");
        rebuilt.push_str(sql);
        end = piece.range.end;
    }
    rebuilt.push_str(&text[end..]);
    assert_eq!(rebuilt, text);
    let unterminated = pieces.iter().filter(|piece| !piece.terminated).count();
    assert!(unterminated == 0 || pieces.last().is_some_and(|piece| !piece.terminated && unterminated == 1));
    Some(pieces)
}

/// Checks a table of cases: what is special, the text, its pieces.
pub(crate) fn check_pieces(dialect_name: &str, cases: &[(&str, &str, &[&str])]) {
    for (what, text, expected) in cases {
        let pieces =
            split(text, dialect(dialect_name)).unwrap_or_else(|error| panic!("{what}: {error}\n{text}"));
        assert_eq!(texts(text, &pieces), *expected, "{dialect_name}: {what}\n{text}");
        split_checked(text, dialect(dialect_name));
    }
}
