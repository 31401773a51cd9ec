//! The same migrations and pools for every test.

use std::time::Duration;

use brant::{Context, Migrations, Migrator, RustMigration};
use brant_testkit::{Engine, TestDatabase};
use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{Connection, MySqlConnection, MySqlPool, PgConnection, PgPool, SqliteConnection, SqlitePool};

pub(crate) const USERS: &str = "-- +goose Up\nCREATE TABLE users (name varchar(20) NOT NULL);\n\
                         -- +goose Down\nDROP TABLE users;\n";

/// A table, and a row of it that a bound query of sqlx inserts in the step's own transaction, by a nested transaction.
pub(crate) fn users() -> Migrations {
    let seed = RustMigration::new(2, "seed_users").up(seed).down(unseed);
    Migrations::new().sql("00001_users.sql", USERS).unwrap().rust(seed).unwrap()
}

async fn seed(ctx: &mut Context<'_>) -> brant::Result<()> {
    match ctx.dialect() {
        "postgres" => {
            let mut nested = ctx.native::<PgConnection>()?.begin().await?;
            let insert = sqlx::query("INSERT INTO users (name) VALUES ($1)").bind("ada");
            insert.execute(&mut *nested).await?;
            nested.commit().await?;
        }
        "mysql" => {
            let mut nested = ctx.native::<MySqlConnection>()?.begin().await?;
            sqlx::query("INSERT INTO users (name) VALUES (?)").bind("ada").execute(&mut *nested).await?;
            nested.commit().await?;
        }
        _ => {
            let mut nested = ctx.native::<SqliteConnection>()?.begin().await?;
            sqlx::query("INSERT INTO users (name) VALUES (?)").bind("ada").execute(&mut *nested).await?;
            nested.commit().await?;
        }
    }
    let row = ctx.query_one("SELECT name, 1.5 AS half, NULL AS none FROM users", ()).await?;
    assert_eq!(row.get::<String>("name")?, "ada");
    assert_eq!(row.get::<f64>("half")?, 1.5);
    assert_eq!(row.get::<Option<String>>("none")?, None);
    assert_eq!(ctx.execute("UPDATE users SET name = $1", ("bob",)).await?, 1);
    assert_eq!(ctx.execute("UPDATE users SET name = $1 WHERE 1 = 0", ("eve",)).await?, 0);
    Ok(())
}

async fn unseed(ctx: &mut Context<'_>) -> brant::Result<()> {
    ctx.execute("DELETE FROM users", ()).await?;
    Ok(())
}

/// A migration that changes something and then waits for ever.
pub(crate) fn stuck() -> Migrations {
    let stuck = RustMigration::new(3, "stuck").up(insert_and_wait).irreversible();
    users().rust(stuck).unwrap()
}

async fn insert_and_wait(ctx: &mut Context<'_>) -> brant::Result<()> {
    ctx.execute("INSERT INTO users (name) VALUES ('left behind')", ()).await?;
    std::future::pending().await
}

/// Begins to migrate, and stops waiting in the middle of [`stuck`].
pub(crate) async fn drop_in_the_middle(database: &dyn brant::Database) {
    let migrator = Migrator::new(stuck());
    let run = tokio::time::timeout(Duration::from_secs(2), migrator.up(database));
    run.await.expect_err("it waits for ever");
}

/// A pool of any engine.
pub(crate) enum Pool {
    Postgres(PgPool),
    MySql(MySqlPool),
    Sqlite(SqlitePool),
}

impl Pool {
    /// A pool of at most so many connections.
    pub(crate) async fn new(db: &TestDatabase, size: u32) -> Self {
        let wait = Duration::from_secs(3);
        match db.engine {
            Engine::Postgres => {
                let options = PgPoolOptions::new().max_connections(size).acquire_timeout(wait);
                Self::Postgres(options.connect(&db.dbstring()).await.unwrap())
            }
            Engine::MariaDb => {
                let options = MySqlPoolOptions::new().max_connections(size).acquire_timeout(wait);
                Self::MySql(options.connect_with(mysql_options(db)).await.unwrap())
            }
            Engine::Sqlite => {
                let options = SqlitePoolOptions::new().max_connections(size).acquire_timeout(wait);
                Self::Sqlite(options.connect_with(sqlite_options(db)).await.unwrap())
            }
        }
    }

    pub(crate) fn database(&self) -> Box<dyn brant::Database> {
        match self {
            Self::Postgres(pool) => Box::new(brant_sqlx::postgres(pool)),
            Self::MySql(pool) => Box::new(brant_sqlx::mysql(pool)),
            Self::Sqlite(pool) => Box::new(brant_sqlx::sqlite(pool)),
        }
    }

    /// Writes a row through the pool, as the application does.
    pub(crate) async fn insert(&self, name: &str) {
        let sql = sqlx::AssertSqlSafe(format!("INSERT INTO users (name) VALUES ('{name}')"));
        match self {
            Self::Postgres(pool) => drop(sqlx::query(sql).execute(pool).await.unwrap()),
            Self::MySql(pool) => drop(sqlx::query(sql).execute(pool).await.unwrap()),
            Self::Sqlite(pool) => drop(sqlx::query(sql).execute(pool).await.unwrap()),
        }
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Postgres(pool) => pool.close().await,
            Self::MySql(pool) => pool.close().await,
            Self::Sqlite(pool) => pool.close().await,
        }
    }
}

pub(crate) fn mysql_options(db: &TestDatabase) -> MySqlConnectOptions {
    let server = db.server();
    MySqlConnectOptions::new()
        .host("127.0.0.1")
        .port(server.port)
        .username(&server.user)
        .password(&server.password)
        .database(db.name())
}

pub(crate) fn sqlite_options(db: &TestDatabase) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(db.name()).create_if_missing(true)
}

/// One body of test on every engine, in a runtime of its own, for 60 seconds at most.
pub(crate) fn each_engine(test: impl AsyncFn(&TestDatabase) + Copy) {
    brant_testkit::each_engine(|db| {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let limited = async { tokio::time::timeout(Duration::from_secs(60), test(db)).await };
        runtime.block_on(limited).expect("it hangs");
    });
}

/// The versions that goose's table says are applied, seen by another client.
pub(crate) fn applied(db: &TestDatabase) -> Vec<String> {
    db.column("SELECT version_id FROM goose_db_version WHERE is_applied ORDER BY id")
}
