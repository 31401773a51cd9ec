//! What several test files use.

#![allow(dead_code)] // no test file uses all of it

pub(crate) mod goose_rule;

use std::path::Path;

use brant_core::{Direction, Script};
use brant_source::ParseError;
use brant_source::formats::goose;

/// Variables that tests may ask for.
pub(crate) fn env(name: &str) -> Option<String> {
    match name {
        "ROLE" => Some("app".to_owned()),
        "SECRET" => Some("hunter2".to_owned()),
        "LINES" => Some("one\ntwo".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

/// Parses bytes as the file `m/1_x.sql`, in a dialect given by name.
pub(crate) fn parse_as(dialect: &str, bytes: &[u8], direction: Direction) -> Result<Script, ParseError> {
    let dialect = brant_sql::dialect_by_name(dialect).expect("a dialect of this name");
    goose::parse(Path::new("m/1_x.sql"), bytes, direction, dialect, &env)
}

/// Parses PostgreSQL.
pub(crate) fn parse(text: &str, direction: Direction) -> Result<Script, ParseError> {
    parse_as("postgres", text.as_bytes(), direction)
}

/// The up statements of a file that must be right.
pub(crate) fn up(text: &str) -> Vec<String> {
    let script = parse(text, Direction::Up).unwrap_or_else(|e| panic!("{e}\n{text}"));
    script.statements.into_iter().map(|s| s.sql).collect()
}

/// The down statements of a file that must be right.
pub(crate) fn down(text: &str) -> Vec<String> {
    let script = parse(text, Direction::Down).unwrap_or_else(|e| panic!("{e}\n{text}"));
    script.statements.into_iter().map(|s| s.sql).collect()
}
