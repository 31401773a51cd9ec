//! SQLite's ways of writing SQL.

use crate::common::check_pieces;

/// Each of these is one statement, and another after it is another.
fn check_whole(statements: &[&str]) {
    for statement in statements {
        let text = format!("{statement}\nSELECT 'next';\n");
        check_pieces("sqlite", &[("whole", &text, &[statement, "SELECT 'next';"])]);
    }
}

#[test]
fn triggers_are_whole() {
    check_whole(&[
        "CREATE TRIGGER t AFTER INSERT ON x BEGIN\n  UPDATE y SET a = 1;\n  DELETE FROM z;\nEND;",
        "create temp trigger t insert on x begin\n select 1;\nend;",
        "CREATE TEMPORARY TRIGGER IF NOT EXISTS main.t BEFORE UPDATE OF a, b ON x FOR EACH ROW BEGIN\nSELECT 1;\nEND;",
        "CREATE TRIGGER t INSTEAD OF DELETE ON v WHEN OLD.a > 1 BEGIN\nSELECT RAISE(ABORT, 'no; never');\nEND;",
        "CREATE TRIGGER t AFTER UPDATE ON x WHEN CASE NEW.a WHEN 1 THEN 1 ELSE 0 END BEGIN\nSELECT 1;\nEND;",
        "CREATE TRIGGER t AFTER INSERT ON x BEGIN\n  UPDATE y SET a = CASE WHEN b THEN 1 ELSE CASE c WHEN 1 THEN 2 END END;\n  SELECT 1;\nEND;",
        "CREATE TRIGGER t AFTER INSERT ON x FOR EACH ROW WHEN replace(NEW.a, ';', '') = '' BEGIN\n REPLACE INTO y VALUES (1);\nEND;",
        "CREATE TRIGGER t AFTER INSERT ON x BEGIN\n  SELECT 1; -- END;\n  /* END; */ SELECT 'END;\n';\nEND;",
        "CREATE TRIGGER \"begin\" AFTER INSERT ON [end] BEGIN\n  SELECT `end;\n`;\nEND ;",
        "CREATE TRIGGER t AFTER INSERT ON x BEGIN INSERT INTO y(a) VALUES (1); SELECT t.end FROM t; END;",
    ]);
}

#[test]
fn quotes_and_what_looks_like_a_body() {
    check_whole(&[
        "SELECT [a;\nb''\"];",
        "SELECT `a;\n``b`;",
        "SELECT '\\';",
        "SELECT x'00', $a, :b, @c, ?1;",
        "SELECT 1--1;\n;",
        "CREATE TABLE begin (\"end\" TEXT);",
        "CREATE VIEW v AS SELECT CASE WHEN 1 THEN 2 END;",
        "CREATE TABLE t (a TEXT DEFAULT ';\n', CHECK (a <> ';'));",
        "DROP TRIGGER IF EXISTS begin;",
    ]);
    check_pieces(
        "sqlite",
        &[
            ("a comment does not nest", "/* a /* b */ SELECT 1;", &["SELECT 1;"]),
            ("a transaction", "BEGIN;\nSELECT 1;\nEND;", &["BEGIN;", "SELECT 1;", "END;"]),
            ("BEGIN IMMEDIATE", "BEGIN IMMEDIATE;\nCOMMIT;", &["BEGIN IMMEDIATE;", "COMMIT;"]),
            (
                "a trigger without its END",
                "CREATE TRIGGER t AFTER INSERT ON x BEGIN\nSELECT 1;\n",
                &["CREATE TRIGGER t AFTER INSERT ON x BEGIN\nSELECT 1;…"],
            ),
        ],
    );
}
