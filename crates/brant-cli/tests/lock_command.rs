//! `lock status|break`: who holds the lock, and how it is taken from a run that is in the way.

mod support;

use std::time::Duration;

use brant_testkit::{Brant, Engine, Running, TestDatabase, each_engine};
use support::{applied, brant, running_statements};

/// A run that holds the lock and works.
fn start(db: &TestDatabase) -> (Brant, Running) {
    let sleep = match db.engine {
        Engine::Postgres => "SELECT pg_sleep(60)",
        Engine::MariaDb => "SELECT sleep(60)",
        Engine::Sqlite => {
            "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 3000000000) SELECT count(*) FROM c"
        }
    };
    db.write("migrations/00001_slow.sql", &format!("-- +goose Up\n-- +goose NO TRANSACTION\n{sleep};\n"));
    let brant = brant(db).env("GOOSE_MIGRATION_DIR", "migrations").env("USER", "deploy");
    brant.run(["lock", "status"]).expect_code(0);
    let running = brant.start(["up"]);
    while !db.sql("SELECT 1 FROM brant_journal").is_ok_and(|rows| !rows.is_empty()) {
        std::thread::sleep(Duration::from_millis(10));
    }
    (brant, running)
}

#[test]
fn status_tells_the_holder_and_others_that_wait_are_told_the_same() {
    each_engine(|db| {
        let (brant, running) = start(db);
        let owner = match db.engine {
            // Its session shows nothing of the process: the journal does.
            Engine::MariaDb => "(in the journal: user deploy, host ".to_owned(),
            _ => format!("process {}, user deploy, host ", running.pid()),
        };
        let status = brant.run(["lock", "status"]).expect_code(0);
        assert!(status.stdout.starts_with("the lock is held by "), "{}", status.stdout);
        let refused = brant.run(["up", "--lock-wait", "100ms"]).expect_code(1);
        for text in [&status.stdout, &refused.stderr] {
            assert!(text.contains(&owner), "{}: {text}", db.engine);
        }
        let json = brant.run(["--format", "json", "--detailed-exit-codes", "lock", "status"]).expect_code(6);
        assert!(json.stdout.contains(r#""held": true"#), "{}", json.stdout);
        running.kill_after(Duration::ZERO);
    });
}

#[test]
fn breaking_asks_first_and_ends_what_works_under_the_lock() {
    each_engine(|db| {
        let (brant, running) = start(db);
        let refused = brant.run(["lock", "break"]).expect_code(1);
        let shown = brant.run(["lock", "break", "--dry-run"]).expect_code(0);
        assert!(shown.stdout.starts_with("the lock is held by "), "{}", shown.stdout);
        if db.engine == Engine::Sqlite {
            // The system ends it with its holder.
            assert!(refused.stderr.contains(&format!("process {}", running.pid())), "{}", refused.stderr);
            assert!(refused.stderr.contains("next: end that process"), "{}", refused.stderr);
            running.kill_after(Duration::ZERO);
        } else {
            assert!(refused.stderr.contains("this has to be confirmed"), "{}", refused.stderr);
            let broken = brant.run(["lock", "break", "--yes"]).expect_code(0);
            assert!(broken.stdout.ends_with("the lock is free\n"), "{}", broken.stdout);
            assert_eq!(running_statements(db, "sleep(60)"), 0, "{}: it works on", db.engine);
            let ended = running.wait();
            assert_eq!(ended.code, 1, "{}", ended.stderr);
            assert!(ended.stderr.contains("\nstate: "), "{}", ended.stderr);
        }
        let free = brant.run(["lock", "status"]).expect_code(0);
        assert_eq!(free.stdout, "the lock is free\n", "{}", db.engine);
        assert_eq!(brant.run(["lock", "break"]).expect_code(0).stdout, "the lock is free\n");
        // What the run left half done is not what this is about.
        db.sql("DROP TABLE brant_journal").unwrap();
        db.write("migrations/00001_slow.sql", "-- +goose Up\nCREATE TABLE t (id int);\n");
        brant.run(["up", "--lock-wait", "0s"]).expect_code(0);
        assert_eq!(applied(db), [1]);
    });
}
