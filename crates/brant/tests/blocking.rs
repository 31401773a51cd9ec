//! The blocking front works outside of async code, and refuses inside of it.

use brant::{Direction, ErrorKind, Migrations, Migrator, Target, Url, blocking};
use tokio::runtime::Builder;

fn migrator() -> blocking::Migrator {
    let file =
        |n: i64| format!("-- +goose Up\nCREATE TABLE t{n} (id int);\n-- +goose Down\nDROP TABLE t{n};\n");
    let migrations = Migrations::new().sql("1_a.sql", file(1)).unwrap().sql("2_b.sql", file(2)).unwrap();
    Migrator::builder(migrations).user("a test").build().into()
}

fn database() -> (tempfile::TempDir, Url) {
    let dir = tempfile::tempdir().unwrap();
    let url = Url::parse(&format!("sqlite:{}/app.db", dir.path().display())).unwrap();
    (dir, url)
}

#[test]
fn every_operation_is_there() {
    let ((_dir, url), migrator) = (database(), migrator());
    migrator.ping(&url).unwrap();
    migrator.validate("sqlite").unwrap();
    assert_eq!(migrator.list_sources().len(), 2);
    assert!(migrator.has_pending(&url).unwrap());
    assert_eq!(migrator.plan(&url, Target::Latest).unwrap().steps.len(), 2);
    let steps = |report: brant::Report| report.steps.len();
    assert_eq!(steps(migrator.up_by_one(&url).unwrap()), 1);
    assert_eq!(steps(migrator.up_to(&url, 2).unwrap()), 1);
    assert_eq!(steps(migrator.up(&url).unwrap()), 0);
    assert_eq!(steps(migrator.redo(&url).unwrap()), 2);
    assert_eq!(steps(migrator.down(&url).unwrap()), 1);
    assert_eq!(steps(migrator.apply_version(&url, 2, Direction::Up).unwrap()), 1);
    assert_eq!(migrator.versions(&url).unwrap().current, 2);
    assert_eq!(migrator.status(&url).unwrap().len(), 2);
    assert!(matches!(migrator.compatibility(&url).unwrap(), brant::Compatibility::UpToDate));
    assert_eq!(steps(migrator.down_to(&url, 1).unwrap()), 1);
    assert_eq!(steps(migrator.reset(&url).unwrap()), 1);
    assert_eq!(steps(migrator.migrate(&url, Target::Latest).unwrap()), 2);
}

#[test]
fn inside_a_runtime_it_refuses() {
    for mut flavour in [Builder::new_current_thread(), Builder::new_multi_thread()] {
        let runtime = flavour.enable_all().build().unwrap();
        let ((_dir, url), migrator) = (database(), migrator());
        let refused = |result: Result<brant::Report, brant::Error>| {
            let error = result.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert_eq!(
                error.to_string(),
                "`brant::blocking::Migrator::up` was called inside a tokio runtime: await `brant::Migrator::up` instead"
            );
        };
        runtime.block_on(async { refused(migrator.up(&url)) });
        // Between tasks, on a thread that a runtime has entered.
        let entered = runtime.enter();
        refused(migrator.up(&url));
        drop(entered);
        assert_eq!(migrator.up(&url).unwrap().steps.len(), 2);
    }
}
