//! A migration in Rust that fails, panics, is cancelled or dies with its process leaves nothing behind where the database
//! can roll back, and locks nobody out.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a child tells how far it is; figures are printed"
)]

mod support;

use std::io::{BufRead as _, BufReader};
use std::sync::Arc;
use std::time::Duration;

use brant::{Context, ErrorKind, Migrations, Migrator, Result, RustMigration};
use brant_testkit::{Engine, TestDatabase};
use support::{applied, of_child, rounds, url};
use tokio::sync::Notify;

const STATEMENTS: usize = 50;

/// Is told after each statement how many were sent.
type Told = Arc<dyn Fn(usize) -> Result<()> + Send + Sync>;

tokio::task_local! {
    static TOLD: Told;
}

async fn up(ctx: &mut Context<'_>) -> Result<()> {
    for i in 1..=STATEMENTS {
        let sql = match i {
            1 => "CREATE TABLE made (n int)",
            2 => "ALTER TABLE counters ADD COLUMN seen int",
            i if i % 2 == 0 => "UPDATE counters SET n = n + 1",
            _ => "INSERT INTO made (n) VALUES (1)",
        };
        ctx.execute(sql, ()).await?;
        TOLD.with(|told| told(i))?;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

fn migrator() -> Migrator {
    let sql = "-- +goose Up\nCREATE TABLE counters (n int);\nINSERT INTO counters VALUES (0);\n";
    let migrations = Migrations::new().sql("1_counters.sql", sql).unwrap();
    let many = RustMigration::new(2, "many").up(up).irreversible();
    Migrator::builder(migrations.rust(many).unwrap()).lock_wait(Duration::from_secs(20)).build()
}

/// Runs all of it, and tells after each statement.
async fn run(db: &brant::Url, told: impl Fn(usize) -> Result<()> + Send + Sync + 'static) -> Outcome {
    TOLD.scope(Arc::new(told), async { migrator().up(db).await }).await
}

type Outcome = Result<brant::Report, brant::Error>;

/// All that a run could have changed, seen by the database's own programs.
#[derive(Debug, PartialEq)]
struct Look {
    schema: String,
    counters: Vec<Vec<String>>,
    rows: std::collections::BTreeMap<String, u64>,
    applied: Vec<i64>,
}

impl Look {
    fn at(db: &TestDatabase) -> Self {
        let counters = db.sql("SELECT * FROM counters").unwrap();
        Self { schema: db.schema(), counters, rows: db.row_counts(), applied: applied(db) }
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(work)
}

/// Ends runs at fifty instants, spread evenly over the statements, and looks each time.
fn at_each_instant(end: impl Fn(&TestDatabase, usize)) {
    for engine in brant_testkit::engines().into_iter().filter(|engine| engine.transactional_ddl()) {
        let whole = {
            let db = prepared(engine);
            block_on(run(&url(&db), |_| Ok(()))).unwrap();
            Look::at(&db)
        };
        let n = rounds(STATEMENTS);
        let instants: Vec<usize> = (1..=n).map(|i| i * STATEMENTS / n).collect();
        eprintln!("{engine}: after the statements {instants:?}");
        for instant in instants {
            let db = prepared(engine);
            let before = Look::at(&db);
            end(&db, instant);
            assert_eq!(Look::at(&db), before, "{engine}: ended after statement {instant}");
            block_on(run(&url(&db), |_| Ok(()))).unwrap();
            assert_eq!(Look::at(&db), whole, "{engine}: ended after statement {instant}, and run again");
        }
    }
}

/// A database in use.
fn prepared(engine: Engine) -> TestDatabase {
    let db = TestDatabase::fresh(engine);
    block_on(migrator().up_to(&url(&db), 1)).unwrap();
    db
}

fn failed(outcome: Outcome, words: &str) {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Migration, "{error:?}");
    let told = error.to_string();
    assert!(told.contains(words) && told.contains("rolled back"), "{told}");
}

#[test]
fn heavy_errors_leave_nothing() {
    at_each_instant(|db, at| {
        let end = move |i| if i == at { Err("out of luck".into()) } else { Ok(()) };
        failed(block_on(run(&url(db), end)), "out of luck");
    });
}

#[test]
fn heavy_panics_leave_nothing() {
    at_each_instant(|db, at| {
        let end = move |i| if i == at { panic!("out of luck") } else { Ok(()) };
        failed(block_on(run(&url(db), end)), "it panicked: out of luck");
    });
}

#[test]
fn heavy_dropped_futures_leave_nothing() {
    at_each_instant(|db, at| {
        let reached = Arc::new(Notify::new());
        let tell = Arc::clone(&reached);
        let url = url(db);
        let up = run(&url, move |i| {
            if i == at {
                tell.notify_one();
            }
            Ok(())
        });
        block_on(async {
            tokio::select! {
                biased;
                () = reached.notified() => {}
                outcome = up => panic!("it ended before statement {at}: {outcome:?}"),
            }
        });
    });
}

#[test]
fn heavy_killed_processes_leave_nothing() {
    at_each_instant(|db, at| {
        let mut child = support::child(db).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut lines = lines.filter_map(|line| line.strip_prefix("sent ")?.parse::<usize>().ok());
        assert!(lines.any(|sent| sent == at), "it ended before statement {at}");
        child.kill().unwrap();
        child.wait().unwrap();
    });
}

/// The process that is killed.
#[test]
fn child() {
    let Some(url) = of_child() else { return };
    // The first line would stand behind the name of the test otherwise.
    println!();
    let outcome = block_on(run(&url, |i| {
        println!("sent {i}");
        Ok(())
    }));
    outcome.unwrap();
}
