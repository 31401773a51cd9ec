//! The binary as its users meet it: arguments, environment, output and exit codes, on SQLite.
#![cfg(feature = "sqlite")]

mod support;

use std::fs;
use std::process::Command;

use support::folder::{Folder, redacted, session};

#[test]
fn every_command_in_text() {
    let folder = Folder::with_migrations();
    insta::assert_snapshot!(session(
        &folder,
        &[
            "sqlite3 ./t.db status",
            "sqlite3 ./t.db version",
            "sqlite3 ./t.db up-by-one",
            "sqlite3 ./t.db up-to 2",
            "sqlite3 ./t.db up",
            "sqlite3 ./t.db up",
            "sqlite3 ./t.db up-by-one",
            "sqlite3 ./t.db status",
            "sqlite3 ./t.db version",
            "sqlite3 ./t.db redo",
            "sqlite3 ./t.db down",
            "sqlite3 ./t.db up 1",
            "sqlite3 ./t.db down 1",
            "sqlite3 ./t.db down-to 1",
            "sqlite3 ./t.db reset",
            "sqlite3 ./t.db down",
            "sqlite3 ./t.db create extra",
            "-s create Add-Orders",
            "fix",
            "-v validate",
            "-dir fresh init",
            "env",
            "help up-to",
        ],
    ));
}

#[test]
fn every_command_in_json() {
    let folder = Folder::with_migrations();
    folder.write("bad/1_a.sql", "-- +goose Up\nSELECT 1\n");
    folder.write("bad/x.sql", "");
    insta::assert_snapshot!(session(
        &folder,
        &[
            "-format json sqlite3 ./t.db up-to 2",
            "-format json sqlite3 ./t.db status",
            "-format=json sqlite3 ./t.db version",
            "--format json sqlite3 ./t.db up-by-one",
            "--format=json sqlite3 ./t.db up-by-one",
            "--format=json sqlite3 ./t.db down",
            "--format=json sqlite3 ./t.db redo",
            "--format=json sqlite3 ./t.db down-to 0",
            "--format=json sqlite3 ./t.db reset",
            "--format=json sqlite3 ./t.db down",
            "--format=json create extra",
            "--format=json fix",
            "--format=json validate",
            "--format=json -dir bad validate",
            "--format=json -dir fresh init",
            "--format=json env",
            "--format=json help up",
            "--format=json -version",
            "--format=json",
            "--format=json -nosuch",
            "--format=json nosuch",
        ],
    ));
}

#[test]
fn without_versioning() {
    let folder = Folder::with_migrations();
    insta::assert_snapshot!(session(
        &folder,
        &[
            "-no-versioning sqlite3 ./t.db up-by-one",
            "-no-versioning sqlite3 ./t.db up",
            "-no-versioning sqlite3 ./u.db up",
            "-no-versioning sqlite3 ./u.db status",
            "-no-versioning sqlite3 ./u.db version",
            "-no-versioning sqlite3 ./u.db redo",
            "-no-versioning sqlite3 ./u.db down",
            "-no-versioning sqlite3 ./u.db up-to 0",
            "-no-versioning sqlite3 ./v.db up",
            "-no-versioning sqlite3 ./v.db down-to 1",
            "-no-versioning --format json sqlite3 ./v.db status",
        ],
    ));
}

#[test]
fn a_failing_statement_is_explained() {
    let folder = Folder::with_migrations();
    folder.write(
        "migrations/00004_bad.sql",
        "-- +goose Up\nCREATE TABLE t4 (id INTEGER);\nINSERT INTO t4\n  VALUES (1),\n  (SELECT nosuch);\n-- +goose Down\n",
    );
    insta::assert_snapshot!(session(
        &folder,
        &["sqlite3 ./t.db up", "--format json sqlite3 ./t.db up", "sqlite3 ./t.db status"],
    ));
}

#[test]
fn secrets_stay_secret() {
    let folder = Folder::empty().env("SECRET", "geheim");
    folder.write(
        "migrations/00001_a.sql",
        "-- +goose ENVSUB ON\n-- +goose Up\nINSERT INTO nosuch VALUES ('${SECRET}');\n-- +goose Down\n",
    );
    let output = folder.run("-v sqlite3 ./t.db up");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("Executing statement: INSERT INTO nosuch VALUES ('${SECRET}')"), "{stderr}");
    assert!(stderr.contains("3 | INSERT INTO nosuch VALUES ('${SECRET}')"), "{stderr}");
    assert!(!stderr.contains("geheim"), "{stderr}");
}

#[test]
fn verbose_shows_transactions_and_statements() {
    let folder = Folder::with_migrations();
    insta::assert_snapshot!(folder.shown("-v sqlite3 ./t.db up-by-one"), @r"
    $ brant -v sqlite3 ./t.db up-by-one
    [exit 0]
    --- stdout
    OK   00001_t1.sql (DUR)
    --- stderr
    Begin transaction
    Executing statement: CREATE TABLE t1 (id INTEGER PRIMARY KEY);
    Statement done (DUR)
    Commit transaction
    ");
}

#[test]
fn rows_without_a_file_are_shown() {
    let folder = Folder::with_migrations();
    assert_eq!(folder.code("sqlite3 ./t.db up"), 0);
    fs::remove_file(folder.path().join("migrations/00002_t2.sql")).unwrap();
    insta::assert_snapshot!(session(
        &folder,
        &[
            "sqlite3 ./t.db status",
            "--format json sqlite3 ./t.db status",
            "sqlite3 ./t.db down-to 1",
            "sqlite3 ./t.db reset",
        ],
    ));
}

#[test]
fn out_of_order_and_irreversible_need_a_flag() {
    let folder = Folder::with_migrations();
    assert_eq!(folder.code("sqlite3 ./t.db up"), 0);
    folder.write("migrations/00005_five.sql", "-- +goose Up\nSELECT 5;\n");
    assert_eq!(folder.code("sqlite3 ./t.db up"), 0);
    folder.write("migrations/00004_four.sql", "-- +goose Up\nSELECT 4;\n-- +goose Down\n");
    insta::assert_snapshot!(session(
        &folder,
        &[
            "sqlite3 ./t.db up",
            "sqlite3 ./t.db up -allow-missing",
            "sqlite3 ./t.db down",
            "sqlite3 ./t.db down",
            "sqlite3 ./t.db down --allow-irreversible",
            "sqlite3 ./t.db down 3",
            "sqlite3 ./t.db down x",
        ],
    ));
}

#[test]
fn flags_stand_anywhere() {
    let folder = Folder::with_migrations();
    for line in [
        "sqlite3 ./a.db up -dir migrations",
        "sqlite3 -dir=migrations ./b.db up",
        "--dir migrations sqlite3 ./c.db up",
        "-dir nosuch sqlite3 ./d.db up --dir=migrations",
    ] {
        assert!(
            folder.stdout(line).ends_with("goose: successfully migrated database to version: 3\n"),
            "{line}"
        );
    }
}

#[test]
fn exit_codes_are_gooses() {
    let folder = Folder::with_migrations();
    for (line, code) in [
        ("", 1),
        ("-h", 0),
        ("-help", 0),
        ("--help", 0),
        ("help", 0),
        ("help nosuch", 1),
        ("-version", 0),
        ("--version", 0),
        ("-nosuchflag", 2),
        ("-timeout 5 sqlite3 ./t.db up", 2),
        ("-certfile ca.pem sqlite3 ./t.db up", 1),
        ("-ssl-cert c.pem sqlite3 ./t.db up", 1),
        ("-ssl-key k.pem sqlite3 ./t.db up", 1),
        ("sqlite3 ./t.db up-to -1", 2),
        ("sqlite3 ./t.db up-to", 1),
        ("sqlite3 ./t.db up-to x", 1),
        ("sqlite3 ./t.db up-to -- -1", 1),
        ("sqlite3 ./t.db up-to 0", 1),
        ("nosuch x up", 1),
        ("sqlite3 ./t.db nosuch", 1),
        ("sqlite3 ./t.db", 1),
        ("sqlite3 ./t.db reset", 1),
        ("sqlite3 ./t.db down", 1),
        ("sqlite3 ./t.db redo", 1),
        ("sqlite3 ./t.db down-to 0", 0),
        ("sqlite3 ./t.db version", 0),
        ("-dir nosuch sqlite3 ./t.db up", 1),
        ("-dir nosuch sqlite3 ./t.db version", 0),
        ("create", 1),
        ("create x go", 1),
        ("-env nosuch env", 1),
        ("-env=none env", 0),
        ("beta", 1),
        ("-table a;b sqlite3 ./t.db up", 1),
    ] {
        assert_eq!(folder.code(line), code, "{line}: {}", folder.shown(line));
    }
}

#[test]
fn the_environment_names_the_database() {
    let driver = "GOOSE_DRIVER";
    let dbstring = "GOOSE_DBSTRING";
    let up = "OK   00001_t1.sql (DUR)\n";
    for (environment, line) in [
        (&[(driver, "sqlite3"), (dbstring, "./t.db")][..], "up-by-one"),
        (&[(driver, "sqlite3")], "./t.db up-by-one"),
        (&[(dbstring, "./t.db")], "sqlite3 up-by-one"),
        (&[(dbstring, "./t.db")], "up-by-one"),
        (&[("DATABASE_URL", "sqlite://t.db")], "up-by-one"),
        (&[], "./t.db up-by-one"),
    ] {
        let folder = Folder::with_migrations();
        let folder = environment.iter().fold(folder, |folder, (name, value)| folder.env(name, value));
        assert_eq!(folder.stdout(line), up, "{line} {environment:?}\n{}", folder.shown(line));
    }
}

#[test]
fn the_database_of_database_url_is_told_first() {
    let folder = Folder::with_migrations().env("DATABASE_URL", "sqlite://t.db");
    let stderr = redacted(&folder.run("up").stderr);
    assert!(stderr.starts_with("brant: database from DATABASE_URL: "), "{stderr}");
}

#[test]
fn dotenv_files() {
    let folder = Folder::with_migrations().env("GOOSE_TABLE", "of_the_process");
    folder.write(".env", "GOOSE_DRIVER=sqlite3\nGOOSE_DBSTRING: ./t.db\nexport GOOSE_TABLE=of_the_file\n");
    folder.write("other.env", "GOOSE_MIGRATION_DIR='db/x'\nNO_COLOR=1\n");
    folder.write("bad.env", "GOOSE_DRIVER=sqlite3\nSECRET geheim\n");
    insta::assert_snapshot!(session(
        &folder,
        &[
            "env",
            "-env=none env",
            "-env other.env env",
            "-env bad.env env",
            "-env nosuch.env env",
            "version",
            "-env=none version",
        ],
    ));
    folder.write(".env", "SECRET geheim\n");
    insta::assert_snapshot!(folder.shown("sqlite3 ./t.db version"), @r"
    $ brant sqlite3 ./t.db version
    [exit 0]
    --- stdout
    goose: version 0
    --- stderr
    brant: warning: `.env` is ignored: line 1: unexpected character '\n' in a variable name
    ");
}

#[test]
fn a_password_is_never_shown() {
    for (driver, dbstring) in [
        ("postgres", "postgres://u:geheim@127.0.0.1:1/db?sslmode=disable"),
        ("postgres", "host=127.0.0.1 port=1 user=u password=geheim sslmode=disable"),
        ("mysql", "u:geheim@tcp(127.0.0.1:1)/db"),
        ("nosuch", "u:geheim@tcp(127.0.0.1:1)/db"),
        ("sqlite3", "/nosuch/u:geheim@x"),
    ] {
        let folder = Folder::with_migrations().env("GOOSE_DRIVER", driver).env("GOOSE_DBSTRING", dbstring);
        for line in ["env", "--format json env", "up", "--format json up", "-v status"] {
            let shown = folder.shown(line);
            assert!(driver == "sqlite3" || !shown.contains("geheim"), "{driver} {dbstring}\n{shown}");
        }
    }
}

#[test]
fn the_directory_is_found() {
    let folder = Folder::with_migrations();
    assert_eq!(folder.code("sqlite3 ./t.db up"), 0);
    folder.write("00009_here.sql", "-- +goose Up\nSELECT 9;\n-- +goose Down\n");
    assert!(folder.stdout("sqlite3 ./u.db up").starts_with("OK   00009_here.sql"));
    assert!(folder.stdout("-dir migrations sqlite3 ./v.db up").starts_with("OK   00001_t1.sql"));
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let folder = Folder::with_migrations();
    let script = format!(
        "{} sqlite3 ./t.db up 2>err | true; echo ${{PIPESTATUS[0]}}; cat err",
        env!("CARGO_BIN_EXE_brant")
    );
    let output = Command::new("bash").args(["-c", &script]).current_dir(folder.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "0\n");
    assert_eq!(folder.stdout("sqlite3 ./t.db version"), "goose: version 3\n");
}

#[test]
fn the_time_given_ends_the_run() {
    let folder = Folder::empty();
    let forever = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n;";
    folder.write("migrations/00001_long.sql", &format!("-- +goose Up\n{forever}\n-- +goose Down\n"));
    let output = folder.run("-timeout 300ms sqlite3 ./t.db up");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("timeout"), "{stderr}");
    assert_eq!(folder.stdout("sqlite3 ./t.db version"), "goose: version 0\n");
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_run_safely() {
    let forever = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n;";
    let folder = Folder::empty();
    folder.write("migrations/00001_long.sql", &format!("-- +goose Up\n{forever}\n-- +goose Down\n"));
    for signal in ["INT", "TERM"] {
        let child = Command::new(env!("CARGO_BIN_EXE_brant"))
            .args(["sqlite3", "./t.db", "up"])
            .current_dir(folder.path())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(500));
        Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().unwrap();
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.starts_with("brant: interrupted"), "{stderr}");
    }
    assert_eq!(folder.stdout("sqlite3 ./t.db version"), "goose: version 0\n");
}

#[cfg(all(feature = "postgres", feature = "mysql"))]
#[test]
fn help_and_usage() {
    let folder = Folder::empty();
    insta::assert_snapshot!(session(
        &folder,
        &["-h", "up -h", "-nosuch", "-tabel x", "", "stat", "sqlite3 ./t.db stat", "drivers", "beta drivers"],
    ));
    assert_eq!(folder.stdout("-version"), format!("brant version: v{}\n", env!("CARGO_PKG_VERSION")));
}
