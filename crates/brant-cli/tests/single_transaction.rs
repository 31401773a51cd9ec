//! `--single-transaction`: all migrations of a run or none; and where that can't be, a refusal that names the place.

mod support;

use brant_testkit::{Brant, Engine, TestDatabase, each_engine};
use support::{applied, brant};

fn write(db: &TestDatabase, version: usize, up: &str) {
    let down = format!("-- +goose Down\nDROP TABLE t{version};\n");
    db.write(&format!("migrations/{version:05}_t{version}.sql"), &format!("-- +goose Up\n{up}\n{down}"));
}

fn table(version: usize) -> String {
    format!("CREATE TABLE t{version} (id int);\nINSERT INTO t{version} VALUES ({version});")
}

fn single(db: &TestDatabase) -> Brant {
    brant(db).env("GOOSE_MIGRATION_DIR", "migrations")
}

#[test]
fn all_of_a_run_is_done_or_none() {
    each_engine(|db| {
        if db.engine == Engine::MariaDb {
            return;
        }
        write(db, 1, &table(1));
        write(db, 2, &table(2));
        write(db, 3, "CREATE TABLE t3 (id int);\nINSERT INTO t3 VALUES ('x', 'y', 'z');");
        // On a fresh database, and on one in use.
        for before in [&[][..], &[1]] {
            let versions: Vec<String> = before.iter().map(ToString::to_string).collect();
            versions.iter().for_each(|v| drop(single(db).run(["up-to", v]).expect_code(0)));
            let schema = db.schema();
            let output = single(db).run(["up", "--single-transaction"]).expect_code(1);
            let told = "state: the whole run was rolled back; it left nothing in the database";
            assert!(output.stderr.contains(told), "{}: {}", db.engine, output.stderr);
            assert!(output.stderr.contains("00003_t3.sql:3:"), "{}", output.stderr);
            assert_eq!((applied(db), db.schema()), (before.to_vec(), schema), "{}", db.engine);
            let status = single(db).run(["status"]).expect_code(0);
            assert!(!status.stderr.contains("half done"), "{}", status.stderr);
        }
        write(db, 3, &table(3));
        single(db).run(["up", "--single-transaction"]).expect_code(0);
        assert_eq!(applied(db), [1, 2, 3]);
        if db.engine == Engine::Postgres {
            let question = "SELECT count(DISTINCT xmin::text) FROM goose_db_version WHERE version_id > 1";
            assert_eq!(db.column(question), ["1"], "one transaction");
        }
        single(db).run(["reset", "--single-transaction"]).expect_code(0);
        assert!(applied(db).is_empty());
    });
}

#[test]
fn what_cannot_be_in_it_is_named_before_anything_runs() {
    let own = "it begins or ends a transaction itself";
    let commits = "the database commits before and after it by itself";
    for (engine, second, place, rule) in [
        (Engine::Postgres, "COMMIT;", "00002_t2.sql:2:1", own),
        (Engine::Sqlite, "-- +goose NO TRANSACTION\nSELECT 1;", "00002_t2.sql:3:1", "`NO TRANSACTION`"),
        (
            Engine::MariaDb,
            "INSERT INTO t VALUES (1);\nCREATE TABLE t2 (id int);",
            "00002_t2.sql:3:1",
            commits,
        ),
    ] {
        if !brant_testkit::engines().contains(&engine) {
            continue;
        }
        let db = TestDatabase::fresh(engine);
        write(&db, 1, "SELECT 1;");
        write(&db, 2, second);
        let output = single(&db).run(["up", "--single-transaction"]).expect_code(1);
        for text in [place, rule, "not all of this run can be one transaction", "state: nothing was changed"]
        {
            assert!(output.stderr.contains(text), "{engine}: {}", output.stderr);
        }
        assert!(output.stderr.contains("next: leave `--single-transaction` out"), "{}", output.stderr);
        assert!(db.sql("SELECT 1 FROM goose_db_version").is_err(), "nothing was made");
    }
}

#[test]
fn hooks_keep_each_migration_to_itself() {
    let db = brant_testkit::sqlite();
    write(&db, 1, &table(1));
    db.write("hooks/before_each.sql", "SELECT 1;");
    let output = single(&db).run(["up", "--single-transaction", "--hooks", "hooks"]).expect_code(1);
    assert!(output.stderr.contains("hooks are called around the transaction"), "{}", output.stderr);
}

/// Rows alone can be: it is changes of the schema that MariaDB commits by itself.
#[test]
fn rows_on_mariadb_are_one_transaction() {
    if !brant_testkit::engines().contains(&Engine::MariaDb) {
        return;
    }
    let db = brant_testkit::mariadb();
    db.sql("CREATE TABLE t (id int PRIMARY KEY)").unwrap();
    write(&db, 1, "INSERT INTO t VALUES (1);");
    write(&db, 2, "INSERT INTO t VALUES (1);");
    single(&db).run(["up", "--single-transaction"]).expect_code(1);
    assert!(applied(&db).is_empty() && db.column("SELECT id FROM t").is_empty());
    write(&db, 2, "INSERT INTO t VALUES (2);");
    single(&db).run(["up", "--single-transaction"]).expect_code(0);
    assert_eq!(
        (applied(&db), db.column("SELECT id FROM t")),
        (vec![1, 2], vec!["1".to_owned(), "2".to_owned()])
    );
}
