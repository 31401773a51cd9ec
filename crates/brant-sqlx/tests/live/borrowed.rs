//! Migrations on single connections of sqlx.

use crate::support::{applied, drop_in_the_middle, each_engine, mysql_options, sqlite_options, users};
use std::time::Duration;

use brant::{ErrorKind, Migrator};
use brant_testkit::{Engine, TestDatabase};
use sqlx::{ConnectOptions, Connection, MySqlConnection, PgConnection, SqliteConnection};

/// A connection of any engine.
enum Single {
    Postgres(PgConnection),
    MySql(MySqlConnection),
    Sqlite(SqliteConnection),
}

impl Single {
    async fn new(db: &TestDatabase) -> Self {
        match db.engine {
            Engine::Postgres => Self::Postgres(PgConnection::connect(&db.dbstring()).await.unwrap()),
            Engine::MariaDb => Self::MySql(mysql_options(db).connect().await.unwrap()),
            Engine::Sqlite => Self::Sqlite(sqlite_options(db).connect().await.unwrap()),
        }
    }

    fn database(&mut self) -> Box<dyn brant::Database + '_> {
        match self {
            Self::Postgres(connection) => Box::new(brant_sqlx::postgres_connection(connection)),
            Self::MySql(connection) => Box::new(brant_sqlx::mysql_connection(connection)),
            Self::Sqlite(connection) => Box::new(brant_sqlx::sqlite_connection(connection)),
        }
    }

    async fn insert(&mut self, name: &str) {
        let sql = sqlx::AssertSqlSafe(format!("INSERT INTO users (name) VALUES ('{name}')"));
        match self {
            Self::Postgres(connection) => drop(sqlx::query(sql).execute(connection).await.unwrap()),
            Self::MySql(connection) => drop(sqlx::query(sql).execute(connection).await.unwrap()),
            Self::Sqlite(connection) => drop(sqlx::query(sql).execute(connection).await.unwrap()),
        }
    }
}

#[test]
fn up_and_reset() {
    each_engine(async |db| {
        let mut single = Single::new(db).await;
        let migrator = Migrator::new(users());
        let database = single.database();
        assert_eq!(migrator.up(&*database).await.unwrap().steps.len(), 2);
        assert!(!migrator.has_pending(&*database).await.unwrap());
        migrator.reset(&*database).await.unwrap();
        assert_eq!(migrator.up(&*database).await.unwrap().steps.len(), 2);
        drop(database);
        single.insert("the application").await;
        assert_eq!(db.row_counts()["users"], 2);
    });
}

#[test]
fn a_dropped_future_leaves_the_connection_without_a_transaction() {
    each_engine(async |db| {
        let mut single = Single::new(db).await;
        drop_in_the_middle(&*single.database()).await;
        single.insert("the application").await;
        assert_eq!(db.column("SELECT name FROM users ORDER BY name"), ["bob", "the application"]);
        assert_eq!(applied(db), ["0", "1", "2"]);
    });
}

#[test]
fn a_future_dropped_while_a_statement_runs_leaves_the_connection_usable() {
    each_engine(async |db| {
        let mut single = Single::new(db).await;
        Migrator::new(users()).up(&*single.database()).await.unwrap();
        let slow = match db.engine {
            Engine::Postgres => "SELECT pg_sleep(2);",
            Engine::MariaDb => "SELECT SLEEP(2);",
            Engine::Sqlite => {
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 9000000) SELECT max(i) FROM n;"
            }
        };
        let sql = format!("-- +goose Up\nINSERT INTO users (name) VALUES ('left behind');\n{slow}\n");
        let migrator = Migrator::new(users().sql("00003_slow.sql", sql).unwrap());
        let run = tokio::time::timeout(Duration::from_millis(500), migrator.up(&*single.database())).await;
        run.expect_err("it takes longer");
        single.insert("the application").await;
        assert_eq!(db.column("SELECT name FROM users ORDER BY name"), ["bob", "the application"]);
        assert_eq!(applied(db), ["0", "1", "2"]);
    });
}

#[test]
fn with_its_options_the_lock_is_a_transaction_beside_it() {
    each_engine(async |db| {
        if db.engine != Engine::Postgres {
            return;
        }
        let options = db.dbstring().parse().unwrap();
        let mut connection = PgConnection::connect(&db.dbstring()).await.unwrap();
        let database = brant_sqlx::postgres_connection(&mut connection).with_options(&options);
        assert_eq!(Migrator::new(users()).up(&database).await.unwrap().steps.len(), 2);
    });
}

#[test]
fn a_connection_in_a_transaction_is_refused() {
    each_engine(async |db| {
        if db.engine != Engine::Sqlite {
            return;
        }
        let mut connection = sqlite_options(db).connect().await.unwrap();
        let mut transaction = connection.begin().await.unwrap();
        let database = brant_sqlx::sqlite_connection(&mut transaction);
        let error = Migrator::new(users()).up(&database).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
    });
}
