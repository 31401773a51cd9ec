//! Round trips, counted between brant and the server over all connections: far from the database they are what a run
//! costs. A turn is an answer followed by a new question.

mod support;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use brant_testkit::{Brant, Engine, Proxy, TestDatabase};
use support::write_migrations;

/// The turns of one command through a counting proxy, with the connection string that the command is given.
fn turns(db: &TestDatabase, work: impl FnOnce(&str)) -> usize {
    let proxy = Proxy::start(db.server().addr());
    work(&db.dbstring_through(proxy.addr()));
    // The goodbye is still under way when the client has ended.
    std::thread::sleep(Duration::from_millis(300));
    usize::try_from(proxy.turns()).unwrap()
}

/// Those of brant, without what depends on the machine: for each second that a run takes, it asks for its lock once.
fn brant(db: &TestDatabase, args: &[&str]) -> usize {
    let began = Instant::now();
    let turns = turns(db, |dbstring| {
        let brant = Brant::new(env!("CARGO_BIN_EXE_brant")).dir(db.dir());
        let driver = if db.engine == Engine::Postgres { "postgres" } else { "mysql" };
        let brant = brant.env("GOOSE_DRIVER", driver).env("GOOSE_DBSTRING", dbstring);
        brant.run(args).expect_code(0);
    });
    turns.saturating_sub(usize::try_from(began.elapsed().as_secs()).unwrap())
}

fn psql(db: &TestDatabase) -> usize {
    turns(db, |dbstring| {
        let psql = Command::new(db.server().program("psql"))
            .args(["-X", "-c", "select 1", dbstring])
            .stdout(Stdio::null())
            .status();
        assert!(psql.unwrap().success());
    })
}

#[test]
fn commands_cost_few_round_trips() {
    if !brant_testkit::engines().contains(&Engine::Postgres) {
        return;
    }
    const N: usize = 100;
    let fresh = brant_testkit::postgres();
    write_migrations(&fresh, N);
    let floor = psql(&fresh);

    let fresh_up = brant(&fresh, &["up"]);
    assert!(fresh_up <= 30, "fresh up of {N}: {fresh_up}");
    for command in ["status", "up", "version"] {
        let cost = brant(&fresh, &[command]);
        assert!(cost <= floor + 1, "{command}: {cost}, and `psql -c 'select 1'` needs {floor}");
    }

    let in_use = brant_testkit::postgres();
    write_migrations(&in_use, N + 1);
    brant(&in_use, &["up-to", "1"]);
    let up = brant(&in_use, &["up"]);
    assert!(up <= 2 * N + 16, "up of {N} on a database in use: {up}");
    let down = brant(&in_use, &["down-to", "1"]);
    assert!(down <= 2 * N + 16, "down of {N}: {down}");
}

/// One for each statement, which carries the note of the one before it. The first of a migration carries the record of
/// the one before, unless that ended in a transaction, which is committed with its record.
#[test]
fn what_cannot_be_rolled_back_costs_a_round_trip_for_each_statement() {
    if !brant_testkit::engines().contains(&Engine::MariaDb) {
        return;
    }
    const N: usize = 99;
    let db = brant_testkit::mariadb();
    write_migrations(&db, N);
    let (ups, with_rows, downs) = (N * 7 / 3, N / 3, N);
    let up = brant(&db, &["up"]);
    let least = ups + with_rows;
    assert!((least..=least + 12).contains(&up), "up of {ups} statements in {N} migrations: {up}");
    let down = brant(&db, &["down-to", "0"]);
    assert!((downs..=downs + 12).contains(&down), "down of {downs} statements in {N} migrations: {down}");
}
