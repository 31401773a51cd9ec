//! `check`: each cause with its own exit code, told in text and JSON, on every engine.

mod support;

use std::fs;

use brant_testkit::{TestDatabase, each_engine};
use support::{brant, write_migrations};

/// A database with five migrations applied, and its program.
fn migrated(db: &TestDatabase) -> brant_testkit::Brant {
    write_migrations(db, 5);
    let brant = brant(db).env("GOOSE_MIGRATION_DIR", "migrations");
    brant.run(["up"]).expect_code(0);
    brant
}

/// The page about pipelines says what can be typed: each step of its jobs, and the lines around a deployment.
#[test]
fn the_pipelines_of_the_page_run() {
    let page = include_str!("../../../docs/ci.md");
    let steps = page.lines().filter_map(|line| line.trim_start().strip_prefix("- run: "));
    let lines: Vec<&str> =
        steps.chain(page.lines().filter(|line| line.starts_with("brant --environment"))).collect();
    assert_eq!(lines.len(), 8, "{lines:#?}");
    each_engine(|db| {
        write_migrations(db, 5);
        let address = format!("driver = \"{}\"\ndatabase = \"${{DBSTRING}}\"\n", db.driver());
        db.write(
            "brant.toml",
            &format!("dir = \"migrations\"\n{address}[environments.staging]\n[environments.production]\n"),
        );
        let program = std::path::Path::new(env!("CARGO_BIN_EXE_brant")).parent().unwrap();
        for line in &lines {
            let mut shell = std::process::Command::new("sh");
            shell.args(["-e", "-c", line]).current_dir(db.dir()).env_clear();
            shell.env("PATH", format!("{}:/usr/bin:/bin", program.display()));
            shell.env("DBSTRING", db.dbstring());
            let output = shell.output().unwrap();
            assert!(output.status.success(), "{line}: {output:?}");
        }
    });
}

#[test]
fn each_cause_has_its_code_and_the_worst_counts() {
    each_engine(|db| {
        write_migrations(db, 5);
        let brant = brant(db).env("GOOSE_MIGRATION_DIR", "migrations");
        brant.run(["check"]).expect_code(3);
        assert!(db.row_counts().is_empty(), "nothing was written");
        brant.run(["up"]).expect_code(0);
        brant.run(["check"]).expect_code(0);

        db.write("migrations/00007_more.sql", "-- +goose Up\nSELECT 1;\n");
        brant.run(["check"]).expect_code(3);
        brant.run(["check", "--allow", "pending"]).expect_code(0);
        brant.run(["up"]).expect_code(0);
        db.write("migrations/00006_late.sql", "-- +goose Up\nSELECT 1;\n");
        db.write("migrations/00008_next.sql", "-- +goose Up\nSELECT 1;\n");
        brant.run(["check"]).expect_code(7);
        brant.run(["check", "--allow", "out-of-order"]).expect_code(3);
        brant.run(["check", "--allow-out-of-order"]).expect_code(3);
        brant.run(["check", "--allow", "nosuch"]).expect_code(2);
        brant.run(["-no-versioning", "check"]).expect_code(2);
    });
}

#[test]
fn all_is_told_in_text_and_json() {
    let db = brant_testkit::sqlite();
    let brant = migrated(&db);
    let mut shown = brant.run(["check"]).expect_code(0).redact();
    fs::remove_file(db.dir().join("migrations/00002_t2.sql")).unwrap();
    db.write(
        "migrations/00007_half.sql",
        "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE h (id int);\nSELECT nosuch;\n",
    );
    brant.run(["up"]).expect_code(1);
    db.sql("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9, true)").unwrap();
    shown += &brant.run(["check"]).expect_code(7).redact();
    shown += &brant.run(["check", "--allow", "missing", "--format", "json"]).expect_code(7).redact();
    shown += &brant.run(["repair"]).expect_code(0).redact();
    insta::assert_snapshot!(shown);
}

#[test]
fn a_late_file_may_say_that_it_may_be_late() {
    each_engine(|db| {
        let brant = migrated(db);
        brant.run(["down-to", "0"]).expect_code(0);
        brant.run(["up-to", "1"]).expect_code(0);
        for version in [3, 5] {
            db.sql(&format!(
                "INSERT INTO goose_db_version (version_id, is_applied) VALUES ({version}, true)"
            ))
            .unwrap();
        }
        let opted_in = |n: i64| {
            let file = db.dir().join(format!("migrations/0000{n}_t{n}.sql"));
            let text = fs::read_to_string(&file).unwrap();
            fs::write(&file, format!("-- +brant OUT OF ORDER touches nothing of the others\n{text}"))
                .unwrap();
        };
        opted_in(2);
        let refused = brant.run(["up"]).expect_code(1);
        assert!(
            refused.stderr.contains("version 4:") && !refused.stderr.contains("version 2:"),
            "{}",
            refused.stderr
        );
        brant.run(["check"]).expect_code(7);
        brant.run(["--detailed-exit-codes", "status"]).expect_code(7);
        opted_in(4);
        brant.run(["check"]).expect_code(3);
        brant.run(["--detailed-exit-codes", "status"]).expect_code(3);
        let done = brant.run(["up"]).expect_code(0);
        assert!(!done.stderr.contains("warning"), "{}", done.stderr);
        brant.run(["check"]).expect_code(0);
    });
}

#[test]
fn out_of_order_is_refused_warned_of_or_applied() {
    each_engine(|db| {
        let brant = migrated(db);
        db.write("migrations/00002_t2.sql", "-- +goose Up\nSELECT 1;\n");
        let forget = || db.sql("DELETE FROM goose_db_version WHERE version_id = 2").unwrap();
        forget();
        brant.run(["up"]).expect_code(1);
        db.write("brant.toml", "out_of_order = \"warn\"\n");
        let warned = brant.run(["up"]).expect_code(0);
        let warning = "`00002_t2.sql` is out of order: applied all the same";
        assert!(warned.stderr.contains(warning), "{}", warned.stderr);
        forget();
        db.write("brant.toml", "out_of_order = \"apply\"\n");
        let applied = brant.run(["up"]).expect_code(0);
        assert!(!applied.stderr.contains("warning"), "{}", applied.stderr);
    });
}
