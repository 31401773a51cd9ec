//! Seeing a run before it: `plan`, `--dry-run`, `--sql`.

mod support;

use brant_testkit::{Engine, TestDatabase, each_engine, mariadb, postgres, sqlite};
use insta::assert_snapshot;

use support::{applied, brant, write_migrations};

/// A shop that has been in use for a while, with three migrations to come.
fn shop(db: &TestDatabase) {
    db.write(
        "migrations/00001_shop.sql",
        "-- +goose Up\nCREATE TABLE users (id int PRIMARY KEY, name varchar(40));\nCREATE TABLE orders (id int PRIMARY KEY, \
         user_id int);\n-- +goose Down\nDROP TABLE orders;\nDROP TABLE users;\n",
    );
    brant(db).run(["-dir", "migrations", "up"]).expect_code(0);
    db.sql("INSERT INTO users VALUES (1, 'a'), (2, 'b'), (3, 'c')").unwrap();
    db.write(
        "migrations/00002_email.sql",
        "-- +goose Up\nALTER TABLE users ADD COLUMN email varchar(80);\nUPDATE users SET email = 'none';\nCREATE INDEX \
         users_email ON users (email);\nCREATE TABLE notes (id int PRIMARY KEY, text text);\nCREATE INDEX notes_text ON notes \
         (id);\n-- +goose Down\nDROP TABLE notes;\n",
    );
    db.write("migrations/00003_nothing.sql", "-- +goose Up\n-- +goose Down\n");
}

fn text(db: &TestDatabase, args: &[&str]) -> String {
    let output = brant(db).run([&["-dir", "migrations"], args].concat()).expect_code(0);
    assert_eq!(output.redacted_stderr(), "");
    let text = output.redacted_stdout();
    let without_server = text.lines().map(|line| match (line.find(" on "), line.find(", from version")) {
        (Some(server), Some(versions)) => format!("{}{}", &line[..server], &line[versions..]),
        _ => line.to_owned(),
    });
    without_server.collect::<Vec<_>>().join("\n")
}

#[test]
fn postgres_text() {
    let db = postgres();
    shop(&db);
    db.write(
        "migrations/00004_index.sql",
        "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY orders_user ON orders (user_id);\n",
    );
    db.sql("ANALYZE").unwrap();
    assert_snapshot!(text(&db, &["plan"]));
    assert_snapshot!(text(&db, &["-v", "plan", "up-to", "2"]));
    assert_snapshot!(text(&db, &["plan", "reset"]));
}

#[test]
fn partitions_and_heirs_count() {
    let db = postgres();
    db.sql(
        "CREATE TABLE days (d int) PARTITION BY RANGE (d); CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM (0) TO (9) \
         PARTITION BY RANGE (d); CREATE TABLE days_1a PARTITION OF days_1 FOR VALUES FROM (0) TO (5); CREATE TABLE old (d int); \
         CREATE TABLE old_1 () INHERITS (old); INSERT INTO days SELECT 1 FROM generate_series(1, 1000); INSERT INTO old_1 \
         SELECT 1 FROM generate_series(1, 1000); ANALYZE days_1a; ANALYZE old_1",
    )
    .unwrap();
    db.write(
        "migrations/00001_a.sql",
        "-- +goose Up\nALTER TABLE days ADD COLUMN n int;\nALTER TABLE old ADD COLUMN n int;\nDROP TABLE days_1;\n",
    );
    assert_snapshot!(text(&db, &["plan"]));
    let locked = db.column(
        "BEGIN; DROP TABLE days_1; SELECT mode FROM pg_locks WHERE relation = 'days'::regclass AND mode LIKE 'A%E%'; ROLLBACK",
    );
    assert_eq!(locked, ["AccessExclusiveLock"], "the table that it is a partition of waits too");
}

#[test]
fn mariadb_text() {
    let db = mariadb();
    shop(&db);
    assert_snapshot!(text(&db, &["plan"]));
}

#[test]
fn sqlite_text() {
    let db = sqlite();
    shop(&db);
    assert_snapshot!(text(&db, &["up", "--dry-run"]));
    assert_eq!(text(&db, &["plan", "up-to", "1"]), "nothing to do");
}

#[test]
fn a_table_that_is_there_is_not_new() {
    let db = sqlite();
    shop(&db);
    db.write(
        "migrations/00002_email.sql",
        "-- +goose Up\nCREATE TABLE IF NOT EXISTS users (id int);\nCREATE INDEX users_name ON users (name);\n",
    );
    assert!(text(&db, &["plan"]).contains("line 3: users ("));
}

#[test]
fn a_plan_may_touch_any_number_of_tables() {
    each_engine(|db| {
        // SQLite takes 500 parts of a compound SELECT.
        let tables: String = (1..=600).map(|i| format!("CREATE TABLE t_{i} (id int);\n")).collect();
        let indexes: String = (1..=600).map(|i| format!("CREATE INDEX i_{i} ON t_{i} (id);\n")).collect();
        db.write("migrations/00001_tables.sql", &format!("-- +goose Up\n{tables}"));
        db.write("migrations/00002_indexes.sql", &format!("-- +goose Up\n{indexes}"));
        assert!(!text(db, &["plan"]).contains("t_600 "), "{}: nobody uses a new table", db.engine);
        brant(db).run(["-dir", "migrations", "up-to", "1"]).expect_code(0);
        let text = text(db, &["plan"]);
        let with_size = (1..=600).filter(|i| text.contains(&format!(": t_{i} ("))).count();
        assert_eq!(with_size, 600, "{}: {text}", db.engine);
    });
}

#[test]
fn sizes_are_found_by_any_spelling_of_a_table_on_sqlite() {
    let db = sqlite();
    shop(&db);
    db.write("migrations/00002_email.sql", "-- +goose Up\nCREATE INDEX users_name ON Users (name);\n");
    assert!(text(&db, &["plan"]).contains("line 2: Users ("));
}

#[test]
fn json_has_the_same() {
    let db = sqlite();
    shop(&db);
    let output = brant(&db).run(["-dir", "migrations", "--format", "json", "plan"]).expect_code(0);
    let text = output.redacted_stdout();
    let checksums = text.lines().filter(|line| !line.contains("\"sha256\"") && !line.contains("\"server\""));
    assert_snapshot!(checksums.collect::<Vec<_>>().join("\n"));
}

#[test]
fn nothing_is_changed() {
    each_engine(|db| {
        write_migrations(db, 60);
        for args in [
            &["plan"][..],
            &["plan", "up", "1"],
            &["up", "--dry-run"],
            &["up-to", "3", "--dry-run"],
            &["goto", "3", "--dry-run"],
            &["up-by-one", "--dry-run"],
            &["plan", "--sql"],
        ] {
            brant(db).run([&["-dir", "migrations"], args].concat()).expect_code(0);
        }
        assert_eq!(db.row_counts().len(), 0);
        assert!(db.sql("SELECT 1 FROM goose_db_version").is_err());
        let pending = brant(db).run(["-dir", "migrations", "--detailed-exit-codes", "plan"]);
        pending.expect_code(3);
    });
}

#[test]
fn what_can_not_be_shown_is_not_run() {
    let db = sqlite();
    write_migrations(&db, 1);
    for args in [
        &["up", "--sql"][..],
        &["up", "--out", "x"],
        &["create", "x", "sql", "--dry-run"],
        &["plan", "status"],
        &["plan", "up-to"],
        &["plan", "nosuch"],
    ] {
        let output = brant(&db).run([&["-dir", "migrations"], args].concat()).expect_code(1);
        assert!(output.redacted_stderr().starts_with("brant: "), "{args:?}");
    }
    assert!(db.sql("SELECT 1 FROM goose_db_version").is_err());
    assert_eq!(std::fs::read_dir(db.dir().join("migrations")).unwrap().count(), 1);
}

#[test]
fn the_script_does_what_up_does() {
    each_engine(|db| {
        let by_up = db.another();
        for db in [db, &by_up] {
            write_migrations(db, 4);
            db.write("migrations/00005_routine.sql", routine(db.engine));
            db.write("migrations/00007_open.sql", OPEN);
            if db.engine == Engine::Postgres {
                db.write(
                    "migrations/00006_index.sql",
                    "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY more ON t1 (v);\n",
                );
            }
        }
        brant(&by_up).run(["-dir", "migrations", "up"]).expect_code(0);
        let script = brant(db).run(["-dir", "migrations", "plan", "--sql"]).expect_code(0).stdout;
        db.sql(&script).unwrap_or_else(|why| panic!("{why}\n{script}"));
        assert_eq!(db.schema(), by_up.schema());
        assert_eq!(db.row_counts(), by_up.row_counts());
        assert_eq!(applied(db), applied(&by_up));
        assert_eq!(text(db, &["plan"]), "nothing to do");

        // Back again, by a script that goes down.
        let script =
            brant(db).run(["-dir", "migrations", "plan", "down-to", "1", "--sql", "--allow-irreversible"]);
        db.sql(&script.expect_code(0).stdout).unwrap();
        brant(&by_up)
            .run(["-dir", "migrations", "down-to", "1", "--allow-irreversible", "--yes"])
            .expect_code(0);
        assert_eq!((applied(db), db.schema()), (applied(&by_up), by_up.schema()));
    });
}

/// A statement without a semicolon but that of its comment.
const OPEN: &str =
    "-- +goose Up\n-- +goose StatementBegin\nCREATE TABLE t7 (id int) -- end;\n-- +goose StatementEnd\n";

/// Whose body has semicolons, and a comment that belongs to it.
fn routine(engine: Engine) -> &'static str {
    match engine {
        Engine::Postgres => {
            "-- +goose Up\nCREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  -- why; because\n  NEW.v := 'x;';\n  RETURN \
             NEW;\nEND $$;\n-- +goose Down\nDROP FUNCTION touch();\n"
        }
        Engine::MariaDb => {
            "-- +goose Up\nCREATE TRIGGER touch BEFORE INSERT ON t1 FOR EACH ROW BEGIN\n  -- why; because\n  SET NEW.v = 'x;';\n  SET NEW.id = \
             NEW.id;\nEND;\n-- +goose Down\nDROP TRIGGER touch;\n"
        }
        Engine::Sqlite => {
            "-- +goose Up\nCREATE TRIGGER touch AFTER INSERT ON t1 BEGIN\n  UPDATE t1 SET v = 'x;';\n  SELECT 1;\nEND;\n-- +goose \
             Down\nDROP TRIGGER touch;\n"
        }
    }
}

#[test]
fn a_script_stops_at_its_first_error() {
    each_engine(|db| {
        write_migrations(db, 3);
        db.write("migrations/00002_t2.sql", "-- +goose Up\nINSERT INTO nowhere VALUES (1);\n");
        let script = brant(db).run(["-dir", "migrations", "plan", "--sql"]).expect_code(0).stdout;
        assert!(db.sql(&script).is_err());
        assert!(!applied(db).contains(&2) && !applied(db).contains(&3), "{:?}", applied(db));
        assert!(db.sql("SELECT 1 FROM t3").is_err());
    });
}

#[test]
fn values_are_in_the_script_alone() {
    let db = sqlite();
    db.write(
        "migrations/00001_a.sql",
        "-- +goose Up\n-- +goose ENVSUB ON\nCREATE TABLE a (v text DEFAULT '$SECRET');\n",
    );
    let brant = brant(&db).env("SECRET", "hush-hush");
    for args in [&["plan"][..], &["-v", "plan"], &["--format", "json", "plan"]] {
        let output = brant.run([&["-dir", "migrations"], args].concat()).expect_code(0);
        assert!(!output.stdout.contains("hush") && !output.stderr.contains("hush"), "{args:?}");
    }
    let script = brant.run(["-dir", "migrations", "plan", "--sql"]).expect_code(0);
    assert!(script.stdout.contains("hush-hush"));
    assert_snapshot!(script.redacted_stderr());
    let file = brant.run(["-dir", "migrations", "plan", "--sql", "--out", "run.sql"]).expect_code(0);
    assert_eq!(file.stdout, "");
    let written = std::fs::metadata(db.dir().join("run.sql")).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&written.permissions()) & 0o777, 0o600);
}

#[test]
fn a_statement_that_needs_no_transaction_is_refused_before_anything_runs() {
    let db = postgres();
    write_migrations(&db, 1);
    db.write(
        "migrations/00002_index.sql",
        "-- +goose Up\nSELECT 1;\nCREATE INDEX CONCURRENTLY i ON t1 (v);\n-- +goose Down\nDROP INDEX i;\n",
    );
    let output = brant(&db).run(["-dir", "migrations", "up"]).expect_code(1);
    assert_snapshot!(output.redacted_stderr());
    assert!(db.sql("SELECT 1 FROM goose_db_version").is_err());
    let output = brant(&db).run(["-dir", "migrations", "--format", "json", "plan"]).expect_code(1);
    assert!(output.stdout.contains("\"needs_no_transaction\""));
}

/// Makes a plan of everything that is pending.
fn approved(db: &TestDatabase) {
    brant(db).run(["-dir", "migrations", "plan", "--out", "plan.json"]).expect_code(0);
}

#[test]
fn a_plan_is_applied_as_it_was_approved() {
    each_engine(|db| {
        write_migrations(db, 5);
        brant(db).run(["-dir", "migrations", "plan", "up-to", "3", "--out", "plan.json"]).expect_code(0);
        let written = std::fs::metadata(db.dir().join("plan.json")).unwrap();
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&written.permissions()) & 0o777, 0o600);
        brant(db).run(["-dir", "migrations", "apply", "plan.json"]).expect_code(0);
        assert_eq!(applied(db), [1, 2, 3]);
        let again = brant(db).run(["-dir", "migrations", "apply", "plan.json"]).expect_code(1);
        assert!(
            again.stderr.contains("the database was migrated since: version 0 was applied last, now 3 is")
        );

        brant(db).run(["-dir", "migrations", "plan", "--out", "plan.json"]).expect_code(0);
        let single = ["-dir", "migrations", "apply", "plan.json", "--single-transaction"];
        let otherwise = brant(db).run(single).expect_code(1).stderr;
        assert!(
            db.engine == Engine::MariaDb || otherwise.contains("in 2 transactions then, in 1 now"),
            "{otherwise}"
        );
        assert_eq!(applied(db), [1, 2, 3]);

        brant(db).run(["-dir", "migrations", "plan", "down-to", "1", "--out", "plan.json"]).expect_code(0);
        brant(db).run(["-dir", "migrations", "apply", "plan.json"]).expect_code(0);
        assert_eq!(applied(db), [1]);
    });
}

#[test]
fn what_moved_since_the_approval_is_refused() {
    each_engine(|db| {
        write_migrations(db, 3);
        let other = db.another();
        for db in [db, &other] {
            db.sql("CREATE TABLE there (id int)").unwrap();
        }
        approved(db);
        let apply = |db: &TestDatabase, dir: &str, file: &str| {
            let output = brant(db).run(["-dir", dir, "apply", file]).expect_code(1);
            assert!(db.sql("SELECT 1 FROM t3").is_err());
            output.stderr
        };
        let (dir, file) = (db.dir().join("migrations"), db.dir().join("plan.json"));
        let told = apply(&other, dir.to_str().unwrap(), file.to_str().unwrap());
        assert!(told.contains("it was made for the database "), "{told}");

        db.write("migrations/00004_t4.sql", "-- +goose Up\nSELECT 1;\n");
        assert!(apply(db, "migrations", "plan.json").contains("`00004_t4.sql` (up) would run too"));
        std::fs::remove_file(db.dir().join("migrations/00004_t4.sql")).unwrap();

        db.write("migrations/00003_t3.sql", "-- +goose Up\nSELECT 1;\n");
        assert!(apply(db, "migrations", "plan.json").contains("`00003_t3.sql` was changed since"));
        std::fs::remove_file(db.dir().join("migrations/00003_t3.sql")).unwrap();
        assert!(apply(db, "migrations", "plan.json").contains("`00003_t3.sql` (up) would not run now"));

        write_migrations(db, 3);
        brant(db).run(["-dir", "migrations", "up-by-one"]).expect_code(0);
        assert!(apply(db, "migrations", "plan.json").contains("the database was migrated since"));
        assert_eq!(applied(db), [1]);

        assert!(
            apply(db, "migrations", "migrations/00001_t1.sql")
                .contains("is no plan that this brant can read")
        );
    });
}
