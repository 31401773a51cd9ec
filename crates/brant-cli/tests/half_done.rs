//! What a run leaves half done is told until it is brought to its end, whatever later runs come to.

mod support;

use brant_testkit::{TestDatabase, each_engine};
use support::brant;

const HEAD: &str = "-- +goose NO TRANSACTION\n-- +goose Up\n";

fn put(db: &TestDatabase, up: &str, down: &str) {
    db.write("migrations/1_half.sql", &format!("{HEAD}{up}-- +goose Down\n{down}"));
}

fn run(db: &TestDatabase, command: &str, code: i32) -> String {
    brant(db).env("GOOSE_MIGRATION_DIR", "migrations").run([command]).expect_code(code).stderr
}

/// What `status` says is half done.
fn told(db: &TestDatabase) -> Vec<String> {
    let lines = run(db, "status", 0);
    let told = lines.lines().filter_map(|line| line.split_once("an earlier run left `1_half.sql` "));
    told.map(|(_, rest)| rest.to_owned()).collect()
}

#[test]
fn a_run_that_fails_at_once_does_not_hide_what_an_earlier_one_did() {
    each_engine(|db| {
        let (one, two) = ("CREATE TABLE one (id int);\n", "CREATE TABLE two (id int);\n");
        let half = "(up) half done: 2 of 4 statements are done; statement 3 failed";
        put(db, &format!("{one}{two}SELECT nosuch;\nSELECT 1;\n"), "");
        run(db, "up", 1);
        assert_eq!(told(db), [half], "{}", db.engine);
        // It begins at statement 1, which is there already; and so does the next one, which also says what is left.
        run(db, "up", 1);
        assert_eq!(told(db), [half], "{}", db.engine);
        assert!(run(db, "up", 1).contains(half), "{}", db.engine);
        // A run that comes less far takes nothing back either.
        put(db, &format!("SELECT 1;\n{one}{two}SELECT nosuch;\n"), "");
        run(db, "up", 1);
        assert_eq!(told(db), [half], "{}", db.engine);

        let again = |sql: &str| sql.replace("TABLE", "TABLE IF NOT EXISTS");
        put(db, &format!("{}{}", again(one), again(two)), "DROP TABLE two;\nSELECT nosuch;\n");
        run(db, "up", 0);
        assert!(told(db).is_empty(), "{}", db.engine);

        let half = "(down) half done: 1 of 2 statements are done; statement 2 failed";
        run(db, "down", 1);
        run(db, "down", 1);
        assert_eq!(told(db), [half], "{}", db.engine);
        put(db, &again(one), "DROP TABLE one;\n");
        run(db, "down", 0);
        assert!(told(db).is_empty(), "{}", db.engine);
    });
}
