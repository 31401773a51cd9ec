//! What is pending below the highest applied version, and what a migration must say of itself.

mod support;

use brant::{Context, ErrorKind, Migrations, Migrator, OutOfOrder, Result, RustMigration, blocking};
use brant_testkit::each_engine;
use support::{applied, url};

fn tables(versions: &[i64]) -> Migrations {
    let add = |migrations: Migrations, n: &i64| {
        let text = format!("-- +goose Up\nCREATE TABLE t{n} (id int);\n-- +goose Down\nDROP TABLE t{n};\n");
        migrations.sql(&format!("{n}_t.sql"), text).unwrap()
    };
    versions.iter().fold(Migrations::new(), add)
}

fn up(_: &mut Context<'_>) -> std::future::Ready<Result<()>> {
    std::future::ready(Ok(()))
}

#[test]
fn what_came_late_is_refused_unless_it_is_allowed() {
    each_engine(|db| {
        let url = url(db);
        blocking::Migrator::new(tables(&[1, 2, 4])).up(&url).unwrap();

        let error = blocking::Migrator::new(tables(&[1, 2, 3, 4])).up(&url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Plan, "{error:?}");
        assert!(error.to_string().contains('3'), "{error}");
        assert_eq!(applied(db), [1, 2, 4]);

        let allowed = Migrator::builder(tables(&[1, 2, 3, 4])).out_of_order(OutOfOrder::Apply).build();
        let report = blocking::Migrator::from(allowed).up(&url).unwrap();
        assert_eq!(report.steps.len(), 1);
        assert_eq!(applied(db), [1, 2, 4, 3], "each version once, in the order in which they were applied");
    });
}

#[test]
fn a_migration_without_a_way_back_says_so() {
    let refused = |code| Migrations::new().rust(code).unwrap_err().to_string();
    let new = || RustMigration::new(7, "seed");
    assert_eq!(refused(new()), "migration 7 `seed`: it has no `up`");
    assert_eq!(
        refused(new().up(up)),
        "migration 7 `seed`: it has no `down`: give it one, or say that it is `irreversible()`"
    );
    assert_eq!(
        refused(new().up(up).down(up).irreversible()),
        "migration 7 `seed`: it has a `down`, and says that it is irreversible"
    );
    assert_eq!(refused(RustMigration::new(0, "seed").up(up)), "migration 0 `seed`: a version is at least 1");
}

#[test]
fn what_has_no_way_back_is_not_reverted() {
    let db = brant_testkit::sqlite();
    let url = url(&db);
    let migrations = || tables(&[1]).rust(RustMigration::new(2, "seed").up(up).irreversible()).unwrap();
    let migrator = blocking::Migrator::new(migrations());
    migrator.up(&url).unwrap();
    assert_eq!(migrator.down(&url).unwrap_err().kind(), ErrorKind::Plan);
    assert_eq!(applied(&db), [1, 2]);

    let allowed = Migrator::builder(migrations()).allow_irreversible(true).build();
    blocking::Migrator::from(allowed).down(&url).unwrap();
    assert_eq!(applied(&db), [1]);
}
