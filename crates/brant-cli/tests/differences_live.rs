//! Where brant cuts a file otherwise than goose, on live servers: what goose would send is sent through the database's
//! own client. Either it fails there and brant succeeds, or both leave the same database behind.

mod support;

// The rule by which goose ends statements, as the tests of the format have it.
#[path = "../../brant-source/tests/support/goose_rule.rs"]
mod goose_rule;

use brant_testkit::{Engine, TestDatabase, engines};
use support::brant;

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// goose refuses the file, or the server refuses what goose would send.
    BrantOnly,
    /// The same schema and the same number of rows.
    Same,
}
use Verdict::{BrantOnly, Same};

const ALL: &[Engine] = &[Engine::Sqlite, Engine::Postgres, Engine::MariaDb];
const POSTGRES: &[Engine] = &[Engine::Postgres];
const MARIADB: &[Engine] = &[Engine::MariaDb];
const SQLITE: &[Engine] = &[Engine::Sqlite];

/// The class, the engines that it concerns, the text after `-- +goose Up`, and what comes of it. `|` stands for a line
/// end.
const CLASSES: &[(&str, &[Engine], &str, Verdict)] = &[
    ("trailing comment", ALL, "CREATE TABLE a (x int); -- one|CREATE TABLE b (x int);", Same),
    ("comment touches the semicolon", ALL, "CREATE TABLE a (x int);-- one|CREATE TABLE b (x int);", Same),
    (
        "bracketed comment after the semicolon",
        ALL,
        "CREATE TABLE a (x int); /* one */|CREATE TABLE b (x int);",
        Same,
    ),
    (
        "semicolon in a string",
        ALL,
        "CREATE TABLE a (x varchar(9));|INSERT INTO a VALUES ('p;|q');",
        BrantOnly,
    ),
    ("semicolon in a comment", ALL, "CREATE TABLE a (x int /* one;|*/, y int);", BrantOnly),
    (
        "semicolon in a body",
        POSTGRES,
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$|BEGIN|  RETURN 1;|END;|$$;",
        BrantOnly,
    ),
    (
        "semicolon in a body",
        MARIADB,
        "CREATE TABLE a (x int);|CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN|  SET NEW.x = 1;|  SET NEW.x = \
         2;|END;",
        BrantOnly,
    ),
    (
        "semicolon in a body",
        SQLITE,
        "CREATE TABLE a (x int);|CREATE TRIGGER t AFTER INSERT ON a BEGIN|  DELETE FROM a;|  DELETE FROM a;|END;",
        BrantOnly,
    ),
    (
        "client's delimiter command",
        MARIADB,
        "DELIMITER //|CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END//|DELIMITER ;",
        BrantOnly,
    ),
    (
        "empty block",
        ALL,
        "-- +goose StatementBegin|-- +goose StatementEnd|CREATE TABLE a (x int);|CREATE TABLE b (x int);",
        // goose swallows the table a.
        BrantOnly,
    ),
    ("comment at the end after blanks", ALL, "CREATE TABLE a (x int);|  |-- bye", BrantOnly),
    ("comment that mentions the word", ALL, "-- see the +goose docs|CREATE TABLE a (x int);", BrantOnly),
];

fn state(db: &TestDatabase) -> (String, String) {
    (db.schema(), format!("{:?}", db.row_counts()))
}

/// What goose would leave behind; `None` if it, or the server, refuses.
fn goose(engine: Engine, file: &str) -> Option<(String, String)> {
    let statements = goose_rule::statements(file, true).ok()?;
    // The server knows no DELIMITER (see the recording `mysql-delimiter-refused`); its own client would obey it here.
    if statements.iter().any(|s| s.starts_with("DELIMITER")) {
        return None;
    }
    let db = TestDatabase::fresh(engine);
    statements.iter().filter(|s| !s.is_empty()).try_for_each(|s| db.sql(s).map(drop)).ok()?;
    Some(state(&db))
}

#[test]
fn each_class_of_differences_is_equal_or_better_on_live_servers() {
    let mut names: Vec<&str> = CLASSES.iter().map(|(name, ..)| *name).collect();
    names.dedup();
    assert!(names.len() <= 10, "{names:?}");
    for (name, on, text, verdict) in CLASSES {
        for engine in on.iter().copied().filter(|engine| engines().contains(engine)) {
            let file = format!("-- +goose Up\n{}\n", text.replace('|', "\n"));
            let db = TestDatabase::fresh(engine);
            db.write("migrations/00001_a.sql", &file);
            brant(&db).env("GOOSE_MIGRATION_DIR", "migrations").run(["up"]).expect_code(0);
            let ours = state(&db);
            match (goose(engine, &file), verdict) {
                (Some(theirs), Same) => assert_eq!(ours, theirs, "{name} on {engine}"),
                (Some(theirs), BrantOnly) => assert_ne!(ours, theirs, "{name} on {engine}: no difference"),
                (None, BrantOnly) => {}
                (None, Same) => panic!("{name} on {engine}: goose's way fails"),
            }
        }
    }
}
