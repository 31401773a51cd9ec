//! Migrations on pools of sqlx.

use std::time::Duration;

use crate::support::{Pool, USERS, applied, drop_in_the_middle, each_engine, users};
use brant::driver::Environment;
use brant::{ErrorKind, Migrations, Migrator, RustMigration, Standing, Url};
use brant_testkit::Engine;

#[test]
fn up_status_down_and_reset() {
    each_engine(async |db| {
        let pool = Pool::new(db, 3).await;
        let database = pool.database();
        let migrator = Migrator::new(users());
        assert_eq!(migrator.up(&*database).await.unwrap().steps.len(), 2);
        assert_eq!(db.column("SELECT name FROM users"), ["bob"]);
        let status = migrator.status(&*database).await.unwrap();
        assert!(status.iter().all(|row| matches!(row.standing, Standing::Applied(Some(_)))), "{status:?}");
        assert_eq!(migrator.down(&*database).await.unwrap().steps.len(), 1);
        assert_eq!(db.column("SELECT name FROM users"), [""; 0]);
        migrator.up(&*database).await.unwrap();
        migrator.reset(&*database).await.unwrap();
        assert_eq!(migrator.versions(&*database).await.unwrap().current, 0);
        assert!(db.sql("SELECT 1 FROM users").is_err());
        assert_eq!(applied(db), ["0"]);
    });
}

#[test]
fn a_pool_of_one_connection_is_enough() {
    each_engine(async |db| {
        let pool = Pool::new(db, 1).await;
        let up = async { Migrator::new(users()).up(&*pool.database()).await };
        let report = tokio::time::timeout(Duration::from_secs(20), up).await.expect("it hangs").unwrap();
        assert_eq!(report.steps.len(), 2);
        pool.insert("the application").await;
        assert_eq!(db.row_counts()["users"], 2);
    });
}

#[test]
fn a_failing_migration_tells_facts_and_is_rolled_back() {
    each_engine(async |db| {
        let pool = Pool::new(db, 2).await;
        let migrations = users()
            .sql("00003_bad.sql", "-- +goose Up\nDELETE FROM users;\nINSERT INTO nope VALUES (1);\n")
            .unwrap();
        let error = Migrator::new(migrations).up(&*pool.database()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Migration);
        let facts = &error.failed_step().unwrap().error;
        let position = error.position().unwrap();
        match db.engine {
            Engine::Postgres => {
                assert_eq!(facts.sqlstate.as_deref(), Some("42P01"));
                assert_eq!((position.line, position.column), (3, 13));
            }
            Engine::MariaDb => {
                assert_eq!((facts.sqlstate.as_deref(), facts.number), (Some("42S02"), Some(1146)));
            }
            Engine::Sqlite => assert_eq!((facts.number, position.line), (Some(1), 3)),
        }
        assert_eq!(db.column("SELECT name FROM users"), ["bob"]);
        assert_eq!(applied(db), ["0", "1", "2"]);
        pool.insert("the application").await;
    });
}

#[test]
fn a_dropped_future_leaves_nothing() {
    each_engine(async |db| {
        let pool = Pool::new(db, 1).await;
        drop_in_the_middle(&*pool.database()).await;
        pool.insert("the application").await;
        assert_eq!(db.column("SELECT name FROM users ORDER BY name"), ["bob", "the application"]);
        assert_eq!(applied(db), ["0", "1", "2"]);
        let report = Migrator::new(users()).up(&*pool.database()).await.unwrap();
        assert!(report.steps.is_empty());
    });
}

#[test]
fn runs_exclude_each_other() {
    each_engine(async |db| {
        let (holder, waiter) = (Pool::new(db, 2).await, Pool::new(db, 2).await);
        let slow = RustMigration::new(3, "slow").up(sleep).irreversible();
        let slow = Migrator::new(users().rust(slow).unwrap());
        let quick = Migrator::builder(users()).lock_wait(Duration::from_millis(300)).build();
        Migrator::new(users()).up(&*waiter.database()).await.unwrap();
        let (holding, waiting) = (holder.database(), waiter.database());
        let second = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            quick.down(&*waiting).await
        };
        let (first, second) = tokio::join!(slow.up(&*holding), second);
        assert_eq!(first.unwrap().steps.len(), 1);
        assert_eq!(second.unwrap_err().kind(), ErrorKind::Locked);
    });
}

async fn sleep(_: &mut brant::Context<'_>) -> brant::Result<()> {
    tokio::time::sleep(Duration::from_secs(2)).await;
    Ok(())
}

#[test]
fn what_a_script_sets_stays_with_its_connection() {
    let setting = Migrations::new()
        .sql("00001_dump.sql", "-- +goose Up\nSELECT set_config('search_path', '', false);\n")
        .unwrap();
    let setting = Migrator::new(setting);
    each_engine(async |db| {
        if db.engine != Engine::Postgres {
            return;
        }
        let Pool::Postgres(pool) = Pool::new(db, 1).await else { return };
        setting.up(&brant_sqlx::postgres(&pool)).await.unwrap();
        let path: String = sqlx::query_scalar("SHOW search_path").fetch_one(&pool).await.unwrap();
        assert_eq!(path, "\"$user\", public");
    });
}

/// A run that has nothing to do costs the pool no connection.
#[test]
fn a_connection_that_only_looked_goes_back() {
    each_engine(async |db| {
        if db.engine != Engine::Postgres {
            return;
        }
        let Pool::Postgres(pool) = Pool::new(db, 1).await else { return };
        let migrator = Migrator::new(users());
        migrator.up(&brant_sqlx::postgres(&pool)).await.unwrap();
        let process = || sqlx::query_scalar::<_, i32>("SELECT pg_backend_pid()").fetch_one(&pool);
        let before = process().await.unwrap();
        assert!(migrator.up(&brant_sqlx::postgres(&pool)).await.unwrap().steps.is_empty());
        assert!(!migrator.has_pending(&brant_sqlx::postgres(&pool)).await.unwrap());
        assert_eq!(process().await.unwrap(), before);
    });
}

#[test]
fn a_database_in_memory_stays() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let options = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
        let pool = options.connect("sqlite::memory:").await.unwrap();
        Migrator::new(users()).up(&brant_sqlx::sqlite(&pool)).await.unwrap();
        let name: String = sqlx::query_scalar("SELECT name FROM users").fetch_one(&pool).await.unwrap();
        assert_eq!(name, "bob");
    });
}

#[test]
fn a_timeout_stops_the_statement_that_runs() {
    each_engine(async |db| {
        let pool = Pool::new(db, 1).await;
        let sql = match db.engine {
            Engine::Postgres => "SELECT pg_sleep(30);",
            // A SLEEP that is all of a query ends early on MySQL, and without an error.
            Engine::MariaDb => "DELETE FROM users WHERE SLEEP(30);",
            Engine::Sqlite => {
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n;"
            }
        };
        let migrations = users().sql("00003_long.sql", format!("-- +goose Up\n{sql}\n")).unwrap();
        let migrator = Migrator::builder(migrations).timeout(Duration::from_secs(2)).build();
        let start = std::time::Instant::now();
        let error = migrator.up(&*pool.database()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stopped, "{error}");
        assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
        assert_eq!(applied(db), ["0", "1", "2"]);
        pool.insert("the application").await;
    });
}

/// As it is where each tenant has a schema of its own in one database.
#[test]
fn a_run_that_is_stopped_leaves_others_with_the_same_statement_alone() {
    each_engine(async |db| {
        if db.engine != Engine::Postgres {
            return;
        }
        let mut other = db.session();
        other.send("SELECT pg_sleep(5);");
        let slow = Migrations::new().sql("00001_slow.sql", "-- +goose Up\nSELECT pg_sleep(5);\n").unwrap();
        let migrator = Migrator::builder(slow).timeout(Duration::from_secs(2)).build();
        let pool = Pool::new(db, 1).await;
        assert_eq!(migrator.up(&*pool.database()).await.unwrap_err().kind(), ErrorKind::Stopped);
        let said = other.receive();
        assert_eq!(said, [""], "it was stopped too");
    });
}

/// The own drivers take turns with the adapters, and leave the same history.
#[test]
fn the_history_is_that_of_every_brant() {
    each_engine(async |db| {
        let pool = Pool::new(db, 2).await;
        let plain = || Migrations::new().sql("00001_users.sql", USERS).unwrap();
        let more =
            || plain().sql("00002_more.sql", "-- +goose Up\nINSERT INTO users VALUES ('x');\n").unwrap();
        let url = Url::with_driver(db.driver(), &db.dbstring(), &Environment::new()).unwrap();
        Migrator::new(plain()).up(&url).await.unwrap();
        Migrator::new(more()).up(&*pool.database()).await.unwrap();
        let history =
            db.sql("SELECT id, version_id, is_applied, tstamp IS NOT NULL FROM goose_db_version ORDER BY id");
        let yes = if db.engine == Engine::Postgres { "t" } else { "1" };
        let row = |id: &str, version: &str| [id, version, yes, yes].map(str::to_owned).to_vec();
        assert_eq!(history.unwrap(), [row("1", "0"), row("2", "1"), row("3", "2")]);
        assert!(Migrator::new(more()).up(&url).await.unwrap().steps.is_empty());
        let servers = db.column("SELECT DISTINCT state FROM brant_journal");
        assert_eq!(servers, ["done"]);
        pool.close().await;
    });
}
