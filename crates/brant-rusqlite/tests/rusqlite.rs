//! Migrations on a connection of rusqlite.

use std::time::Duration;

use brant::{Context, ErrorKind, Migrations, Migrator, RustMigration, Standing, Url};
use rusqlite::Connection;

const USERS: &str =
    "-- +goose Up\nCREATE TABLE users (name text NOT NULL);\n-- +goose Down\nDROP TABLE users;\n";

fn users() -> Migrations {
    let seed = RustMigration::new(2, "seed_users").up(seed).down(unseed);
    Migrations::new().sql("00001_users.sql", USERS).unwrap().rust(seed).unwrap()
}

async fn seed(ctx: &mut Context<'_>) -> brant::Result<()> {
    insert(ctx.native()?)?;
    let row = ctx.query_one("SELECT name, 1.5 AS half FROM users", ()).await?;
    assert_eq!((row.get::<String>("name")?, row.get::<f64>("half")?), ("ada".to_owned(), 1.5));
    assert_eq!(ctx.execute("UPDATE users SET name = $1", ("bob",)).await?, 1);
    Ok(())
}

fn insert(connection: &mut Connection) -> rusqlite::Result<()> {
    let nested = connection.savepoint()?;
    nested.execute("INSERT INTO users (name) VALUES (?)", ["ada"])?;
    nested.commit()
}

async fn unseed(ctx: &mut Context<'_>) -> brant::Result<()> {
    ctx.execute("DELETE FROM users", ()).await?;
    Ok(())
}

async fn insert_and_wait(ctx: &mut Context<'_>) -> brant::Result<()> {
    ctx.execute("INSERT INTO users (name) VALUES ('left behind')", ()).await?;
    std::future::pending().await
}

/// A database, and the application's connection to it.
fn open() -> (brant_testkit::TestDatabase, Connection) {
    let db = brant_testkit::sqlite();
    let connection = Connection::open(db.name()).unwrap();
    (db, connection)
}

#[tokio::test]
async fn up_status_down_and_reset() {
    let (db, mut connection) = open();
    let migrator = Migrator::new(users());
    let database = brant_rusqlite::connection(&mut connection);
    assert_eq!(migrator.up(&database).await.unwrap().steps.len(), 2);
    assert_eq!(db.column("SELECT name FROM users"), ["bob"]);
    let status = migrator.status(&database).await.unwrap();
    assert!(status.iter().all(|row| matches!(row.standing, Standing::Applied(Some(_)))), "{status:?}");
    let newer = "INSERT INTO goose_db_version (version_id, is_applied) VALUES (2, false)";
    db.sql(newer).unwrap();
    assert_eq!(migrator.versions(&database).await.unwrap().current, 1, "the newest row of a version counts");
    db.sql(&newer.replace("false", "true")).unwrap();
    assert_eq!(migrator.down(&database).await.unwrap().steps.len(), 1);
    migrator.reset(&database).await.unwrap();
    assert_eq!(migrator.versions(&database).await.unwrap().current, 0);
    assert!(db.sql("SELECT 1 FROM users").is_err());
}

#[tokio::test]
async fn a_failing_migration_tells_its_place_and_is_rolled_back() {
    let (db, mut connection) = open();
    let bad = "-- +goose Up\nDELETE FROM users;\nSELECT nope FROM users;\n";
    let migrations = users().sql("00003_bad.sql", bad).unwrap();
    let error = Migrator::new(migrations).up(&brant_rusqlite::connection(&mut connection)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Migration);
    assert_eq!(error.position().map(|place| (place.line, place.column)), Some((3, 8)));
    assert_eq!(error.failed_step().unwrap().error.number, Some(1));
    assert!(connection.is_autocommit());
    assert_eq!(db.column("SELECT name FROM users"), ["bob"]);
}

#[tokio::test]
async fn a_dropped_future_leaves_nothing() {
    let (db, mut connection) = open();
    let stuck = RustMigration::new(3, "stuck").up(insert_and_wait).irreversible();
    let migrator = Migrator::new(users().rust(stuck).unwrap());
    let database = brant_rusqlite::connection(&mut connection);
    let run = tokio::time::timeout(Duration::from_millis(500), migrator.up(&database));
    run.await.expect_err("it waits for ever");
    assert_eq!(migrator.versions(&database).await.unwrap().current, 2);
    assert!(connection.is_autocommit());
    connection.execute("INSERT INTO users (name) VALUES ('the application')", []).unwrap();
    assert_eq!(db.column("SELECT name FROM users"), ["bob", "the application"]);
}

#[tokio::test]
async fn runs_exclude_each_other() {
    let (db, mut connection) = open();
    let mut other = Connection::open(db.name()).unwrap();
    Migrator::new(users()).up(&brant_rusqlite::connection(&mut other)).await.unwrap();
    let stuck = RustMigration::new(3, "stuck").up(insert_and_wait).irreversible();
    let holder = Migrator::new(users().rust(stuck).unwrap());
    let database = brant_rusqlite::connection(&mut connection);
    let holding = tokio::time::timeout(Duration::from_secs(1), holder.up(&database));
    let waiting = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let waiter = Migrator::builder(users()).lock_wait(Duration::from_millis(100)).build();
        waiter.down(&brant_rusqlite::connection(&mut other)).await
    };
    let (_, waited) = tokio::join!(holding, waiting);
    assert_eq!(waited.unwrap_err().kind(), ErrorKind::Locked);
}

#[tokio::test]
async fn a_connection_in_a_transaction_is_refused() {
    let (_db, mut connection) = open();
    connection.execute_batch("BEGIN").unwrap();
    let error = Migrator::new(users()).up(&brant_rusqlite::connection(&mut connection)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[tokio::test]
async fn a_script_that_leaves_a_transaction_open_does_not_leave_it_to_the_application() {
    let (_db, mut connection) = open();
    let open = "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE t (i int);\nBEGIN;\n";
    let migrations = Migrations::new().sql("00001_open.sql", open).unwrap();
    let _ = Migrator::new(migrations).up(&brant_rusqlite::connection(&mut connection)).await;
    assert!(connection.is_autocommit());
}

/// The own driver takes turns with the adapter, and leaves the same history.
#[tokio::test]
async fn the_history_is_that_of_every_brant() {
    let (db, mut connection) = open();
    let plain = || Migrations::new().sql("00001_users.sql", USERS).unwrap();
    let more = || plain().sql("00002_more.sql", "-- +goose Up\nINSERT INTO users VALUES ('x');\n").unwrap();
    let url = Url::parse(&format!("sqlite:{}", db.name())).unwrap();
    Migrator::new(plain()).up(&url).await.unwrap();
    Migrator::new(more()).up(&brant_rusqlite::connection(&mut connection)).await.unwrap();
    let history =
        db.sql("SELECT id, version_id, is_applied, tstamp IS NOT NULL FROM goose_db_version ORDER BY id");
    let row = |id: &str, version: &str| [id, version, "1", "1"].map(str::to_owned).to_vec();
    assert_eq!(history.unwrap(), [row("1", "0"), row("2", "1"), row("3", "2")]);
    assert!(Migrator::new(more()).up(&url).await.unwrap().steps.is_empty());
}

/// What an application's server needs of every operation.
#[test]
fn operations_can_be_spawned() {
    fn is_send(_: &impl Send) {}
    let mut connection = Connection::open_in_memory().unwrap();
    let database = brant_rusqlite::connection(&mut connection);
    is_send(&Migrator::new(users()).up(&database));
}
