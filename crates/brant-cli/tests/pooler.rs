//! PgBouncer in transaction mode: each transaction, and each statement outside of one, meets another server session.

mod support;

use std::time::Duration;

use brant_testkit::{Brant, Engine, Pooler, Running, TestDatabase, pgbouncer};
use support::{applied, brant, running_statements, write_migrations, write_slow_index};

/// The binary on a fresh database behind a pooler; `None` where PostgreSQL is left out.
fn behind(mode: &str) -> Option<(TestDatabase, Pooler)> {
    brant_testkit::engines().contains(&Engine::Postgres).then(|| {
        let db = brant_testkit::postgres();
        let pooler = if mode == "transaction" { pgbouncer(&db) } else { Pooler::start(&db, mode) };
        (db, pooler)
    })
}

fn through(db: &TestDatabase, pooler: &Pooler) -> Brant {
    brant(db)
        .env("GOOSE_DBSTRING", db.dbstring_through(pooler.addr()))
        .env("GOOSE_MIGRATION_DIR", "migrations")
}

fn write_index(db: &TestDatabase, version: u32, before: &str) {
    db.write(
        &format!("migrations/{version:05}_index.sql"),
        &format!(
            "-- +goose NO TRANSACTION\n-- +goose Up\n{before}CREATE INDEX CONCURRENTLY c{version} ON t1 (v, id);\n\
             -- +goose Down\nDROP INDEX CONCURRENTLY c{version};\n"
        ),
    );
}

fn advisory_locks(db: &TestDatabase) -> Vec<String> {
    db.column(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE \
         datname = current_database())",
    )
}

#[test]
fn up_status_and_down() {
    let Some((db, pooler)) = behind("transaction") else { return };
    write_migrations(&db, 5);
    write_index(&db, 6, "");
    let brant = through(&db, &pooler);
    brant.run(["up"]).expect_code(0);
    assert_eq!(applied(&db), [1, 2, 3, 4, 5, 6]);
    assert_eq!(
        db.column("SELECT count(*) FROM pg_index WHERE indexrelid = 'c6'::regclass AND indisvalid"),
        ["1"]
    );
    let status = brant.run(["status"]);
    assert_eq!(status.code, 0, "{}", status.stderr);
    assert!(
        status.stdout.contains("00006_index.sql") && !status.stdout.contains("Pending"),
        "{}",
        status.stdout
    );
    brant.run(["down"]).expect_code(0);
    brant.run(["reset"]).expect_code(0);
    assert!(db.row_counts().is_empty(), "{:?}", db.row_counts());
    assert_eq!(advisory_locks(&db), ["0"]);
}

#[test]
fn many_at_once() {
    let Some((db, pooler)) = behind("transaction") else { return };
    write_migrations(&db, 8);
    write_index(&db, 9, "");
    let brant = through(&db, &pooler);
    let running: Vec<_> = (0..10).map(|_| brant.start(["up", "--lock-wait", "60s"])).collect();
    let outputs: Vec<_> = running.into_iter().map(Running::wait).collect();
    for output in &outputs {
        assert_eq!(output.code, 0, "{}{}", output.stdout, output.stderr);
    }
    let lines = outputs.iter().flat_map(|o| o.stdout.lines()).filter(|line| line.starts_with("OK ")).count();
    assert_eq!((applied(&db), lines), ((1..=9).collect(), 9));
    assert_eq!(db.column("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), ["0"]);
    assert_eq!(advisory_locks(&db), ["0"]);
}

#[test]
fn the_lock_keeps_others_out() {
    let Some((db, pooler)) = behind("transaction") else { return };
    db.write("migrations/00001_slow.sql", "-- +goose Up\n-- +goose NO TRANSACTION\nSELECT pg_sleep(3);\n");
    let first = through(&db, &pooler).start(["up"]);
    while !db.sql("SELECT 1 FROM brant_journal").is_ok_and(|rows| !rows.is_empty()) {
        std::thread::sleep(Duration::from_millis(10));
    }
    for other in [through(&db, &pooler), brant(&db).env("GOOSE_MIGRATION_DIR", "migrations")] {
        let refused = other.run(["up", "--lock-wait", "200ms"]);
        assert_eq!(refused.code, 1, "{}", refused.stdout);
        assert!(refused.stderr.contains("another run holds the lock"), "{}", refused.stderr);
    }
    first.wait().expect_code(0);
    through(&db, &pooler).run(["up"]).expect_code(0);
    assert_eq!((applied(&db), advisory_locks(&db)), (vec![1], vec!["0".to_owned()]));
}

#[test]
fn settings_of_the_session_are_refused_before_anything_runs() {
    let Some((db, pooler)) = behind("transaction") else { return };
    write_migrations(&db, 1);
    write_index(&db, 2, "SET statement_timeout = 0;\n");
    let refused = through(&db, &pooler).run(["up"]);
    assert_eq!(refused.code, 1, "{}", refused.stdout);
    for part in [
        "migrations/00002_index.sql:3:1: this setting would be lost: a connection pooler stands in front of the server",
        "state: nothing was changed",
        "next: connect to the server itself for this run",
    ] {
        assert!(refused.stderr.contains(part), "{}", refused.stderr);
    }
    let json = through(&db, &pooler).run(["up", "--format", "json"]);
    assert!(json.stdout.contains(r#""session_setting""#), "{}", json.stdout);
    assert!(db.row_counts().is_empty(), "{:?}", db.row_counts());
    assert_eq!(db.column("SELECT to_regclass('goose_db_version') IS NULL"), ["t"]);
    // The same file is good where the session is one's own.
    brant(&db).env("GOOSE_MIGRATION_DIR", "migrations").run(["up"]).expect_code(0);
    assert_eq!(applied(&db), [1, 2]);
}

#[test]
fn settings_that_reach_no_further_are_fine() {
    let Some((db, pooler)) = behind("transaction") else { return };
    write_migrations(&db, 1);
    write_index(
        &db,
        2,
        "BEGIN;\nSET statement_timeout = 0;\nCOMMIT;\nSET LOCAL lock_timeout = 0;\nRESET lock_timeout;\n",
    );
    db.write(
        "migrations/00003_set.sql",
        "-- +goose Up\nSET LOCAL lock_timeout = '2s';\nCREATE TABLE three (id int);\n",
    );
    through(&db, &pooler).run(["up"]).expect_code(0);
    assert_eq!(applied(&db), [1, 2, 3]);
}

#[test]
fn a_pooler_that_keeps_sessions_apart_is_no_hindrance() {
    let Some((db, pooler)) = behind("session") else { return };
    write_migrations(&db, 1);
    write_index(&db, 2, "SET statement_timeout = 0;\n");
    through(&db, &pooler).run(["up"]).expect_code(0);
    assert_eq!(applied(&db), [1, 2]);
}

#[test]
fn parameters_that_a_pooler_refuses_are_explained() {
    let Some((db, pooler)) = behind("transaction") else { return };
    write_migrations(&db, 1);
    let string = format!("{}&search_path=x", db.dbstring_through(pooler.addr()));
    let refused = through(&db, &pooler).env("GOOSE_DBSTRING", string).run(["status"]);
    assert_eq!(refused.code, 1, "{}", refused.stdout);
    assert!(
        refused.stderr.contains("a pooler stands in front of the server and takes no `options`"),
        "{}",
        refused.stderr
    );
}

/// What is told of other sessions and of the server's work comes from a second connection through the same pooler.
#[test]
fn who_keeps_a_statement_waiting_is_told_through_a_pooler() {
    for mode in ["transaction", "session"] {
        let Some((db, pooler)) = behind(mode) else { return };
        db.sql("CREATE TABLE users (id int)").unwrap();
        db.write("migrations/00001_a.sql", "-- +goose Up\nALTER TABLE users ADD COLUMN name text;\n");
        let mut holder = db.session();
        holder.send("BEGIN; SELECT pg_backend_pid() FROM pg_class LIMIT 1; LOCK TABLE users;");
        let process = holder.receive().remove(0);
        let flags = ["up", "--lock-timeout", "2s", "--retry-for", "0"];
        let waited = through(&db, &pooler).run(flags).expect_code(1);
        let told = format!("blocked by session {process} (user ");
        assert!(waited.stderr.contains(&told), "{mode}: {told}: {}", waited.stderr);
        assert!(
            waited.stderr.contains(&format!("\nblocked by: session {process} (user ")),
            "{}",
            waited.stderr
        );
    }
}

#[test]
fn how_far_an_index_is_is_told_through_a_pooler() {
    let Some((db, pooler)) = behind("transaction") else { return };
    write_slow_index(&db, "-- +goose NO TRANSACTION\n", "CONCURRENTLY ");
    let output = through(&db, &pooler).run(["up"]).expect_code(0);
    let line = "00001_slow.sql:3 has been running for ";
    let told =
        output.stderr.lines().find(|told| told.contains(line)).unwrap_or_else(|| panic!("{}", output.stderr));
    assert!(told.contains(": building index: scanning table, ") && told.ends_with(" %"), "{told}");
}

#[test]
fn a_late_statement_is_cancelled_through_a_pooler_and_nobody_elses() {
    for mode in ["transaction", "session"] {
        let Some((db, pooler)) = behind(mode) else { return };
        db.write("migrations/00001_long.sql", "-- +goose Up\nSELECT pg_sleep(60);\n");
        let mut other = db.session();
        other.send("SELECT pg_sleep(4) IS NULL;");
        let late = through(&db, &pooler).run(["up", "--statement-timeout", "1s"]).expect_code(1);
        assert!(late.stderr.contains("ran for longer than it may (1s)"), "{mode}: {}", late.stderr);
        assert_eq!(running_statements(&db, "pg_sleep(60)"), 0, "{mode}");
        assert_eq!(other.receive(), ["f"], "{mode}");
    }
}
