//! Where the history lives: in a schema of its own, and beside others in one database.

mod support;

use std::time::Duration;

use brant_testkit::{Brant, Engine, TestDatabase, each_engine};
use support::brant;

/// A schema of this test alone: databases of MariaDB share one server.
fn schema(db: &TestDatabase) -> String {
    match db.engine {
        Engine::MariaDb => format!("{}_history", db.name()),
        _ => "history".to_owned(),
    }
}

fn each_engine_with_schemas(test: impl Fn(&TestDatabase, &str)) {
    each_engine(|db| {
        if db.engine != Engine::Sqlite {
            let schema = schema(db);
            test(db, &schema);
            let end = if db.engine == Engine::MariaDb { "DATABASE" } else { "SCHEMA IF EXISTS" };
            let cascade = if db.engine == Engine::MariaDb { "" } else { "CASCADE" };
            // Not every test has made it.
            let _ = db.sql(&format!("DROP {end} {schema} {cascade}"));
        }
    });
}

fn migration(db: &TestDatabase, path: &str, table: &str) {
    db.write(
        path,
        &format!("-- +goose Up\nCREATE TABLE {table} (id int);\n-- +goose Down\nDROP TABLE {table};\n"),
    );
}

fn versions(db: &TestDatabase, table: &str) -> Vec<String> {
    db.column(&format!("SELECT version_id FROM {table} WHERE version_id > 0 ORDER BY id"))
}

/// The tables of this name, each with its schema.
fn schemas_of(db: &TestDatabase, table: &str) -> Vec<String> {
    let own = match db.engine {
        Engine::MariaDb => format!("table_schema LIKE '{}%'", db.name()),
        _ => "true".to_owned(),
    };
    db.column(&format!(
        "SELECT table_schema FROM information_schema.tables WHERE table_name = '{table}' AND {own} ORDER BY 1"
    ))
}

fn up(brant: &Brant, dir: &str, more: &[&str]) -> brant_testkit::Output {
    let args = [&["up", "-dir", dir][..], more].concat();
    brant.run(args).expect_code(0)
}

#[test]
fn a_schema_is_made_with_the_history_and_holds_the_journal_too() {
    each_engine_with_schemas(|db, schema| {
        migration(db, "m/1_a.sql", "a");
        let brant = brant(db);
        // Looking makes nothing.
        let status = brant.run(["status", "-dir", "m", "--schema", schema]).expect_code(0);
        assert!(status.stdout.contains("Pending"), "{}", status.stdout);
        assert_eq!(schemas_of(db, "goose_db_version"), Vec::<String>::new());

        let output = up(&brant, "m", &["--schema", schema]);
        assert_eq!(output.stderr, "", "{}", db.engine);
        for table in ["goose_db_version", "brant_journal"] {
            assert_eq!(schemas_of(db, table), [schema], "{} {table}", db.engine);
        }
        assert_eq!(versions(db, &format!("{schema}.goose_db_version")), ["1"]);
        // The migration itself works where it always does.
        assert_ne!(schemas_of(db, "a"), [schema], "{}", db.engine);

        let status = brant.run(["status", "-dir", "m", "-table", &format!("{schema}.goose_db_version")]);
        assert!(!status.expect_code(0).stdout.contains("Pending"));
        let again = up(&brant, "m", &["--schema", schema]);
        assert!(again.stdout.contains("no migrations to run. current version: 1"), "{}", again.stdout);
        brant.run(["down", "-dir", "m", "--schema", schema]).expect_code(0);
        assert_eq!(versions(db, &format!("{schema}.goose_db_version")), Vec::<String>::new());
    });
}

#[test]
fn a_table_with_a_schema_makes_no_schema() {
    each_engine_with_schemas(|db, schema| {
        migration(db, "m/1_a.sql", "a");
        let table = format!("{schema}.versions");
        let brant = brant(db);
        let refused = brant.run(["up", "-dir", "m", "-table", &table]).expect_code(1);
        assert!(refused.stderr.contains("failed to create the history table"), "{}", refused.stderr);
        let kind = if db.engine == Engine::MariaDb { "DATABASE" } else { "SCHEMA" };
        db.sql(&format!("CREATE {kind} {schema}")).unwrap();
        up(&brant, "m", &["-table", &table]);
        assert_eq!(versions(db, &table), ["1"]);
        // The same table by its other name: nothing is left to do, and what is there is not made again.
        let same = up(&brant, "m", &["-table", "versions", "--schema", schema]);
        assert!(same.stdout.contains("current version: 1"), "{}", same.stdout);
    });
}

#[test]
fn names_of_schemas_are_folded_and_quoted() {
    if !brant_testkit::engines().contains(&Engine::Postgres) {
        return;
    }
    let db = brant_testkit::postgres();
    migration(&db, "m/1_a.sql", "a");
    let brant = brant(&db);
    up(&brant, "m", &["--schema", "Folded"]);
    assert_eq!(schemas_of(&db, "goose_db_version"), ["folded"]);
    migration(&db, "n/1_b.sql", "b");
    up(&brant, "n", &["--schema", "\"Quoted Schema\"", "-table", "Versions"]);
    assert_eq!(schemas_of(&db, "versions"), ["Quoted Schema"]);
    assert_eq!(schemas_of(&db, "brant_journal"), ["Quoted Schema", "folded"]);
}

#[test]
fn a_schema_that_is_there_needs_no_right_to_make_schemas() {
    if !brant_testkit::engines().contains(&Engine::Postgres) {
        return;
    }
    let db = brant_testkit::postgres();
    migration(&db, "m/1_a.sql", "history.a");
    let role = format!("limited_{}", db.name());
    db.sql(&format!(
        "CREATE ROLE {role}; CREATE SCHEMA history; GRANT USAGE, CREATE ON SCHEMA history TO {role}"
    ))
    .unwrap();
    let brant = brant(&db).env("PGOPTIONS", format!("-c role={role}"));
    let output = up(&brant, "m", &["--schema", "history"]);
    assert_eq!(output.stderr, "");
    let refused = brant.run(["up", "-dir", "m", "--schema", "another"]).expect_code(1);
    assert!(refused.stderr.contains("permission denied"), "{}", refused.stderr);
    db.sql(&format!("DROP SCHEMA history CASCADE; DROP ROLE {role}")).unwrap();
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    each_engine(|db| {
        migration(db, "m/1_a.sql", "a");
        let brant = brant(db).env("GOOSE_MIGRATION_DIR", "m");
        let refused = |args: &[&str]| {
            let output = brant.run([args, &["--detailed-exit-codes"]].concat()).expect_code(2);
            output.stderr
        };
        assert_eq!(
            refused(&["up", "--schema", "x", "-table", "y.z"]),
            "brant: the history table `y.z` names a schema already, and `--schema` names `x`\nnext: leave one of them out\n"
        );
        assert!(refused(&["up", "--schema", "a.b"]).contains("`a.b` is not the name of a schema"));
        if db.engine == Engine::Sqlite {
            let text = refused(&["up", "--schema", "attached"]);
            assert!(
                text.contains("the history cannot be kept in the schema `attached`: SQLite has no"),
                "{text}"
            );
            assert!(text.contains("next: leave `--schema` out; `-table NAME`"), "{text}");
            let table = brant.run(["up", "-table", "attached.versions"]).expect_code(1);
            assert!(table.stderr.contains("attached"), "{}", table.stderr);
        }
    });
}

#[test]
fn several_histories_in_one_database_do_not_mix() {
    each_engine(|db| {
        migration(db, "shop/1_a.sql", "shop_a");
        migration(db, "shop/2_b.sql", "shop_b");
        migration(db, "crm/1_x.sql", "crm_x");
        // A step that is left half done, in one of them.
        db.write(
            "crm/2_half.sql",
            "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE crm_half (id int);\nSELECT nosuch;\n",
        );
        let brant = brant(db);
        up(&brant, "shop", &["-table", "shop_versions"]);
        brant.run(["up", "-dir", "crm", "-table", "crm_versions"]).expect_code(1);
        assert_eq!(versions(db, "shop_versions"), ["1", "2"], "{}", db.engine);
        assert_eq!(versions(db, "crm_versions"), ["1"], "{}", db.engine);
        let journal =
            db.sql("SELECT history_table, version_id, state FROM brant_journal ORDER BY id").unwrap();
        let wanted = [
            ["shop_versions", "1", "done"],
            ["shop_versions", "2", "done"],
            ["crm_versions", "1", "done"],
            ["crm_versions", "2", "failed"],
        ];
        assert_eq!(journal, wanted, "{}", db.engine);

        let status =
            |dir: &str, table: &str| brant.run(["status", "-dir", dir, "-table", table]).expect_code(0);
        assert_eq!(status("shop", "shop_versions").stderr, "", "{}", db.engine);
        assert!(status("crm", "crm_versions").stderr.contains("2_half.sql"), "{}", db.engine);
        brant.run(["reset", "-dir", "shop", "-table", "shop_versions"]).expect_code(0);
        assert_eq!(versions(db, "crm_versions"), ["1"], "{}", db.engine);
        // The table that is meant where none is named is yet another.
        let default = brant.run(["version"]).expect_code(0);
        assert_eq!(default.stdout, "goose: version 0\n");
    });
}

#[test]
fn two_histories_migrate_at_the_same_time() {
    each_engine(|db| {
        let sleep = match db.engine {
            Engine::Postgres => "SELECT pg_sleep(3)",
            Engine::MariaDb => "SELECT sleep(3)",
            // A database that is a file has one lock, and one writer at a time.
            Engine::Sqlite => return,
        };
        db.write("slow/1_slow.sql", &format!("-- +goose NO TRANSACTION\n-- +goose Up\n{sleep};\n"));
        migration(db, "quick/1_quick.sql", "quick");
        let brant = brant(db);
        let mut slow = brant.start(["up", "-dir", "slow", "-table", "slow_versions"]);
        while db.sql("SELECT 1 FROM brant_journal").is_ok_and(|rows| rows.is_empty())
            || db.sql("SELECT 1 FROM brant_journal").is_err()
        {
            std::thread::sleep(Duration::from_millis(10));
        }
        let kept_out =
            brant.run(["up", "-dir", "slow", "-table", "slow_versions", "--lock-wait", "0s"]).expect_code(1);
        assert!(kept_out.stderr.contains("holds the lock"), "{}", kept_out.stderr);
        up(&brant, "quick", &["-table", "quick_versions", "--lock-wait", "0s"]);
        assert!(slow.is_running(), "{}: the quick run came too late to show anything", db.engine);
        slow.wait().expect_code(0);
        assert_eq!((versions(db, "slow_versions").len(), versions(db, "quick_versions").len()), (1, 1));
    });
}

#[test]
fn histories_that_begin_at_the_same_moment_share_schema_and_journal() {
    each_engine(|db| {
        for i in 0..4 {
            migration(db, &format!("m{i}/1_t{i}.sql"), &format!("t{i}"));
        }
        let schema = schema(db);
        let in_schema = if db.engine == Engine::Sqlite { vec![] } else { vec!["--schema", schema.as_str()] };
        let prefix = if db.engine == Engine::Sqlite { String::new() } else { format!("{schema}.") };
        let brant = brant(db);
        let running: Vec<_> = (0..4)
            .map(|i| {
                let (dir, table) = (format!("m{i}"), format!("versions_{i}"));
                let args = ["up", "-dir", &dir, "-table", &table];
                brant.start([&args[..], &in_schema].concat())
            })
            .collect();
        for run in running {
            let output = run.wait().expect_code(0);
            // On SQLite they wait for each other.
            assert!(!output.stderr.contains("warning"), "{}: {}", db.engine, output.stderr);
        }
        for i in 0..4 {
            assert_eq!(versions(db, &format!("{prefix}versions_{i}")), ["1"], "{}", db.engine);
        }
        let count = db.column(&format!("SELECT count(DISTINCT history_table) FROM {prefix}brant_journal"));
        assert_eq!(count, ["4"], "{}", db.engine);
        if db.engine == Engine::MariaDb {
            db.sql(&format!("DROP DATABASE {schema}")).unwrap();
        }
    });
}
