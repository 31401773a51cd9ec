//! Scripts of `plan --sql`, run as the documents say, by the databases' own clients: where one fails the history is true and
//! `up` goes on, they keep nobody waiting for longer than a run would, and what no script can hold is refused.

mod support;

use std::fs::File;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use brant_testkit::{Engine, TestDatabase, each_engine};
use support::{applied, brant, timed, write_migrations};

/// Makes the script.
fn make(db: &TestDatabase, flags: &[&str]) {
    let args = [&["-dir", "migrations", "plan", "--sql", "--out", "run.sql"], flags].concat();
    brant(db).run(args).expect_code(0);
}

/// Runs it with nothing but what its head names.
fn run(db: &TestDatabase) -> Output {
    let script = db.dir().join("run.sql");
    let from_file = || Stdio::from(File::open(&script).unwrap());
    let mut command;
    match db.engine {
        Engine::Postgres => {
            command = Command::new(db.server().program("psql"));
            command.args(["-X", "-f"]).arg(&script).arg(db.dbstring());
        }
        Engine::MariaDb => {
            let server = db.server();
            command = Command::new(server.program("mariadb"));
            command.args(["--no-defaults", "--comments", "--protocol=tcp", "--host=127.0.0.1"]);
            command.arg(format!("--port={}", server.port)).arg(format!("--user={}", server.user));
            command.env("MYSQL_PWD", &server.password).arg(db.name()).stdin(from_file());
        }
        Engine::Sqlite => {
            command = Command::new("sqlite3");
            command.arg(db.name()).stdin(from_file());
        }
    }
    command.output().unwrap()
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_script_that_fails_halfway_leaves_a_true_history_and_up_goes_on() {
    each_engine(|db| {
        // On a new database migrations share a transaction, on one in use each has its own.
        for before in [0, 1] {
            let db = TestDatabase::fresh(db.engine);
            write_migrations(&db, before);
            if before > 0 {
                brant(&db).run(["-dir", "migrations", "up"]).expect_code(0);
            }
            write_migrations(&db, 5);
            let third = std::fs::read_to_string(db.dir().join("migrations/00003_t3.sql")).unwrap();
            db.write("migrations/00003_t3.sql", "-- +goose Up\nINSERT INTO nowhere VALUES (1);\n");
            make(&db, &[]);
            let output = run(&db);
            assert!(!output.status.success(), "{}: {}", db.engine, told(&output));
            assert!(told(&output).contains("nowhere"), "{}: {}", db.engine, told(&output));
            // What is recorded is there, and what is not recorded is not.
            let recorded =
                db.sql("SELECT 1 FROM goose_db_version").map_or_else(|_| Vec::new(), |_| applied(&db));
            let shared = before == 0 && db.engine != Engine::MariaDb;
            assert_eq!(recorded, if shared { vec![] } else { vec![1, 2] }, "{}", db.engine);
            for version in 1..=5 {
                let is_there = db.row_counts().contains_key(&format!("t{version}"));
                assert_eq!(is_there, recorded.contains(&version), "{}: {version}", db.engine);
            }
            db.write("migrations/00003_t3.sql", &third);
            brant(&db).run(["-dir", "migrations", "up"]).expect_code(0);
            assert_eq!(applied(&db), [1, 2, 3, 4, 5], "{}", db.engine);
        }
    });
}

/// What the migrations of this directory see of the limit on waiting.
fn write_looks(db: &TestDatabase) {
    db.sql("CREATE TABLE t (id int); CREATE TABLE seen (what varchar(20), v varchar(40));").unwrap();
    let look = |what: &str| match db.engine {
        Engine::Postgres => format!("INSERT INTO seen SELECT '{what}', current_setting('lock_timeout');"),
        _ => format!(
            "INSERT INTO seen SELECT '{what}', concat(@@lock_wait_timeout, ' ', @@innodb_lock_wait_timeout);"
        ),
    };
    let alter = |column: &str| format!("ALTER TABLE t ADD COLUMN {column} int;");
    for (file, head, body) in [
        ("00001_change", "", format!("{}\n{}", alter("a"), look("change"))),
        ("00002_said", "-- +brant LOCK TIMEOUT 3s\n", format!("{}\n{}", alter("b"), look("said"))),
        ("00003_rows", "", look("rows")),
        ("00004_apart", "-- +goose NO TRANSACTION\n", format!("{}\n{}", alter("c"), look("apart"))),
    ] {
        db.write(&format!("migrations/{file}.sql"), &format!("{head}-- +goose Up\n{body}\n"));
    }
}

#[test]
fn a_script_keeps_others_waiting_no_longer_than_a_run() {
    each_engine(|db| {
        if db.engine == Engine::Sqlite {
            return;
        }
        for flags in [&[][..], &["--lock-timeout", "4s"], &["--lock-timeout", "0"]] {
            let [by_up, by_script] = [TestDatabase::fresh(db.engine), TestDatabase::fresh(db.engine)];
            write_looks(&by_up);
            brant(&by_up).run([&["-dir", "migrations", "up"], flags].concat()).expect_code(0);
            write_looks(&by_script);
            make(&by_script, flags);
            // It is put back at the end.
            let end = match db.engine {
                Engine::Postgres => "INSERT INTO seen SELECT 'end', current_setting('lock_timeout');\n",
                _ => "INSERT INTO seen SELECT 'end', @@lock_wait_timeout = @@GLOBAL.lock_wait_timeout;\n",
            };
            let script = by_script.dir().join("run.sql");
            std::fs::write(&script, std::fs::read_to_string(&script).unwrap() + end).unwrap();
            let output = run(&by_script);
            assert!(output.status.success(), "{}: {}", db.engine, told(&output));
            let seen = |db: &TestDatabase| db.sql("SELECT what, v FROM seen WHERE what <> 'end'").unwrap();
            assert_eq!(seen(&by_script), seen(&by_up), "{} {flags:?}", db.engine);
            let put_back = if db.engine == Engine::Postgres { "0" } else { "1" };
            assert_eq!(
                by_script.column("SELECT v FROM seen WHERE what = 'end'"),
                [put_back],
                "{}",
                db.engine
            );
        }
    });
}

#[test]
fn a_script_gives_up_where_a_run_would() {
    each_engine(|db| {
        if db.engine == Engine::Sqlite {
            return;
        }
        for head in ["", "-- +goose NO TRANSACTION\n"] {
            let db = TestDatabase::fresh(db.engine);
            db.sql("CREATE TABLE t (id int)").unwrap();
            db.write(
                "migrations/00001_a.sql",
                &format!("{head}-- +goose Up\nALTER TABLE t ADD COLUMN a int;\n"),
            );
            make(&db, &["--lock-timeout", "1s"]);
            let mut holder = db.session();
            holder.run("BEGIN; SELECT count(*) FROM t;");
            let (output, took) = timed(|| run(&db));
            assert!(!output.status.success(), "{}: {}", db.engine, told(&output));
            assert!(told(&output).to_lowercase().contains("lock"), "{}: {}", db.engine, told(&output));
            assert!(took < Duration::from_secs(20), "{took:?}");
            drop(holder);
            assert!(applied(&db).is_empty(), "{}", db.engine);
            brant(&db).run(["-dir", "migrations", "up"]).expect_code(0);
        }
    });
}

#[test]
fn what_no_script_can_hold_is_refused_by_name() {
    each_engine(|db| {
        let refused = |db: &TestDatabase, name: &str, words: &str| {
            for flags in [&[][..], &["--out", "run.sql"]] {
                let args = [&["-dir", "migrations", "plan", "--sql"], flags].concat();
                let output = brant(db).run(args).expect_code(1);
                let told = &output.stderr;
                assert!(told.contains(name) && told.contains(words) && told.contains("\nnext: "), "{told}");
                assert_eq!(output.stdout, "");
                assert!(!db.dir().join("run.sql").exists());
            }
        };
        for (name, text) in [
            ("00002_code.go", "package migrations\n"),
            (
                "00002_code.rs",
                "// +brant IRREVERSIBLE\npub async fn up(_: &mut brant::Context<'_>) -> brant::Result<()> { Ok(()) }\n",
            ),
        ] {
            let db = TestDatabase::fresh(db.engine);
            write_migrations(&db, 1);
            db.write(&format!("migrations/{name}"), text);
            refused(&db, name, "code");
            // What comes before it can be had.
            brant(&db).run(["-dir", "migrations", "plan", "up-to", "1", "--sql"]).expect_code(0);
        }
        let half = "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE half (id int);\nINSERT INTO nowhere VALUES (1);\n";
        db.write("migrations/00001_half.sql", half);
        brant(db).run(["-dir", "migrations", "up"]).expect_code(1);
        refused(db, "00001_half.sql", "is half done: no script can go on with it");
    });
}

#[test]
fn hooks_are_not_in_a_script_and_it_says_so() {
    let db = brant_testkit::sqlite();
    write_migrations(&db, 1);
    db.write("hooks/before_each.sql", "CREATE TABLE by_a_hook (id int);\n");
    let output = brant(&db).run(["-dir", "migrations", "--hooks", "hooks", "plan", "--sql"]).expect_code(0);
    assert!(output.stderr.contains("warning: hooks are not in the script"), "{}", output.stderr);
    assert!(!output.stdout.contains("by_a_hook"), "{}", output.stdout);
}
