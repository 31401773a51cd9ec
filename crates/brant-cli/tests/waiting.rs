//! Other sessions are in the way: who they are is told while a run waits, nobody else waits for long, and the run goes
//! through once they are gone.

mod support;

use std::time::{Duration, Instant};

use brant_testkit::{Engine, Running, Signal, TestDatabase, each_of};
use support::{applied, brant, running_statements, timed};

/// The servers: SQLite has no sessions to wait for.
fn each_server(body: impl Fn(&TestDatabase)) {
    each_of(&[Engine::Postgres, Engine::MariaDb], body);
}

fn up(db: &TestDatabase, flags: &[&str]) -> Running {
    brant(db).start([&["-dir", "migrations"], flags, &["up"]].concat())
}

/// A table in use, and a migration that changes it.
fn write_change(db: &TestDatabase) {
    db.sql("CREATE TABLE users (id int PRIMARY KEY); INSERT INTO users VALUES (1);").unwrap();
    db.write("migrations/00001_change.sql", "-- +goose Up\nALTER TABLE users ADD COLUMN name text;\n");
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn who_keeps_a_statement_waiting_is_told_meanwhile() {
    each_server(|db| {
        write_change(db);
        let mut reader = db.session();
        reader.run("BEGIN; SELECT id FROM users;");
        let output = up(db, &["-timeout", "4s", "--lock-timeout", "0"]).wait().expect_code(1);
        let told = match db.engine {
            Engine::Postgres => "psql, ",
            // Its performance schema knows.
            _ if db.is_mysql() => "blocked by session ",
            // The plugin that knows is not loaded.
            _ => "blocked by perhaps session ",
        };
        assert!(output.stderr.contains("blocked by "), "{}: {}", db.engine, output.stderr);
        assert!(output.stderr.contains(told), "{}: {}", db.engine, output.stderr);
        assert!(output.stderr.contains("open for "), "{}: {}", db.engine, output.stderr);
    });
}

#[test]
fn readers_wait_no_longer_than_the_limit_while_a_change_is_tried_until_it_succeeds() {
    const LIMIT: Duration = Duration::from_secs(1);
    each_server(|db| {
        write_change(db);
        let mut holder = db.session();
        holder.run("BEGIN; SELECT id FROM users;");
        let mut reader = db.session();
        reader.run("SELECT 1;");
        let mut running = up(db, &["--lock-timeout", "1s"]);
        let (began, mut longest, mut held) = (Instant::now(), Duration::ZERO, true);
        while running.is_running() {
            longest = longest.max(reader.run("SELECT id FROM users;"));
            if held && began.elapsed() > 4 * LIMIT {
                holder.run("COMMIT;");
                held = false;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        let output = running.wait().expect_code(0);
        assert!(!held, "{}: the change did not wait", db.engine);
        assert!(longest > LIMIT / 2, "{}: readers never waited: {longest:?}", db.engine);
        assert!(longest < LIMIT + Duration::from_millis(700), "{}: a reader waited {longest:?}", db.engine);
        for told in ["blocked by ", "`00001_change.sql` is tried again in ", "(try 2)"] {
            assert!(output.stderr.contains(told), "{}: {}", db.engine, output.stderr);
        }
        assert_eq!(applied(db), [1]);
    });
}

#[test]
fn a_budget_that_is_used_up_ends_with_what_was_in_the_way() {
    each_server(|db| {
        write_change(db);
        let mut holder = db.session();
        holder.run("BEGIN; SELECT id FROM users;");
        let flags = ["--lock-timeout", "1s", "--retry-for", "2s"];
        let (output, took) = timed(|| up(db, &flags).wait().expect_code(1));
        assert!(took >= Duration::from_secs(2), "{took:?}");
        let number = if db.engine == Engine::Postgres { "55P03" } else { "1205" };
        for told in [number, "\nblocked by: ", "\ntried: ", "\nstate: ", "\nnext: "] {
            assert!(output.stderr.contains(told), "{} {told}: {}", db.engine, output.stderr);
        }
        let json = up(db, &["--format", "json", "--lock-timeout", "3s", "--retry-for", "0"]).wait();
        assert!(json.stdout.contains(r#""blockers": ["#), "{}", json.stdout);
        assert!(json.stdout.contains(number), "{}", json.stdout);
        assert!(applied(db).is_empty());
        holder.run("COMMIT;");
        up(db, &[]).wait().expect_code(0);
    });
}

/// Two sessions that wait for each other: the run's is the one that the server ends.
fn deadlock(db: &TestDatabase, before: &str) {
    db.sql(
        "CREATE TABLE a (id int PRIMARY KEY, n int); CREATE TABLE b (id int PRIMARY KEY, n int); INSERT INTO a VALUES \
         (1, 0); INSERT INTO b VALUES (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0);",
    )
    .unwrap();
    db.write(
        "migrations/00001_both.sql",
        &format!(
            "-- +goose Up\n{before}UPDATE a SET n = n + 1 WHERE id = 1;\nUPDATE b SET n = n + 1 WHERE id = 1;\n"
        ),
    );
    let mut other = db.session();
    if db.engine == Engine::Postgres {
        // Whoever looks for a deadlock first is its victim.
        other.run("SET deadlock_timeout = '1min';");
    }
    other.run("BEGIN; UPDATE b SET n = n + 10;");
    let running = up(db, &["--lock-timeout", "20s"]);
    wait_until("the run waits", || running_statements(db, "UPDATE b SET n = n + 1 ") > 0);
    other.send("UPDATE a SET n = n + 10;");
    other.receive();
    other.run("COMMIT;");
    let output = running.wait().expect_code(0);
    assert!(output.stderr.contains("(try 2)"), "{}: {}", db.engine, output.stderr);
    // Each of its statements counts once.
    assert_eq!(db.column("SELECT n FROM a UNION ALL SELECT n FROM b WHERE id = 1"), ["11", "11"]);
    assert_eq!(applied(db), [1]);
}

#[test]
fn the_victim_of_a_deadlock_is_tried_again_as_a_whole() {
    each_server(|db| deadlock(db, ""));
}

#[test]
fn after_a_change_that_stays_only_the_transaction_that_was_lost_runs_again() {
    each_server(|db| deadlock(db, "CREATE TABLE once (id int);\n"));
}

#[test]
fn a_statement_without_a_transaction_is_tried_again_alone() {
    each_server(|db| {
        db.sql("CREATE TABLE users (id int PRIMARY KEY); CREATE TABLE n (n int);").unwrap();
        db.write(
            "migrations/00001_change.sql",
            "-- +goose Up\n-- +goose NO TRANSACTION\nINSERT INTO n VALUES (1);\nALTER TABLE users ADD COLUMN v int;\n\
             INSERT INTO n VALUES (2);\n",
        );
        let mut holder = db.session();
        holder.run("BEGIN; SELECT id FROM users;");
        let running = up(db, &["--lock-timeout", "1s"]);
        wait_until("the change waits", || running_statements(db, "ALTER TABLE users") > 0);
        std::thread::sleep(Duration::from_millis(1500));
        holder.run("COMMIT;");
        let output = running.wait().expect_code(0);
        assert!(output.stderr.contains("(try 2)"), "{}: {}", db.engine, output.stderr);
        assert_eq!(db.column("SELECT n FROM n ORDER BY n"), ["1", "2"], "{}", db.engine);
    });
}

#[test]
fn an_index_that_is_built_concurrently_waits_as_long_as_it_takes() {
    if !brant_testkit::engines().contains(&Engine::Postgres) {
        return;
    }
    let db = brant_testkit::postgres();
    db.sql("CREATE TABLE users (id int PRIMARY KEY)").unwrap();
    db.write(
        "migrations/00001_index.sql",
        "-- +goose Up\n-- +goose NO TRANSACTION\nCREATE INDEX CONCURRENTLY users_id ON users (id);\n",
    );
    let mut holder = db.session();
    holder.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT id FROM users;");
    let running = up(&db, &["--lock-timeout", "100ms", "--retry-for", "0"]);
    wait_until("the build waits", || running_statements(&db, "CREATE INDEX CONCURRENTLY") > 0);
    std::thread::sleep(Duration::from_secs(2));
    holder.run("COMMIT;");
    let output = running.wait().expect_code(0);
    assert!(output.stderr.contains("blocked by session "), "{}", output.stderr);
    assert_eq!(db.column("SELECT indisvalid FROM pg_index WHERE indexrelid = 'users_id'::regclass"), ["t"]);
}

/// What a migration sees of the limit, set by each of those who may set it.
#[test]
fn what_the_user_has_set_wins() {
    const SEEN: &str = "ALTER TABLE seen ADD COLUMN v text DEFAULT current_setting('lock_timeout');\n";
    const LOCAL: &str = "SET LOCAL lock_timeout = '5s';\n";
    if !brant_testkit::engines().contains(&Engine::Postgres) {
        return;
    }
    for (case, head, role, options, flags, seen) in [
        ("default", String::new(), "", "", &[][..], "2s"),
        ("flag", String::new(), "", "", &["--lock-timeout", "1500ms"], "1500ms"),
        ("off", String::new(), "", "", &["--lock-timeout", "0"], "0"),
        ("annotation", "-- +brant LOCK TIMEOUT 3s\n".into(), "", "", &["--lock-timeout", "1s"], "3s"),
        ("file", format!("-- +brant LOCK TIMEOUT 3s\n{LOCAL}"), "", "", &[], "5s"),
        ("database", String::new(), "7s", "", &["--lock-timeout", "1s"], "7s"),
        ("connection", String::new(), "7s", " options='-c lock_timeout=9s'", &[], "9s"),
        ("no transaction", "-- +goose NO TRANSACTION\n".into(), "", "", &[], "2s"),
    ] {
        let db = brant_testkit::postgres();
        db.sql("CREATE TABLE seen (id int); INSERT INTO seen VALUES (1);").unwrap();
        if !role.is_empty() {
            db.sql(&format!("ALTER DATABASE {} SET lock_timeout = '{role}'", db.name())).unwrap();
        }
        db.write("migrations/00001_seen.sql", &format!("-- +goose Up\n{head}{SEEN}"));
        let command = brant(&db).env("GOOSE_DBSTRING", connection(&db, options));
        command.run([&["-dir", "migrations"], flags, &["up"]].concat()).expect_code(0);
        assert_eq!(db.column("SELECT v FROM seen"), [seen], "{case}");
    }
}

fn connection(db: &TestDatabase, options: &str) -> String {
    let dbstring = db.dbstring();
    match dbstring.contains("://") && !options.is_empty() {
        true => {
            let and = if dbstring.contains('?') { '&' } else { '?' };
            format!("{dbstring}{and}options=-c%20lock_timeout%3D9s")
        }
        false => dbstring + options,
    }
}

#[test]
fn what_the_user_has_set_wins_on_mariadb_and_mysql() {
    each_of(&[Engine::MariaDb], limits_that_a_migration_sees);
}

fn limits_that_a_migration_sees(fresh: &TestDatabase) {
    let own = if fresh.is_mysql() { "31536000 50" } else { "86400 50" };
    for (case, head, flags, seen) in [
        ("default", "", &[][..], "2 10"),
        ("flag", "", &["--lock-timeout", "2500ms"], "3 3"),
        ("off", "", &["--lock-timeout", "0"], own),
        ("annotation", "-- +brant LOCK TIMEOUT 3s\n", &["--lock-timeout", "1s"], "3 3"),
        ("file", "SET lock_wait_timeout = 5;\n", &[], "5 10"),
    ] {
        let db = fresh.another();
        db.sql("CREATE TABLE t (id int)").unwrap();
        db.write(
            "migrations/00001_seen.sql",
            &format!(
                "-- +goose Up\n{head}ALTER TABLE t ADD COLUMN v int;\nCREATE TABLE seen AS SELECT concat(@@lock_wait_timeout, ' ', \
                 @@innodb_lock_wait_timeout) AS v;\n"
            ),
        );
        up(&db, flags).wait().expect_code(0);
        assert_eq!(db.column("SELECT v FROM seen"), [seen], "{case}");
    }
}

#[test]
fn a_statement_may_be_given_a_time_and_its_file_another() {
    each_server(|db| {
        let sleep = match db.engine {
            Engine::Postgres => "INSERT INTO t SELECT 1 FROM pg_sleep(60);",
            // MySQL's sleep() ends early when it is stopped, and fails only before the next row.
            _ => "INSERT INTO t SELECT sleep(60) FROM (SELECT 1 UNION ALL SELECT 2) two;",
        };
        db.sql("CREATE TABLE t (id int)").unwrap();
        db.write("migrations/00001_long.sql", &format!("-- +goose Up\n{sleep}\n"));
        let (output, took) = timed(|| up(db, &["--statement-timeout", "500ms"]).wait().expect_code(1));
        assert!(took < Duration::from_secs(10), "{took:?}");
        assert!(output.stderr.contains("ran for longer than it may (500ms)"), "{}", output.stderr);
        assert!(output.stderr.contains("raise the limit"), "{}", output.stderr);
        assert_eq!(running_statements(db, "sleep(60)"), 0, "{}", db.engine);
        assert_eq!(db.column("SELECT count(*) FROM t"), ["0"]);
        let own = format!("-- +goose Up\n-- +brant STATEMENT TIMEOUT 30s\n{}\n", sleep.replace("60", "1"));
        db.write("migrations/00001_long.sql", &own);
        up(db, &["--statement-timeout", "500ms"]).wait().expect_code(0);
    });
}

#[test]
fn a_signal_ends_the_pause_between_two_tries() {
    each_server(|db| {
        write_change(db);
        let mut holder = db.session();
        holder.run("BEGIN; SELECT id FROM users;");
        let running = up(db, &["--lock-timeout", "1s"]);
        let waits = || running_statements(db, "ALTER TABLE users") > 0;
        wait_until("the change waits", waits);
        wait_until("the change pauses", || !waits());
        running.signal(Signal::Int);
        let (output, took) = timed(|| running.wait().expect_code(1));
        assert!(took < Duration::from_secs(3), "{took:?}");
        assert!(output.stderr.contains("interrupted"), "{}", output.stderr);
        holder.run("COMMIT;");
        up(db, &["--lock-wait", "0s"]).wait().expect_code(0);
    });
}

#[test]
fn annotations_are_checked_before_anything_runs() {
    let db = brant_testkit::sqlite();
    db.write("migrations/00001_fine.sql", "-- +goose Up\nCREATE TABLE fine (id int);\n");
    db.write("migrations/00002_bad.sql", "-- +goose Up\n-- +brant LOCK TIMEOUT soon\nSELECT 1;\n");
    for command in ["up", "validate"] {
        let output = brant(&db).run(["-dir", "migrations", command]).expect_code(1);
        let told = "00002_bad.sql:2:1: `-- +brant LOCK TIMEOUT` needs a duration such as 500ms, 2s or 5m after it, and \
                    `soon` is none";
        assert!(output.stderr.contains(told), "{command}: {}", output.stderr);
    }
    db.write("migrations/00002_bad.sql", "-- +goose Up\n-- +brant LOKC TIMEOUT 2s\nSELECT 1;\n");
    for command in ["validate", "up"] {
        let output = brant(&db).run(["-dir", "migrations", command]).expect_code(0);
        assert!(output.stderr.contains("did you mean `LOCK TIMEOUT`?"), "{command}: {}", output.stderr);
    }
}
