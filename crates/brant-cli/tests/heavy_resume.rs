//! SIGKILL anywhere in files that can't be rolled back and mix changes of the schema with changes of rows: the next `up`
//! goes on at the right statement. Afterwards schema and rows are those of an undisturbed run, so that nothing ran twice
//! and nothing was left out.

#![allow(
    clippy::print_stderr,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures are printed; numbers are small"
)]

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use brant_testkit::{Brant, Engine, TestDatabase, each_of};
use support::{Dice, applied, brant, kill_up_at_statement, rounds};

const FILES: usize = 6;
const STATEMENTS_A_FILE: usize = 11;
const STATEMENTS: usize = FILES * STATEMENTS_A_FILE;

const NO_TRANSACTION: &str = "-- +goose NO TRANSACTION\n";

/// Each statement that changes rows changes them again if it runs again; what stands in place of `CALL` may do anything.
fn write_files(db: &TestDatabase, head: &str) {
    let (concurrently, routine, call, down_index) = match db.engine {
        Engine::Postgres => (
            "CONCURRENTLY ",
            "CREATE FUNCTION f{i}() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "DO $$ BEGIN UPDATE t{i} SET n = n + 100; END $$",
            "DROP INDEX CONCURRENTLY t{i}_id",
        ),
        _ => (
            "",
            "CREATE PROCEDURE p{i}() UPDATE t{i} SET n = n + 100",
            "CALL p{i}()",
            "DROP INDEX t{i}_id ON t{i}",
        ),
    };
    for i in 1..=FILES {
        let text = format!(
            "{head}-- +goose Up\nCREATE TABLE t{{i}} (id int, n int DEFAULT 0);\n{routine};\nINSERT INTO t{{i}} (id) VALUES \
             (1), (2);\nCREATE INDEX {concurrently}t{{i}}_id ON t{{i}} (id);\nUPDATE t{{i}} SET n = n + 1;\nALTER TABLE t{{i}} \
             ADD COLUMN v int;\nINSERT INTO t{{i}} (id) SELECT id + 10 FROM t{{i}};\n{call};\n{down_index};\nCREATE INDEX \
             {concurrently}t{{i}}_n ON t{{i}} (n);\nUPDATE t{{i}} SET v = coalesce(v, 0) + id;\n"
        );
        db.write(&format!("migrations/{i:05}_m.sql"), &text.replace("{i}", &i.to_string()));
    }
}

fn rows(db: &TestDatabase) -> Vec<Vec<Vec<String>>> {
    (1..=FILES).map(|i| db.sql(&format!("SELECT id, n, v FROM t{i} ORDER BY id, n, v")).unwrap()).collect()
}

/// Looks where nobody else can know: whether the statement that adds a hundred is done. Returns the class it was of.
fn answer(db: &TestDatabase, brant: &Brant, refused: &str) -> &'static str {
    assert!(refused.contains("it may do anything"), "{refused}");
    let file = applied(db).len() + 1;
    let highest = db.column(&format!("SELECT max(n) FROM t{file}")).remove(0);
    let is_done = if highest.parse::<i64>().unwrap() >= 100 { "yes" } else { "no" };
    brant.run(["resume", "--statement-done", is_done]).expect_code(0);
    "CALL or DO"
}

fn kill_and_go_on(undisturbed: &TestDatabase, heads: &[&str], all: usize) {
    write_files(undisturbed, heads[0]);
    brant(undisturbed).env("GOOSE_MIGRATION_DIR", "migrations").run(["up"]).expect_code(0);
    let (schema, wanted) = (undisturbed.schema(), rows(undisturbed));

    let (mut dice, mut mid_run, mut half_done, mut settled) = (Dice::new(), [0_usize; 10], 0, 0);
    let mut persons: BTreeMap<&str, usize> = BTreeMap::new();
    let kills = rounds(all);
    for round in 0..kills {
        let db = undisturbed.another();
        write_files(&db, heads[round % heads.len()]);
        let brant = brant(&db).env("GOOSE_MIGRATION_DIR", "migrations");
        let statement = 1 + (dice.roll() * (STATEMENTS - 1) as f64) as usize;
        kill_up_at_statement(&db, statement, Duration::from_millis(3).mul_f64(dice.roll()));
        let recorded =
            db.sql("SELECT 1 FROM goose_db_version").map_or(0, |rows| rows.len().saturating_sub(1));
        if recorded < FILES {
            mid_run[(statement - 1) * 10 / STATEMENTS] += 1;
        }
        half_done += usize::from(brant.run(["status"]).expect_code(0).stderr.contains("half done"));

        let up = brant.run(["-detailed-exit-codes", "up"]);
        settled += usize::from(up.stderr.contains("carried out") && up.code == 0);
        if up.code == 7 {
            *persons.entry(answer(&db, &brant, &up.stderr)).or_default() += 1;
            brant.run(["up"]).expect_code(0);
        } else {
            assert_eq!(up.code, 0, "{}{}", up.stdout, up.stderr);
        }
        assert_eq!(applied(&db), (1..=FILES as i64).collect::<Vec<_>>());
        assert_eq!(rows(&db), wanted, "killed at {statement}: {}", up.stderr);
        assert_eq!(db.schema(), schema, "killed at {statement}: {}", up.stderr);
    }
    let in_run: usize = mid_run.iter().sum();
    eprintln!(
        "{}: {kills} kills, {in_run} mid-run, by tenths {mid_run:?}; {half_done} left a file half done, {settled} were \
         settled by the catalog, persons were needed for {persons:?}; statements run twice: 0",
        undisturbed.product()
    );
    assert!(in_run * 10 >= kills * 8, "at least 80 % of the kills must hit the run itself");
}

#[test]
fn heavy_kills_on_mariadb_and_mysql_are_gone_on_from() {
    each_of(&[Engine::MariaDb], |db| kill_and_go_on(db, &["", NO_TRANSACTION], 300));
}

#[test]
fn heavy_kills_on_postgres_without_transactions_are_gone_on_from() {
    each_of(&[Engine::Postgres], |db| kill_and_go_on(db, &[NO_TRANSACTION], 300));
}
