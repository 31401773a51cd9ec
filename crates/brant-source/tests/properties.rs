//! What holds for every file.

mod support;

use brant_core::Direction;
use proptest::prelude::*;
use support::{goose_rule, parse, parse_as};

const DIALECTS: [&str; 3] = ["postgres", "mysql", "sqlite"];

/// Lines that files are made of and, more rarely, lines that break them.
fn line() -> impl Strategy<Value = String> {
    let text = |text: &'static str| Just(text.to_owned());
    prop_oneof![
        20 => plain_statement(),
        6 => text("-- +goose StatementBegin\n-- é\nSELECT 1;\n  SELECT 'ü'\n-- +goose StatementEnd"),
        3 => text("  SELECT 1,\n-- +goose ENVSUB OFF\n\t'${ROLE}';"),
        3 => text("-- +goose ENVSUB ON\nSELECT '$ROLE', 'é', '$LINES';--c"),
        6 => text("-- ü"),
        4 => text(""),
        4 => text("-- +brant X"),
        2 => text("-- +goose Down"),
        1 => text("-- +goose StatementBegin"),
        1 => text("-- +goose StatementEnd"),
        1 => text("-- +goose Foo"),
        1 => text("SELECT '"),
        1 => text("$$ é ${ROLE:0:2} \\"),
        1 => "\\PC{0,12}",
    ]
}

fn plain_statement() -> impl Strategy<Value = String> {
    prop_oneof![
        "SELECT [0-9a-z]{1,4};",
        " INSERT INTO [a-z]{1,3} VALUES \\([0-9]\\);",
        "DROP TABLE [a-z]{1,3}; ",
        "UPDATE t SET x = 'é'; -- [a-z ]{0,5}",
    ]
}

fn plain_file() -> impl Strategy<Value = String> {
    let line =
        prop_oneof![4 => plain_statement(), 1 => Just("-- a comment".to_owned()), 1 => Just(String::new())];
    let section = || prop::collection::vec(line.clone(), 0..6);
    (section(), section()).prop_map(|(up, down)| {
        format!("-- +goose Up\n{}\n-- +goose Down\n{}\n", up.join("\n"), down.join("\n"))
    })
}

proptest! {
    #[test]
    fn any_bytes_are_parsed_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), d in 0..3usize) {
        let _ = parse_as(DIALECTS[d], &bytes, Direction::Up);
        let mut file = b"-- +goose Up\n".to_vec();
        file.extend(bytes);
        let _ = parse_as(DIALECTS[d], &file, Direction::Up);
        let _ = parse_as(DIALECTS[d], &file, Direction::Down);
    }

    #[test]
    fn statements_lie_inside_the_file(
        lines in prop::collection::vec(line(), 0..8),
        d in 0..3usize,
        crlf in any::<bool>(),
        up in any::<bool>(),
    ) {
        let end = if crlf { "\r\n" } else { "\n" };
        let file = format!("-- +goose Up\n{}", lines.join("\n")).replace('\n', end);
        let direction = if up { Direction::Up } else { Direction::Down };
        let Ok(script) = parse_as(DIALECTS[d], file.as_bytes(), direction) else { return Ok(()) };
        let mut last = 0;
        for statement in &script.statements {
            prop_assert!(statement.bytes.start >= last && statement.bytes.end <= file.len());
            last = statement.bytes.end;
            let there = file.get(statement.bytes.clone());
            prop_assert!(there.is_some(), "characters are cut");
            let there = there.unwrap_or_default();
            if !crlf && !there.contains("+goose") {
                prop_assert_eq!(&statement.source, there);
            }
            if !file.contains("ENVSUB") {
                prop_assert_eq!(&statement.source, &statement.sql);
            }
            prop_assert_eq!(statement.position.line, file[..statement.bytes.start].matches('\n').count() + 1);
            prop_assert_eq!(statement.sql.trim(), &statement.sql);
        }
    }

    #[test]
    fn plain_files_mean_what_they_mean_to_goose(file in plain_file(), crlf in any::<bool>()) {
        let file = if crlf { file.replace('\n', "\r\n") } else { file };
        for (direction, up) in [(Direction::Up, true), (Direction::Down, false)] {
            let ours: Vec<String> = parse(&file, direction).unwrap().statements.into_iter().map(|s| s.sql).collect();
            let goose = goose_rule::statements(&file, up).unwrap();
            // goose sends the comment behind a statement too.
            let goose: Vec<&str> = goose.iter().map(|s| s.split(" -- ").next().unwrap().trim_end_matches(" --")).collect();
            prop_assert_eq!(ours, goose);
        }
    }
}
