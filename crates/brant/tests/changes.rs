//! Migrations that were edited after they were applied, or are gone, where the sources are no files.

mod support;

use brant::{ErrorKind, FindingKind, Migrations, Migrator, blocking};
use brant_testkit::each_engine;
use support::{applied, url};

const TABLE: &str = "-- +goose Up\nCREATE TABLE t (id int);\n-- +goose Down\nDROP TABLE t;\n";

fn holding(texts: &[(&str, &str)]) -> Migrations {
    texts.iter().fold(Migrations::new(), |all, (name, text)| all.sql(name, (*text).to_owned()).unwrap())
}

#[test]
fn edits_are_told_and_refused_where_that_is_asked_for() {
    each_engine(|db| {
        let url = url(db);
        blocking::Migrator::new(holding(&[("1_t.sql", TABLE)])).up(&url).unwrap();

        let rewritten = format!("-- a table\n{}", TABLE.to_lowercase());
        let cosmetic = blocking::Migrator::new(holding(&[("1_renamed.sql", &rewritten)]));
        assert_eq!(cosmetic.changes(&url).unwrap(), [], "{}", db.engine);

        let edited = TABLE.replace("id int", "id bigint");
        let more = "-- +goose Up\nCREATE TABLE more (id int);\n";
        let edited = || holding(&[("1_t.sql", &edited), ("2_more.sql", more)]);
        let migrator = blocking::Migrator::new(edited());
        let changes = migrator.changes(&url).unwrap();
        assert!(changes[0].to_string().starts_with("`1_t.sql` was edited after it was applied on 20"));
        let findings = migrator.check(&url).unwrap();
        assert_eq!(findings.count(FindingKind::Changed), 1, "{}", db.engine);

        let strict = blocking::Migrator::from(Migrator::builder(edited()).strict(true).build());
        let error = strict.up(&url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Plan, "{error}");
        assert_eq!(applied(db), [1], "{}", db.engine);
        migrator.up(&url).unwrap();
        assert_eq!(applied(db), [1, 2], "{}", db.engine);
    });
}

#[test]
fn an_older_program_takes_back_what_a_newer_one_applied() {
    each_engine(|db| {
        let url = url(db);
        let second = "-- +goose Up\nCREATE TABLE later (id int);\n-- +goose Down\nDROP TABLE later;\n";
        blocking::Migrator::new(holding(&[("1_t.sql", TABLE), ("2_later.sql", second)])).up(&url).unwrap();

        let older = blocking::Migrator::new(holding(&[("1_t.sql", TABLE)]));
        assert_eq!(older.up(&url).unwrap().steps, []);
        let report = older.down_to(&url, 1).unwrap();
        assert_eq!(report.steps[0].migration.file_name(), "2_later.sql");
        assert_eq!(applied(db), [1], "{}", db.engine);
        assert!(db.sql("SELECT id FROM later").is_err(), "{}", db.engine);
    });
}
