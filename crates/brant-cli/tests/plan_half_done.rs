//! What is shown beforehand of a migration that an earlier run left half done: what a run would do now, or refuse.

mod support;

use brant_testkit::{Brant, Engine, TestDatabase, each_engine, engines};
use support::{applied, brant};

const ONE: &str = "CREATE TABLE one (id int);\n";
const COUNT: &str = "UPDATE one SET id = id + 1;\n";

fn put(db: &TestDatabase, up: &str) {
    db.write("migrations/1_half.sql", &format!("-- +goose NO TRANSACTION\n-- +goose Up\n{up}"));
}

fn on(db: &TestDatabase) -> Brant {
    brant(db).env("GOOSE_MIGRATION_DIR", "migrations")
}

/// Three statements, of which two are done; the third was corrected since.
fn two_of_three(db: &TestDatabase) {
    put(db, &format!("{ONE}{COUNT}SELECT nosuch;\n"));
    on(db).run(["up"]).expect_code(1);
    put(db, &format!("{ONE}{COUNT}INSERT INTO one VALUES (3);\n"));
}

#[test]
fn what_is_done_is_not_shown_again() {
    each_engine(|db| {
        two_of_three(db);
        for args in
            [&["plan"][..], &["up", "--dry-run"], &["plan", "resume"], &["plan", "--out", "plan.json"]]
        {
            let shown = on(db).run(args).expect_code(0).stdout;
            assert!(
                shown.contains("up   1_half.sql (3 statements, 2 of them done by an earlier run)"),
                "{shown}"
            );
            assert!(!shown.contains("line 3") && !shown.contains("line 4"), "{shown}");
        }
        let verbose = on(db).run(["-v", "plan"]).expect_code(0).stdout;
        assert!(verbose.contains("INSERT INTO one") && !verbose.contains("UPDATE one"), "{verbose}");
        let json = on(db).run(["--format", "json", "plan"]).expect_code(0).stdout;
        assert!(json.contains("\"statements_done\": 2,") && !json.contains("UPDATE one"), "{json}");

        // A script would do again what is done.
        let script = on(db).run(["--detailed-exit-codes", "plan", "--sql"]).expect_code(7);
        assert!(script.stderr.contains("1_half.sql` is half done: no script can go on"), "{}", script.stderr);
        assert_eq!(script.stdout, "");

        on(db).run(["apply", "plan.json"]).expect_code(0);
        assert_eq!((applied(db), db.column("SELECT id FROM one")), (vec![1], vec!["3".to_owned()]));
    });
}

#[test]
fn what_a_run_would_refuse_is_refused_with_its_words() {
    each_engine(|db| {
        two_of_three(db);
        put(db, &format!("{ONE}UPDATE one SET id = id + 2;\nINSERT INTO one VALUES (3);\n"));
        let refusal = |command: &str| {
            let told = on(db).run(["--detailed-exit-codes", command]).expect_code(7).stderr;
            told.lines().next().unwrap_or_default().to_owned()
        };
        assert!(refusal("plan").contains("statement 2 is not what an earlier run carried out"));
        assert_eq!(refusal("plan"), refusal("up"));
    });
}

#[test]
fn what_a_run_finds_out_is_announced_or_refused() {
    each_engine(|db| {
        for (second, is_refused) in
            [("CREATE TABLE two (id int);\n", false), ("INSERT INTO one VALUES (2);\n", true)]
        {
            let db = TestDatabase::fresh(db.engine);
            put(&db, &format!("{ONE}{second}SELECT nosuch;\n"));
            on(&db).run(["up"]).expect_code(1);
            // As a killed process leaves the journal.
            let last = db.column("SELECT max(id) FROM brant_journal").remove(0);
            db.sql(&format!(
                "UPDATE brant_journal SET state = 'in_doubt', statements_done = 1 WHERE id = {last}"
            ))
            .unwrap();
            let plan = on(&db).run(["--detailed-exit-codes", "plan"]);
            if is_refused {
                let told = plan.expect_code(7).stderr;
                assert!(told.contains("whether it was carried out cannot be found out"), "{told}");
            } else {
                let shown = plan.expect_code(3).stdout;
                let wanted = "3 statements, 1 of them done by an earlier run; whether the next one is done is found out first";
                assert!(shown.contains(wanted), "{shown}");
            }
        }
    });
}

/// What the done statements had set is set again where the database is looked at, but for what that would write.
#[test]
fn a_setting_that_writes_is_passed_over_by_who_only_looks() {
    if !engines().contains(&Engine::Sqlite) {
        return;
    }
    let db = TestDatabase::fresh(Engine::Sqlite);
    let file = |last: &str| {
        put(
            &db,
            &format!(
                "PRAGMA user_version = 7;\nPRAGMA journal_mode = wal;\nPRAGMA foreign_keys = on;\n{ONE}{last};\n"
            ),
        );
    };
    file("SELECT nosuch");
    on(&db).run(["up"]).expect_code(1);
    // Somebody sets it otherwise meanwhile.
    db.sql("PRAGMA user_version = 8").unwrap();
    file("INSERT INTO one VALUES (3)");
    for args in [&["plan"][..], &["up", "--dry-run"], &["plan", "--out", "plan.json"]] {
        let shown = on(&db).run(args).expect_code(0).stdout;
        assert!(
            shown.contains("up   1_half.sql (5 statements, 4 of them done by an earlier run)"),
            "{shown}"
        );
    }
    assert_eq!(db.column("PRAGMA user_version"), ["8"]);
    on(&db).run(["apply", "plan.json"]).expect_code(0);
    assert_eq!((applied(&db), db.column("PRAGMA user_version")), (vec![1], vec!["7".to_owned()]));
}
