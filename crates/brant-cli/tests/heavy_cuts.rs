//! The connection cut after so many bytes, at places spread over the whole session: what brant then says of the state
//! is true, as the database's own client sees it, and the next `up` does the rest.

#![allow(
    clippy::print_stderr,
    clippy::cast_possible_truncation,
    reason = "figures are printed; numbers are small"
)]

mod support;

use std::collections::BTreeMap;

use brant_testkit::proxy::{Cut, ProxyOptions};
use brant_testkit::{Engine, Output, Proxy, TestDatabase};
use support::{applied, brant, rounds, running_statements};

const FILES: i64 = 6;

/// Tables and rows, in each file `s{file}_1`, `s{file}_2`, …: one for each statement. The fourth statement writes a
/// row into the third's table.
fn write_files(db: &TestDatabase) {
    for file in 1..=FILES {
        db.write(
            &format!("migrations/{file:05}_m.sql"),
            &format!(
                "-- +goose Up\nCREATE TABLE s{file}_1 (id int);\nCREATE TABLE s{file}_2 (id int);\nCREATE TABLE s{file}_3 \
                 (id int);\nINSERT INTO s{file}_3 VALUES (4);\nCREATE TABLE s{file}_5 (id int);\n"
            ),
        );
    }
}

/// How many statements of a file are done; they are done in order.
fn statements_done(db: &TestDatabase, file: i64) -> usize {
    let rows = db.row_counts();
    let done = |statement: usize| match statement {
        4 => rows.get(&format!("s{file}_3")) == Some(&1),
        n => rows.contains_key(&format!("s{file}_{n}")),
    };
    let n = (1..=5).take_while(|n| done(*n)).count();
    assert!((n + 1..=5).all(|n| !done(n)), "{rows:?}");
    n
}

/// A run through a proxy that cuts, and how many bytes the client sent in a run that was not cut.
fn cut_run(db: &TestDatabase, cut: Option<Cut>) -> (Output, bool) {
    let proxy = Proxy::with(db.server().addr(), ProxyOptions { cut, ..ProxyOptions::default() });
    let brant = brant(db).env("GOOSE_DBSTRING", db.dbstring_through(proxy.addr()));
    let output = brant.env("GOOSE_MIGRATION_DIR", "migrations").run(["up"]);
    (output, proxy.was_cut())
}

/// The most bytes after which a cut still happens, by halving.
fn session_length(engine: Engine, cut: fn(u64) -> Cut) -> u64 {
    let (mut low, mut high) = (64, 1 << 17);
    while high - low > 64 {
        let middle = u64::midpoint(low, high);
        let db = TestDatabase::fresh(engine);
        write_files(&db);
        if cut_run(&db, Some(cut(middle))).1 { low = middle } else { high = middle }
    }
    low
}

/// What the output says, against what is there; `before` migrations were applied before the run.
fn check_told(db: &TestDatabase, before: usize, output: &Output) -> &'static str {
    let text = &output.stderr;
    let told = format!("{}{text}", output.stdout);
    let recorded = db.sql("SELECT 1 FROM goose_db_version").map_or_else(|_| Vec::new(), |_| applied(db));
    for file in 1..=FILES {
        let ok = output.stdout.contains(&format!("OK   {file:05}_m.sql"));
        assert!(!ok || recorded.contains(&file), "told done, not recorded\n{told}");
        if recorded.contains(&file) {
            assert_eq!(statements_done(db, file), 5, "recorded, not done\n{told}");
        }
    }
    let failing = recorded.len() as i64 + 1;
    let done = if failing > FILES { 0 } else { statements_done(db, failing) };
    if output.code == 0 {
        assert_eq!(recorded.len() as i64, FILES, "{told}");
        return "finished";
    }
    assert!(text.contains("state: ") || text.contains("warning"), "{told}");
    let name = format!("`{failing:05}_m.sql`");
    if text.contains("nothing was changed") {
        assert_eq!((recorded.len(), done), (before, 0), "{told}");
        "nothing changed"
    } else if text.contains("no migration was begun") {
        assert_eq!((recorded.len(), done), (before, 0), "{told}");
        "own tables"
    } else if text.contains("is either wholly in the database")
        || text.contains("whether the migration was recorded")
    {
        "in doubt"
    } else if text.contains("is done and recorded as applied") {
        assert!(text.contains(&format!("`{:05}_m.sql` is done and recorded", failing - 1)), "{told}");
        "recorded"
    } else if text.contains("was rolled back; it left nothing") {
        assert_eq!(done, 0, "{told}");
        "rolled back"
    } else if let Some(n) = told_done(text) {
        assert!(text.contains(&name), "{told}");
        let doubt = text.contains("was carried out is not known");
        assert!(done == n || (doubt && done == n + 1), "{done} are done\n{told}");
        if doubt { "one statement in doubt" } else { "partly done" }
    } else {
        assert!(text.contains("done and recorded, the rest untouched"), "{told}");
        assert_eq!(done, 0, "{told}");
        "between migrations"
    }
}

/// The number of statements that the state calls done.
fn told_done(text: &str) -> Option<usize> {
    let state = text.lines().find_map(|line| line.strip_prefix("state: "))?;
    match state.split(' ').next()? {
        "no" => Some(0),
        number => number.parse().ok().filter(|_| state.contains("statements of")),
    }
}

fn cut_everywhere(engine: Engine) {
    if !brant_testkit::engines().contains(&engine) {
        return;
    }
    let mut histogram: BTreeMap<&str, usize> = BTreeMap::new();
    let ways: [fn(u64) -> Cut; 2] = [Cut::AfterClientBytes, Cut::AfterServerBytes];
    for way in ways {
        let length = session_length(engine, way);
        let n = rounds(100).div_ceil(2) as u64;
        for round in 0..n {
            let db = TestDatabase::fresh(engine);
            write_files(&db);
            // Every other time on a database in use, where each migration has a transaction of its own.
            let before = usize::from(round % 2 == 1);
            if before == 1 {
                let _ =
                    brant(&db).env("GOOSE_MIGRATION_DIR", "migrations").run(["up-to", "1"]).expect_code(0);
            }
            let (output, _) = cut_run(&db, Some(way(1 + length * round / n)));
            while running_statements(&db, "CREATE TABLE") > 0 {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            *histogram.entry(check_told(&db, before, &output)).or_default() += 1;
            let up = brant(&db).env("GOOSE_MIGRATION_DIR", "migrations").run(["up"]);
            assert_eq!(up.code, 0, "after {}\n{}{}", output.stderr, up.stdout, up.stderr);
            assert_eq!(applied(&db), (1..=FILES).collect::<Vec<_>>());
            assert!((1..=FILES).all(|file| statements_done(&db, file) == 5));
        }
    }
    eprintln!("{engine}: {histogram:?}");
}

#[test]
fn heavy_cuts_on_postgres_are_told_rightly() {
    cut_everywhere(Engine::Postgres);
}

#[test]
fn heavy_cuts_on_mariadb_are_told_rightly() {
    cut_everywhere(Engine::MariaDb);
}
