//! What a file in goose's format means, where each statement stands, and what is said of files that mean nothing.

mod support;

use brant_core::{Direction, Position, TransactionMode};
use support::{down, parse, parse_as, up};

#[test]
fn sections_hold_statements() {
    let file = "-- a comment\n\n-- +goose Up\n-- makes a\nCREATE TABLE a (\n  id int -- the key\n\n);\nCREATE TABLE b ();\n\
                -- +goose Down\nDROP TABLE b;\nDROP TABLE a;\n-- bye\n";
    assert_eq!(up(file), ["CREATE TABLE a (\n  id int -- the key\n\n);", "CREATE TABLE b ();"]);
    assert_eq!(down(file), ["DROP TABLE b;", "DROP TABLE a;"]);
}

#[test]
fn empty_migrations() {
    for (file, down_present) in [
        ("-- +goose Up\n", false),
        ("-- +goose Up", false),
        ("-- +goose Up\n-- nothing to do\n\n   \n-- really\n", false),
        ("\n\n-- +goose Up\n-- +goose Down\n", true),
        ("-- +goose Up\n-- +goose StatementBegin\n-- +goose StatementEnd\n-- +goose Down", true),
        (
            "-- +goose Up\n-- +goose StatementBegin\n/* c\n */ -- d\n-- +goose StatementEnd\n-- +goose Down",
            true,
        ),
        (
            "-- +goose Up\n-- +goose StatementBegin\n\n  \n-- only this\n-- +goose StatementEnd\n-- +goose Down\n",
            true,
        ),
    ] {
        let script = parse(file, Direction::Up).unwrap();
        assert!(script.section_present && script.is_empty(), "{file:?}");
        let script = parse(file, Direction::Down).unwrap();
        assert!(script.is_empty(), "{file:?}");
        assert_eq!(script.section_present, down_present, "{file:?}");
    }
}

#[test]
fn an_empty_block_swallows_nothing() {
    let file = "-- +goose Up\n-- +goose StatementBegin\n-- +goose StatementEnd\nSELECT 1;\nSELECT 2;\n";
    assert_eq!(up(file), ["SELECT 1;", "SELECT 2;"]);
}

#[test]
fn a_block_is_one_statement() {
    let file = "-- +goose Up\nSELECT 0;\n-- +goose StatementBegin\n\n-- leading\nSELECT 1;\nSELECT 2;\n-- inner\nSELECT 3\n  \n\
                -- +goose StatementEnd\nSELECT 4;\n-- +goose Down\n-- +goose StatementBegin\nSELECT 5\n-- +goose StatementEnd\n";
    let script = parse(file, Direction::Up).unwrap();
    let found: Vec<(bool, &str)> = script.statements.iter().map(|s| (s.block, s.sql.as_str())).collect();
    assert_eq!(
        found,
        [(false, "SELECT 0;"), (true, "SELECT 1;\nSELECT 2;\n-- inner\nSELECT 3"), (false, "SELECT 4;")]
    );
    assert_eq!(down(file), ["SELECT 5"]);
}

#[test]
fn unfinished_text_before_a_block_joins_it() {
    let file = "-- +goose Up\nSELECT 0;\nCREATE FUNCTION f()\n-- +goose StatementBegin\n-- c\nAS 'x;\ny';\n-- +goose StatementEnd\n";
    assert_eq!(up(file), ["SELECT 0;", "CREATE FUNCTION f()\n-- c\nAS 'x;\ny';"]);
}

#[test]
fn blocks_are_not_needed_where_the_lexer_understands() {
    let file = "-- +goose Up\nCREATE FUNCTION f() RETURNS int AS $$\nBEGIN\n  RETURN 1;\nEND;\n$$ LANGUAGE plpgsql;\nSELECT f(); -- now\n\
                INSERT INTO t VALUES ('a;\nb');--glued\nSELECT 2; /* c */\n";
    assert_eq!(
        up(file),
        [
            "CREATE FUNCTION f() RETURNS int AS $$\nBEGIN\n  RETURN 1;\nEND;\n$$ LANGUAGE plpgsql;",
            "SELECT f();",
            "INSERT INTO t VALUES ('a;\nb');",
            "SELECT 2;"
        ]
    );
}

#[test]
fn exotic_blanks_around_a_statement_are_dropped() {
    let file = "-- +goose Up\n\u{a0}\nSELECT 1;\n\u{a0}SELECT 2;\n\u{a0}\n";
    assert_eq!(up(file), ["SELECT 1;", "SELECT 2;"]);
}

#[test]
fn two_commands_on_a_line_are_one_statement() {
    assert_eq!(up("-- +goose Up\nSELECT 1; SELECT 2;\nSELECT 3;\n"), ["SELECT 1; SELECT 2;", "SELECT 3;"]);
}

#[test]
fn annotations_count_wherever_they_stand() {
    let file = "-- +goose NO TRANSACTION\n-- +goose Up\nSELECT\n-- +goose ENVSUB ON\n  '$ROLE',\n-- +goose ENVSUB OFF\n  '$ROLE';\n";
    let script = parse(file, Direction::Up).unwrap();
    assert_eq!(script.transaction, TransactionMode::None);
    assert_eq!(script.statements[0].sql, "SELECT\n  'app',\n  '$ROLE';");
    assert_eq!(script.statements[0].source, "SELECT\n  '$ROLE',\n  '$ROLE';");
    for file in [
        "-- +goose Up\n-- +goose StatementBegin\n-- +goose NO TRANSACTION\nSELECT 1\n-- +goose StatementEnd\n",
        "-- +goose Up\nSELECT 1;\n-- +goose Down\n-- +goose no transaction\n",
    ] {
        for direction in [Direction::Up, Direction::Down] {
            assert_eq!(parse(file, direction).unwrap().transaction, TransactionMode::None);
        }
    }
    assert_eq!(parse("-- +goose Up\n", Direction::Up).unwrap().transaction, TransactionMode::PerMigration);
}

#[test]
fn variables_are_substituted_where_that_is_on() {
    let file = "-- +goose Up\n-- +goose ENVSUB ON\n-- costs $1\nCREATE ROLE $ROLE\n  -- for ${ROLE}\n  PASSWORD '${SECRET}';\n\
                -- +goose StatementBegin\n-- costs $1\nSELECT '${ROLE:-x}';\n-- +goose StatementEnd\n\
                -- +goose Down\nDROP ROLE ${ROLE};\n-- +goose ENVSUB OFF\nSELECT '$ROLE';\n";
    assert_eq!(up(file), ["CREATE ROLE app\n  -- for app\n  PASSWORD 'hunter2';", "SELECT 'app';"]);
    assert_eq!(down(file), ["DROP ROLE app;", "SELECT '$ROLE';"]);
    let script = parse(file, Direction::Up).unwrap();
    assert_eq!(script.statements[0].source, "CREATE ROLE $ROLE\n  -- for ${ROLE}\n  PASSWORD '${SECRET}';");
    assert_eq!(&file[script.statements[0].bytes.clone()], script.statements[0].source);
}

#[test]
fn a_value_of_several_lines_keeps_the_lines_after_it() {
    let file = "-- +goose Up\n-- +goose ENVSUB ON\nSELECT '$LINES'; \nSELECT 2;\n";
    let script = parse(file, Direction::Up).unwrap();
    let found: Vec<(&str, &str, usize)> =
        script.statements.iter().map(|s| (s.sql.as_str(), s.source.as_str(), s.position.line)).collect();
    assert_eq!(found, [("SELECT 'one\ntwo';", "SELECT '$LINES';", 3), ("SELECT 2;", "SELECT 2;", 4)]);
}

#[test]
fn own_annotations_are_collected_from_both_directions_and_stay_comments() {
    let file = "-- +brant REQUIRES 12\n-- +goose Up\nSELECT\n  -- +brant ALLOW ban-x  because\n  1;\n-- +goose Down\n--+brant IRREVERSIBLE\n";
    for direction in [Direction::Up, Direction::Down] {
        let script = parse(file, direction).unwrap();
        let found: Vec<(usize, &str)> =
            script.annotations.iter().map(|a| (a.line, a.text.as_str())).collect();
        assert_eq!(found, [(1, "REQUIRES 12"), (4, "ALLOW ban-x  because"), (7, "IRREVERSIBLE")]);
    }
    assert_eq!(up(file), ["SELECT\n  -- +brant ALLOW ban-x  because\n  1;"]);
}

#[test]
fn crlf_a_mark_and_blanks_are_accepted() {
    let file =
        "\u{feff}-- +goose Up\r\nSELECT 1,\r\n  'é', 2;\r\n  -- +goose Down -- back\r\n\tDROP TABLE t;\r\n";
    let script = parse(file, Direction::Up).unwrap();
    let statement = &script.statements[0];
    assert_eq!(statement.sql, "SELECT 1,\n  'é', 2;");
    assert_eq!(statement.source, statement.sql);
    assert_eq!(&file[statement.bytes.clone()], "SELECT 1,\r\n  'é', 2;");
    assert_eq!(statement.position, Position { line: 2, column: 1 });
    let script = parse(file, Direction::Down).unwrap();
    assert_eq!(script.statements[0].position, Position { line: 5, column: 2 });
    assert_eq!(&file[script.statements[0].bytes.clone()], "DROP TABLE t;");
    // The mark counts neither as SQL nor as a column.
    let e = parse("\u{feff}SELECT 1;\n", Direction::Up).unwrap_err();
    assert_eq!(e.position, Some(Position { line: 1, column: 1 }));
}

#[test]
fn statements_know_their_places() {
    let file = "-- +goose Up\n/* é */ SELECT 1;\n\n  SELECT\n    'ü' || x;\n-- +goose StatementBegin\n  SELECT 3\n-- +goose StatementEnd\n";
    let script = parse(file, Direction::Up).unwrap();
    let places: Vec<(usize, usize)> =
        script.statements.iter().map(|s| (s.position.line, s.position.column)).collect();
    assert_eq!(places, [(2, 9), (4, 3), (7, 3)]);
    for statement in &script.statements {
        assert_eq!(&file[statement.bytes.clone()], statement.source);
    }
    let second = &script.statements[1];
    let x = second.sql.find('x').unwrap();
    assert_eq!(second.position_at(x), Position { line: 5, column: 12 });
    assert_eq!(second.position_at(0), second.position);
    assert_eq!(second.position_at(9_999).line, 5);
    assert_eq!(second.position_at(x - 6), Position { line: 5, column: 6 }, "inside the ü");
}

#[test]
fn columns_after_a_variable_are_those_of_the_file() {
    let file = "-- +goose Up\n-- +goose ENVSUB ON\n/* $ROLE $$ */ SELECT '$SECRET'; -- $ROLE\n";
    let script = parse(file, Direction::Up).unwrap();
    assert_eq!(script.statements[0].sql, "SELECT 'hunter2';");
    assert_eq!(script.statements[0].source, "SELECT '$SECRET';");
    assert_eq!(script.statements[0].position, Position { line: 3, column: 16 });
}

#[test]
fn a_checksum_is_that_of_the_bytes() {
    let script = parse("-- +goose Up\n", Direction::Up).unwrap();
    assert_eq!(script.content.checksum, "d6f9ebad8844348044d4a7babff440d1547d687488467b8e406c48fd771acfd4");
}

#[test]
fn a_token_hash_is_that_of_what_a_file_means() {
    let hash = |file: &str| parse(file, Direction::Up).unwrap().content.token_hash.unwrap();
    let file = "-- +goose Up\nCREATE TABLE t (a text DEFAULT 'x');\n-- +goose Down\nDROP TABLE t;\n";
    for same in [
        file.replace('\n', "\r\n"),
        format!("\u{feff}-- why\n{file}\n"),
        file.to_lowercase(),
        file.replace("TABLE t (", "TABLE t\n(  ").replace("-- +goose Down", "--+goose   Down -- back"),
    ] {
        assert_eq!(hash(&same), hash(file), "{same:?}");
        assert_ne!(same, file);
    }
    for other in [
        file.replace("'x'", "'X'"),
        file.replace("DROP TABLE t", "DROP TABLE u"),
        file.replace("-- +goose Down", "-- +goose NO TRANSACTION\n-- +goose Down"),
        file.replace("-- +goose Down", "-- +goose ENVSUB ON\n-- +goose Down"),
        file.replace("-- +goose Down", "-- +brant LOCK TIMEOUT 2s\n-- +goose Down"),
    ] {
        assert_ne!(hash(&other), hash(file), "{other:?}");
    }
}

#[test]
fn the_other_direction_may_lack_its_semicolon() {
    let file = "-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 2\n";
    assert_eq!(up(file), ["SELECT 1;"]);
    assert!(parse(file, Direction::Down).is_err());
    let file = "-- +goose Up\nSELECT 1\n-- +goose Down\nSELECT 2;\n";
    assert!(parse(file, Direction::Up).is_err());
    assert_eq!(down(file), ["SELECT 2;"]);
}

#[test]
fn unknown_annotations_inside_strings_are_text() {
    let file = "-- +goose Up\nINSERT INTO t VALUES ('\n-- +goose Foo\n');\n";
    assert_eq!(up(file), ["INSERT INTO t VALUES ('\n-- +goose Foo\n');"]);
    assert!(parse("-- +goose Up\nSELECT 1,\n-- +goose Foo\n 2;\n", Direction::Up).is_err());
}

#[test]
fn mysql_files() {
    let file = b"-- +goose Up\n/*!80031 SET x = 1 */;\nSELECT \"a;\nb\", `c;\n`; # end\n";
    let script = parse_as("mysql", file, Direction::Up).unwrap();
    let found: Vec<&str> = script.statements.iter().map(|s| s.sql.as_str()).collect();
    assert_eq!(found, ["/*!80031 SET x = 1 */;", "SELECT \"a;\nb\", `c;\n`;"]);
}

#[test]
fn errors_of_the_lexer_are_placed_in_the_file() {
    let file =
        "-- +goose Up\n-- +goose ENVSUB ON\nSELECT '$SECRET';\n-- +goose ENVSUB OFF\nSELECT 'é', 'open;\n";
    let e = parse(file, Direction::Up).unwrap_err();
    assert_eq!(e.position, Some(Position { line: 5, column: 13 }), "{e}");
    assert!(parse(file, Direction::Down).unwrap().is_empty());
}

/// Files that are refused: their text, and the direction in which they are.
const REFUSED: &[(&str, Direction)] = &[
    ("", Direction::Up),
    ("\n-- only a comment\n", Direction::Up),
    ("-- +GOOSE Up\nSELECT 1;\n", Direction::Up),
    ("  SELECT 1;\n-- +goose Up\n", Direction::Up),
    ("-- +goose Down\nDROP TABLE a;\n", Direction::Up),
    ("-- +goose StatementBegin\n-- +goose StatementEnd\n", Direction::Up),
    ("-- +goose Up\nSELECT 1;\n-- +goose Up\n", Direction::Up),
    ("-- +goose Up\n-- +goose Down\n-- +goose Up\n", Direction::Up),
    ("-- +goose Up\n-- +goose Down\n-- +goose Down\n", Direction::Down),
    ("-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n-- +goose Down\n", Direction::Up),
    ("-- +goose Up\n-- +goose StatementBegin\n-- +goose StatementBegin\n", Direction::Up),
    ("-- +goose Up\n-- +goose StatementEnd\n", Direction::Up),
    ("-- +goose Up\n\n  -- +goose StatementBegin\nSELECT 1;\n", Direction::Up),
    ("-- +goose Up\n-- +goose Stat\n", Direction::Up),
    ("-- +goose Up\n-- +goose Begin\n", Direction::Up),
    ("-- +goose Up\nSELECT 1;\n\n  CREATE TABLE a (\n  id int)\n-- +goose Down\n", Direction::Up),
    ("-- +goose Up\n-- +goose Down\nDROP TABLE a\n\n", Direction::Down),
    ("-- +goose Up\n-- +goose ENVSUB ON\nSELECT 'é', $1;\n", Direction::Up),
    ("-- +goose Up\n-- +goose ENVSUB ON\nSELECT '${WHERE?set WHERE first}';\n", Direction::Down),
    ("-- +goose Up\n-- +goose ENVSUB ON\nCREATE ROLE x PASSWORD '$SECRET'\n", Direction::Up),
    ("-- +goose Up\n\0", Direction::Up),
];

#[test]
fn refusals_read_well() {
    let refusals: String = REFUSED
        .iter()
        .map(|(file, direction)| match parse(file, *direction) {
            Err(e) => format!("{file:?}\n    {e}\n"),
            Ok(script) => panic!("{file:?} was accepted: {script:?}"),
        })
        .collect();
    insta::assert_snapshot!(refusals);
}

#[test]
fn what_is_not_text_is_refused_with_its_place() {
    let bytes: [&[u8]; 4] = [
        b"-- +goose Up\nSELECT 'caf\xe9';\n",
        b"\xef\xbb\xbf-- +goose Up\n\xff",
        b"\xff\xfe-\0-\0",
        b"\xfe\xff\0-\0-",
    ];
    let refusals: String = bytes
        .iter()
        .map(|bytes| format!("{}\n", parse_as("postgres", bytes, Direction::Up).unwrap_err()))
        .collect();
    insta::assert_snapshot!(refusals);
}
