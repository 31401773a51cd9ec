//! Real migration files, cut by brant and by goose's line rule: what differs, and by how much.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use brant_core::Direction;
use support::{goose_rule, parse_as};

/// How one direction of a file fares with brant and with goose. There is no class for what is not understood: such a
/// difference fails the test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// The statements are the same, to the byte.
    Same,
    /// The same but for comments behind the semicolon that ends a statement: goose sends them, brant does not.
    TrailingCommentDropped,
    /// Both refuse it.
    BothRefuse,
    /// goose splits inside a string, a body or a comment, or does not see the end of a statement.
    SplitRepaired,
    /// goose refuses it for its form, brant accepts it.
    OnlyGooseRefuses,
}

/// A directory of the corpus and the dialect it is written in.
const DIRECTORIES: [(&str, &str); 6] = [
    ("bitmagnet/postgres", "postgres"),
    ("gophish/mysql", "mysql"),
    ("gophish/sqlite", "sqlite"),
    ("openfga/mysql", "mysql"),
    ("openfga/postgres", "postgres"),
    ("openfga/sqlite", "sqlite"),
];

fn files(directory: &str) -> Vec<PathBuf> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus").join(directory);
    let mut files: Vec<PathBuf> = fs::read_dir(corpus).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

fn class(path: &Path, dialect: &str, direction: Direction) -> Class {
    let text = fs::read_to_string(path).unwrap();
    let ours = parse_as(dialect, text.as_bytes(), direction)
        .map(|script| script.statements.into_iter().map(|s| s.sql).collect::<Vec<_>>());
    let goose = goose_rule::statements(&text, direction == Direction::Up);
    match (ours, goose) {
        (Err(_), Err(_)) => Class::BothRefuse,
        (Err(e), Ok(_)) => panic!("{}: goose accepts it, brant does not: {e}", path.display()),
        (Ok(_), Err(_)) => Class::OnlyGooseRefuses,
        (Ok(ours), Ok(goose)) if ours == goose => Class::Same,
        (Ok(ours), Ok(goose)) if same_but_for_comments(&ours, &goose) => Class::TrailingCommentDropped,
        // The same text, cut elsewhere.
        (Ok(ours), Ok(goose)) if ours.concat() == goose.concat() => Class::SplitRepaired,
        (Ok(ours), Ok(goose)) => panic!("{}:\nbrant {ours:#?}\ngoose {goose:#?}", path.display()),
    }
}

fn same_but_for_comments(ours: &[String], goose: &[String]) -> bool {
    ours.len() == goose.len()
        && ours.iter().zip(goose).all(|(ours, goose)| {
            goose
                .strip_prefix(ours.as_str())
                .is_some_and(|tail| tail.is_empty() || tail.trim_start().starts_with("--"))
        })
}

#[test]
fn real_files_mean_what_they_mean_to_goose() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (directory, dialect) in DIRECTORIES {
        for path in files(directory) {
            for direction in [Direction::Up, Direction::Down] {
                let class = class(&path, dialect, direction);
                *counts.entry(format!("{directory} {direction}: {class:?}")).or_default() += 1;
                if class != Class::Same {
                    let name = path.file_name().unwrap().to_string_lossy();
                    counts.insert(format!("{directory} {direction}: {class:?}: {name}"), 1);
                }
            }
        }
    }
    let lines: String = counts.iter().map(|(what, n)| format!("{what}: {n}\n")).collect();
    insta::assert_snapshot!(lines);
}
