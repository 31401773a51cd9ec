//! An application's own command line does what `brant` does, with the migrations that are linked in.

use brant_testkit::{Brant, Engine, TestDatabase, each_engine};

fn program(db: &TestDatabase) -> Brant {
    Brant::new(env!("CARGO_BIN_EXE_own-cli")).on(db)
}

fn applied(db: &TestDatabase) -> Vec<String> {
    db.column("SELECT version_id FROM goose_db_version WHERE version_id > 0 ORDER BY version_id")
}

/// The application's folder, as a newer release may have it.
fn write_newer_folder(db: &TestDatabase) {
    db.write(
        "migrations/00001_create_customers.sql",
        include_str!("../migrations/00001_create_customers.sql"),
    );
    db.write("migrations/00002_plain_phones.rs", include_str!("../migrations/00002_plain_phones.rs"));
    db.write("migrations/00004_add_email.sql", "-- +goose Up\nCREATE TABLE emails (email varchar(100));\n");
}

#[test]
fn nothing_but_the_program_is_needed() {
    each_engine(|db| {
        let program = program(db);
        program.run(["validate"]).expect_code(0);
        program.run(["status", "-detailed-exit-codes"]).expect_code(3);
        program.run(["up"]).expect_code(0);
        assert_eq!(applied(db), ["1", "2", "3"]);
        assert_eq!(db.column("SELECT phone FROM phones ORDER BY phone"), ["5550101234", "5550109876"]);
        program.run(["status", "-detailed-exit-codes"]).expect_code(0);
        program.run(["down"]).expect_code(0);
        program.run(["goto", "1"]).expect_code(0);
        assert_eq!(applied(db), ["1"]);
        program.run(["reset"]).expect_code(0);
        assert!(applied(db).is_empty() && db.row_counts().is_empty());
    });
}

#[test]
fn text_and_json_are_those_of_brant() {
    let db = brant_testkit::sqlite();
    let program = program(&db);
    let runs = [
        &["up-to", "2"][..],
        &["status"],
        &["-v", "validate"],
        &["down", "--format", "json"],
        &["up", "7"],
        &["create", "add_orders"],
        &["fix"],
    ];
    let told: Vec<String> =
        runs.iter().map(|args| format!("$ {}\n{}", args.join(" "), program.run(*args).redact())).collect();
    insta::with_settings!({filters => [(r#""duration_ms": [0-9.]+"#, r#""duration_ms": MS"#)]}, {
        insta::assert_snapshot!(told.join("\n"));
    });
}

#[test]
fn a_directory_may_be_newer_than_the_program() {
    each_engine(|db| {
        write_newer_folder(db);
        let program = program(db);
        program.run(["-dir", "migrations", "up"]).expect_code(0);
        assert_eq!(applied(db), ["1", "2", "4"], "SQL from the folder, Rust from the program");
        assert_eq!(db.column("SELECT phone FROM customers ORDER BY phone"), ["5550101234", "5550109876"]);
    });
}

#[test]
fn a_file_of_go_gets_its_body_and_keeps_its_name() {
    let db = brant_testkit::sqlite();
    write_newer_folder(&db);
    std::fs::rename(
        db.dir().join("migrations/00002_plain_phones.rs"),
        db.dir().join("migrations/00002_phones.go"),
    )
    .unwrap();
    let told = program(&db).env("GOOSE_MIGRATION_DIR", "migrations").run(["up"]).expect_code(0);
    assert!(told.stdout.contains("00002_phones.go"), "{}", told.stdout);
}

#[test]
fn code_that_is_not_linked_in_does_not_run() {
    let db = brant_testkit::sqlite();
    write_newer_folder(&db);
    db.write("migrations/00005_later.rs", "");
    let told = program(&db).run(["-dir", "migrations", "up"]).expect_code(1);
    assert!(
        told.stderr
            .contains("`migrations/00005_later.rs` is a Rust migration: this binary cannot run Rust code"),
        "{}",
        told.stderr
    );
    assert!(db.row_counts().is_empty(), "nothing ran");
}

#[test]
fn further_directories_stand_beside_what_is_linked_in() {
    let db = TestDatabase::fresh(Engine::Sqlite);
    db.write("plugins/00010_plugin.sql", "-- +goose Up\nCREATE TABLE plugin (id int);\n");
    program(&db).run(["-also", "plugins", "up"]).expect_code(0);
    assert_eq!(applied(&db), ["1", "2", "3", "10"]);
}
