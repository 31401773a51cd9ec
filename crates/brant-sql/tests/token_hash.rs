//! What a token hash sees, and what it overlooks.

use brant_sql::{DIALECTS, Dialect, dialect_by_name, token_hash, token_hash_of_file};
use proptest::prelude::*;

fn dialect(name: &str) -> &'static dyn Dialect {
    dialect_by_name(name).expect("it exists")
}

fn hash(name: &str, sql: &str) -> String {
    token_hash(sql, dialect(name))
}

#[test]
fn looks_make_no_difference() {
    for (name, one, other) in [
        ("postgres", "SELECT 1;\nSELECT 2;\n", "SELECT 1;\r\nSELECT 2;\r\n"),
        ("postgres", "SELECT 1;", "\u{feff}SELECT 1;"),
        ("postgres", "SELECT a FROM t;", "-- why\nselect A /* all /* of */ it */\n\tFROM T ;\n\n"),
        ("postgres", "SELECT a,b FROM t WHERE a=-1;", "SELECT a, b FROM t WHERE a = -1;"),
        ("postgres", "SELECT count(*),now();", "SELECT count( * ) , now ( ) ;"),
        ("postgres", "SELECT E'a\\'b';", "select e'a\\'b';"),
        ("postgres", "SELECT $$a\nb$$;", "SELECT $$a\r\nb$$;"),
        ("mysql", "SELECT 1; # why\n", "SELECT 1; -- for no reason\n"),
        ("mysql", "/*!50003 CREATE VIEW v AS SELECT 1 */;", "/*!50003   create view V as select 1*/ ;"),
        ("mysql", "DELIMITER //\nSELECT 1//\nDELIMITER ;\n", "DELIMITER $$\nSELECT 1 $$\nDELIMITER ;\n"),
        ("sqlite", "SELECT [a] FROM t;", "select  [a]\nfrom T;"),
    ] {
        assert_eq!(hash(name, one), hash(name, other), "{name}: {one:?} {other:?}");
    }
}

#[test]
fn words_and_literals_make_one() {
    for (name, one, other) in [
        ("postgres", "SELECT 'a';", "SELECT 'A';"),
        ("postgres", "SELECT 'a b';", "SELECT 'a  b';"),
        ("postgres", "SELECT 'a''b';", "SELECT 'a' 'b';"),
        ("postgres", "SELECT \"a\";", "SELECT \"A\";"),
        ("postgres", "SELECT \"a\";", "SELECT a;"),
        ("postgres", "SELECT $$ BEGIN $$;", "SELECT $$ begin $$;"),
        ("postgres", "SELECT $$a$$;", "SELECT 'a';"),
        ("postgres", "SELECT ab;", "SELECT a b;"),
        ("postgres", "SELECT 1;", "SELECT 2;"),
        ("postgres", "SELECT 12;", "SELECT 1 2;"),
        ("postgres", "SELECT a->b;", "SELECT a - > b;"),
        ("postgres", "SELECT x'41';", "SELECT x '41';"),
        ("postgres", "SELECT 1;", "SELECT 1; SELECT 1;"),
        ("postgres", "SELECT 1 -- 2\n;", "SELECT 1 - 2\n;"),
        ("postgres", "SELECT 1;", "-- SELECT 1;"),
        ("postgres", "SELECT 'never closed a", "SELECT 'never closed  a"),
        ("mysql", "SELECT 1 /*! + 1 */;", "SELECT 1 + 1;"),
        ("mysql", "SELECT 1 /*!50003 + 1 */;", "SELECT 1 /*!50004 + 1 */;"),
        ("mysql", "SELECT 1 /*! + 1 */;", "SELECT 1 /* + 1 */;"),
        ("mysql", "SELECT /*+ NO_ICP(t) */ 1;", "SELECT 1;"),
        ("mysql", "SELECT \"a\";", "SELECT \"A\";"),
        ("mysql", "SELECT 'it\\'s  a';", "SELECT 'it\\'s a';"),
        // After these, a backslash escapes nothing, or does.
        (
            "mysql",
            "SET sql_mode='NO_BACKSLASH_ESCAPES';\nSELECT '\\', 'a  b';",
            "SET \
          sql_mode='NO_BACKSLASH_ESCAPES';\nSELECT '\\', 'a b';",
        ),
        (
            "postgres",
            "SET standard_conforming_strings=off;\nSELECT 'it\\'s  a';",
            "SET \
          standard_conforming_strings=off;\nSELECT 'it\\'s a';",
        ),
    ] {
        assert_ne!(hash(name, one), hash(name, other), "{name}: {one:?} {other:?}");
    }
}

#[test]
fn annotations_count_where_they_are_lines() {
    let annotation = |line: &str| line.trim().strip_prefix("-- +").map(str::to_owned);
    let hash = |text: &str| token_hash_of_file(text, dialect("postgres"), annotation);
    let plain = hash("SELECT 1;\n");
    for text in ["SELECT 1; -- +a\n", "-- see -- +a\nSELECT 1;\n", "/* -- +a */ SELECT 1;\n"] {
        assert_eq!(hash(text), plain, "{text:?}");
    }
    let annotated = hash("-- +a\nSELECT 1;\n");
    assert_ne!(annotated, plain);
    assert_eq!(annotated, hash("  -- +a\r\n\r\nselect 1;"));
    assert_eq!(annotated, hash("/* it is\n-- +a\nso */ select 1;"));
    assert_ne!(annotated, hash("-- +b\nSELECT 1;\n"));
    assert_ne!(annotated, hash("SELECT 1;\n-- +a\n"));
}

/// Parts of SQL that are one token each, in every dialect.
const TOKENS: &[&str] = &[
    "select",
    "a",
    "b_1",
    "é",
    "1",
    "42",
    "1e5",
    "'x'",
    "'a  -- b'",
    "'it''s'",
    "\"Q\"",
    "(",
    ")",
    ",",
    ";",
    "=",
];
/// What may stand between them.
const GAPS: &[&str] = &[" ", "\n", "\r\n", "\t ", " -- c\n", "\n/* c; */ ", " /* -- +a */\r\n"];

fn written(tokens: &[&str], gaps: &[&str], upper: bool) -> String {
    let case = |token: &str| match token.starts_with(['\'', '"']) || !upper {
        true => token.to_owned(),
        false => token.to_ascii_uppercase(),
    };
    tokens.iter().zip(gaps.iter().cycle()).map(|(token, gap)| case(token) + gap).collect()
}

proptest! {
    #[test]
    fn writing_it_otherwise_changes_nothing(
        tokens in prop::collection::vec(prop::sample::select(TOKENS), 0..20),
        gaps in prop::collection::vec(prop::sample::select(GAPS), 1..20),
        upper in any::<bool>(),
    ) {
        for dialect in DIALECTS {
            let plain = token_hash(&written(&tokens, &[" "], false), *dialect);
            prop_assert_eq!(plain, token_hash(&written(&tokens, &gaps, upper), *dialect));
        }
    }

    #[test]
    fn writing_something_else_changes_it(
        tokens in prop::collection::vec(prop::sample::select(TOKENS), 1..20),
        other in prop::sample::select(TOKENS),
        at in any::<prop::sample::Index>(),
    ) {
        let mut changed = tokens.clone();
        changed[at.index(tokens.len())] = other;
        for dialect in DIALECTS {
            let hash = |tokens: &[&str]| token_hash(&written(tokens, &[" "], false), *dialect);
            prop_assert_eq!(hash(&tokens) == hash(&changed), tokens == changed);
        }
    }
}

#[test]
fn hashes_in_journals_stay_what_they_are() {
    for (name, sql, golden) in [
        ("postgres", "SELECT E'a', \"B\" -> x'41' FROM t WHERE a=-1.5e3; -- c\n", "4d955636e59bd864"),
        ("postgres", "DO $x$ begin\r\n end $x$;\nSELECT 'open", "58cb30b74423ab5c"),
        ("mysql", "/*!50003 CREATE VIEW v */ AS SELECT /*+ h */ `a`, \"b\" # c\n;", "a881267b21ce50a4"),
        (
            "mysql",
            "DELIMITER //\nSELECT 1; SELECT 2//\nDELIMITER ;\nSET sql_mode='ANSI';\nSELECT \"\\\";",
            "5d40bd8b9e8180d0",
        ),
        (
            "sqlite",
            "CREATE TABLE [a b] (\n  é integer, --x\n  b text DEFAULT 'it''s'\n);",
            "deabdb98d2245292",
        ),
    ] {
        assert_eq!(&hash(name, sql)[..16], golden, "{name}: {sql}");
    }
}
