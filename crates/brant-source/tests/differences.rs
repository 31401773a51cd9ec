//! Where brant deliberately reads a file otherwise than goose does: a file for each difference.

mod support;

use brant_core::Direction;
use support::{goose_rule, parse};

const DIFFERENCES: &[(&str, &str)] = &[
    ("a byte order mark is accepted", "\u{feff}-- +goose Up\nSELECT 1;\n"),
    ("blanks before an annotation are accepted", "  -- +goose Up\nSELECT 1;\n"),
    ("a comment behind an annotation is accepted", "-- +goose Up -- the first\nSELECT 1;\n"),
    ("a comment may mention +goose", "-- +goose Up\n-- see the +goose docs\nSELECT 1;\n"),
    ("comments may end a file after a line of blanks", "-- +goose Up\nSELECT 1;\n  \n-- bye\n"),
    ("a comment behind a statement is not sent", "-- +goose Up\nSELECT 1; -- one\nSELECT 2;\n"),
    ("a comment may touch the semicolon", "-- +goose Up\nSELECT 1;-- one\nSELECT 2;\n"),
    ("a bracketed comment may follow the semicolon", "-- +goose Up\nSELECT 1; /* one */\nSELECT 2;\n"),
    ("a semicolon in a string ends nothing", "-- +goose Up\nSELECT 'a;\nb';\n"),
    ("a semicolon in a body ends nothing", "-- +goose Up\nDO $$\nBEGIN\n  PERFORM 1;\nEND;\n$$;\n"),
    ("a semicolon in a comment ends nothing", "-- +goose Up\nSELECT /* one;\n*/ 1;\n"),
    (
        "an empty block swallows nothing",
        "-- +goose Up\n-- +goose StatementBegin\n-- +goose StatementEnd\nSELECT 1;\nSELECT 2;\n",
    ),
    (
        "a block of blanks yields nothing",
        "-- +goose Up\n-- +goose StatementBegin\n  \n-- +goose StatementEnd\nSELECT 1;\n",
    ),
];

#[test]
fn each_difference_is_known() {
    let mut told = String::new();
    for (name, file) in DIFFERENCES {
        let goose = goose_rule::statements(file, true);
        let ours: Vec<String> =
            parse(file, Direction::Up).unwrap().statements.into_iter().map(|s| s.sql).collect();
        assert_ne!(Ok(&ours), goose.as_ref(), "{name}: no difference");
        told += &match goose {
            Ok(goose) => format!("{name}\n    goose {goose:?}\n    brant {ours:?}\n"),
            Err(e) => format!("{name}\n    goose refuses: {e}\n    brant {ours:?}\n"),
        };
    }
    insta::assert_snapshot!(told);
}
