//! Many replicas of an application start at once: each succeeds, each migration is applied once.

mod support;

use std::sync::Arc;
use std::time::Duration;

use brant::{Context, Migrations, Migrator, Result, RustMigration};
use brant_testkit::{TestDatabase, each_engine};
use support::{applied, of_child, rounds, url};
use tokio::task::JoinSet;

const TASKS: usize = 50;
const PROCESSES: usize = 20;
const VERSIONS: [i64; 6] = [1, 2, 3, 4, 5, 6];

async fn note(ctx: &mut Context<'_>) -> Result<()> {
    let version = ctx.version().unwrap().0;
    ctx.execute("INSERT INTO notes (n) VALUES ($1)", (version,)).await?;
    Ok(())
}

/// SQL and Rust in turn; each leaves a note.
fn migrator() -> Migrator {
    let mut migrations = Migrations::new()
        .sql("1_notes.sql", "-- +goose Up\nCREATE TABLE notes (n int);\nINSERT INTO notes VALUES (1);\n")
        .unwrap();
    for n in &VERSIONS[1..] {
        migrations = match n % 2 {
            0 => migrations.rust(RustMigration::new(*n, "note").up(note).irreversible()),
            _ => migrations.sql(
                &format!("{n}_t.sql"),
                format!("-- +goose Up\nCREATE TABLE t{n} (id int);\nINSERT INTO notes VALUES ({n});\n"),
            ),
        }
        .unwrap();
    }
    Migrator::builder(migrations).lock_wait(Duration::from_secs(60)).build()
}

fn check(db: &TestDatabase, steps: usize) {
    assert_eq!(steps, VERSIONS.len(), "{}: each migration is reported once", db.engine);
    assert_eq!(applied(db), VERSIONS, "{}", db.engine);
    let notes = db.column("SELECT n FROM notes ORDER BY n");
    assert_eq!(notes, VERSIONS.map(|n| n.to_string()), "{}", db.engine);
}

#[test]
fn heavy_fifty_tasks_at_once() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for _ in 0..rounds(10) {
        each_engine(|db| {
            let (migrator, url) = (Arc::new(migrator()), Arc::new(url(db)));
            let mut tasks = JoinSet::new();
            for _ in 0..TASKS {
                let (migrator, url) = (Arc::clone(&migrator), Arc::clone(&url));
                let task = async move { migrator.up(&*url).await.unwrap().steps.len() };
                tasks.spawn_on(task, runtime.handle());
            }
            check(db, runtime.block_on(tasks.join_all()).into_iter().sum());
        });
    }
}

#[test]
fn heavy_twenty_processes_at_once() {
    for _ in 0..rounds(10) {
        each_engine(|db| {
            let running: Vec<_> = (0..PROCESSES).map(|_| support::child(db).spawn().unwrap()).collect();
            let mut steps = 0;
            for output in running.into_iter().map(|process| process.wait_with_output().unwrap()) {
                let told = String::from_utf8_lossy(&output.stdout);
                assert!(
                    output.status.success(),
                    "{}: {told}{}",
                    db.engine,
                    String::from_utf8_lossy(&output.stderr)
                );
                steps += told.lines().filter(|line| line.starts_with("applied ")).count();
            }
            check(db, steps);
        });
    }
}

/// One of the processes.
#[test]
#[expect(clippy::print_stdout, reason = "the parent reads it")]
fn child() {
    let Some(url) = of_child() else { return };
    println!();
    for step in brant::blocking::Migrator::from(migrator()).up(&url).unwrap().steps {
        println!("applied {}", step.migration.version);
    }
}
