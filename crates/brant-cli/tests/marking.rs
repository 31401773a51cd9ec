//! `mark` and `baseline`: the history is corrected by hand, nothing is run, and goose can go on.

mod support;

use brant_testkit::{Engine, TestDatabase, each_engine};
use support::{applied, brant, history, write_migrations};

fn program(db: &TestDatabase) -> brant_testkit::Brant {
    brant(db).env("GOOSE_MIGRATION_DIR", "migrations").env("USER", "anna")
}

/// What the journal keeps of marks: version, direction, state, reason, whether the file's content is known.
fn notes(db: &TestDatabase) -> Vec<Vec<String>> {
    db.sql(
        "SELECT version_id, direction, state, coalesce(reason, '-'), checksum <> '' AND token_hash IS NOT NULL FROM \
         brant_journal WHERE state = 'marked' ORDER BY id",
    )
    .unwrap()
}

#[test]
fn a_database_that_is_there_is_adopted() {
    each_engine(|db| {
        write_migrations(db, 4);
        for n in 1..=3 {
            db.sql(&format!("CREATE TABLE t{n} (id int PRIMARY KEY, v varchar(20))")).unwrap();
        }
        let brant = program(db);
        let dry = brant.run(["baseline", "3", "--dry-run"]).expect_code(0);
        assert_eq!(
            dry.stdout,
            "brant: would be marked: 00001_t1.sql: applied\nbrant: would be marked: 00002_t2.sql: applied\n\
             brant: would be marked: 00003_t3.sql: applied\n"
        );
        assert!(!db.row_counts().contains_key("goose_db_version"), "a dry run writes nothing");
        let refused = brant.run(["baseline", "3"]).expect_code(1);
        assert!(refused.stderr.contains("has to be confirmed"), "{}", refused.stderr);
        assert!(!db.row_counts().contains_key("goose_db_version"));

        brant.run(["baseline", "3", "--yes", "--reason", "taken over from the old system"]).expect_code(0);
        assert_eq!(history(db), [(0, true), (1, true), (2, true), (3, true)]);
        let note = notes(db);
        assert_eq!(note.len(), 3);
        assert_eq!(note[0][..4], ["1", "up", "marked", "taken over from the old system"]);
        assert!(note.iter().all(|row| matches!(row[4].as_str(), "t" | "1")), "{note:?}");

        brant.run(["up"]).expect_code(0);
        assert_eq!(applied(db), [1, 2, 3, 4]);
        brant.run(["check"]).expect_code(0);
        // goose asks for the newest row of the whole table, and for that of one version by time.
        assert_eq!(db.column("SELECT version_id FROM goose_db_version ORDER BY id DESC")[0], "4");
        assert_eq!(db.column("SELECT count(*) FROM goose_db_version WHERE tstamp IS NULL"), ["0"]);

        let again = brant.run(["baseline", "3", "--yes"]).expect_code(1);
        assert!(
            again.stderr.contains("this database has a history: 4 migrations are applied"),
            "{}",
            again.stderr
        );
        brant.run(["reset"]).expect_code(0);
        assert_eq!(history(db), [(0, true)]);
    });
}

#[test]
fn single_versions_are_marked() {
    each_engine(|db| {
        write_migrations(db, 4);
        let brant = program(db);
        brant.run(["up-to", "2"]).expect_code(0);
        brant.run(["mark", "applied", "3", "4", "--yes"]).expect_code(0);
        brant.run(["mark", "pending", "2", "3", "--yes", "--reason", "it's undone; by hand"]).expect_code(0);
        assert_eq!(history(db), [(0, true), (1, true), (4, true)]);
        assert_eq!(notes(db)[2][..4], ["2", "down", "marked", "it's undone; by hand"]);
        brant.run(["mark", "applied", "99", "--yes", "--without-file"]).expect_code(0);
        brant.run(["check"]).expect_code(7);
        brant.run(["mark", "pending", "99", "--yes"]).expect_code(0);
        let before = history(db);
        for (args, why) in [
            (&["mark", "applied", "1"][..], "migration 1: applied already"),
            (&["mark", "pending", "2"], "migration 2: not applied"),
            (&["mark", "applied", "98"], "version 98 has no file"),
            (&["mark", "applied", "2", "x"], "`x` is no version"),
            (&["mark", "applied"], "`mark` takes a state and versions"),
            (&["mark", "done", "2"], "`mark` takes a state first"),
            (&["-no-versioning", "mark", "applied", "2"], "without versioning there is no history to write"),
            (&["status", "--dry-run"], "`status` has no dry run: nothing was done"),
            (&["baseline"], "`baseline` takes the version that the database is at"),
            (&["baseline", "98"], "this database has a history"),
        ] {
            let output = brant.run(args.iter().copied().chain(["--yes"])).expect_code(1);
            assert!(output.stderr.contains(why), "{args:?}: {}", output.stderr);
            assert_eq!(history(db), before);
        }
    });
}

#[test]
fn what_was_left_half_done_is_settled() {
    each_engine(|db| {
        db.write(
            "migrations/00001_half.sql",
            "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE half (id int);\nSELECT nosuch;\n-- +goose Down\nDROP \
             TABLE half;\n",
        );
        let brant = program(db);
        for (state, wanted, after) in [("pending", 3, vec![]), ("applied", 0, vec![1])] {
            brant.run(["up"]).expect_code(1);
            brant.run(["check"]).expect_code(7);
            let marked = brant.run(["mark", state, "1", "--yes"]).expect_code(0);
            assert_eq!(
                marked.stdout,
                format!("brant: marked: 00001_half.sql: {state}, and no longer half done\n")
            );
            brant.run(["check"]).expect_code(wanted);
            assert_eq!(applied(db), after);
            if state == "pending" {
                db.sql("DROP TABLE half").unwrap();
            }
        }
        assert!(!brant.run(["down"]).expect_code(0).stderr.contains("half done"));
        assert_eq!(history(db), [(0, true)]);
    });
}

#[test]
fn a_history_that_somebody_emptied_begins_anew() {
    each_engine(|db| {
        write_migrations(db, 3);
        let brant = program(db);
        brant.run(["up"]).expect_code(0);
        db.sql("DELETE FROM goose_db_version").unwrap();
        brant.run(["mark", "applied", "1", "--yes"]).expect_code(1);
        brant.run(["baseline", "3", "--yes"]).expect_code(0);
        assert_eq!(history(db), [(0, true), (1, true), (2, true), (3, true)]);
        brant.run(["check"]).expect_code(0);
    });
}

#[test]
fn it_is_told_as_json() {
    let db = brant_testkit::sqlite();
    write_migrations(&db, 2);
    let brant = program(&db);
    let mut shown = brant.run(["baseline", "2", "--dry-run", "--format", "json"]).expect_code(0).redact();
    shown += &brant.run(["baseline", "2", "--yes", "--format", "json"]).expect_code(0).redact();
    shown += &brant.run(["mark", "pending", "2"]).expect_code(1).redact();
    insta::assert_snapshot!(shown);
    assert_eq!(db.engine, Engine::Sqlite);
}
