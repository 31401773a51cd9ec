//! `--hooks`: SQL around migrations, only where it is asked for.

mod support;

use brant_testkit::{TestDatabase, each_engine};
use support::brant;

fn write(db: &TestDatabase) {
    db.write("migrations/1_a.sql", "-- +goose Up\nINSERT INTO log VALUES ('migration');\n-- +goose Down\n");
    db.write("migrations/hooks/before_each.sql", "INSERT INTO log VALUES ('before');\n");
    db.write("migrations/hooks/after_each.sql", "INSERT INTO log VALUES ('after');\n");
    db.sql("CREATE TABLE log (what varchar(20))").unwrap();
}

#[test]
fn hooks_run_only_where_they_are_asked_for() {
    each_engine(|db| {
        write(db);
        let brant = brant(db).env("GOOSE_MIGRATION_DIR", "migrations");
        brant.run(["up"]).expect_code(0);
        assert_eq!(db.column("SELECT what FROM log"), ["migration"]);
        brant.run(["--hooks", "migrations/hooks", "down"]).expect_code(0);
        assert_eq!(db.column("SELECT what FROM log"), ["migration", "before", "after"]);
        // Beside migrations that are read with all their folders, hooks are no migrations.
        brant.env("BRANT_HOOKS", "migrations/hooks").run(["--recursive", "up"]).expect_code(0);
        let last = ["before", "migration", "after"];
        assert_eq!(db.column("SELECT what FROM log")[3..], last);
    });
}

#[test]
fn hooks_that_fail_are_told() {
    let db = brant_testkit::sqlite();
    write(&db);
    let brant = brant(&db).env("GOOSE_MIGRATION_DIR", "migrations");
    let up = ["--hooks", "migrations/hooks", "up"];
    let mut told = vec![brant.run(["--hooks", "nowhere", "up"])];
    db.write("migrations/hooks/before_each.sql", "SELECT 1;\nINSERT INTO lgo VALUES (1);\n");
    told.push(brant.run(up));
    told.push(brant.run(["--format", "json", "--hooks", "migrations/hooks", "up"]));
    db.write("migrations/hooks/before_all.sql", "SELECT 'open\n");
    told.push(brant.run(up));
    std::fs::remove_file(db.dir().join("migrations/hooks/before_all.sql")).unwrap();
    db.write("migrations/hooks/before_each.sql", "SELECT 1;\n");
    db.write("migrations/hooks/after_each.sql", "INSERT INTO lgo VALUES (1);\n");
    told.push(brant.run(up));
    let told: Vec<String> = told.iter().map(brant_testkit::Output::redact).collect();
    insta::assert_snapshot!(told.join("\n"));
}
