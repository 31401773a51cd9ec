//! Errors for people: what failed, where, what state the database is in, and what to do next.

use std::fmt::Write as _;

use brant_driver::DriverError;
use brant_engine::{Commands, RunError, RunErrorKind};

use super::{excerpt, problems};
use crate::failure::{Failure, FailureKind};

/// The forms of a command line.
pub(crate) const SYNOPSIS: &str = "\
Usage: brant [OPTIONS] DRIVER DBSTRING COMMAND
       brant [OPTIONS] COMMAND

`brant -h` lists options and commands.
";

/// The whole text about a failure.
pub(crate) fn text(failure: &Failure, commands: &Commands, color: bool) -> String {
    match &failure.kind {
        FailureKind::Usage(error) => {
            with_next(format!("brant: {}\n", error.message), error.next.as_deref()) + "\n" + SYNOPSIS
        }
        FailureKind::Plain { message, next, .. } => {
            let next = next.as_ref().map(|next| next.text(commands));
            with_next(format!("brant: {message}\n"), next.as_deref())
        }
        FailureKind::Problems(errors) => problems::text(errors, commands, color),
        FailureKind::Run(error) => run(error, commands, color),
    }
}

/// Adds what to do.
pub(super) fn with_next(mut text: String, next: Option<&str>) -> String {
    if let Some(next) = next {
        let _ = writeln!(text, "next: {next}");
    }
    text
}

fn run(error: &RunError, commands: &Commands, color: bool) -> String {
    let mut text = format!("brant: {error}\n");
    match &error.kind {
        RunErrorKind::Step(failure) => {
            if let Some(statement) = &failure.statement {
                text.push_str(&excerpt::of_statement(statement, failure.position, color));
            }
            text.push_str(&server(&failure.error));
            for blocker in &failure.blockers {
                let _ = writeln!(text, "blocked by: {blocker}");
            }
            if failure.tries > 1 {
                let _ = writeln!(text, "tried: {} times", failure.tries);
            }
        }
        RunErrorKind::Script(error) => {
            text.push_str(&excerpt::of_file(&error.path, error.position, color));
        }
        RunErrorKind::SessionSetting { path, position }
        | RunErrorKind::NeedsNoTransaction { path, position } => {
            text.push_str(&excerpt::of_file(path, Some(*position), color));
        }
        RunErrorKind::NotInOne { path: Some(path), position, .. } => {
            text.push_str(&excerpt::of_file(path, *position, color));
        }
        RunErrorKind::HalfDone(left) => {
            text.push_str(&excerpt::of_file(&left.migration.path, left.position(), color));
        }
        RunErrorKind::Database { error, .. } | RunErrorKind::MarkCutOff { error, .. } => {
            text.push_str(&server(error));
        }
        _ => {}
    }
    let _ = writeln!(text, "state: {}", error.state());
    with_next(text, error.next_step(commands).as_deref())
}

/// A recursion that does not end has a line for each call.
const CONTEXT_LINES_MAX: usize = 10;

/// What else the server said.
fn server(error: &DriverError) -> String {
    let mut text = String::new();
    for (name, value) in [("detail", &error.detail), ("hint", &error.hint)] {
        if let Some(value) = value {
            let _ = writeln!(text, "{name}: {value}");
        }
    }
    if let Some(context) = &error.context {
        let lines: Vec<&str> = context.lines().take(CONTEXT_LINES_MAX).collect();
        let _ = writeln!(text, "context: {}", lines.join("\n         "));
        text.push_str(&excerpt::more_lines(context.lines().count() - lines.len()));
    }
    text
}

#[cfg(test)]
mod tests {
    use brant_core::{
        Direction, Migration, MigrationKind, Position, Statement, StatementClass, StatementKind, Version,
    };
    use brant_driver::ErrorKind;
    use brant_engine::{DatabaseState, StatementFailure};

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
            doing: "run a statement".into(),
            cause: None,
            blockers: Vec::new(),
            tries: 1,
            error,
            stopped: None,
            state: DatabaseState::RolledBack,
            in_parts: None,
            kept: None,
            whole_run: false,
            left_unusable: Vec::new(),
            followed: true,
            with_next: false,
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
        insta::assert_snapshot!(text(&failure, &Commands::default(), false), @r#"
        brant: migrations/00002_b.sql:3:13: statement 1 of 2 failed: ERROR: relation "b" does not exist (SQLSTATE 42P01)
          |
        3 | INSERT INTO b
          |             ^
        4 | VALUES (1);
          |
        hint: Perhaps you meant "a".
        state: `00002_b.sql` was rolled back; it left nothing in the database
        next: correct the file (or the database), then run the same command again
        "#);
    }

    #[test]
    fn long_statements_are_cut_around_the_error() {
        let source = (1..=40).map(|n| format!("line {n}")).collect::<Vec<_>>().join("\n");
        let failure = failure(&source, Position { line: 101, column: 1 }, Position { line: 120, column: 3 });
        insta::assert_snapshot!(text(&failure, &Commands::default(), false), @r#"
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
            |
        … 18 more lines
        hint: Perhaps you meant "a".
        state: `00002_b.sql` was rolled back; it left nothing in the database
        next: correct the file (or the database), then run the same command again
        "#);
    }
}
