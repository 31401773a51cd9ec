//! The server killed (SIGKILL) in the middle of `up`, and started again: the next `up` does the rest, and nothing of it is
//! lost or done twice.

#![allow(
    clippy::print_stderr,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures are printed; numbers are small"
)]

mod support;

use std::io::{BufRead as _, BufReader, Read as _};
use std::time::Duration;

use brant_testkit::{Engine, PrivateServer, ServerOptions, TestDatabase};
use support::{Dice, applied, brant, rounds, start_verbose_up, write_migrations};

const MIGRATIONS: usize = 300;
/// Two statements a migration, three in every third.
const STATEMENTS: usize = MIGRATIONS * 7 / 3;

/// Runs `up`, kills the server once brant has told of so many statements, and returns what brant said and its exit code.
fn up_with_a_kill(db: &TestDatabase, server: &PrivateServer, n: usize, then: Duration) -> (String, i32) {
    let mut child = start_verbose_up(db);
    let mut told = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    let mut left = n;
    while left > 0 && told.read_line(&mut line).unwrap() > 0 {
        left -= usize::from(line.contains("Executing statement"));
        line.clear();
    }
    std::thread::sleep(then);
    server.kill();
    let mut rest = String::new();
    told.read_to_string(&mut rest).unwrap();
    (rest, child.wait().unwrap().code().unwrap_or(-1))
}

fn kill_the_server(engine: Engine) {
    if !brant_testkit::engines().contains(&engine) {
        return;
    }
    let server = PrivateServer::start(engine, &ServerOptions { restarts: true, ..ServerOptions::default() });
    let undisturbed = TestDatabase::on(&server);
    write_migrations(&undisturbed, MIGRATIONS);
    brant(&undisturbed).env("GOOSE_MIGRATION_DIR", "migrations").run(["up"]).expect_code(0);

    let (mut dice, mut mid_run, all) = (Dice::new(), 0, rounds(20));
    for round in 0..all {
        let db = TestDatabase::on(&server);
        write_migrations(&db, MIGRATIONS);
        let brant = brant(&db).env("GOOSE_MIGRATION_DIR", "migrations");
        // Every other time on a database in use, where each migration has a transaction of its own.
        if round % 2 == 1 {
            brant.run(["up-to", "1"]).expect_code(0);
        }
        // The kill takes a moment: a run must not be over by then.
        let statement = 1 + (dice.roll() * (STATEMENTS * 7 / 10) as f64) as usize;
        let (told, code) =
            up_with_a_kill(&db, &server, statement, Duration::from_millis(2).mul_f64(dice.roll()));
        assert!(code == 0 || told.contains("state: "), "{code}: {told}");
        mid_run += usize::from(code != 0);

        let again = brant.run(["up"]);
        assert_eq!(again.code, 0, "after {told}\n{}{}", again.stdout, again.stderr);
        assert_eq!(applied(&db), (1..=MIGRATIONS as i64).collect::<Vec<_>>());
        assert_eq!(db.schema(), undisturbed.schema());
        assert_eq!(db.row_counts(), undisturbed.row_counts());
    }
    eprintln!("{engine}: {all} kills of the server, {mid_run} of them in the middle of a run");
    assert!(mid_run * 10 >= all * 8);
}

#[test]
fn heavy_kills_of_postgres_itself() {
    kill_the_server(Engine::Postgres);
}

#[test]
fn heavy_kills_of_mariadb_itself() {
    kill_the_server(Engine::MariaDb);
}
