//! Hooks that are plain SQL, from files and from the program.

mod support;

use std::sync::Arc;

use brant::{ErrorKind, SqlHooks};
use brant_testkit::each_engine;
use support::{Notes, Warnings, one, three, url, wait, with};

#[test]
fn set_local_holds_for_each_migration() {
    let db = brant_testkit::postgres();
    let look = |table: &str| format!("CREATE TABLE {table} AS SELECT current_setting('lock_timeout') AS it;");
    let migrations = one("1_a.sql", &look("a")).merge(one("2_b.sql", &look("b")));
    let hooks = SqlHooks::new()
        .before_each("SET LOCAL lock_timeout = '1234ms'")
        .after_each("CREATE TABLE IF NOT EXISTS c AS SELECT current_setting('lock_timeout') AS it");
    wait(with(migrations, hooks).build().up(&url(&db))).unwrap();
    assert_eq!(db.column("SELECT it FROM a UNION ALL SELECT it FROM b"), ["1234ms", "1234ms"]);
    assert_eq!(db.column("SELECT it FROM c"), ["0"], "it ends with the migration");
}

#[test]
fn sql_hooks_come_from_files() {
    each_engine(|db| {
        for (name, text) in [
            (
                "before_all.sql",
                "-- once\nCREATE TABLE log (what varchar(40));\nINSERT INTO log VALUES ('before all');\n",
            ),
            ("before_each.sql", "INSERT INTO log VALUES ('before each');\n"),
            ("after_each.sql", "INSERT INTO log VALUES ('after each'); -- and so on\n"),
            ("after_all.sql", "INSERT INTO log\n  VALUES ('after all')\n"),
        ] {
            db.write(&format!("hooks/{name}"), text);
        }
        let migrations = one("1_a.sql", "INSERT INTO log VALUES ('1');")
            .merge(one("2_b.sql", "INSERT INTO nowhere VALUES (1);"));
        let hooks = SqlHooks::from_dir(db.dir().join("hooks")).unwrap();
        wait(with(migrations, hooks).build().up(&url(db))).unwrap_err();
        let log = ["before all", "before each", "1", "after each", "after each", "after all"];
        assert_eq!(db.column("SELECT what FROM log"), log, "the second migration took its hook back");
    });
}

#[test]
fn a_failing_sql_hook_names_its_place() {
    let db = brant_testkit::postgres();
    db.sql("CREATE TABLE base (id int)").unwrap();
    let place = "statement 2 of 2 (`SELECT nothing FROM base;`) failed: ERROR: column \"nothing\" does not exist (SQLSTATE 42703)";
    let wrong = "SELECT 1;\n\nSELECT\n  nothing FROM base;\n";
    let run = |hooks: SqlHooks| {
        let notes = Notes::default();
        let migrator = with(three(), hooks).observer(Warnings(Arc::clone(&notes))).build();
        let result = wait(migrator.up_to(&url(&db), 1)).map(|_| ()).map_err(|error| error.to_string());
        (result, std::mem::take(&mut *notes.lock().unwrap()))
    };
    let (result, _) = run(SqlHooks::new().before_all(wrong));
    let words =
        format!("a hook did not let the run begin: before_all.sql:4:3: {place} (nothing was changed)");
    assert_eq!(result, Err(words));
    let (result, _) = run(SqlHooks::new().before_each(wrong));
    let words = format!(
        "a hook did not let `1_rows.sql` begin: before_each.sql:4:3: {place} (`1_rows.sql` was not begun; nothing of it is in the database)"
    );
    assert_eq!(result, Err(words));
    let (result, _) = run(SqlHooks::new().after_all("SELECT 'open"));
    assert!(result.unwrap_err().starts_with("a hook did not let the run begin: after_all.sql:1:8: "));
    let secret = "ALTER ROLE nobody PASSWORD 'geheim'";
    let (result, _) = run(SqlHooks::new().before_each(secret));
    assert!(result.as_ref().is_err_and(|error| error.contains("PASSWORD '***'")), "{result:?}");
    let (result, warnings) = run(SqlHooks::new().after_each(wrong).after_all(wrong));
    assert_eq!(result, Ok(()));
    let expected = [
        format!("a hook after `1_rows.sql` failed: after_each.sql:4:3: {place}"),
        format!("a hook after the run failed: after_all.sql:4:3: {place}"),
    ];
    assert_eq!(warnings, expected);
}

#[test]
fn hooks_are_looked_for_by_name() {
    let db = brant_testkit::sqlite();
    db.write("hooks/before_eech.sql", "SELECT 1;");
    let error = SqlHooks::from_dir(db.dir().join("hooks")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Source);
    assert!(error.to_string().contains("before_eech.sql: no hook has this name"), "{error}");
}

#[test]
fn a_transaction_that_a_hook_leaves_open_does_not_reach_the_next_migration() {
    each_engine(|db| {
        db.sql("CREATE TABLE base (id int)").unwrap();
        let hooks =
            SqlHooks::new().after_each("BEGIN;\nDELETE FROM base;\nINSERT INTO nowhere VALUES (1);\nCOMMIT;");
        let report = wait(with(three(), hooks).build().up(&url(db))).unwrap();
        assert_eq!(report.steps.len(), 3);
        assert_eq!(db.column("SELECT id FROM base ORDER BY id"), ["1", "2", "3"]);
    });
}
