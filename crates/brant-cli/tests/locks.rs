//! The lock: it keeps other runs out, goose's own library too, it names its holder, and it dies with its holder.

mod support;

use std::time::Duration;

use brant_testkit::{Engine, TestDatabase, each_engine};
use support::{applied, brant, timed, write_migrations};

fn write_slow(db: &TestDatabase) {
    let sleep = match db.engine {
        Engine::Postgres => "SELECT pg_sleep(3)",
        Engine::MariaDb => "SELECT sleep(3)",
        Engine::Sqlite => {
            "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 20000000) SELECT count(*) FROM c"
        }
    };
    db.write("migrations/00001_slow.sql", &format!("-- +goose Up\n-- +goose NO TRANSACTION\n{sleep};\n"));
}

fn wait_until_journalled(db: &TestDatabase) {
    for _ in 0..500 {
        if db.sql("SELECT 1 FROM brant_journal").is_ok_and(|rows| !rows.is_empty()) {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{}: the slow migration never began", db.engine);
}

#[test]
fn a_second_run_waits_and_then_says_who_holds_the_lock() {
    each_engine(|db| {
        write_slow(db);
        let brant = brant(db).env("GOOSE_MIGRATION_DIR", "migrations");
        let first = brant.start(["up"]);
        wait_until_journalled(db);
        let (refused, took) = timed(|| brant.run(["up", "--lock-wait", "300ms"]));
        assert_eq!(refused.code, 1, "{}: {}", db.engine, refused.stdout);
        assert!(took >= Duration::from_millis(300), "{took:?}");
        let names_holder = match db.engine {
            Engine::Postgres => "process ",
            Engine::MariaDb => "connection ",
            Engine::Sqlite => "process ",
        };
        assert!(refused.stderr.contains("holds the lock"), "{}", refused.stderr);
        assert!(refused.stderr.contains(names_holder), "{}: {}", db.engine, refused.stderr);

        // With patience it succeeds, and finds nothing left to do.
        let patient = brant.run(["up", "--lock-wait", "2m"]);
        assert_eq!(patient.code, 0, "{}: {}", db.engine, patient.stderr);
        first.wait().expect_code(0);
        assert_eq!(applied(db), [1]);
    });
}

/// A run that is at work leaves the same traces as one that was cut off. It must not be taken for that.
#[test]
fn a_run_that_is_at_work_is_not_half_done() {
    each_engine(|db| {
        write_slow(db);
        let brant = brant(db).env("GOOSE_MIGRATION_DIR", "migrations");
        let first = brant.start(["up"]);
        wait_until_journalled(db);
        let status = brant.run(["status", "--detailed-exit-codes"]).expect_code(3);
        let told = "warning: another run is at work, `00001_slow.sql` (up) is at 0 of 1 statements; the lock is held by";
        assert!(status.stderr.contains(told), "{}: {}", db.engine, status.stderr);
        let check = brant.run(["check"]).expect_code(3);
        assert!(check.stderr.contains(told) && !check.stdout.contains("half done"), "{}", check.stdout);
        // Whoever would go the other way waits for it, and does not refuse.
        let down = brant.run(["down", "--lock-wait", "2m"]);
        assert_eq!(down.code, 1, "{}", down.stdout);
        assert!(down.stderr.contains("has no Down section"), "{}: {}", db.engine, down.stderr);
        first.wait().expect_code(0);
    });
}

#[test]
fn every_spelling_of_a_table_has_the_same_lock() {
    each_engine(|db| {
        let schema = match db.engine {
            Engine::Postgres => "public",
            Engine::MariaDb => db.name(),
            // The whole file has one lock.
            Engine::Sqlite => return,
        };
        write_slow(db);
        let qualified = |table: &str| format!("{schema}.{table}");
        for (table, one, other) in [
            ("goose_db_version", "goose_db_version", qualified("goose_db_version").as_str()),
            ("versions", &qualified("versions"), "versions"),
        ] {
            let brant = brant(db).env("GOOSE_MIGRATION_DIR", "migrations");
            // The first has yet to make the table, the second finds it.
            let first = brant.start(["up", "-table", one]);
            wait_until_journalled(db);
            let refused = brant.run(["up", "-table", other, "--lock-wait", "100ms"]).expect_code(1);
            assert!(refused.stderr.contains("holds the lock"), "{}: {}", db.engine, refused.stderr);
            first.wait().expect_code(0);
            // The name that is journalled has one spelling too.
            assert_eq!(db.column("SELECT DISTINCT history_table FROM brant_journal"), [table]);
            db.sql("DROP TABLE brant_journal").unwrap();
        }
    });
}

#[test]
fn the_lock_of_a_killed_run_is_free() {
    each_engine(|db| {
        write_slow(db);
        let brant = brant(db).env("GOOSE_MIGRATION_DIR", "migrations");
        let first = brant.start(["up"]);
        wait_until_journalled(db);
        first.kill_after(Duration::ZERO);
        // What a query may have done, nobody knows.
        brant.run(["resume", "--statement-done=no", "--lock-wait", "10s"]).expect_code(0);
        assert_eq!(applied(db), [1]);
    });
}

#[test]
fn nothing_pending_takes_no_lock_and_no_lock_means_none() {
    if !brant_testkit::engines().contains(&Engine::Postgres) {
        return;
    }
    let db = brant_testkit::postgres();
    write_migrations(&db, 2);
    let brant = brant(&db).env("GOOSE_MIGRATION_DIR", "migrations");
    brant.run(["up-to", "1"]).expect_code(0);
    // A session that locks as goose's library does.
    let server = db.server();
    let mut holder = std::process::Command::new(server.program("psql"))
        .args([
            "-X",
            "-q",
            &db.dbstring(),
            "-c",
            "SELECT pg_advisory_lock(4097083626)",
            "-c",
            "SELECT pg_sleep(30)",
        ])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = 4097083626 AND database \
                = (SELECT oid FROM pg_database WHERE datname = current_database())";
    while db.column(held) != ["1"] {
        std::thread::sleep(Duration::from_millis(20));
    }
    let refused = brant.run(["up", "--lock-wait", "200ms"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("holds the lock"), "{}", refused.stderr);
    brant.run(["status"]).expect_code(0);
    brant.run(["up", "--no-lock"]).expect_code(0);
    brant.run(["up"]).expect_code(0);
    holder.kill().unwrap();
    holder.wait().unwrap();
}

#[test]
fn a_lost_lock_connection_stops_the_run_before_its_next_step() {
    if !brant_testkit::engines().contains(&Engine::Postgres) {
        return;
    }
    let db = brant_testkit::postgres();
    db.write("migrations/00001_slow.sql", "-- +goose Up\n-- +goose NO TRANSACTION\nSELECT pg_sleep(2);\n");
    db.write("migrations/00002_next.sql", "-- +goose Up\nCREATE TABLE next (id int);\n");
    let running = brant(&db).env("GOOSE_MIGRATION_DIR", "migrations").start(["up"]);
    wait_until_journalled(&db);
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND state = \
                'idle in transaction'";
    assert_eq!(db.column(kill), ["1"]);
    let output = running.wait();
    assert_eq!(output.code, 1, "{}", output.stdout);
    assert!(output.stderr.contains("the connection that held the lock is gone"), "{}", output.stderr);
    assert_eq!(applied(&db), [1]);
}
