//! SIGKILL (and SIGTERM) in the middle of `up`: nothing is lost, nothing is done twice, and where a step can't be
//! rolled back its state is told to the statement.

#![allow(
    clippy::print_stderr,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures are printed; numbers are small"
)]

mod support;

use std::time::Duration;

use brant_testkit::{Engine, Signal, TestDatabase, each_of};
use support::{
    Dice, applied, brant, kill_up_at_statement, rounds, running_statements, signal_up_at_statement,
    write_migrations,
};

const MIGRATIONS: usize = 120;
/// Two statements a migration, three in every third.
const STATEMENTS: usize = MIGRATIONS * 7 / 3;

/// Where in the run the process died.
#[derive(Default)]
struct Histogram {
    before_first: usize,
    /// By tenths of the migrations recorded at the moment of death.
    mid_run: [usize; 10],
    after_last: usize,
}

impl Histogram {
    fn add(&mut self, began: bool, recorded: usize) {
        match recorded {
            0 if !began => self.before_first += 1,
            n if n >= MIGRATIONS => self.after_last += 1,
            n => self.mid_run[n * 10 / MIGRATIONS] += 1,
        }
    }

    fn print_and_check(&self, engine: Engine) {
        let mid: usize = self.mid_run.iter().sum();
        let all = mid + self.before_first + self.after_last;
        eprintln!(
            "{engine}: {all} kills: {} before the first statement, mid-run by tenths {:?}, {} after the last commit",
            self.before_first, self.mid_run, self.after_last
        );
        assert!(mid * 10 >= all * 8, "at least 80 % of the kills must hit the run itself");
    }
}

/// How many migrations are recorded; `None` without a history table.
fn recorded(db: &TestDatabase) -> Option<usize> {
    db.sql("SELECT 1 FROM goose_db_version").ok().map(|rows| rows.len().saturating_sub(1))
}

fn kill_and_go_on(engine: Engine, all: usize) {
    if !brant_testkit::engines().contains(&engine) {
        return;
    }
    let undisturbed = TestDatabase::fresh(engine);
    write_migrations(&undisturbed, MIGRATIONS);
    brant(&undisturbed).env("GOOSE_MIGRATION_DIR", "migrations").run(["up"]).expect_code(0);
    let schema = undisturbed.schema();

    let (mut dice, mut histogram) = (Dice::new(), Histogram::default());
    for round in 0..rounds(all) {
        let db = TestDatabase::fresh(engine);
        write_migrations(&db, MIGRATIONS);
        let brant = brant(&db).env("GOOSE_MIGRATION_DIR", "migrations");
        // Every other time on a database in use, where each migration has a transaction of its own.
        if round % 2 == 1 {
            brant.run(["up-to", "1"]).expect_code(0);
        }
        let statement = 1 + (dice.roll() * (STATEMENTS - 10) as f64) as usize;
        kill_up_at_statement(&db, statement, Duration::from_millis(2).mul_f64(dice.roll()));
        let found = recorded(&db);
        histogram.add(found.is_some(), found.unwrap_or(0));

        brant.run(["up"]).expect_code(0);
        assert_eq!(applied(&db), (1..=MIGRATIONS as i64).collect::<Vec<_>>());
        assert_eq!(db.schema(), schema);
        assert_eq!(db.row_counts(), undisturbed.row_counts());
    }
    histogram.print_and_check(engine);
}

#[test]
fn heavy_kills_on_sqlite_leave_nothing_half_done() {
    kill_and_go_on(Engine::Sqlite, 200);
}

#[test]
fn heavy_kills_on_postgres_leave_nothing_half_done() {
    kill_and_go_on(Engine::Postgres, 200);
}

const FILES: usize = 5;
const TABLES_A_FILE: usize = 40;

fn write_wide_files(db: &TestDatabase) {
    for file in 1..=FILES {
        let tables = (1..=TABLES_A_FILE).map(|i| format!("CREATE TABLE m{file}_{i:02} (id int);\n"));
        db.write(
            &format!("migrations/{file:05}_m.sql"),
            &format!("-- +goose Up\n{}", tables.collect::<String>()),
        );
    }
}

/// On MariaDB a step can be left half done. Then `status` says how far it came: the statements that it calls done are
/// in the database, and of the others at most the one that it calls doubtful.
#[test]
fn heavy_kills_on_mariadb_and_mysql_are_told_to_the_statement() {
    each_of(&[Engine::MariaDb], kill_in_wide_files);
}

fn kill_in_wide_files(fresh: &TestDatabase) {
    let mut dice = Dice::new();
    let (mut mid_run, mut doubtful, all) = (0, 0, rounds(200));
    for _ in 0..all {
        let db = fresh.another();
        write_wide_files(&db);
        let statement = 1 + (dice.roll() * (FILES * TABLES_A_FILE - 5) as f64) as usize;
        kill_up_at_statement(&db, statement, Duration::from_millis(1).mul_f64(dice.roll()));
        // The server may still be busy with the last statement.
        while running_statements(&db, "CREATE TABLE") > 0 {
            std::thread::sleep(Duration::from_millis(20));
        }
        let made = db.schema().matches("CREATE TABLE `m").count();
        let recorded = recorded(&db).unwrap_or(0);
        let beyond = made - recorded * TABLES_A_FILE;
        let status = brant(&db).env("GOOSE_MIGRATION_DIR", "migrations").run(["status"]).expect_code(0);
        let done = told(&status.stderr);
        match done {
            Some(done) => assert!((done..=done + 1).contains(&beyond), "{beyond} beyond: {}", status.stderr),
            None => assert_eq!(beyond, 0, "{}", status.stderr),
        }
        mid_run += usize::from(done.is_some() || (1..FILES).contains(&recorded));
        doubtful += usize::from(done.is_some_and(|done| beyond == done + 1));
    }
    eprintln!(
        "{}: {all} kills, {mid_run} mid-run; the statement in doubt was carried out {doubtful} times",
        fresh.product()
    );
    assert!(mid_run * 10 >= all * 8);
}

/// SIGTERM instead: the run still has its connection, so it knows how far it came, and says so twice.
#[test]
fn heavy_stops_on_mariadb_and_mysql_are_told_to_the_statement() {
    each_of(&[Engine::MariaDb], stop_in_wide_files);
}

fn stop_in_wide_files(fresh: &TestDatabase) {
    let mut dice = Dice::new();
    let (mut mid_step, all) = (0, rounds(200));
    for _ in 0..all {
        let db = fresh.another();
        write_wide_files(&db);
        let statement = 1 + (dice.roll() * (FILES * TABLES_A_FILE - 5) as f64) as usize;
        let then = Duration::from_millis(1).mul_f64(dice.roll());
        let said = signal_up_at_statement(&db, statement, then, Signal::Term);
        let made = db.schema().matches("CREATE TABLE `m").count();
        let beyond = made - recorded(&db).unwrap_or(0) * TABLES_A_FILE;
        let status = brant(&db).run(["-dir", "migrations", "status"]).expect_code(0);
        assert_eq!(told(&status.stderr).unwrap_or(0), beyond, "{said}\n{}", status.stderr);
        let state = format!("state: {beyond} of {TABLES_A_FILE} statements of");
        assert!(beyond == 0 || said.contains(&state), "{said}");
        mid_step += usize::from(beyond > 0);
    }
    eprintln!("{}: {all} stops, {mid_step} within a migration", fresh.product());
    assert!(mid_step * 4 >= all, "at least a quarter of the signals must hit a migration");
}

/// The number of statements that `status` calls done: `… half done: 7 of 40 statements are done; …`
fn told(text: &str) -> Option<usize> {
    let (_, rest) = text.split_once("half done: ")?;
    rest.split_once(' ')?.0.parse().ok()
}
