//! Ctrl-C, SIGTERM, SIGHUP and `-timeout`: the running statement is cancelled on the server, the step rolled back, the lock
//! given back.

mod support;

use std::time::{Duration, Instant};

use brant_testkit::{Brant, Engine, Signal, TestDatabase, each_engine};
use support::{applied, brant, numbers, running_statements, timed};

/// A migration with a table, and after it a statement that runs for a minute.
fn write_long(db: &TestDatabase) {
    let sleep = match db.engine {
        Engine::Postgres => "SELECT pg_sleep(60)",
        // MySQL's sleep() ends early when it is stopped, and fails only before the next row.
        Engine::MariaDb => "INSERT INTO before_it SELECT sleep(60) FROM (SELECT 1 UNION ALL SELECT 2) two",
        Engine::Sqlite => {
            "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 3000000000) SELECT count(*) FROM c"
        }
    };
    db.write("migrations/00001_fine.sql", "-- +goose Up\nCREATE TABLE fine (id int);\n");
    db.write(
        "migrations/00002_long.sql",
        &format!("-- +goose Up\nCREATE TABLE before_it (id int);\n{sleep};\n"),
    );
}

/// Waits until the long statement runs.
fn wait_for_the_long_statement(db: &TestDatabase) {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(20) {
        let runs = match db.engine {
            Engine::Sqlite => started.elapsed() > Duration::from_millis(1500),
            _ => running_statements(db, "sleep(60)") > 0,
        };
        if runs {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{}: the long statement never ran", db.engine);
}

fn check_stopped(db: &TestDatabase, output: &brant_testkit::Output, why: &str) {
    assert_eq!(output.code, 1, "{}{}", output.stdout, output.stderr);
    assert!(output.stderr.contains(why), "{}: {}", db.engine, output.stderr);
    assert!(output.stderr.contains("00002_long.sql"), "{}", output.stderr);
    assert!(output.stderr.contains("state: ") && output.stderr.contains("next: "), "{}", output.stderr);
    assert_eq!(applied(db), [1], "{}", db.engine);
    match db.engine {
        Engine::MariaDb => {
            assert!(
                output.stderr.contains("1 of 2 statements of `00002_long.sql` is done"),
                "{}",
                output.stderr
            );
        }
        _ => assert!(!db.schema().contains("before_it"), "{}", db.engine),
    }
    if db.engine != Engine::Sqlite {
        assert_eq!(running_statements(db, "sleep(60)"), 0, "{}", db.engine);
    }
}

#[test]
fn the_first_signal_cancels_rolls_back_and_unlocks() {
    for signal in [Signal::Int, Signal::Term, Signal::Hup] {
        each_engine(|db| {
            write_long(db);
            let brant = brant(db).env("GOOSE_MIGRATION_DIR", "migrations");
            // Whoever started the tests may ignore SIGHUP, which brant would do then too.
            let env = Brant::new("env").on(db).env("GOOSE_MIGRATION_DIR", "migrations");
            let running = env.start(["--default-signal=HUP", env!("CARGO_BIN_EXE_brant"), "up"]);
            wait_for_the_long_statement(db);
            running.signal(signal);
            let (output, took) = timed(|| running.wait());
            assert!(took < Duration::from_secs(8), "{}: took {took:?}", db.engine);
            check_stopped(db, &output, "interrupted");

            // The lock is free at once.
            db.write("migrations/00002_long.sql", "-- +goose Up\nCREATE TABLE before_it (id int);\n");
            brant.run(["up", "--lock-wait", "0s"]).expect_code(0);
            assert_eq!(applied(db), [1, 2]);
        });
    }
}

/// A change that works through many rows, or waits for long, as one statement of a file.
fn write_busy(db: &TestDatabase) -> &'static str {
    let (sql, word) = match db.engine {
        Engine::Postgres => ("SELECT pg_sleep(60)", "pg_sleep(60)"),
        _ => {
            let (digits, million) = numbers(6);
            let big = "CREATE TABLE big (id int PRIMARY KEY, v char(50)); INSERT INTO big SELECT n, n FROM";
            db.sql(&format!("{digits} {big} ({million}) million")).unwrap();
            ("ALTER TABLE big MODIFY v varchar(60), ALGORITHM=COPY", "ALTER TABLE big")
        }
    };
    db.write("migrations/00001_busy.sql", &format!("-- +goose Up\n{sql};\n"));
    word
}

#[test]
fn heavy_what_was_stopped_is_gone_from_the_server_within_a_second() {
    each_engine(|db| {
        if db.engine == Engine::Sqlite {
            return;
        }
        let word = write_busy(db);
        let brant = brant(db).env("GOOSE_MIGRATION_DIR", "migrations");
        let running = brant.start(["up"]);
        while running_statements(db, word) == 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        let signalled = Instant::now();
        running.signal(Signal::Int);
        while running_statements(db, word) > 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        let gone = signalled.elapsed();
        let output = running.wait().expect_code(1);
        assert!(gone < Duration::from_secs(1), "{}: gone after {gone:?}", db.engine);
        for told in ["interrupted", "00001_busy.sql", "\nstate: ", "\nnext: "] {
            assert!(output.stderr.contains(told), "{}: {}", db.engine, output.stderr);
        }
        assert_eq!(brant.run(["lock", "status"]).expect_code(0).stdout, "the lock is free\n");
        assert!(applied(db).is_empty());
        if db.engine == Engine::MariaDb {
            let kind = "SELECT data_type FROM information_schema.columns WHERE table_schema = database() AND table_name \
                        = 'big' AND column_name = 'v'";
            assert_eq!(db.column(kind), ["char"]);
        }
    });
}

#[test]
fn the_second_signal_leaves_at_once() {
    if !brant_testkit::engines().contains(&Engine::Postgres) {
        return;
    }
    let db = brant_testkit::postgres();
    // The server can't answer the first signal's cancel request while it is stopped, so the run still waits.
    write_long(&db);
    let running = brant(&db).env("GOOSE_MIGRATION_DIR", "migrations").start(["up"]);
    wait_for_the_long_statement(&db);
    running.signal(Signal::Int);
    running.signal(Signal::Int);
    let (output, took) = timed(|| running.wait());
    assert!(took < Duration::from_secs(8), "{took:?}");
    assert!(output.code == 130 || output.code == 1, "{} {}", output.code, output.stderr);
}

#[test]
fn a_timeout_bounds_the_whole_run() {
    each_engine(|db| {
        write_long(db);
        let brant = brant(db).env("GOOSE_MIGRATION_DIR", "migrations");
        let (output, took) = timed(|| brant.run(["-timeout", "1s", "up"]));
        assert!(took < Duration::from_secs(10), "{}: took {took:?}", db.engine);
        check_stopped(db, &output, "timeout");
    });
}

#[test]
fn a_timeout_ends_a_look_that_waits_for_a_lock() {
    if !brant_testkit::engines().contains(&Engine::Postgres) {
        return;
    }
    let db = brant_testkit::postgres();
    db.write("migrations/00001_fine.sql", "-- +goose Up\nCREATE TABLE fine (id int);\n");
    let brant = brant(&db).env("GOOSE_MIGRATION_DIR", "migrations");
    brant.run(["up"]).expect_code(0);
    let mut holder = std::process::Command::new(db.server().program("psql"))
        .args(["-X", "-q", &db.dbstring(), "-c"])
        .arg("BEGIN; LOCK TABLE goose_db_version; SELECT pg_sleep(30)")
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while running_statements(&db, "pg_sleep(30)") == 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
    for command in ["status", "up"] {
        let (output, took) = timed(|| brant.run(["-timeout", "500ms", command]));
        assert_eq!(output.code, 1, "{}", output.stdout);
        assert!(output.stderr.contains("timeout"), "{}", output.stderr);
        assert!(took < Duration::from_secs(8), "{took:?}");
    }
    holder.kill().unwrap();
    holder.wait().unwrap();
}
