//! What a migration leaves although a transaction, or brant, seems to have it in hand.

mod support;

use brant_testkit::{Engine, TestDatabase, each_engine, engines};
use support::{applied, brant};

fn run(db: &TestDatabase, command: &str, code: i32) -> String {
    let args: Vec<&str> = command.split(' ').collect();
    brant(db).env("GOOSE_MIGRATION_DIR", "migrations").run(args).expect_code(code).stderr
}

fn write(db: &TestDatabase, statements: &str) {
    db.write("migrations/1_a.sql", &format!("-- +goose Up\n{statements}"));
}

/// A fresh database of this engine, if it is tested.
fn fresh(engine: Engine) -> Option<TestDatabase> {
    engines().contains(&engine).then(|| TestDatabase::fresh(engine))
}

/// As dumps have it. LOCK TABLES keeps its session from the journal too, and any BEGIN would end it.
#[test]
fn a_file_that_locks_tables_is_followed_and_keeps_its_lock() {
    let Some(db) = fresh(Engine::MariaDb) else { return };
    let file = |last: &str| {
        write(
            &db,
            &format!(
                "CREATE TABLE t (id int PRIMARY KEY);\nCREATE TABLE u (id int);\nLOCK TABLES `t` WRITE;\n/*!40000 ALTER \
                 TABLE `t` DISABLE KEYS */;\nINSERT INTO t VALUES (1);\n{last};\nUNLOCK TABLES;\nINSERT INTO u VALUES (1);\n"
            ),
        );
    };
    file("INSERT INTO t VALUES (1)");
    let said = run(&db, "up", 1);
    assert!(said.contains("it goes on at statement 6"), "{said}");
    // Whoever only looks locks nothing.
    let mut reader = db.session();
    reader.run("BEGIN; SELECT id FROM t;");
    run(&db, "-timeout 20s plan", 0);
    reader.run("ROLLBACK;");
    // What is gone on with is locked anew: nothing else can be written.
    file("INSERT INTO u VALUES (2)");
    let said = run(&db, "up", 1);
    assert!(said.contains("Table 'u' was not locked with LOCK TABLES"), "{said}");
    file("INSERT INTO t VALUES (2)");
    run(&db, "up", 0);
    assert_eq!(
        (db.column("SELECT id FROM t"), db.column("SELECT id FROM u")),
        (["1", "2"].map(String::from).into(), vec!["1".to_owned()])
    );
    assert_eq!(applied(&db), [1]);
}

/// What a failed statement may have left in part is neither denied nor run again without a person's word.
#[test]
fn what_may_be_done_in_part_needs_a_person() {
    let of_mariadb = [
        ("DROP TABLE t, nosuch;\n", "it names several things"),
        (
            "CREATE PROCEDURE p() BEGIN INSERT INTO t VALUES (1); COMMIT; INSERT INTO t VALUES (1); END;\nCALL p();\n",
            "what it calls may have committed",
        ),
    ];
    let of_postgres = [(
        "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (1); COMMIT; INSERT INTO t VALUES (1); END \
         $$;\nCALL p();\n",
        "what it calls may have committed",
    )];
    let all = of_mariadb.map(|case| (Engine::MariaDb, case)).into_iter();
    for (engine, (failing, why)) in all.chain(of_postgres.map(|case| (Engine::Postgres, case))) {
        let Some(db) = fresh(engine) else { continue };
        db.sql("CREATE TABLE t (id int PRIMARY KEY)").unwrap();
        db.write(
            "migrations/1_a.sql",
            &format!("-- +goose NO TRANSACTION\n-- +goose Up\n{failing}SELECT 1;\n"),
        );
        let said = run(&db, "up", 1);
        assert!(said.contains(&format!("may be done in part, since {why}")), "{said}");
        assert!(said.contains("resume` with `--statement-done=no`"), "{said}");
        let status = run(&db, "status", 0);
        assert!(
            status.contains("say what is done: `brant resume --statement-done=yes` or `=no`"),
            "{status}"
        );
        let refused = run(&db, "-detailed-exit-codes up", 7);
        assert!(refused.contains("it failed, and part of what it does may be done"), "{refused}");
        run(&db, "resume --statement-done=yes", 0);
        assert_eq!(applied(&db), [1], "{failing}");
    }
    // What was never begun is no part.
    let Some(db) = fresh(Engine::Postgres) else { return };
    db.write(
        "migrations/1_a.sql",
        "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE t (id int);\nCALL nosuch();\n",
    );
    assert!(run(&db, "up", 1).contains("it goes on at statement 2"));
}

/// A rollback leaves rows in tables of MyISAM.
#[test]
fn rows_that_a_rollback_leaves_are_told() {
    let Some(db) = fresh(Engine::MariaDb) else { return };
    db.sql("CREATE TABLE kept (id int) ENGINE=MyISAM; CREATE TABLE gone (id int)").unwrap();
    let rows = "INSERT INTO gone VALUES (1);\nINSERT INTO kept VALUES (1);\nINSERT INTO nosuch VALUES (1);\n";
    write(&db, rows);
    let said = run(&db, "up", 1);
    assert!(
        said.contains("`1_a.sql` was rolled back, but for rows of tables that cannot be rolled back"),
        "{said}"
    );
    assert_eq!(db.row_counts()["kept"], 1);
    // It stays known, and waits for a person's word.
    let left = "`1_a.sql` (up) half done: it failed, and not all of it could be rolled back";
    let status = run(&db, "status", 0);
    assert!(status.contains(left) && status.contains("`brant resume --statement-done=no`"), "{status}");
    run(&db, "check", 7);
    for command in ["up", "plan", "resume", "resume --statement-done=yes"] {
        let refused = run(&db, &format!("-detailed-exit-codes {command}"), 7);
        assert!(
            refused.contains("1_a.sql: an earlier run of it failed, and not all of it could"),
            "{refused}"
        );
        assert!(refused.contains("with `--statement-done=no`; or finish it by hand"), "{refused}");
    }
    db.sql("DELETE FROM kept").unwrap();
    run(&db, "resume --statement-done=no", 1);
    assert_eq!(db.row_counts()["kept"], 1, "it began anew, and failed again");
    db.sql("DELETE FROM kept").unwrap();
    write(&db, "INSERT INTO kept VALUES (1);\n");
    run(&db, "resume --statement-done=no", 0);
    assert_eq!((applied(&db), run(&db, "check", 0).is_empty()), (vec![1], true));
    db.sql("DELETE FROM kept; DELETE FROM goose_db_version WHERE version_id = 1; DELETE FROM brant_journal")
        .unwrap();
    // The same behind a statement that commits.
    write(&db, &format!("CREATE TABLE t (id int);\n{rows}"));
    let said = run(&db, "up", 1);
    assert!(
        said.contains("undo by hand what was changed there from statement 2 on, correct statement 4"),
        "{said}"
    );
    run(&db, "-detailed-exit-codes up", 7);
    db.sql("DELETE FROM kept").unwrap();
    write(&db, &format!("CREATE TABLE t (id int);\n{}", rows.replace("nosuch", "t")));
    run(&db, "resume --statement-done=no", 0);
    assert_eq!([db.row_counts()["kept"], db.row_counts()["gone"], db.row_counts()["t"]], [1, 1, 1]);
}

/// With hooks each file has a transaction of its own, in which they run.
#[test]
fn rows_that_a_rollback_leaves_stay_known_with_hooks_too() {
    let Some(db) = fresh(Engine::MariaDb) else { return };
    db.sql("CREATE TABLE kept (id int) ENGINE=MyISAM").unwrap();
    db.write("hooks/before_each.sql", "SELECT 1;\n");
    write(&db, "INSERT INTO kept VALUES (1);\nINSERT INTO nosuch VALUES (1);\n");
    let said = run(&db, "up --hooks hooks", 1);
    assert!(said.contains("resume --hooks hooks` with `--statement-done=no`"), "{said}");
    run(&db, "check", 7);
    db.sql("DELETE FROM kept").unwrap();
    write(&db, "INSERT INTO kept VALUES (1);\n");
    run(&db, "resume --hooks hooks --statement-done=no", 0);
    assert_eq!((applied(&db), db.row_counts()["kept"]), (vec![1], 1));
}

/// Nor is the transaction of a file one, where a procedure ends it.
#[test]
fn what_a_procedure_has_committed_is_told() {
    let Some(db) = fresh(Engine::MariaDb) else { return };
    for (commit, told) in [
        ("COMMIT;", "`1_a.sql` was rolled back, but for what a procedure may have committed before"),
        ("", "`1_a.sql` was rolled back; it left nothing in the database"),
    ] {
        db.sql("DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY); DROP PROCEDURE IF EXISTS p")
            .unwrap();
        let body = format!(
            "CREATE PROCEDURE p()\nBEGIN\nINSERT INTO t VALUES (2); {commit}\nINSERT INTO t VALUES (2);\nEND"
        );
        db.write("p/1_p.sql", &format!("-- +goose NO TRANSACTION\n-- +goose Up\n-- +goose StatementBegin\n{body};\n-- +goose StatementEnd\n"));
        brant(&db).run(["-dir", "p", "-no-versioning", "up"]).expect_code(0);
        write(&db, "INSERT INTO t VALUES (1);\nCALL p();\n");
        let said = run(&db, "up", 1);
        assert!(said.contains(told), "{said}");
        assert_eq!(db.row_counts()["t"], if commit.is_empty() { 0 } else { 2 });
        run(&db, "check", if commit.is_empty() { 3 } else { 7 });
        if !commit.is_empty() {
            run(&db, "mark pending 1 --yes", 0);
        }
    }
}

/// A half-done file that gets another version is another migration: its statements would run twice.
#[test]
fn nothing_runs_while_what_is_half_done_has_no_file() {
    let Some(db) = fresh(Engine::Sqlite) else { return };
    let text = "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE IF NOT EXISTS t (id int);\nINSERT INTO t VALUES \
                (1);\nSELECT nosuch;\n";
    db.write("migrations/1_a.sql", text);
    run(&db, "up", 1);
    std::fs::rename(db.dir().join("migrations/1_a.sql"), db.dir().join("migrations/2_a.sql")).unwrap();
    for command in ["up", "resume", "up-to 2"] {
        let refused = run(&db, &format!("-detailed-exit-codes {command}"), 7);
        assert!(refused.contains("`1_a.sql` (up) half done: 2 of 3"), "{refused}");
        assert!(refused.contains("and no file has version 1"), "{refused}");
        assert!(refused.contains("`brant mark pending 1`"), "{refused}");
    }
    assert!(run(&db, "status", 0).contains("no file has its version: bring it back"));
    let repair = brant(&db).env("GOOSE_MIGRATION_DIR", "migrations").run(["repair"]).expect_code(0).stdout;
    assert!(repair.contains("bring its file back, under this version; or"), "{repair}");
    assert!(repair.contains("`brant mark applied 1 --without-file`"), "{repair}");
    assert_eq!(db.row_counts()["t"], 1);
    run(&db, "mark pending 1 --yes", 0);
    db.write("migrations/2_a.sql", &text.replace("SELECT nosuch", "SELECT 1"));
    run(&db, "up", 0);
    assert_eq!((applied(&db), db.row_counts()["t"]), (vec![2], 2));
}

/// What is half done is not applied, and it is not nothing: no command that takes all back says that all is well.
#[test]
fn nothing_is_said_to_be_gone_while_something_half_done_is_left() {
    each_engine(|db| {
        let text = "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE t (id int);\nSELECT nosuch;\n-- +goose Down\nDROP TABLE t;\n";
        db.write("migrations/1_a.sql", text);
        run(db, "up", 1);
        for command in ["reset", "down", "redo", "down-to 0", "goto 0", "plan reset", "reset --dry-run"] {
            let refused = run(db, &format!("-detailed-exit-codes {command}"), 7);
            assert!(
                refused.contains("cannot go down: an earlier run left `1_a.sql` (up) half done"),
                "{refused}"
            );
            assert!(
                refused.contains("undo by hand what is done and say so with `brant mark pending 1`"),
                "{refused}"
            );
        }
        db.sql("DROP TABLE t").unwrap();
        run(db, "mark pending 1 --yes", 0);
        run(db, "reset", 0);
        assert!(applied(db).is_empty());
    });
}

/// What is half reverted is still in the history, and it is not all there: no command that brings all up says that all
/// is well.
#[test]
fn nothing_is_said_to_be_up_to_date_while_something_is_half_reverted() {
    each_engine(|db| {
        let down = "DROP TABLE u;\nSELECT nosuch;\nDROP TABLE t;\n";
        let up =
            "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE t (id int);\nCREATE TABLE u (id int);\n";
        db.write("migrations/1_a.sql", &format!("{up}-- +goose Down\n{down}"));
        run(db, "up", 0);
        run(db, "down", 1);
        for command in ["up", "up-to 1", "goto 1", "plan", "up --dry-run"] {
            let refused = run(db, &format!("-detailed-exit-codes {command}"), 7);
            assert!(
                refused.contains("cannot go up: an earlier run left `1_a.sql` (down) half done"),
                "{refused}"
            );
            assert!(refused.contains("say so with `brant mark applied 1`"), "{refused}");
        }
        db.sql("CREATE TABLE u (id int)").unwrap();
        run(db, "mark applied 1 --yes", 0);
        run(db, "up", 0);
        assert_eq!(applied(db), [1]);
    });
}

/// Another tool finished what was half done and reverted it, which no history tells: nothing is passed over.
#[test]
fn what_is_gone_on_with_must_still_be_there() {
    each_engine(|db| {
        let file = |last: &str| {
            let text = "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE t (id int);\nCREATE TABLE u (id int);\nINSERT INTO t \
                        VALUES (1);\n";
            db.write("migrations/1_a.sql", &format!("{text}{last};\n"));
        };
        file("SELECT nosuch");
        run(db, "up", 1);
        db.sql("DROP TABLE t; DROP TABLE u").unwrap();
        for command in ["up", "resume"] {
            let refused = run(db, &format!("-detailed-exit-codes {command}"), 7);
            let told = "1_a.sql:4:1: statement 2 was done by an earlier run, and table `u` does not exist";
            assert!(refused.contains(told), "{refused}");
            assert!(refused.contains("`brant mark pending 1`"), "{refused}");
        }
        run(db, "mark pending 1 --yes", 0);
        file("INSERT INTO u VALUES (1)");
        run(db, "up", 0);
        assert_eq!((applied(db), db.row_counts()["t"], db.row_counts()["u"]), (vec![1], 1, 1));
    });
}

/// The journal may have to wait as any other table, for a backup for example.
#[test]
fn a_run_that_waits_for_its_journal_can_be_ended() {
    let Some(db) = fresh(Engine::MariaDb) else { return };
    write(&db, "CREATE TABLE t (id int);\n");
    run(&db, "up", 0);
    db.write("migrations/2_b.sql", "-- +goose Up\nCREATE TABLE u (id int);\n");
    let mut backup = db.session();
    backup.run("LOCK TABLES brant_journal READ;");
    let said = run(&db, "-timeout 1s up", 1);
    assert!(
        said.contains("timeout: the time given with -timeout is over: failed to begin the step"),
        "{said}"
    );
    backup.run("UNLOCK TABLES;");
    run(&db, "up", 0);
    assert_eq!(applied(&db), [1, 2]);
}

/// Who may not look at the accounts does not see the one that was made: that is no sign that it is gone.
#[test]
fn an_account_that_cannot_be_seen_is_not_missed() {
    let Some(db) = fresh(Engine::MariaDb) else { return };
    let name = db.name();
    db.sql(&format!(
        "CREATE USER {name} IDENTIFIED BY 'poor'; GRANT ALL ON {name}.* TO {name}; GRANT CREATE USER ON *.* TO {name}"
    ))
    .unwrap();
    let address = db.dbstring().split_once('@').map(|(_, address)| address.to_owned()).unwrap();
    let file = |last: &str| write(&db, &format!("CREATE USER {name}_b IDENTIFIED BY 'b';\n{last};\n"));
    let up = |code| {
        let dbstring = format!("{name}:poor@{address}");
        let poor = brant(&db).env("GOOSE_MIGRATION_DIR", "migrations").env("GOOSE_DBSTRING", &dbstring);
        poor.run(["up"]).expect_code(code)
    };
    file("SELECT nosuch");
    up(1);
    file("SELECT 1");
    let said = up(0).stderr;
    assert!(said.contains("going on at statement 2 of 2"), "{said}");
    db.sql(&format!("DROP USER {name}, {name}_b")).unwrap();
}
