//! What a run leaves half done is told to the statement, and the next run goes on from there.

mod support;

use brant_testkit::{Brant, Engine, TestDatabase, each_engine, each_of};
use support::{applied, brant};

const HEAD: &str = "-- +goose NO TRANSACTION\n-- +goose Up\n";
const ONE: &str = "CREATE TABLE one (id int);\n";
const TWO: &str = "CREATE TABLE two (id int);\n";

fn put(db: &TestDatabase, up: &str, down: &str) {
    db.write("migrations/1_half.sql", &format!("{HEAD}{up}-- +goose Down\n{down}"));
}

fn on(db: &TestDatabase) -> Brant {
    brant(db).env("GOOSE_MIGRATION_DIR", "migrations")
}

fn run(db: &TestDatabase, command: &str, code: i32) -> String {
    let args: Vec<&str> = command.split(' ').collect();
    on(db).run(args).expect_code(code).stderr
}

/// What `status` says is half done.
fn told(db: &TestDatabase) -> Vec<String> {
    let lines = run(db, "status", 0);
    let told = lines.lines().filter_map(|line| line.split_once("an earlier run left `1_half.sql` "));
    told.map(|(_, rest)| rest.to_owned()).collect()
}

fn rows(db: &TestDatabase, table: &str) -> String {
    db.column(&format!("SELECT count(*) FROM {table}")).remove(0)
}

#[test]
fn a_run_that_fails_again_takes_nothing_back() {
    each_engine(|db| {
        let half = "(up) half done: 2 of 4 statements are done; statement 3 failed; `brant up` goes on there";
        put(db, &format!("{ONE}{TWO}SELECT nosuch;\nSELECT 1;\n"), "");
        run(db, "up", 1);
        for _ in 0..2 {
            assert_eq!(told(db), [half], "{}", db.engine);
            let said = run(db, "up", 1);
            assert!(said.contains("1_half.sql: going on at statement 3 of 4: 1 and 2 were done"), "{said}");
        }
        // Only what is not done may be corrected.
        put(db, &format!("{ONE}{TWO}INSERT INTO one VALUES (1);\n"), "DROP TABLE two;\nSELECT nosuch;\n");
        run(db, "up", 0);
        assert!(told(db).is_empty(), "{}", db.engine);
        assert_eq!(rows(db, "one"), "1");

        let half =
            "(down) half done: 1 of 2 statements are done; statement 2 failed; `brant down` goes on there";
        run(db, "down", 1);
        run(db, "down", 1);
        assert_eq!(told(db), [half], "{}", db.engine);
        let refused = run(db, "-detailed-exit-codes up-to 1", 7);
        assert!(refused.contains("cannot go up"), "{refused}");
        put(db, ONE, "DROP TABLE two;\nDROP TABLE one;\n");
        run(db, "down", 0);
        assert!(told(db).is_empty() && applied(db).is_empty(), "{}", db.engine);
    });
}

/// Ten migrations, of which the fifth has a bad second statement; then it is corrected.
#[test]
fn ten_migrations_of_which_the_fifth_fails_are_carried_to_their_end() {
    each_engine(|db| {
        for head in ["", "-- +goose NO TRANSACTION\n"] {
            let db = db.another();
            let file = |i: usize, second: &str| {
                db.write(
                    &format!("migrations/{i:05}_m.sql"),
                    &format!(
                        "{head}-- +goose Up\nCREATE TABLE t{i} (id int);\n{second};\nINSERT INTO t{i} VALUES (2);\n-- +goose \
                         Down\nDROP TABLE t{i};\n"
                    ),
                );
            };
            for i in 1..=10 {
                file(
                    i,
                    &format!(
                        "INSERT INTO {} VALUES (1)",
                        if i == 5 { "nosuch".into() } else { format!("t{i}") }
                    ),
                );
            }
            let said = run(&db, "up", 1);
            assert_eq!(applied(&db), [1, 2, 3, 4]);
            let is_half_done = db.engine == Engine::MariaDb || !head.is_empty();
            let status = run(&db, "status", 0);
            assert_eq!(status.contains("half done: 1 of 3 statements are done"), is_half_done, "{status}");
            assert_eq!(said.contains("it goes on at statement 2"), is_half_done, "{said}");
            if is_half_done {
                for command in ["down", "reset", "redo"] {
                    let refused = run(&db, &format!("-detailed-exit-codes {command}"), 7);
                    assert!(
                        refused.contains("brant: cannot go down: an earlier run left `00005_m.sql`"),
                        "{refused}"
                    );
                    assert!(refused.contains("resume` to bring it to its end"), "{refused}");
                }
                assert_eq!(applied(&db), [1, 2, 3, 4]);
            }
            file(5, "INSERT INTO t5 VALUES (1)");
            let said = run(&db, "up", 0);
            let goes_on = "brant: 00005_m.sql: going on at statement 2 of 3: 1 was done by an earlier run";
            assert_eq!(said.contains(goes_on), is_half_done, "{said}");
            assert_eq!(applied(&db), (1..=10).collect::<Vec<_>>());
            assert!((1..=10).all(|i| rows(&db, &format!("t{i}")) == "2"), "{}", db.engine);
            run(&db, "reset", 0);
        }
    });
}

#[test]
fn a_changed_file_is_refused_unless_a_person_accepts_it() {
    each_engine(|db| {
        put(db, &format!("{ONE}{TWO}SELECT nosuch;\n"), "");
        run(db, "up", 1);
        // Neither blanks nor comments nor the case of words are a change.
        put(
            db,
            "-- first\ncreate  table one (id int);\nCREATE TABLE two (id bigint);\nINSERT INTO one VALUES (1);\n",
            "",
        );
        let refused = run(db, "-detailed-exit-codes up", 7);
        assert!(
            refused.contains("migrations/1_half.sql:5:1: statement 2 is not what an earlier run carried out"),
            "{refused}"
        );
        assert!(refused.contains("state: nothing was changed"), "{refused}");
        assert!(refused.contains("resume` with `--accept-changes`"), "{refused}");

        put(db, ONE, "");
        let refused = run(db, "-detailed-exit-codes resume --accept-changes", 7);
        assert!(refused.contains("carried out 2 statements, and now the file has 1"), "{refused}");
        if db.engine.transactional_ddl() {
            db.write("migrations/1_half.sql", &format!("-- +goose Up\n{ONE}{TWO}SELECT 1;\n"));
            let refused = run(db, "-detailed-exit-codes up", 7);
            assert!(refused.contains("outside of a transaction, and now the file has one"), "{refused}");
        }
        put(db, &format!("{ONE}CREATE TABLE two (id bigint);\nINSERT INTO one VALUES (1);\n"), "");
        run(db, "resume --accept-changes", 0);
        assert_eq!((rows(db, "one").as_str(), applied(db)), ("1", vec![1]));
        assert!(on(db).run(["resume"]).expect_code(0).stdout.contains("nothing is half done"));
    });
}

/// Settings live as long as their session: they are set again.
#[test]
fn what_a_session_was_set_to_is_set_again() {
    each_engine(|db| {
        let (set, used) = match db.engine {
            Engine::Sqlite => ("PRAGMA recursive_triggers = ON", "PRAGMA recursive_triggers"),
            Engine::Postgres => {
                ("SET work_mem = '3MB'", "SELECT 1 WHERE current_setting('work_mem') = '3MB'")
            }
            Engine::MariaDb => ("SET @n = 7", "SELECT @n"),
        };
        let make = match db.engine {
            Engine::Sqlite => {
                "CREATE TABLE used AS SELECT recursive_triggers AS n FROM pragma_recursive_triggers;\n"
            }
            Engine::Postgres => "CREATE TABLE used AS SELECT current_setting('work_mem') AS n;\n",
            Engine::MariaDb => "CREATE TABLE used AS SELECT @n AS n;\n",
        };
        put(db, &format!("{set};\n{ONE}SELECT nosuch;\n"), "");
        run(db, "up", 1);
        put(db, &format!("{set};\n{ONE}{used};\n{make}"), "");
        run(db, "up", 0);
        let wanted = match db.engine {
            Engine::Sqlite => "1",
            Engine::Postgres => "3MB",
            Engine::MariaDb => "7",
        };
        assert_eq!(db.column("SELECT n FROM used"), [wanted]);
    });
}

/// The journal as a killed process leaves it: it had sent statement 2, and did not live to hear the answer.
fn cut_off_at_second(db: &TestDatabase, statement: &str, is_done: bool) {
    put(db, &format!("{ONE}SELECT nosuch;\n"), "");
    run(db, "up", 1);
    put(db, &format!("{ONE}{statement}INSERT INTO one VALUES (3);\n"), "");
    // The journal must hold the hashes of this file.
    run(db, "-lock-wait 1s resume --statement-done=no", 0);
    db.sql("DELETE FROM goose_db_version WHERE version_id = 1; DELETE FROM one").unwrap();
    let last = db.column("SELECT max(id) FROM brant_journal").remove(0);
    db.sql(&format!("UPDATE brant_journal SET state = 'in_doubt', statements_done = 1 WHERE id = {last}"))
        .unwrap();
    if !is_done {
        db.sql("DROP TABLE IF EXISTS two").unwrap();
    }
}

#[test]
fn the_catalog_settles_whether_a_statement_was_carried_out() {
    each_engine(|db| {
        for (is_done, found) in [
            (true, "1_half.sql: table `two` exists: statement 2 was carried out"),
            (false, "1_half.sql: table `two` does not exist: statement 2 was not carried out"),
        ] {
            let db = db.another();
            cut_off_at_second(&db, TWO, is_done);
            assert!(
                told(&db)[0].contains("statement 2 may or may not have been carried out"),
                "{:?}",
                told(&db)
            );
            let said = run(&db, "up", 0);
            assert!(said.contains(found), "{said}");
            assert_eq!((rows(&db, "one").as_str(), rows(&db, "two").as_str()), ("1", "0"));
        }
    });
}

#[test]
fn what_nobody_can_know_needs_a_person() {
    each_engine(|db| {
        for (answer, want) in [("yes", "1"), ("no", "2")] {
            let db = db.another();
            cut_off_at_second(&db, "INSERT INTO one VALUES (2);\n", true);
            let refused = run(&db, "-detailed-exit-codes up", 7);
            assert!(
                refused.contains(
                    "1_half.sql:4:1: an earlier run ended at statement 2, and whether it was carried out cannot be found \
                     out, since the catalog does not tell which rows a statement has changed"
                ),
                "{refused}"
            );
            assert!(refused.contains("`--statement-done=yes` or `--statement-done=no`"), "{refused}");
            assert_eq!(rows(&db, "one"), "0");
            run(&db, &format!("resume --statement-done={answer}"), 0);
            assert_eq!((rows(&db, "one").as_str(), applied(&db)), (want, vec![1]));
        }
    });
}

#[test]
fn tables_that_cannot_be_rolled_back_need_a_person() {
    each_of(&[Engine::MariaDb], a_plain_table_needs_a_person);
}

fn a_plain_table_needs_a_person(db: &TestDatabase) {
    let table = "CREATE TABLE Plain (id int PRIMARY KEY) ENGINE=MyISAM;\n";
    db.write(
        "migrations/1_half.sql",
        &format!("-- +goose Up\n{table}INSERT INTO Plain VALUES (1), (2), (1);\n"),
    );
    run(db, "up", 1);
    assert_eq!(rows(db, "Plain"), "2");
    let refused = run(db, "-detailed-exit-codes up", 7);
    assert!(refused.contains("it failed, and part of what it does may be done"), "{refused}");
    run(db, "resume --statement-done=yes", 0);
    assert_eq!(rows(db, "Plain"), "2");
}

#[test]
fn several_commands_in_one_statement_need_a_person() {
    if !brant_testkit::engines().contains(&Engine::MariaDb) {
        return;
    }
    let db = brant_testkit::mariadb();
    put(&db, "CREATE TABLE one (id int); CREATE TABLE one (id int);\nSELECT 1;\n", "");
    let said = run(&db, "up", 1);
    assert!(said.contains("since it holds several commands, and those before the error are done"), "{said}");
    assert!(told(&db)[0].contains("statement 1 failed, and part of it may be done"));
    let refused = run(&db, "-detailed-exit-codes up", 7);
    assert!(refused.contains("it failed, and part of what it does may be done"), "{refused}");
    run(&db, "resume --statement-done=yes", 0);
    assert_eq!(applied(&db), [1]);
}

/// A unique index that is not unique: what is left of it is dropped, and it is made anew.
#[test]
fn a_dead_index_is_dropped_and_made_anew() {
    if !brant_testkit::engines().contains(&Engine::Postgres) {
        return;
    }
    let valid = |db: &TestDatabase| {
        db.column("SELECT indisvalid FROM pg_index WHERE indexrelid = 'one_id'::regclass").remove(0)
    };
    let index = "CREATE UNIQUE INDEX CONCURRENTLY one_id ON one (id);\n";
    for before in [ONE, ""] {
        let db = brant_testkit::postgres();
        if before.is_empty() {
            db.sql(ONE).unwrap();
        }
        put(&db, &format!("{before}INSERT INTO one VALUES (1), (1);\n{index}"), "");
        let said = run(&db, "up", 1);
        assert!(said.contains("left an invalid index `one_id`, which the next run drops"), "{said}");
        assert_eq!(valid(&db), "f");
        let dedup = "DELETE FROM one WHERE ctid <> (SELECT min(ctid) FROM one);\n";
        put(&db, &format!("{before}INSERT INTO one VALUES (1), (1);\n{dedup}{index}"), "");
        let said = run(&db, "up", 0);
        assert!(said.contains("an earlier run left an invalid index `one_id`: dropped it"), "{said}");
        assert_eq!((valid(&db).as_str(), rows(&db, "one").as_str()), ("t", "1"));
    }
    // The very first statement of a file leaves one too.
    let db = brant_testkit::postgres();
    db.sql("CREATE TABLE one (id int); INSERT INTO one VALUES (1), (1)").unwrap();
    put(&db, index, "");
    run(&db, "up", 1);
    assert!(told(&db)[0].contains("left something that cannot be used"), "{:?}", told(&db));
    db.sql("DELETE FROM one WHERE ctid = '(0,1)'").unwrap();
    assert!(run(&db, "up", 0).contains("dropped it"));
    assert_eq!(valid(&db), "t");
}

/// `IF NOT EXISTS` passes over a dead index: that is no success.
#[test]
fn if_not_exists_does_not_pass_over_a_dead_index() {
    if !brant_testkit::engines().contains(&Engine::Postgres) {
        return;
    }
    let db = brant_testkit::postgres();
    db.sql("CREATE TABLE one (id int); INSERT INTO one VALUES (1), (1)").unwrap();
    let index = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS one_id ON one (id)";
    db.sql(index).unwrap_err();
    put(&db, &format!("{index};\n"), "");
    run(&db, "up", 1);
    db.sql("DELETE FROM one WHERE ctid = '(0,1)'").unwrap();
    let said = run(&db, "up", 0);
    assert!(said.contains("an invalid index `one_id`: dropped it"), "{said}");
    assert_eq!(db.column("SELECT indisvalid FROM pg_index WHERE indexrelid = 'one_id'::regclass"), ["t"]);
}

#[test]
fn what_reindex_leaves_is_named() {
    if !brant_testkit::engines().contains(&Engine::Postgres) {
        return;
    }
    let db = brant_testkit::postgres();
    db.sql("CREATE TABLE one (id int); CREATE UNIQUE INDEX one_id ON one (id)").unwrap();
    // Rows that break the index can only be had behind its back.
    db.sql("UPDATE pg_index SET indisready = false, indislive = true WHERE indexrelid = 'one_id'::regclass")
        .unwrap();
    db.sql("INSERT INTO one VALUES (1), (1)").unwrap();
    db.sql("UPDATE pg_index SET indisready = true WHERE indexrelid = 'one_id'::regclass").unwrap();
    put(&db, "REINDEX INDEX CONCURRENTLY one_id;\n", "");
    let said = run(&db, "up", 1);
    assert!(said.contains("left an invalid index `one_id_ccnew`"), "{said}");
}

#[test]
fn a_file_that_ends_transactions_itself_goes_on_behind_what_it_committed() {
    each_engine(|db| {
        if db.engine == Engine::MariaDb {
            return;
        }
        let begun = "BEGIN;\nINSERT INTO one VALUES (1);\nCOMMIT;\n";
        put(
            db,
            &format!(
                "{ONE}{begun}INSERT INTO one VALUES (2);\nBEGIN;\nINSERT INTO one VALUES (9);\nSELECT nosuch;\n"
            ),
            "",
        );
        run(db, "up", 1);
        assert!(told(db)[0].contains("half done: 5 of 8"), "{:?}", told(db));
        put(
            db,
            &format!(
                "{ONE}{begun}INSERT INTO one VALUES (2);\nBEGIN;\nINSERT INTO one VALUES (3);\nCOMMIT;\n"
            ),
            "",
        );
        let said = run(db, "up", 0);
        assert!(said.contains("going on at statement 6 of 8"), "{said}");
        assert_eq!(db.column("SELECT id FROM one ORDER BY id"), ["1", "2", "3"]);
    });
}
