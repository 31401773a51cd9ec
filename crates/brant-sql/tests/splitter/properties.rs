//! What holds for any text at all.

use brant_sql::{DIALECTS, classify};
use proptest::prelude::*;

use crate::common::{dialect, split_checked, texts};

/// Bits of SQL that mean something to a lexer, in one dialect or another.
const VOCABULARY: &[&str] = &[
    ";",
    ";\n",
    "\n",
    "\r\n",
    " ",
    "'",
    "''",
    "\"",
    "`",
    "[",
    "]",
    "$$",
    "$a$",
    "$1",
    "$",
    "E'",
    "\\",
    "\\'",
    "--",
    "-- c",
    "#",
    "/*",
    "*/",
    "/*!",
    "/*!50003 ",
    "/*M!999999\\- x */",
    "/*+",
    "(",
    ")",
    ".",
    ":",
    ":=",
    "::",
    ",",
    "@",
    "=",
    "DELIMITER //\n",
    "//",
    "DELIMITER ;\n",
    "DELIMITER $$\n",
    "DELIMITER go\n",
    "go",
    "\nDELIMITER \n",
    "BEGIN",
    " BEGIN ",
    "END",
    " END ",
    " END;\n",
    " END IF;\n",
    "IF ",
    "CASE ",
    "WHEN ",
    "THEN ",
    "ELSE ",
    "LOOP ",
    "WHILE ",
    "DO ",
    "REPEAT ",
    "UNTIL ",
    "FOR ",
    "HANDLER ",
    "ATOMIC ",
    "NOT ",
    "CREATE ",
    "ALTER ",
    "PROCEDURE p() ",
    "FUNCTION f() ",
    "TRIGGER t ",
    "EVENT e ",
    "FOR EACH ROW ",
    "DEFINER=a@b ",
    "SELECT ",
    "1",
    "x",
    "ä€𝄞",
    "\u{feff}",
    "\0",
    "SET sql_mode='ANSI_QUOTES';\n",
    "SET sql_mode=",
    "SET standard_conforming_strings=off;\n",
    "COPY t FROM STDIN",
    "source ",
    "VACUUM",
    "INDEX CONCURRENTLY ",
    "INITIALLY DEFERRED ",
];

/// Statements that end in every dialect where their line does.
const STATEMENTS: &[&str] = &[
    "SELECT 1;",
    "SELECT 'a;\n''b';",
    "SELECT \"a;\";",
    "CREATE TABLE t (\n  a int, -- c;\n  b text /* d; */\n);",
    "SELECT 1; SELECT 2;",
    "INSERT INTO t VALUES ('-- x'), ('/* y');",
    "UPDATE t SET a = CASE WHEN b THEN 1 END;",
    "BEGIN;",
    "COMMIT;",
    "DROP TABLE IF EXISTS t;",
    "SELECT é;",
];

fn check_all(text: &str) {
    for dialect in DIALECTS {
        split_checked(text, *dialect);
        classify(text, *dialect);
    }
}

proptest! {
    #[test]
    fn any_text_is_cut_in_order_or_refused(text in "\\PC{0,60}|(?s).{0,200}") {
        check_all(&text);
    }

    #[test]
    fn any_mixture_of_sql_is_cut_in_order_or_refused(
        words in prop::collection::vec(prop::sample::select(VOCABULARY), 0..40),
    ) {
        check_all(&words.concat());
    }

    #[test]
    fn a_piece_by_itself_is_cut_to_itself(
        words in prop::collection::vec(prop::sample::select(VOCABULARY), 0..40),
    ) {
        let text = words.concat();
        for dialect in DIALECTS {
            // A SET or a DELIMITER before a piece may change how it is read.
            if text.contains("DELIMITER") || text.contains("SET ") {
                continue;
            }
            let pieces = split_checked(&text, *dialect).unwrap_or_default();
            for piece in pieces.into_iter().filter(|piece| piece.terminated) {
                let sql = &text[piece.range];
                // At the beginning of a text, it is a byte order mark.
                if sql.starts_with('\u{feff}') {
                    continue;
                }
                let again = split_checked(sql, *dialect).expect("it was read before");
                prop_assert_eq!(texts(sql, &again), [sql]);
                prop_assert_eq!(again[0].class, piece.class);
                prop_assert_eq!(classify(sql, *dialect), piece.class);
            }
        }
    }

    #[test]
    fn statements_on_lines_of_their_own_come_back(
        statements in prop::collection::vec(prop::sample::select(STATEMENTS), 0..20),
        gap in prop::sample::select(&["\n", "\r\n", " -- c;\n", "\n\n/* c;\n */\n", ";\n"][..]),
    ) {
        let text: String = statements.iter().flat_map(|s| [*s, gap]).collect();
        for name in ["postgres", "mysql", "sqlite"] {
            let pieces = split_checked(&text, dialect(name)).expect("every statement is complete");
            prop_assert_eq!(texts(&text, &pieces), statements.clone());
        }
    }
}
