//! On MariaDB the record of a migration goes in one message with the first statement of the next: what is told, and what
//! the next run finds, where that message fails at one of its places.

mod support;

use std::time::Duration;

use brant_testkit::proxy::{Cut, ProxyOptions};
use brant_testkit::{Brant, Engine, Output, Proxy, Signal, TestDatabase};
use support::{applied, brant, running_statements, timed, write_migrations};

/// Three migrations that end in a schema change, but for the last.
fn prepared() -> Option<TestDatabase> {
    brant_testkit::engines().contains(&Engine::MariaDb).then(|| {
        let db = brant_testkit::mariadb();
        write_migrations(&db, 3);
        db
    })
}

fn program(db: &TestDatabase) -> Brant {
    brant(db).env("GOOSE_MIGRATION_DIR", "migrations")
}

/// The line breaks when the message is sent that records the second migration and begins the third.
fn cut_at(db: &TestDatabase, cut: Cut, for_good: bool) -> Output {
    let options = ProxyOptions { cut: Some(cut), for_good, ..ProxyOptions::default() };
    let proxy = Proxy::with(db.server().addr(), options);
    let through = program(db).env("GOOSE_DBSTRING", db.dbstring_through(proxy.addr()));
    let output = through.run(["up"]).expect_code(1);
    assert!(proxy.was_cut());
    output
}

fn text() -> String {
    "CREATE TABLE t3 (".to_owned()
}

#[test]
fn a_cut_before_the_record_is_told_of_the_migration_that_is_done() {
    let Some(db) = prepared() else { return };
    let output = cut_at(&db, Cut::BeforeText(text()), false);
    insta::assert_snapshot!(db.redactor().apply(&output.stderr));
    assert_eq!(applied(&db), [1]);
    program(&db).run(["up"]).expect_code(0);
    assert_eq!(applied(&db), [1, 2, 3]);
}

#[test]
fn a_cut_behind_the_record_is_told_of_the_next_migration() {
    let Some(db) = prepared() else { return };
    let output = cut_at(&db, Cut::AfterText(text()), false);
    insta::assert_snapshot!(db.redactor().apply(&(output.stdout + &output.stderr)));
    assert_eq!(applied(&db), [1, 2]);
    let said = program(&db).run(["up"]).expect_code(0).stderr;
    assert!(said.contains("00003_t3.sql: "), "{said}");
    assert_eq!(applied(&db), [1, 2, 3]);
}

#[test]
fn where_nobody_can_look_both_are_told() {
    let Some(db) = prepared() else { return };
    let output = cut_at(&db, Cut::AfterText(text()), true);
    insta::assert_snapshot!(db.redactor().apply(&output.stderr));
    program(&db).run(["up"]).expect_code(0);
    assert_eq!(applied(&db), [1, 2, 3]);
}

/// True once in a session.
const FIRST_TRY: &str = "(@tries := coalesce(@tries, 0) + 1) = 1";

/// Refuses the record of the second migration.
fn refuse(db: &TestDatabase, condition: &str) {
    program(db).run(["up-to", "1"]).expect_code(0);
    db.sql(&format!(
        "CREATE TRIGGER refuse BEFORE INSERT ON goose_db_version FOR EACH ROW SET NEW.version_id = IF(IF(NEW.version_id = 2, \
         {condition}, FALSE), NULL, NEW.version_id)"
    ))
    .unwrap();
}

#[test]
fn a_record_that_is_refused_is_told_and_the_next_migration_does_not_begin() {
    let Some(db) = prepared() else { return };
    refuse(&db, "TRUE");
    let output = program(&db).run(["up"]).expect_code(1);
    insta::assert_snapshot!(db.redactor().apply(&output.stderr));
    assert_eq!(applied(&db), [1]);
    assert!(!db.schema().contains("t3"));
    assert_eq!(db.column("SELECT count(*) FROM brant_journal WHERE version_id = 3"), ["0"]);

    db.sql("DROP TRIGGER refuse").unwrap();
    program(&db).run(["up"]).expect_code(0);
    assert_eq!(applied(&db), [1, 2, 3]);
}

/// What fails on the way of another statement is sent once more by itself.
#[test]
fn a_record_that_is_refused_once_gets_through_alone() {
    let Some(db) = prepared() else { return };
    refuse(&db, FIRST_TRY);
    let output = program(&db).run(["up"]).expect_code(0);
    assert_eq!(output.stdout.matches("OK   ").count(), 2, "{}", output.stdout);
    assert_eq!(applied(&db), [1, 2, 3]);
    assert_eq!(
        db.column("SELECT concat(version_id, ' ', state) FROM brant_journal ORDER BY id"),
        ["1 done", "2 done", "3 done"]
    );
}

/// Some of a record can't be rolled back there: the version is not recorded a second time.
#[test]
fn a_record_of_which_the_history_kept_its_part_is_not_written_twice() {
    let Some(db) = prepared() else { return };
    program(&db).run(["up-to", "1"]).expect_code(0);
    db.sql(&format!(
        "ALTER TABLE goose_db_version ENGINE = MyISAM; CREATE TRIGGER refuse BEFORE INSERT ON brant_journal FOR EACH ROW SET \
         NEW.step = IF(IF(NEW.version_id = 3, {FIRST_TRY}, FALSE), NULL, NEW.step)"
    ))
    .unwrap();
    program(&db).run(["up"]).expect_code(0);
    assert_eq!(db.column("SELECT version_id FROM goose_db_version ORDER BY id"), ["0", "1", "2", "3"]);
    assert_eq!(
        db.column("SELECT concat(version_id, ' ', state) FROM brant_journal ORDER BY version_id"),
        ["1 done", "2 done", "3 done"]
    );
}

/// A statement that is stopped, or fails, is that of the next migration: the record before it stays.
#[test]
fn the_record_stays_where_the_statement_behind_it_does_not_get_through() {
    let Some(db) = prepared() else { return };
    db.write("migrations/00003_t3.sql", "-- +goose Up\nCREATE TABLE t3 SELECT sleep(60) FROM seq_1_to_2;\n");
    let running = program(&db).start(["up"]);
    while running_statements(&db, "sleep(60)") == 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
    running.signal(Signal::Int);
    let (output, took) = timed(|| running.wait());
    assert!(took < Duration::from_secs(8), "{took:?}");
    assert!(output.stdout.contains("OK   00002_t2.sql"), "{}", output.stdout);
    assert!(output.stderr.contains("migrations/00003_t3.sql:2:1"), "{}", output.stderr);
    assert_eq!(applied(&db), [1, 2]);

    db.write("migrations/00003_t3.sql", "-- +goose Up\nCREATE TABLE t3 (nonsense);\n");
    let output = program(&db).run(["up"]).expect_code(1);
    assert!(output.stderr.contains("near ')' at line 1"), "{}", output.stderr);
    program(&db).run(["reset"]).expect_code(0);
    let output = program(&db).run(["up"]).expect_code(1);
    assert!(output.stderr.contains("near ')' at line 1"), "{}", output.stderr);
    assert_eq!(applied(&db), [1, 2]);
}
