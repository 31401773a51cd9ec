//! Another process has an SQLite file locked: whoever meets it waits as long as the connection string says, says what is
//! so and what to do, leaves nothing half done, and goes on once the file is free.

mod support;

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use brant_testkit::{Brant, TestDatabase, sqlite};
use support::{applied, brant, timed, write_migrations};

/// `sqlite3` in a transaction that it holds open.
struct Holder(Child);

impl Holder {
    fn of(db: &TestDatabase, sql: &str) -> Self {
        let pipes = |command: &mut Command| command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = pipes(Command::new("sqlite3").arg(db.name())).unwrap();
        let text = format!("{sql}\nSELECT 'held';\n");
        child.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
        let mut told = Vec::new();
        while !told.ends_with(b"held\n") {
            let mut byte = [0];
            child.stdout.as_mut().unwrap().read_exact(&mut byte).unwrap();
            told.push(byte[0]);
        }
        Self(child)
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        // Its transaction is rolled back.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

const WRITES: &str = "BEGIN IMMEDIATE;";
const WRITES_ALONE: &str = "BEGIN EXCLUSIVE;";
const READS: &str = "BEGIN; SELECT count(*) FROM t1;";

/// Three migrations of which two are applied, and one that is half done.
fn prepared() -> TestDatabase {
    let db = sqlite();
    write_migrations(&db, 2);
    program(&db, 5000).run(["up"]).expect_code(0);
    db.write(
        "migrations/00003_half.sql",
        "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE half (id int);\nINSERT INTO nowhere VALUES (1);\n",
    );
    program(&db, 5000).run(["up"]).expect_code(1);
    db.write(
        "migrations/00003_half.sql",
        "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE half (id int);\nINSERT INTO half VALUES (1);\n",
    );
    db
}

fn program(db: &TestDatabase, busy_timeout: u64) -> Brant {
    let dbstring = format!("{}?_busy_timeout={busy_timeout}", db.dbstring());
    brant(db).env("GOOSE_MIGRATION_DIR", "migrations").env("GOOSE_DBSTRING", dbstring)
}

/// All that a command could have changed.
fn everything(db: &TestDatabase) -> String {
    let own = "SELECT version_id, is_applied FROM goose_db_version; SELECT version_id, state, statements_done FROM brant_journal";
    format!("{}{:?}{:?}", db.schema(), db.row_counts(), db.sql(own))
}

/// Commands that write.
const WRITERS: [&[&str]; 6] = [
    &["up"],
    &["resume"],
    &["mark", "applied", "3", "--yes"],
    &["mark", "pending", "2", "--yes"],
    &["down-to", "0", "--allow-irreversible"],
    &["up-by-one"],
];

#[test]
fn a_file_that_stays_locked_is_told_and_left_as_it_was() {
    let db = prepared();
    // Bringing it down is refused while something is half done: not by the lock, but it changes nothing either.
    for (holder, commands) in [
        (WRITES, &WRITERS[..4]),
        (READS, &WRITERS[..4]),
        (WRITES_ALONE, &WRITERS),
        (WRITES_ALONE, &[&["status"], &["check"], &["plan"], &["version"]]),
    ] {
        let before = everything(&db);
        let held = Holder::of(&db, holder);
        for command in commands {
            let brant = program(&db, 300);
            let (output, took) =
                timed(|| brant.run([&["--retry-for", "0"], *command].concat()).expect_code(1));
            let case = format!("{holder} {command:?}: {took:?}: {}", output.stderr);
            assert!(took >= Duration::from_millis(300) && took < Duration::from_secs(5), "{case}");
            for told in [
                "database is locked (error 5)",
                "hint: another process is writing to the database, or reads from it for long",
                "state: ",
                "next: wait for the session that holds the lock to finish, or end it, then run `brant",
            ] {
                assert!(output.stderr.contains(told), "{case}");
            }
        }
        drop(held);
        assert_eq!(everything(&db), before, "{holder}");
    }
    program(&db, 5000).run(["up"]).expect_code(0);
    assert_eq!(applied(&db), [1, 2, 3]);
    program(&db, 5000).run(["down-to", "0", "--allow-irreversible"]).expect_code(0);
}

#[test]
fn who_only_looks_reads_past_a_writer() {
    let db = prepared();
    let _held = Holder::of(&db, WRITES);
    for (command, code) in [("status", 0), ("plan", 0), ("version", 0), ("check", 7)] {
        let _ = program(&db, 0).run([command]).expect_code(code);
    }
}

#[test]
fn a_lock_that_ends_in_time_is_waited_for() {
    let db = prepared();
    for (command, versions) in
        [(&["up"][..], vec![1, 2, 3]), (&["mark", "pending", "3", "--yes"], vec![1, 2]), (&["down"], vec![1])]
    {
        let held = Holder::of(&db, WRITES_ALONE);
        let running = program(&db, 30_000).start(command.iter().copied());
        std::thread::sleep(Duration::from_millis(700));
        drop(held);
        let output = running.wait().expect_code(0);
        assert!(!output.stderr.contains("tried again"), "{}", output.stderr);
        assert_eq!(applied(&db), versions, "{command:?}");
    }
}

#[test]
fn what_met_a_lock_is_tried_again_within_the_budget() {
    for holder in [WRITES, READS] {
        let db = sqlite();
        write_migrations(&db, 1);
        program(&db, 5000).run(["up"]).expect_code(0);
        write_migrations(&db, 3);
        let held = Holder::of(&db, holder);
        let mut running = program(&db, 200).start(["up", "--retry-for", "60s"]);
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(2) {
            assert!(running.is_running(), "{holder}");
            std::thread::sleep(Duration::from_millis(20));
        }
        drop(held);
        let output = running.wait().expect_code(0);
        assert!(output.stderr.contains("`00002_t2.sql` is tried again in "), "{holder}: {}", output.stderr);
        assert_eq!(applied(&db), [1, 2, 3], "{holder}");

        let _held = Holder::of(&db, holder);
        let down = || program(&db, 200).run(["down", "--retry-for", "1s"]).expect_code(1);
        let (output, took) = timed(down);
        assert!(took >= Duration::from_secs(1), "{took:?}");
        assert!(output.stderr.contains("\ntried: "), "{}", output.stderr);
        assert!(output.stderr.contains("was rolled back; it left nothing"), "{}", output.stderr);
    }
}

#[test]
fn the_tables_of_a_first_run_are_tried_again_too() {
    for command in ["up", "baseline 2 --yes"] {
        let db = sqlite();
        write_migrations(&db, 2);
        // Without a single write there is no file to lock.
        db.sql("CREATE TABLE there (id int)").unwrap();
        let held = Holder::of(&db, WRITES);
        let refused = program(&db, 100).run(["--retry-for", "300ms", "up"]).expect_code(1);
        let told = "failed to create the history table: database is locked (error 5)";
        assert!(refused.stderr.contains(told), "{}", refused.stderr);
        assert!(refused.stderr.contains("nothing was changed"), "{}", refused.stderr);

        let mut running = program(&db, 100).start(command.split(' '));
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(1) {
            assert!(running.is_running(), "{command}");
            std::thread::sleep(Duration::from_millis(20));
        }
        drop(held);
        let output = running.wait().expect_code(0);
        assert!(output.stderr.contains("; it is tried again in "), "{}", output.stderr);
        assert_eq!(applied(&db), [1, 2], "{command}");
    }
}

/// A run without a journal could not be gone on with: a lock that passes is no reason for one.
#[test]
fn a_journal_that_is_locked_out_is_not_done_without() {
    let db = sqlite();
    write_migrations(&db, 2);
    program(&db, 5000).run(["up-to", "1"]).expect_code(0);
    db.sql("DROP TABLE brant_journal").unwrap();
    let held = Holder::of(&db, WRITES);
    let output = program(&db, 200).run(["up", "--retry-for", "0"]).expect_code(1);
    assert!(
        output.stderr.contains("failed to create the journal table: database is locked"),
        "{}",
        output.stderr
    );
    assert!(output.stderr.contains("state: "), "{}", output.stderr);
    drop(held);
    assert_eq!(applied(&db), [1]);
    program(&db, 5000).run(["up"]).expect_code(0);
    assert_eq!(db.column("SELECT count(*) FROM brant_journal"), ["1"]);
}
