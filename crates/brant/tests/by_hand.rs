//! What a program asks of a history, and writes into it, without running anything.

mod support;

use brant::{FindingKind, Migrations, Migrator, OutOfOrder, blocking};
use brant_testkit::each_engine;
use support::{applied, url};

fn tables(versions: &[i64]) -> Migrations {
    let add = |migrations: Migrations, n: &i64| {
        let text = format!("-- +goose Up\nCREATE TABLE t{n} (id int);\n-- +goose Down\nDROP TABLE t{n};\n");
        migrations.sql(&format!("{n}_t.sql"), text).unwrap()
    };
    versions.iter().fold(Migrations::new(), add)
}

#[test]
fn a_database_is_adopted_and_checked() {
    each_engine(|db| {
        let url = url(db);
        let migrator = blocking::Migrator::new(tables(&[1, 2, 3]));
        db.sql("CREATE TABLE t1 (id int)").unwrap();
        assert_eq!(migrator.check(&url).unwrap().pending.len(), 3);
        let marks = migrator.baseline(&url, 1, "taken over").unwrap();
        assert_eq!(marks.iter().map(ToString::to_string).collect::<Vec<_>>(), ["1_t.sql: applied"]);
        migrator.up(&url).unwrap();
        assert!(migrator.check(&url).unwrap().is_empty());
        assert_eq!(db.column("SELECT reason FROM brant_journal WHERE state = 'marked'"), ["taken over"]);

        assert!(migrator.baseline(&url, 3, "").unwrap_err().to_string().contains("has a history"));
        migrator.mark_pending(&url, &[2], "").unwrap();
        assert_eq!(applied(db), [1, 3]);
        let kinds = |m: &blocking::Migrator| m.check(&url).unwrap().kinds().collect::<Vec<_>>();
        assert_eq!(kinds(&migrator), [FindingKind::OutOfOrder]);
        let lenient = Migrator::builder(tables(&[1, 2, 3])).out_of_order(OutOfOrder::Warn).build();
        assert_eq!(kinds(&lenient.into()), [FindingKind::Pending]);
        migrator.mark_applied(&url, &[2], "").unwrap();
        assert_eq!(applied(db), [1, 3, 2]);
        assert!(
            migrator.mark_applied(&url, &[9], "").unwrap_err().to_string().contains("version 9 has no file")
        );
    });
}
