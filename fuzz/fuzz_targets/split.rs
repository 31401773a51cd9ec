//! Cuts any text into statements, in every dialect: no panic, and the pieces lie in order and rebuild the text.
//!
//! `cargo +nightly fuzz run split`

#![no_main]

use brant_sql::{DIALECTS, Piece, classify, split};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for dialect in DIALECTS {
        classify(text, *dialect);
        match split(text, *dialect) {
            Ok(pieces) => check(text, &pieces),
            Err(error) => assert!(text.is_char_boundary(error.offset), "{error:?}"),
        }
    }
});

/// Pieces lie in order, inside the text, between characters, and are neither empty nor surrounded by blanks; only the
/// last may lack its delimiter.
fn check(text: &str, pieces: &[Piece]) {
    let mut rebuilt = String::new();
    let mut end = 0;
    for piece in pieces {
        assert!(end <= piece.range.start && piece.range.start < piece.range.end, "out of order: {pieces:?}");
        rebuilt.push_str(&text[end..piece.range.start]);
        let sql = &text[piece.range.clone()];
        assert_eq!(sql.trim_matches([' ', '\t', '\r', '\n']), sql, "blanks around a piece");
        rebuilt.push_str(sql);
        end = piece.range.end;
    }
    rebuilt.push_str(&text[end..]);
    assert_eq!(rebuilt, text);
    let all_but_last = &pieces[..pieces.len().saturating_sub(1)];
    assert!(all_but_last.iter().all(|piece| piece.terminated), "{pieces:?}");
}
