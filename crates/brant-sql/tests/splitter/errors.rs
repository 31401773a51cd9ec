//! Texts that cannot be cut into statements, and what is said about them.

use brant_sql::split;

use crate::common::dialect;

/// Checks a table of cases: the dialect, the text, where the trouble begins (the text from there on), words of the
/// message.
fn check(cases: &[(&str, &str, &str, &str)]) {
    for (name, text, at, words) in cases {
        let error = split(text, dialect(name)).expect_err(text);
        assert_eq!(&text[error.offset..], *at, "{name}: {text}");
        assert!(error.message.contains(words), "{name}: {text}\n{error}");
    }
}

#[test]
fn what_is_never_closed_is_named_where_it_opens() {
    check(&[
        (
            "postgres",
            "SELECT 1;\nSELECT 'a;\n",
            "'a;\n",
            "this string is never closed: its closing ' is missing",
        ),
        ("postgres", "SELECT E'a\\'", "E'a\\'".split_at(1).1, "this string is never closed"),
        (
            "postgres",
            "SELECT \"a",
            "\"a",
            "this quoted identifier is never closed: its closing \" is missing",
        ),
        ("postgres", "DO $a$ x $b$", "$a$ x $b$", "its closing $a$ is missing"),
        (
            "postgres",
            "SELECT /* a /* b */ 1;",
            "/* a /* b */ 1;",
            "this comment is never closed: its closing */",
        ),
        ("mysql", "SELECT 'a\\';", "'a\\';", "this string is never closed"),
        ("mysql", "SELECT \"a;", "\"a;", "its closing \" is missing"),
        ("mysql", "SELECT `a;", "`a;", "its closing ` is missing"),
        ("mysql", "/*!40101 SELECT 1;", "/*!40101 SELECT 1;", "this comment is never closed"),
        ("mysql", "DELIMITER //\n/*! SELECT 1//", "/*! SELECT 1//", "this comment is never closed"),
        ("sqlite", "SELECT [a;", "[a;", "its closing ] is missing"),
        ("sqlite", "/* a", "/* a", "this comment is never closed"),
        ("sqlite", "/*/", "/*/", "this comment is never closed"),
    ]);
}

#[test]
fn commands_of_clients_are_refused_with_advice() {
    check(&[
        ("postgres", "SELECT 1;\n\\i other.sql\n", "\\i other.sql\n", "`\\i` is a command of psql"),
        ("postgres", "  \\connect db", "\\connect db", "remove it, for a migration runs on the database"),
        ("postgres", "\\restrict abc", "\\restrict abc", "pg_dump writes it for psql alone"),
        ("postgres", "SELECT 1 \\gexec", "\\gexec", "DO block"),
        ("postgres", "\\unknown", "\\unknown", "brant is not psql: remove it"),
        (
            "postgres",
            "COPY t FROM STDIN;\n1\ta\n\\.\n",
            "COPY t FROM STDIN;\n1\ta\n\\.\n",
            "write them as INSERT",
        ),
        (
            "postgres",
            "SELECT 1; copy t (a, b) from stdin with csv;",
            "copy t (a, b) from stdin with csv;",
            "COPY",
        ),
        ("mysql", "source a.sql", "source a.sql", "`source` is a command of the mysql client"),
        ("mysql", "\\. a.sql", "\\. a.sql", "put the SQL of that file in this one"),
        ("mysql", "SELECT 1\\G", "\\G", "end the statement with a semicolon"),
        ("mysql", "DELIMITER\nSELECT 1;", "DELIMITER\nSELECT 1;", "must be followed by the delimiter"),
        ("mysql", "DELIMITER \\\\\n", "DELIMITER \\\\\n", "cannot contain a backslash"),
    ]);
}

#[test]
fn what_only_looks_like_one_is_allowed() {
    for (name, text) in [
        ("postgres", "COPY t TO STDOUT;"),
        ("postgres", "COPY t FROM '/tmp/stdin';"),
        ("postgres", "SELECT '\n\\i a';"),
        ("postgres", "-- \\i a\nSELECT 1;"),
        ("postgres", "SELECT 1 FROM stdin;"),
        ("mysql", "SELECT source FROM t;"),
        ("mysql", "SELECT \\N;"),
        ("sqlite", "SELECT 1;"),
    ] {
        assert!(split(text, dialect(name)).is_ok(), "{name}: {text}");
    }
}
