//! Where brant deliberately behaves otherwise than goose, on every engine. `docs/coming-from-goose.md` names these tests.

mod support;

use brant_testkit::{Engine, each_engine};
use support::{applied, brant, history, write_migrations};

#[test]
fn a_broken_file_at_the_end_stops_the_run_before_it_begins() {
    each_engine(|db| {
        write_migrations(db, 3);
        db.write("migrations/00004_broken.sql", "-- +goose Up\nCREATE TABLE unfinished (id int)\n");
        let output = brant(db).env("GOOSE_MIGRATION_DIR", "migrations").run(["up"]).expect_code(1);
        assert!(output.stderr.contains("00004_broken.sql:2:1"), "{}", output.stderr);
        assert!(db.sql("SELECT 1 FROM goose_db_version").is_err(), "{}", db.engine);
        assert!(!db.schema().contains("CREATE TABLE"), "{}", db.engine);
        // What goes only to 3 does not need it.
        brant(db).env("GOOSE_MIGRATION_DIR", "migrations").run(["up-to", "3"]).expect_code(0);
    });
}

#[test]
fn a_go_migration_stops_the_run_before_it_begins() {
    each_engine(|db| {
        write_migrations(db, 2);
        db.write("migrations/00003_seed.go", "package migrations\n");
        let brant = brant(db).env("GOOSE_MIGRATION_DIR", "migrations");
        let output = brant.run(["up"]).expect_code(1);
        assert!(output.stderr.contains("00003_seed.go` is a Go migration"), "{}", output.stderr);
        assert!(db.sql("SELECT 1 FROM goose_db_version").is_err(), "{}", db.engine);
        // It is listed, not missing, and in nobody's way once it is applied.
        brant.run(["up-to", "2"]).expect_code(0);
        assert!(
            brant.run(["status"]).expect_code(0).stdout.contains("Pending                  -- 00003_seed.go")
        );
        db.sql("INSERT INTO goose_db_version (version_id, is_applied) VALUES (3, true)").unwrap();
        write_migrations(db, 2);
        db.write("migrations/00004_more.sql", "-- +goose Up\nCREATE TABLE more (id int);\n");
        brant.run(["up"]).expect_code(0);
        assert_eq!(applied(db), [1, 2, 3, 4]);
    });
}

#[test]
fn commands_that_only_look_write_nothing() {
    each_engine(|db| {
        write_migrations(db, 2);
        let brant = brant(db).env("GOOSE_MIGRATION_DIR", "migrations");
        for command in ["status", "version"] {
            brant.run([command]).expect_code(0);
            if db.engine == Engine::Sqlite {
                assert!(!std::path::Path::new(db.name()).exists(), "not even an empty file");
            } else {
                assert!(db.sql("SELECT 1 FROM goose_db_version").is_err(), "{command} on {}", db.engine);
            }
        }
    });
}

#[test]
fn a_refused_look_at_the_history_is_told_as_it_is() {
    if !brant_testkit::engines().contains(&Engine::Postgres) {
        return;
    }
    let db = brant_testkit::postgres();
    write_migrations(&db, 1);
    let brant = brant(&db).env("GOOSE_MIGRATION_DIR", "migrations");
    brant.run(["up"]).expect_code(0);
    let role = format!("r_{}", db.name());
    db.sql(&format!("CREATE ROLE {role}")).unwrap();
    let output =
        brant.env("GOOSE_DBSTRING", format!("{}&role={role}", db.dbstring())).run(["status"]).expect_code(1);
    db.sql(&format!("DROP ROLE {role}")).unwrap();
    assert!(output.stderr.contains("permission denied for table goose_db_version"), "{}", output.stderr);
    assert!(!output.stderr.contains("already exists"), "{}", output.stderr);
}

#[test]
fn a_file_without_transaction_keeps_its_session() {
    each_engine(|db| {
        let (set, used) = match db.engine {
            Engine::Postgres => ("SET search_path = elsewhere", "SELECT count(*) FROM elsewhere.kept"),
            Engine::MariaDb => ("SET @name = 'kept'", "SELECT count(*) FROM kept WHERE v = 'kept'"),
            Engine::Sqlite => ("CREATE TEMP TABLE session (v text)", "SELECT count(*) FROM kept"),
        };
        let before = if db.engine == Engine::Postgres { "CREATE SCHEMA elsewhere;\n" } else { "" };
        let insert = match db.engine {
            Engine::MariaDb => "INSERT INTO kept VALUES (@name)",
            Engine::Sqlite => "INSERT INTO session VALUES ('x');\nINSERT INTO kept SELECT v FROM session",
            Engine::Postgres => "INSERT INTO kept VALUES ('x')",
        };
        db.write(
            "migrations/00001_a.sql",
            &format!(
                "-- +goose NO TRANSACTION\n-- +goose Up\n{before}{set};\nCREATE TABLE kept (v varchar(9));\n{insert};\n"
            ),
        );
        let output = brant(db).env("GOOSE_MIGRATION_DIR", "migrations").run(["up"]);
        assert_eq!(output.code, 0, "{}: {}", db.engine, output.stderr);
        assert_eq!(db.column(used), ["1"], "{}", db.engine);
        assert_eq!(history(db), [(0, true), (1, true)]);
    });
}

/// As the first lines of a dump by pg_dump do, or a USE on MariaDB.
#[test]
fn a_migration_may_turn_the_session_away_from_the_history() {
    each_engine(|db| {
        let turn = match db.engine {
            Engine::Postgres => "SELECT pg_catalog.set_config('search_path', '', false)",
            Engine::MariaDb => "USE information_schema",
            Engine::Sqlite => "CREATE TEMP TABLE goose_db_version (nonsense int)",
        };
        let table = match db.engine {
            Engine::Postgres => "public.two".to_owned(),
            Engine::MariaDb => format!("{}.two", db.name()),
            Engine::Sqlite => "two".to_owned(),
        };
        db.write("migrations/00001_a.sql", &format!("-- +goose Up\n{turn};\n"));
        db.write("migrations/00002_b.sql", &format!("-- +goose Up\nCREATE TABLE {table} (id int);\n"));
        db.write("migrations/00003_c.sql", "-- +goose NO TRANSACTION\n-- +goose Up\nSELECT 1;\nSELECT 2;\n");
        let output = brant(db).env("GOOSE_MIGRATION_DIR", "migrations").run(["up"]);
        assert_eq!(output.code, 0, "{}: {}", db.engine, output.stderr);
        assert_eq!(applied(db), [1, 2, 3], "{}", db.engine);
    });
}

#[test]
fn a_fresh_database_is_migrated_in_groups_and_keeps_what_came_before_a_failure() {
    each_engine(|db| {
        write_migrations(db, 60);
        db.write(
            "migrations/00055_t55.sql",
            "-- +goose Up\nCREATE TABLE t55 (id int);\nINSERT INTO nowhere VALUES (1);\n",
        );
        let brant = brant(db).env("GOOSE_MIGRATION_DIR", "migrations");
        let output = brant.run(["up"]).expect_code(1);
        assert!(output.stderr.contains("00055_t55.sql:3"), "{}", output.stderr);
        assert_eq!(applied(db), (1..=54).collect::<Vec<_>>(), "{}", db.engine);
        let lines = output.stdout.lines().filter(|line| line.starts_with("OK ")).count();
        assert_eq!(lines, 54);
        if db.engine.transactional_ddl() {
            assert!(!db.schema().contains("t55"), "{}", db.engine);
        }
        db.write("migrations/00055_t55.sql", "-- +goose Up\nCREATE TABLE t55 (id int);\n");
        brant.run(["up"]).expect_code(0);
        assert_eq!(applied(db), (1..=60).collect::<Vec<_>>(), "{}", db.engine);
    });
}

#[test]
fn a_value_added_to_an_enum_can_be_used_by_the_next_migration_of_a_fresh_database() {
    if !brant_testkit::engines().contains(&Engine::Postgres) {
        return;
    }
    let db = brant_testkit::postgres();
    db.write(
        "migrations/00001_a.sql",
        "-- +goose Up\nCREATE TYPE mood AS ENUM ('sad');\nCREATE TABLE p (m mood);\n",
    );
    db.write("migrations/00002_b.sql", "-- +goose Up\nALTER TYPE mood ADD VALUE 'happy';\n");
    db.write("migrations/00003_c.sql", "-- +goose Up\nINSERT INTO p VALUES ('happy');\n");
    brant(&db).env("GOOSE_MIGRATION_DIR", "migrations").run(["up"]).expect_code(0);
    assert_eq!(applied(&db), [1, 2, 3]);
}

#[test]
fn the_journal_tells_who_ran_what_and_for_how_long() {
    each_engine(|db| {
        write_migrations(db, 2);
        let brant = brant(db).env("GOOSE_MIGRATION_DIR", "migrations");
        brant.run(["up"]).expect_code(0);
        brant.run(["down"]).expect_code(0);
        let rows = db
            .sql("SELECT version_id, name, direction, state, statements_done, statements_total FROM brant_journal ORDER BY id")
            .unwrap();
        let rows: Vec<String> = rows.iter().map(|row| row.join(" ")).collect();
        assert_eq!(
            rows,
            ["1 00001_t1.sql up done 2 2", "2 00002_t2.sql up done 2 2", "2 00002_t2.sql down done 1 1"],
            "{}",
            db.engine
        );
        let told = "SELECT count(*) FROM brant_journal WHERE length(run_id) > 10 AND length(checksum) = 64 AND length(host) \
                    > 0 AND tool LIKE 'brant %' AND error IS NULL";
        assert_eq!(db.column(told), ["3"], "{}", db.engine);
    });
}

#[test]
fn without_the_right_to_make_a_journal_a_run_goes_on() {
    if !brant_testkit::engines().contains(&Engine::Postgres) {
        return;
    }
    let db = brant_testkit::postgres();
    db.write("migrations/00001_a.sql", "-- +goose Up\nINSERT INTO stock VALUES (1);\n");
    let role = format!("r_{}", db.name());
    // The role may write two tables and make none.
    db.sql(&format!(
        "CREATE TABLE stock (id int); CREATE TABLE goose_db_version (id integer PRIMARY KEY GENERATED BY DEFAULT AS \
         IDENTITY, version_id bigint NOT NULL, is_applied boolean NOT NULL, tstamp timestamp NOT NULL DEFAULT now()); \
         INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true); CREATE ROLE {role}; GRANT ALL ON stock, \
         goose_db_version TO {role}; REVOKE CREATE ON SCHEMA public FROM PUBLIC"
    ))
    .unwrap();
    let brant = brant(&db)
        .env("GOOSE_MIGRATION_DIR", "migrations")
        .env("GOOSE_DBSTRING", format!("{}&role={role}", db.dbstring()));
    let output = brant.run(["up"]).expect_code(0);
    assert!(output.stderr.contains("going on without the journal"), "{}", output.stderr);
    assert_eq!(applied(&db), [1]);
    db.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).unwrap();
}
