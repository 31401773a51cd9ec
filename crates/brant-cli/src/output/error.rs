//! Errors for people: what failed, where, what state the database is in, and what to do next.

use std::fmt::Write as _;

use brant_core::{Position, Statement};
use brant_driver::DriverError;
use brant_engine::{RunError, RunErrorKind, StatementFailure};

use super::mask;
use crate::failure::{Failure, FailureKind};

/// The forms of a command line.
pub(crate) const SYNOPSIS: &str = "\
Usage: brant [OPTIONS] DRIVER DBSTRING COMMAND
       brant [OPTIONS] COMMAND

`brant -h` lists options and commands.
";

/// How many lines of a statement are shown.
const EXCERPT_LINES: usize = 10;

/// The whole text about a failure.
pub(crate) fn text(failure: &Failure) -> String {
    match &failure.kind {
        FailureKind::Usage(error) => {
            with_next(format!("brant: {}\n", error.message), error.next.as_deref()) + "\n" + SYNOPSIS
        }
        FailureKind::Plain { message, next, .. } => with_next(format!("brant: {message}\n"), next.as_deref()),
        FailureKind::Run(error) => run(error),
    }
}

fn with_next(mut text: String, next: Option<&str>) -> String {
    if let Some(next) = next {
        let _ = writeln!(text, "next: {next}");
    }
    text
}

fn run(error: &RunError) -> String {
    let mut text = format!("brant: {error}\n");
    match &error.kind {
        RunErrorKind::Step(failure) => {
            if let Some(statement) = &failure.statement {
                text.push_str(&excerpt(failure, statement));
            }
            text.push_str(&server(&failure.error));
        }
        RunErrorKind::Database { error, .. } => text.push_str(&server(error)),
        _ => {}
    }
    let _ = writeln!(text, "state: {}", error.state());
    with_next(text, error.next_step().as_deref())
}

/// What else the server said.
fn server(error: &DriverError) -> String {
    let mut text = String::new();
    for (name, value) in [("detail", &error.detail), ("hint", &error.hint)] {
        if let Some(value) = value {
            let _ = writeln!(text, "{name}: {value}");
        }
    }
    text
}

/// The lines around the error with their numbers in the file, and a mark under the place.
fn excerpt(failure: &StatementFailure, statement: &Statement) -> String {
    let first = statement.position.line;
    let masked = mask::passwords(&statement.source);
    let lines: Vec<&str> = masked.lines().collect();
    let place = failure.position.filter(|p| (first..first + lines.len()).contains(&p.line));
    let at = place.map_or(0, |p| p.line - first);
    let (from, to) = window(lines.len(), at);
    // A mark under the first character says nothing: it stands there too when the server told no place.
    let mark: Option<Position> = place.filter(|p| *p != statement.position);
    let width = (first + to).to_string().len();
    let mut text = format!("{:width$} |\n", "");
    for (i, line) in lines[from..to].iter().enumerate() {
        let i = from + i;
        // The file's first line of the statement may begin further right than the statement's text does.
        let indent = if i == 0 { statement.position.column - 1 } else { 0 };
        let _ = writeln!(text, "{:>width$} | {:indent$}{}", first + i, "", line.replace('\t', " "));
        if let Some(column) = mark.filter(|p| p.line == first + i).map(|p| p.column) {
            let _ = writeln!(text, "{:width$} | {:>column$}", "", "^");
        }
    }
    match lines.len() - to {
        0 => {}
        1 => text.push_str("… 1 more line\n"),
        n => {
            let _ = writeln!(text, "… {n} more lines");
        }
    }
    text
}

/// Which lines are shown: those before the error and a few after it.
fn window(total: usize, at: usize) -> (usize, usize) {
    let from = (at + 3).saturating_sub(EXCERPT_LINES).min(at);
    (from, total.min(from + EXCERPT_LINES))
}

#[cfg(test)]
mod tests {
    use brant_core::{Direction, Migration, MigrationKind, StatementClass, StatementKind, Version};
    use brant_driver::ErrorKind;
    use brant_engine::DatabaseState;

    use super::*;

    fn failure(source: &str, position: Position, place: Position) -> Failure {
        let statement = Statement {
            sql: "secret".to_owned(),
            source: source.to_owned(),
            position,
            bytes: 0..source.len(),
            class: StatementClass::plain(StatementKind::Ddl),
            block: false,
        };
        let mut error = DriverError::new(ErrorKind::Statement, "relation \"b\" does not exist");
        error.sqlstate = Some("42P01".to_owned());
        error.hint = Some("Perhaps you meant \"a\".".to_owned());
        RunErrorKind::Step(Box::new(StatementFailure {
            migration: Migration {
                version: Version(2),
                name: "b".to_owned(),
                path: "migrations/00002_b.sql".into(),
                kind: MigrationKind::Sql,
            },
            direction: Direction::Up,
            statement: Some(statement),
            number: 1,
            total: 2,
            position: Some(place),
            doing: "run a statement",
            error,
            stopped: None,
            state: DatabaseState::RolledBack,
        }))
        .into()
    }

    #[test]
    fn a_failed_statement_is_shown_with_its_place() {
        let failure = failure(
            "INSERT INTO b\nVALUES (1);",
            Position { line: 3, column: 1 },
            Position { line: 3, column: 13 },
        );
        insta::assert_snapshot!(text(&failure), @r#"
        brant: migrations/00002_b.sql:3:13: statement 1 of 2 failed: ERROR: relation "b" does not exist (SQLSTATE 42P01)
          |
        3 | INSERT INTO b
          |             ^
        4 | VALUES (1);
        hint: Perhaps you meant "a".
        state: `00002_b.sql` was rolled back; it left nothing in the database
        next: correct the file (or the database), then run the same command again
        "#);
    }

    #[test]
    fn long_statements_are_cut_around_the_error() {
        let source = (1..=40).map(|n| format!("line {n}")).collect::<Vec<_>>().join("\n");
        let failure = failure(&source, Position { line: 101, column: 1 }, Position { line: 120, column: 3 });
        insta::assert_snapshot!(text(&failure), @r#"
        brant: migrations/00002_b.sql:120:3: statement 1 of 2 failed: ERROR: relation "b" does not exist (SQLSTATE 42P01)
            |
        113 | line 13
        114 | line 14
        115 | line 15
        116 | line 16
        117 | line 17
        118 | line 18
        119 | line 19
        120 | line 20
            |   ^
        121 | line 21
        122 | line 22
        … 18 more lines
        hint: Perhaps you meant "a".
        state: `00002_b.sql` was rolled back; it left nothing in the database
        next: correct the file (or the database), then run the same command again
        "#);
    }
}
