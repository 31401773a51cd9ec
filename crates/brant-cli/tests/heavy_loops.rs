//! Twenty processes that go up and down on one database for as long as they may: no step is lost or done twice, no lock
//! is left behind, and history, journal and schema agree in the end.

#![allow(
    clippy::print_stderr,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures are printed; numbers are small"
)]

mod support;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use brant_testkit::{Brant, Engine, Output, TestDatabase};
use support::{Dice, applied, brant, write_migrations};

const PROCESSES: usize = 20;
const MIGRATIONS: usize = 9;
/// What they do; more of what applies than of what reverts.
const COMMANDS: &[&[&str]] = &[&["up"], &["up-by-one"], &["down"], &["redo"], &["status"], &["up"]];

/// A minute with `./test --soak`, a tenth of it otherwise.
fn length() -> Duration {
    Duration::from_secs(if brant_testkit::is_soak() { 60 } else { 6 })
}

/// What one process saw.
#[derive(Default)]
struct Tally {
    exits: BTreeMap<i32, usize>,
    applied: usize,
    reverted: usize,
}

impl Tally {
    fn add(&mut self, args: &[&str], output: &Output) {
        let Output { code, stdout, stderr, .. } = output;
        // The lock was held for too long, `status` found something pending, or there was nothing to do.
        let is_expected = match *code {
            0 | 6 => true,
            3 => args[0] == "status",
            _ => stderr.contains("nothing is pending") || stderr.contains("no current version found"),
        };
        assert!(is_expected, "{args:?}: {code}\n{stdout}{stderr}");
        *self.exits.entry(*code).or_default() += 1;
        if args[0] == "status" {
            return;
        }
        let lines = stdout.lines().filter(|line| line.starts_with("OK ")).count();
        match args[0] {
            "down" => self.reverted += lines,
            // The first line is that of the Down.
            "redo" => {
                self.reverted += lines / 2;
                self.applied += lines / 2;
            }
            _ => self.applied += lines,
        }
    }

    fn join(mut self, other: Tally) -> Tally {
        for (code, n) in other.exits {
            *self.exits.entry(code).or_default() += n;
        }
        self.applied += other.applied;
        self.reverted += other.reverted;
        self
    }
}

fn one_process(brant: &Brant, until: Instant, mut dice: Dice) -> Tally {
    let mut tally = Tally::default();
    while Instant::now() < until {
        let command = COMMANDS[(dice.roll() * COMMANDS.len() as f64) as usize];
        let args: Vec<&str> =
            command.iter().copied().chain(["--lock-wait", "1s", "--detailed-exit-codes"]).collect();
        tally.add(command, &brant.run(&args));
    }
    tally
}

fn loop_on(db: &TestDatabase, brant: &Brant) {
    write_migrations(db, MIGRATIONS);
    brant.run(["up"]).expect_code(0);
    let schema = db.schema();
    brant.run(["reset"]).expect_code(0);
    let until = Instant::now() + length();
    let tally = std::thread::scope(|scope| {
        let running: Vec<_> =
            (0..PROCESSES).map(|_| scope.spawn(|| one_process(brant, until, Dice::new()))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).fold(Tally::default(), Tally::join)
    });
    eprintln!(
        "{}: exits {:?}, {} applied, {} reverted",
        db.engine, tally.exits, tally.applied, tally.reverted
    );
    check(db, brant, &tally);
    assert_eq!(db.schema(), schema);
}

/// Afterwards all fits together.
fn check(db: &TestDatabase, brant: &Brant, tally: &Tally) {
    // One row of the history for each applied version, and none for the others.
    let versions = applied(db);
    assert_eq!(versions, (1..=versions.len() as i64).collect::<Vec<_>>());
    assert_eq!(tally.applied - tally.reverted, versions.len(), "told and recorded");
    // Nothing of it is half done, and each step stands in the journal: those told, and the first up and reset.
    assert_eq!(db.column("SELECT count(*) FROM brant_journal WHERE state <> 'done'"), ["0"]);
    let steps = |direction: &str| {
        let count = format!("SELECT count(*) FROM brant_journal WHERE direction = '{direction}'");
        db.column(&count)[0].parse::<usize>().unwrap()
    };
    assert_eq!((steps("up"), steps("down")), (tally.applied + MIGRATIONS, tally.reverted + MIGRATIONS));
    // Each migration went up and down in turns.
    for version in 1..=MIGRATIONS {
        let turns = format!("SELECT direction FROM brant_journal WHERE version_id = {version} ORDER BY id");
        let turns = db.column(&turns);
        let expected = ["up", "down"].iter().cycle();
        assert!(turns.iter().zip(expected).all(|(told, expected)| told == expected), "{turns:?}");
    }
    // Nobody holds the lock any more.
    brant.run(["up", "--lock-wait", "0s"]).expect_code(0);
    assert_eq!(applied(db).len(), MIGRATIONS);
}

fn loop_directly(engine: Engine) {
    if !brant_testkit::engines().contains(&engine) {
        return;
    }
    let db = TestDatabase::fresh(engine);
    loop_on(&db, &brant(&db).env("GOOSE_MIGRATION_DIR", "migrations"));
}

#[test]
fn heavy_loops_on_sqlite() {
    loop_directly(Engine::Sqlite);
}

#[test]
fn heavy_loops_on_postgres() {
    loop_directly(Engine::Postgres);
}

#[test]
fn heavy_loops_on_mariadb() {
    loop_directly(Engine::MariaDb);
}

#[test]
fn heavy_loops_through_a_pooler() {
    if !brant_testkit::engines().contains(&Engine::Postgres) {
        return;
    }
    let db = brant_testkit::postgres();
    let pooler = brant_testkit::pgbouncer(&db);
    let brant = brant(&db).env("GOOSE_DBSTRING", db.dbstring_through(pooler.addr()));
    loop_on(&db, &brant.env("GOOSE_MIGRATION_DIR", "migrations"));
}
