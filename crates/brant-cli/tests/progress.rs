//! A statement that takes long: where it stands, how long it has run, and how far it is as the server tells; on a terminal
//! as a line that changes, elsewhere as a line now and then.

mod support;

use std::process::{Command, Stdio};

use brant_testkit::{Engine, TestDatabase, each_of};
use support::{brant, numbers, write_slow_index};

/// What was told of a statement that has run for some time.
fn told(stderr: &str) -> Option<&str> {
    stderr.lines().find(|line| line.contains("has been running for"))
}

#[test]
fn lines_tell_how_far_postgres_is() {
    if !brant_testkit::engines().contains(&Engine::Postgres) {
        return;
    }
    let db = brant_testkit::postgres();
    write_slow_index(&db, "", "");
    let output = brant(&db).run(["-dir", "migrations", "up"]).expect_code(0);
    let line = told(&output.stderr).unwrap_or_else(|| panic!("{}", output.stderr));
    assert!(line.starts_with("brant: 00001_slow.sql:2 has been running for "), "{line}");
    assert!(line.contains(": building index: scanning table, ") && line.ends_with(" %"), "{line}");
}

#[test]
fn lines_tell_how_far_mariadb_and_mysql_are() {
    each_of(&[Engine::MariaDb], copies_of_a_growing_table_take_long);
}

fn copies_of_a_growing_table_take_long(db: &TestDatabase) {
    let (digits, numbers) = numbers(5);
    db.sql(&format!("{digits} CREATE TABLE t AS {numbers}")).unwrap();
    // Nobody knows how fast the machine is: the table grows until it takes long.
    for version in 1..10 {
        db.sql("INSERT INTO t SELECT * FROM t").unwrap();
        let file = format!("migrations/{version:05}_slow.sql");
        db.write(&file, "-- +goose Up\n-- again\nALTER TABLE t FORCE, ALGORITHM = COPY;\n");
        let output = brant(db).run(["-dir", "migrations", "up"]).expect_code(0);
        if let Some(line) = told(&output.stderr) {
            assert!(line.contains("_slow.sql:3 has been running for "), "{line}");
            let phases = ["copy to tmp table", "Enabling keys"];
            assert!(phases.iter().any(|phase| line.contains(&format!(" s: {phase}, "))), "{line}");
            assert!(line.ends_with(" %"), "{line}");
            return;
        }
    }
    panic!("nothing took long");
}

#[test]
fn a_terminal_has_one_line_that_changes() {
    if !brant_testkit::engines().contains(&Engine::Postgres) {
        return;
    }
    let db = brant_testkit::postgres();
    write_slow_index(&db, "", "");
    let command = format!("{} -dir migrations up", env!("CARGO_BIN_EXE_brant"));
    let mut script = Command::new("script");
    script.args(["-qec", &command, "/dev/null"]).current_dir(db.dir()).stdin(Stdio::null());
    script.env("GOOSE_DRIVER", db.driver()).env("GOOSE_DBSTRING", db.dbstring());
    let output = script.output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    let line = "\r\u{1b}[Kstep 1 of 1: 00001_slow.sql:2: building index: scanning table, ";
    let percents: Vec<u8> = shown
        .match_indices(line)
        .filter_map(|(at, _)| shown[at + line.len()..].split(' ').next()?.parse().ok())
        .collect();
    assert!(percents.len() > 3 && percents.is_sorted(), "{shown:?}");
    assert!(percents.last().is_some_and(|last| (50..=100).contains(last)), "{percents:?}");
    // Gone before the result is written.
    assert!(shown.contains("\r\u{1b}[KOK   00001_slow.sql"), "{shown:?}");
    assert!(!shown.contains("has been running"), "{shown:?}");
}
