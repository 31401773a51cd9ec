//! Migrations on a client of tokio-postgres.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use brant::{
    Blocker, BoxError, Context, ErrorKind, Migrations, Migrator, Observer, RustMigration, Standing, Url,
};
use brant_testkit::TestDatabase;
use tokio_postgres::{Client, NoTls};

const USERS: &str =
    "-- +goose Up\nCREATE TABLE users (name text NOT NULL);\n-- +goose Down\nDROP TABLE users;\n";

fn users() -> Migrations {
    let seed = RustMigration::new(2, "seed_users").up(seed).down(unseed);
    Migrations::new().sql("00001_users.sql", USERS).unwrap().rust(seed).unwrap()
}

async fn seed(ctx: &mut Context<'_>) -> brant::Result<()> {
    ctx.native::<Client>()?.execute("INSERT INTO users (name) VALUES ($1)", &[&"ada"]).await?;
    let row = ctx.query_one("SELECT name, 1.5 AS half, NULL AS none FROM users", ()).await?;
    assert_eq!((row.get::<String>("name")?, row.get::<f64>("half")?), ("ada".to_owned(), 1.5));
    assert_eq!(row.get::<Option<String>>("none")?, None);
    assert_eq!(ctx.execute("UPDATE users SET name = $1", ("bob",)).await?, 1);
    Ok(())
}

async fn unseed(ctx: &mut Context<'_>) -> brant::Result<()> {
    ctx.execute("DELETE FROM users", ()).await?;
    Ok(())
}

async fn insert_and_wait(ctx: &mut Context<'_>) -> brant::Result<()> {
    ctx.execute("INSERT INTO users (name) VALUES ('left behind')", ()).await?;
    std::future::pending().await
}

/// [`users`], and a migration that never ends.
fn stuck() -> Migrations {
    users().rust(RustMigration::new(3, "stuck").up(insert_and_wait).irreversible()).unwrap()
}

async fn open(url: String) -> Result<Client, BoxError> {
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

fn connector(
    db: &TestDatabase,
) -> impl Fn() -> futures_util::future::BoxFuture<'static, Result<Client, BoxError>> + use<> {
    let url = db.dbstring();
    move || Box::pin(open(url.clone()))
}

#[tokio::test]
async fn up_status_down_and_reset_with_and_without_a_connector() {
    for has_connector in [true, false] {
        let db = brant_testkit::postgres();
        let mut client = open(db.dbstring()).await.unwrap();
        let mut database = brant_tokio_postgres::client(&mut client);
        if has_connector {
            database = database.with_connector(connector(&db));
        }
        let migrator = Migrator::new(users());
        assert_eq!(migrator.up(&database).await.unwrap().steps.len(), 2);
        assert_eq!(db.column("SELECT name FROM users"), ["bob"]);
        let status = migrator.status(&database).await.unwrap();
        assert!(status.iter().all(|row| matches!(row.standing, Standing::Applied(Some(_)))), "{status:?}");
        assert_eq!(migrator.down(&database).await.unwrap().steps.len(), 1);
        migrator.reset(&database).await.unwrap();
        assert_eq!(migrator.versions(&database).await.unwrap().current, 0);
        assert!(db.sql("SELECT 1 FROM users").is_err());
    }
}

#[tokio::test]
async fn a_failing_migration_tells_facts_and_is_rolled_back() {
    let db = brant_testkit::postgres();
    let mut client = open(db.dbstring()).await.unwrap();
    let bad = "-- +goose Up\nDELETE FROM users;\nINSERT INTO nope VALUES (1);\n";
    let migrations = users().sql("00003_bad.sql", bad).unwrap();
    let error = Migrator::new(migrations).up(&brant_tokio_postgres::client(&mut client)).await.unwrap_err();
    assert_eq!((error.kind(), error.sqlstate()), (ErrorKind::Migration, Some("42P01")));
    assert_eq!(error.position().map(|place| (place.line, place.column)), Some((3, 13)));
    assert_eq!(db.column("SELECT name FROM users"), ["bob"]);
}

#[tokio::test]
async fn a_dropped_future_leaves_nothing() {
    let db = brant_testkit::postgres();
    let mut client = open(db.dbstring()).await.unwrap();
    let migrator = Migrator::new(stuck());
    let database = brant_tokio_postgres::client(&mut client).with_connector(connector(&db));
    let run = tokio::time::timeout(Duration::from_secs(2), migrator.up(&database));
    run.await.expect_err("it waits for ever");
    drop(database);
    client.execute("INSERT INTO users (name) VALUES ($1)", &[&"the application"]).await.unwrap();
    assert_eq!(db.column("SELECT name FROM users ORDER BY name"), ["bob", "the application"]);
    assert_eq!(db.column("SELECT version_id FROM goose_db_version ORDER BY id"), ["0", "1", "2"]);
}

#[tokio::test]
async fn a_transaction_that_a_script_left_open_is_rolled_back() {
    let db = brant_testkit::postgres();
    let mut client = open(db.dbstring()).await.unwrap();
    let begin = "-- +goose NO TRANSACTION\n-- +goose Up\nSTART TRANSACTION;\nCREATE TABLE t (i int);\nSELECT 1 / 0;\n";
    let migrations = Migrations::new().sql("00001_open.sql", begin).unwrap();
    Migrator::new(migrations).up(&brant_tokio_postgres::client(&mut client)).await.unwrap_err();
    client.execute("CREATE TABLE t (i int)", &[]).await.unwrap();
    assert_eq!(db.column("SELECT count(*) FROM t"), ["0"]);
}

#[tokio::test]
async fn a_timeout_stops_the_statement_that_runs() {
    for has_connector in [true, false] {
        let db = brant_testkit::postgres();
        let mut client = open(db.dbstring()).await.unwrap();
        let mut database = brant_tokio_postgres::client(&mut client);
        if has_connector {
            database = database.with_connector(connector(&db));
        }
        let migrations = users().sql("00003_long.sql", "-- +goose Up\nSELECT pg_sleep(30);\n").unwrap();
        let migrator = Migrator::builder(migrations).timeout(Duration::from_secs(1)).build();
        let start = std::time::Instant::now();
        assert_eq!(migrator.up(&database).await.unwrap_err().kind(), ErrorKind::Stopped);
        assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    }
}

/// A lock of the session and one of a transaction beside it are the same lock.
#[tokio::test]
async fn runs_exclude_each_other() {
    let db = brant_testkit::postgres();
    let mut one = open(db.dbstring()).await.unwrap();
    let mut two = open(db.dbstring()).await.unwrap();
    Migrator::new(users()).up(&brant_tokio_postgres::client(&mut one)).await.unwrap();
    let holder = Migrator::new(stuck());
    let database = brant_tokio_postgres::client(&mut one);
    let holding = tokio::time::timeout(Duration::from_secs(2), holder.up(&database));
    let waiting = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let waiter = Migrator::builder(users()).lock_wait(Duration::from_millis(300)).build();
        waiter.down(&brant_tokio_postgres::client(&mut two).with_connector(connector(&db))).await
    };
    let (_, waited) = tokio::join!(holding, waiting);
    assert_eq!(waited.unwrap_err().kind(), ErrorKind::Locked);
}

#[tokio::test]
async fn a_client_in_a_transaction_is_refused() {
    let db = brant_testkit::postgres();
    let mut client = open(db.dbstring()).await.unwrap();
    client.batch_execute("BEGIN").await.unwrap();
    let error = Migrator::new(users()).up(&brant_tokio_postgres::client(&mut client)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

/// The own driver takes turns with the adapter, and leaves the same history.
#[tokio::test]
async fn the_history_is_that_of_every_brant() {
    let db = brant_testkit::postgres();
    let mut client = open(db.dbstring()).await.unwrap();
    let plain = || Migrations::new().sql("00001_users.sql", USERS).unwrap();
    let more = || plain().sql("00002_more.sql", "-- +goose Up\nINSERT INTO users VALUES ('x');\n").unwrap();
    let url = Url::parse(&db.dbstring()).unwrap();
    Migrator::new(plain()).up(&url).await.unwrap();
    Migrator::new(more()).up(&brant_tokio_postgres::client(&mut client)).await.unwrap();
    let history =
        db.sql("SELECT id, version_id, is_applied, tstamp IS NOT NULL FROM goose_db_version ORDER BY id");
    let row = |id: &str, version: &str| [id, version, "t", "t"].map(str::to_owned).to_vec();
    assert_eq!(history.unwrap(), [row("1", "0"), row("2", "1"), row("3", "2")]);
    assert!(Migrator::new(more()).up(&url).await.unwrap().steps.is_empty());
}

/// What an observer is told of a statement that waits.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Observer for Told {
    fn blocked(&mut self, blockers: &[Blocker], _waited: Duration) {
        self.0.lock().unwrap().extend(blockers.iter().map(|blocker| format!("session {}", blocker.session)));
    }

    fn unwatched(&mut self, reason: &str) {
        self.0.lock().unwrap().push(reason.to_owned());
    }
}

#[tokio::test]
async fn who_keeps_a_statement_waiting_is_told_by_way_of_the_connector() {
    for has_connector in [true, false] {
        let db = brant_testkit::postgres();
        db.sql("CREATE TABLE users (id int)").unwrap();
        let mut holder = db.session();
        holder.send("BEGIN; SELECT pg_backend_pid(); LOCK TABLE users;");
        let process = holder.receive().remove(0);
        let mut client = open(db.dbstring()).await.unwrap();
        let mut database = brant_tokio_postgres::client(&mut client);
        if has_connector {
            database = database.with_connector(connector(&db));
        }
        let change = "-- +goose Up\nALTER TABLE users ADD COLUMN name text;\n";
        let told = Told::default();
        let migrator = Migrator::builder(Migrations::new().sql("00001_change.sql", change).unwrap())
            .lock_timeout(Duration::from_secs(2))
            .retry_for(Duration::ZERO)
            .observer(told.clone())
            .build();
        migrator.up(&database).await.unwrap_err();
        let wanted =
            if has_connector { format!("session {process}") } else { "no connector was given".to_owned() };
        assert!(told.0.lock().unwrap().contains(&wanted), "{wanted}: {:?}", told.0.lock().unwrap());
    }
}
