//! Twenty processes migrate one fresh database at once: each succeeds, each migration is applied once.

#![allow(clippy::print_stderr, reason = "figures are printed; numbers are small")]

mod support;

use brant_testkit::{Engine, TestDatabase, each_engine};
use support::{applied, brant, rounds, timed, write_migrations};

const PROCESSES: usize = 20;

fn all_at_once(db: &TestDatabase, versions: &[i64]) {
    let brant = brant(db).env("GOOSE_MIGRATION_DIR", "migrations");
    let (outputs, took) = timed(|| {
        let running: Vec<_> = (0..PROCESSES).map(|_| brant.start(["up", "--lock-wait", "60s"])).collect();
        running.into_iter().map(brant_testkit::Running::wait).collect::<Vec<_>>()
    });
    for output in &outputs {
        assert_eq!(output.code, 0, "{}: {}{}", db.engine, output.stdout, output.stderr);
    }
    assert_eq!(applied(db), versions, "{}", db.engine);
    let lines = outputs.iter().flat_map(|o| o.stdout.lines()).filter(|l| l.starts_with("OK ")).count();
    assert_eq!(lines, versions.len(), "each migration is reported once, by whoever applied it");
    let journal = db.column("SELECT count(*) FROM brant_journal WHERE state = 'done'");
    assert_eq!(journal, [versions.len().to_string()]);
    eprintln!("{}: {PROCESSES} processes, {took:?}", db.engine);
}

#[test]
fn heavy_twenty_processes_at_once() {
    for _ in 0..rounds(10) {
        each_engine(|db| {
            write_migrations(db, 12);
            all_at_once(db, &(1..=12).collect::<Vec<_>>());
        });
    }
}

#[test]
fn heavy_twenty_processes_with_create_index_concurrently_among_the_migrations() {
    if !brant_testkit::engines().contains(&Engine::Postgres) {
        return;
    }
    for _ in 0..rounds(10) {
        let db = brant_testkit::postgres();
        write_migrations(&db, 6);
        for (version, table) in [(3, 2), (5, 4)] {
            db.write(
                &format!("migrations/{version:05}_t{version}.sql"),
                &format!(
                    "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY c{version} ON t{table} (v, id);\n-- \
                     +goose Down\nDROP INDEX CONCURRENTLY c{version};\n"
                ),
            );
        }
        all_at_once(&db, &[1, 2, 3, 4, 5, 6]);
        assert_eq!(db.column("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), ["0"]);
    }
}
