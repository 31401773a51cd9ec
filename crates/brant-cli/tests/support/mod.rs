//! What the tests of the binary share.
#![allow(dead_code, reason = "each test file uses its part of this module")]
#![allow(
    clippy::print_stderr,
    clippy::cast_possible_truncation,
    reason = "seeds are printed; numbers are small"
)]

pub(crate) mod folder;
pub(crate) mod told;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use brant_testkit::{Brant, Engine, Signal, TestDatabase};

/// The binary under test on this database.
pub(crate) fn brant(db: &TestDatabase) -> Brant {
    Brant::new(env!("CARGO_BIN_EXE_brant")).on(db)
}

/// The repository's own folder of test material.
pub(crate) fn material(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests").join(path)
}

/// The rows of the history, oldest first, as goose's own query order gives them: `version`, `is_applied`.
pub(crate) fn history(db: &TestDatabase) -> Vec<(i64, bool)> {
    let rows = db.sql("SELECT version_id, is_applied FROM goose_db_version ORDER BY id").unwrap();
    rows.iter().map(|row| (row[0].parse().unwrap(), matches!(row[1].as_str(), "t" | "1"))).collect()
}

/// Applied versions without 0, oldest first.
pub(crate) fn applied(db: &TestDatabase) -> Vec<i64> {
    history(db).into_iter().filter(|(v, applied)| *v > 0 && *applied).map(|(v, _)| v).collect()
}

/// Writes `n` migrations of two or three statements each (a table, an index, every third a row) with their Down.
pub(crate) fn write_migrations(db: &TestDatabase, n: usize) {
    for i in 1..=n {
        let row = if i % 3 == 0 {
            format!("INSERT INTO t{i} (id, v) VALUES ({i}, 'a;b');\n")
        } else {
            String::new()
        };
        db.write(
            &format!("migrations/{i:05}_t{i}.sql"),
            &format!(
                "-- +goose Up\nCREATE TABLE t{i} (id int PRIMARY KEY, v varchar(20));\nCREATE INDEX t{i}_v ON t{i} \
                 (v);\n{row}-- +goose Down\nDROP TABLE t{i};\n"
            ),
        );
    }
}

/// All of a heavy test with `./test --soak`, a tenth of it otherwise.
pub(crate) fn rounds(all: usize) -> usize {
    if brant_testkit::is_soak() { all } else { all.div_ceil(10) }
}

/// Numbers that look random and come again with the same seed. The seed is printed, or taken from `BRANT_SEED`.
pub(crate) struct Dice(u64);

impl Dice {
    /// A new one.
    pub(crate) fn new() -> Self {
        let given = std::env::var("BRANT_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| {
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |now| now.as_nanos() as u64 | 1)
        });
        eprintln!("BRANT_SEED={seed}");
        Self(seed)
    }

    /// Between 0 and 1.
    pub(crate) fn roll(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// How long something takes.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

/// Starts `up` in verbose mode, with a pipe for what it tells.
pub(crate) fn start_verbose_up(db: &TestDatabase) -> Child {
    Command::new(env!("CARGO_BIN_EXE_brant"))
        .args([db.driver(), &db.dbstring(), "up", "-v", "-dir", "migrations"])
        .current_dir(db.dir())
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Runs `up` in verbose mode and kills it (SIGKILL) once it has told of so many statements.
pub(crate) fn kill_up_at_statement(db: &TestDatabase, n: usize, then: Duration) {
    signal_up_at_statement(db, n, then, Signal::Kill);
}

/// Runs `up` in verbose mode and signals it once it has told of so many statements; returns what it said after that on
/// stderr. Counting statements, not time, spreads the signals evenly over the run however busy the machine is.
pub(crate) fn signal_up_at_statement(db: &TestDatabase, n: usize, then: Duration, signal: Signal) -> String {
    let mut child = start_verbose_up(db);
    // The pipe must stay open until the child is dead: it would stop at a closed one.
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    told.by_ref().filter(|line| line.contains("Executing statement")).take(n).for_each(drop);
    std::thread::sleep(then);
    brant_testkit::signal(child.id(), signal);
    let rest: Vec<String> = told.collect();
    child.wait().unwrap();
    rest.join("\n")
}

/// A migration for PostgreSQL whose only statement takes some seconds and tells how far it is. Its first block takes so
/// long that it is seen.
pub(crate) fn write_slow_index(db: &TestDatabase, head: &str, concurrently: &str) {
    db.sql(
        "CREATE TABLE t (id int); INSERT INTO t SELECT generate_series(1, 4000); CREATE FUNCTION slow(i int) RETURNS int \
         IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(CASE i WHEN 1 THEN 1 ELSE 0.0015 END); RETURN i; END $$",
    )
    .unwrap();
    let text = format!("{head}-- +goose Up\nCREATE INDEX {concurrently}t_slow ON t (slow(id));\n");
    db.write("migrations/00001_slow.sql", &text);
}

/// SQL that makes a table `digits`, and a SELECT of the numbers below ten to that power: all that MySQL and MariaDB have in
/// common to count with.
pub(crate) fn numbers(power: usize) -> (&'static str, String) {
    let digits = "CREATE TABLE digits (n int); INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);";
    let terms: Vec<String> = (0..power).map(|i| format!("d{i}.n * {}", 10_u64.pow(i as u32))).collect();
    let tables: Vec<String> = (0..power).map(|i| format!("digits d{i}")).collect();
    (digits, format!("SELECT {} AS n FROM {}", terms.join(" + "), tables.join(" JOIN ")))
}

/// SQL for the processes that wait or work in the database now, other than this question.
pub(crate) fn running_statements(db: &TestDatabase, like: &str) -> usize {
    let sql = match db.engine {
        Engine::Postgres => format!(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND datname = \
             current_database() AND query LIKE '%{like}%'"
        ),
        _ => format!(
            "SELECT count(*) FROM information_schema.processlist WHERE id <> connection_id() AND db = \
             database() AND info LIKE '%{like}%'"
        ),
    };
    db.column(&sql)[0].parse().unwrap()
}
