//! A program goes on with what an earlier run of it left half done.

mod support;

use brant::{Answers, ErrorKind, Migrations, blocking};
use brant_testkit::each_engine;
use support::{applied, url};

/// A file without a transaction, whose second statement is this.
fn migrator(second: &str) -> blocking::Migrator {
    let text = format!(
        "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE a (id int);\n{second};\n-- +goose Down\nDROP TABLE a;\n"
    );
    blocking::Migrator::new(Migrations::new().sql("1_a.sql", text).unwrap())
}

#[test]
fn a_corrected_program_goes_on_where_the_last_one_failed() {
    each_engine(|db| {
        let url = url(db);
        let failed = migrator("INSERT INTO nosuch VALUES (1)").up(&url).unwrap_err();
        assert!(failed.next_step().unwrap().ends_with("it goes on at statement 2"), "{failed:?}");
        migrator("INSERT INTO a VALUES (7)").up(&url).unwrap();
        assert_eq!((applied(db), db.column("SELECT id FROM a")), (vec![1], vec!["7".to_owned()]));
    });
}

#[test]
fn a_person_answers_what_nobody_can_find_out() {
    each_engine(|db| {
        let url = url(db);
        migrator("INSERT INTO nosuch VALUES (1)").up(&url).unwrap_err();
        // As a process leaves it that died while its statement ran.
        db.sql("UPDATE brant_journal SET state = 'in_doubt'").unwrap();
        let (migrator, done) = (migrator("INSERT INTO nosuch VALUES (1)"), Some(true));
        let refused = migrator.up(&url).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Plan);
        assert!(refused.to_string().contains("whether it was carried out cannot be found out"), "{refused}");
        assert!(refused.next_step().unwrap().contains("Migrator::resume"), "{refused:?}");
        migrator.resume(&url, Answers { statement_done: done, ..Answers::default() }).unwrap();
        assert_eq!(applied(db), [1]);
    });
}
