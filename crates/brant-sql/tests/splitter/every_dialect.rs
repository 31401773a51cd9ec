//! What holds whatever the dialect: the line rule, comments, quotes.

use brant_sql::{DIALECTS, count_commands};

use crate::common::check_pieces;

fn check_all(cases: &[(&str, &str, &[&str])]) {
    for dialect in DIALECTS {
        check_pieces(dialect.name(), cases);
    }
}

#[test]
fn a_statement_ends_where_its_line_ends_in_a_semicolon() {
    check_all(&[
        ("nothing", "", &[]),
        ("blanks", " \t\r\n\n", &[]),
        ("one", "SELECT 1;", &["SELECT 1;"]),
        ("a line each", "SELECT 1;\nSELECT 2;\n", &["SELECT 1;", "SELECT 2;"]),
        ("several lines", "SELECT\n  1\n;\n\n\nSELECT 2;", &["SELECT\n  1\n;", "SELECT 2;"]),
        ("two on one line are one piece", "SELECT 1; SELECT 2;\n", &["SELECT 1; SELECT 2;"]),
        (
            "the second goes on on the next line",
            "SELECT 1; SELECT\n2;\nSELECT 3;",
            &["SELECT 1; SELECT\n2;", "SELECT 3;"],
        ),
        ("blanks after it", "SELECT 1; \t \nSELECT 2;", &["SELECT 1;", "SELECT 2;"]),
        ("CRLF", "SELECT 1;\r\nSELECT\r\n2;\r\n", &["SELECT 1;", "SELECT\r\n2;"]),
        ("no last semicolon", "SELECT 1;\nSELECT 2", &["SELECT 1;", "SELECT 2…"]),
        ("no last semicolon, but blanks", "SELECT 2 \n\n", &["SELECT 2…"]),
        ("the last line is half done", "SELECT 1; SELECT 2", &["SELECT 1; SELECT 2…"]),
        ("a byte order mark", "\u{feff}SELECT 1;", &["SELECT 1;"]),
        ("characters of many bytes", "SELECT 'ä;';\nSELECT é€ß;\n", &["SELECT 'ä;';", "SELECT é€ß;"]),
    ]);
}

#[test]
fn empty_statements_are_no_statements() {
    check_all(&[
        ("a semicolon", ";", &[]),
        ("semicolons", ";;\n;\n ; ;", &[]),
        ("one too many", "SELECT 1;;\nSELECT 2;", &["SELECT 1;", "SELECT 2;"]),
        ("one too many, apart", "SELECT 1; ; -- c\nSELECT 2;", &["SELECT 1;", "SELECT 2;"]),
        ("one before", "; SELECT 1;", &["SELECT 1;"]),
        ("a comment and a semicolon", "-- c\n;\n/* c */;", &[]),
    ]);
}

#[test]
fn comments_around_statements_are_gaps() {
    check_all(&[
        ("only a comment", "-- SELECT 1;\n/* SELECT 2; */", &[]),
        ("a comment without line end", "-- c", &[]),
        ("before", "-- a\n/* b */ SELECT 1;", &["SELECT 1;"]),
        ("after, on the line", "SELECT 1; -- c;\nSELECT 2; /* d; */\n", &["SELECT 1;", "SELECT 2;"]),
        ("glued to the semicolon", "SELECT 1;-- c\nSELECT 2;/* d */\n", &["SELECT 1;", "SELECT 2;"]),
        ("after the end", "SELECT 1\n-- c;\n", &["SELECT 1…"]),
        ("inside", "SELECT -- a;\n1 /* b;\n */;", &["SELECT -- a;\n1 /* b;\n */;"]),
        ("a comment, then SQL", "SELECT 1; /* c */ SELECT 2;", &["SELECT 1; /* c */ SELECT 2;"]),
        (
            "a comment that begins on the line and goes on",
            "SELECT 1; /* c\n */ SELECT 2;",
            &["SELECT 1;", "SELECT 2;"],
        ),
        ("a comment at the very end", "SELECT 1; -- c", &["SELECT 1;"]),
        ("a comment before the semicolon", "SELECT 1 -- c\n;", &["SELECT 1 -- c\n;"]),
        (
            "a hint belongs to what it hints",
            "-- c\n/*+ SeqScan(t) */ SELECT 1;",
            &["/*+ SeqScan(t) */ SELECT 1;"],
        ),
        ("a hint inside", "SELECT /*+ a; b */ 1;", &["SELECT /*+ a; b */ 1;"]),
        ("a hint for nothing", "/*+ SeqScan(t) */;\nSELECT 1;", &["SELECT 1;"]),
        ("quotes in comments", "-- it's\n/* \" ' */ SELECT 1;", &["SELECT 1;"]),
        ("an annotation", "SELECT 1; -- +brant ALLOW x\nSELECT 2;", &["SELECT 1;", "SELECT 2;"]),
    ]);
}

#[test]
fn semicolons_inside_something_end_nothing() {
    check_all(&[
        ("in a string", "SELECT 'a;\nb;\n';", &["SELECT 'a;\nb;\n';"]),
        ("after a doubled quote", "SELECT 'it''s;\n';", &["SELECT 'it''s;\n';"]),
        ("the empty string", "SELECT '';\nSELECT '''';", &["SELECT '';", "SELECT '''';"]),
        ("in quotes", "SELECT \"a;\n\" ;", &["SELECT \"a;\n\" ;"]),
        ("doubled quotes", "SELECT \"a\"\";\n\";", &["SELECT \"a\"\";\n\";"]),
        ("in parentheses", "SELECT (1;\n2);\nSELECT 3;", &["SELECT (1;\n2);", "SELECT 3;"]),
        ("a closing one too many", "SELECT 1);\nSELECT 2;", &["SELECT 1);", "SELECT 2;"]),
        ("a comment's mark in a string", "SELECT '-- /*';\nSELECT 2;", &["SELECT '-- /*';", "SELECT 2;"]),
        ("division and minus", "SELECT 4/2 - 1;\nSELECT 2;", &["SELECT 4/2 - 1;", "SELECT 2;"]),
    ]);
}

#[test]
fn commands_are_counted() {
    for dialect in DIALECTS {
        for (sql, n) in [
            ("", 0),
            ("-- nothing", 0),
            ("SELECT 1", 1),
            ("SELECT ';';", 1),
            ("SELECT 1; SELECT 2;", 2),
            ("SELECT 1; -- two\nSELECT 2", 2),
            ("CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; SELECT 2; END;", 1),
        ] {
            // PostgreSQL's triggers have no body of their own.
            if sql.contains("BEGIN") && dialect.name() == "postgres" {
                continue;
            }
            assert_eq!(count_commands(sql, *dialect), n, "{}: {sql}", dialect.name());
        }
    }
}
