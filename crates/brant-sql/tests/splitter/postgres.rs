//! PostgreSQL's ways of writing SQL.

use crate::common::check_pieces;

fn check(cases: &[(&str, &str, &[&str])]) {
    check_pieces("postgres", cases);
}

#[test]
fn dollar_quotes() {
    check(&[
        ("plain", "DO $$ a;\nb;\n$$;\nSELECT 1;", &["DO $$ a;\nb;\n$$;", "SELECT 1;"]),
        ("with a tag", "DO $x$ a;\n$$;\n$y$;\n$x$;", &["DO $x$ a;\n$$;\n$y$;\n$x$;"]),
        ("a tag of letters beyond ASCII", "DO $ä$ ;\n $ä$;", &["DO $ä$ ;\n $ä$;"]),
        ("quotes and comments in it", "DO $$ it's -- \" /* ;\n$$;", &["DO $$ it's -- \" /* ;\n$$;"]),
        (
            "parameters are none",
            "PREPARE p AS SELECT $1;\nEXECUTE p($1);",
            &["PREPARE p AS SELECT $1;", "EXECUTE p($1);"],
        ),
        ("a parameter before one", "SELECT $1,$a$;\n$a$;", &["SELECT $1,$a$;\n$a$;"]),
        ("identifiers may hold dollars", "SELECT a$b$c;\nSELECT a$b$c;", &["SELECT a$b$c;", "SELECT a$b$c;"]),
        ("a number before one", "SELECT 1$$;\n$$;", &["SELECT 1$$;\n$$;"]),
        ("tags know letter case", "DO $a$ $A$;\n$a$;", &["DO $a$ $A$;\n$a$;"]),
        ("no tag begins with a digit", "SELECT $1$;\nSELECT $1$;", &["SELECT $1$;", "SELECT $1$;"]),
        (
            "a function",
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $fn$\nBEGIN\n  RETURN NEW;\nEND;\n$fn$;\nSELECT 1;",
            &[
                "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $fn$\nBEGIN\n  RETURN NEW;\nEND;\n$fn$;",
                "SELECT 1;",
            ],
        ),
    ]);
}

#[test]
fn strings() {
    check(&[
        ("a backslash is a character", r"SELECT '\';", &[r"SELECT '\';"]),
        ("an escape string", "SELECT E'\\';\n';", &["SELECT E'\\';\n';"]),
        ("in lower case", "SELECT e'\\';\n';", &["SELECT e'\\';\n';"]),
        ("an escaped backslash", "SELECT E'\\\\';\nSELECT 1;", &["SELECT E'\\\\';", "SELECT 1;"]),
        ("a doubled quote in it", "SELECT E'''\\';\n';", &["SELECT E'''\\';\n';"]),
        ("a name that ends in e", "SELECT date'\\';\nSELECT 1;", &["SELECT date'\\';", "SELECT 1;"]),
        ("it goes on", "SELECT E'a'\n  'b\\';\n';", &["SELECT E'a'\n  'b\\';\n';"]),
        ("it goes on after a comment", "SELECT E'a' -- c\n'b\\';\n';", &["SELECT E'a' -- c\n'b\\';\n';"]),
        ("on the same line it does not", "SELECT E'a' '\\';\nSELECT 1;", &["SELECT E'a' '\\';", "SELECT 1;"]),
        (
            "Unicode escapes",
            "SELECT U&'\\0061;\n';\nSELECT U&\"\\0061;\n\";",
            &["SELECT U&'\\0061;\n';", "SELECT U&\"\\0061;\n\";"],
        ),
        ("bits and bytes", "SELECT B'01', X'1F', N'a;\n';", &["SELECT B'01', X'1F', N'a;\n';"]),
        (
            "backticks and brackets are operators",
            "SELECT a[1], b ` c;\nSELECT 1;",
            &["SELECT a[1], b ` c;", "SELECT 1;"],
        ),
        (
            "# is an operator",
            "SELECT 5 # 3;\nSELECT '{}' #> '{a}';",
            &["SELECT 5 # 3;", "SELECT '{}' #> '{a}';"],
        ),
        ("two minuses are a comment", "SELECT 1--1;\n;", &["SELECT 1--1;\n;"]),
    ]);
}

#[test]
fn nested_comments() {
    check(&[
        ("nested", "/* a /* b; */ c;\n */ SELECT 1;", &["SELECT 1;"]),
        ("nested inside a statement", "SELECT /* a /* b */ ;\n */ 1;", &["SELECT /* a /* b */ ;\n */ 1;"]),
        ("executable comments are comments", "/*! SELECT 2; */ SELECT 1;", &["SELECT 1;"]),
    ]);
}

#[test]
fn standard_conforming_strings_as_the_text_sets_it() {
    let off = "SET standard_conforming_strings = off;\nSELECT '\\';\n';\n";
    check(&[
        ("off", off, &["SET standard_conforming_strings = off;", "SELECT '\\';\n';"]),
        (
            "off for the session, in a string",
            "SET SESSION standard_conforming_strings TO 'off';\nSELECT '\\';\n';",
            &["SET SESSION standard_conforming_strings TO 'off';", "SELECT '\\';\n';"],
        ),
        (
            "off and on",
            "SET LOCAL standard_conforming_strings = 0;\nSET standard_conforming_strings = on;\nSELECT '\\';\nSELECT 1;",
            &[
                "SET LOCAL standard_conforming_strings = 0;",
                "SET standard_conforming_strings = on;",
                "SELECT '\\';",
                "SELECT 1;",
            ],
        ),
        (
            "off and reset",
            "SET standard_conforming_strings = off;\nRESET ALL;\nSELECT '\\';\nSELECT 1;",
            &["SET standard_conforming_strings = off;", "RESET ALL;", "SELECT '\\';", "SELECT 1;"],
        ),
        (
            "a message is read as a whole before any of it is carried out",
            "SET standard_conforming_strings = off; SELECT '\\';\nSELECT '\\';\n';",
            &["SET standard_conforming_strings = off; SELECT '\\';", "SELECT '\\';\n';"],
        ),
        (
            "another setting",
            "SET search_path = off;\nSELECT '\\';",
            &["SET search_path = off;", "SELECT '\\';"],
        ),
    ]);
}

#[test]
fn bodies_in_standard_sql() {
    let function = "CREATE FUNCTION f(a int) RETURNS int\nBEGIN ATOMIC\n  SELECT 1;\n  SELECT CASE WHEN a > 1 THEN 2 END;\nEND;";
    let text = format!("{function}\nSELECT 3;");
    check(&[
        ("BEGIN ATOMIC", &text, &[function, "SELECT 3;"]),
        (
            "a procedure, in lower case",
            "create or replace procedure p() begin atomic\n insert into t values (1);\nend;\nselect 1;",
            &["create or replace procedure p() begin atomic\n insert into t values (1);\nend;", "select 1;"],
        ),
        (
            "an empty one",
            "CREATE PROCEDURE p() BEGIN ATOMIC END;\nSELECT 1;",
            &["CREATE PROCEDURE p() BEGIN ATOMIC END;", "SELECT 1;"],
        ),
        (
            "RETURN",
            "CREATE FUNCTION f() RETURNS int RETURN CASE 1 WHEN 1 THEN 2 END;\nSELECT 1;",
            &["CREATE FUNCTION f() RETURNS int RETURN CASE 1 WHEN 1 THEN 2 END;", "SELECT 1;"],
        ),
        (
            "a rule of several commands",
            "CREATE RULE r AS ON INSERT TO t DO ALSO (\n SELECT 1;\n SELECT 2;\n);\nSELECT 3;",
            &["CREATE RULE r AS ON INSERT TO t DO ALSO (\n SELECT 1;\n SELECT 2;\n);", "SELECT 3;"],
        ),
        ("a transaction is no body", "BEGIN;\nSELECT 1;\nEND;", &["BEGIN;", "SELECT 1;", "END;"]),
        (
            "a trigger has none",
            "CREATE TRIGGER t AFTER INSERT ON x EXECUTE FUNCTION begin();\nSELECT 1;",
            &["CREATE TRIGGER t AFTER INSERT ON x EXECUTE FUNCTION begin();", "SELECT 1;"],
        ),
        (
            "a function called atomic",
            "CREATE FUNCTION atomic() RETURNS int LANGUAGE sql AS 'SELECT 1;';\nSELECT 1;",
            &["CREATE FUNCTION atomic() RETURNS int LANGUAGE sql AS 'SELECT 1;';", "SELECT 1;"],
        ),
    ]);
}
