//! What takes long is looked at from a second connection, which the pool's options lead to.

use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use brant::{Blocker, Migrations, Migrator, Observer};
use brant_testkit::{Engine, pgbouncer};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::support::{Pool, each_engine};

/// Passes on who was in the way.
struct Blockers(Sender<Blocker>);

impl Observer for Blockers {
    fn blocked(&mut self, blockers: &[Blocker], _waited: Duration) {
        blockers.iter().for_each(|blocker| drop(self.0.send(blocker.clone())));
    }
}

#[test]
fn who_keeps_a_statement_waiting_is_told() {
    each_engine(async |db| {
        if db.engine == Engine::Sqlite {
            return;
        }
        db.sql("CREATE TABLE users (id int)").unwrap();
        let mut holder = db.session();
        let number = if db.engine == Engine::Postgres { "pg_backend_pid()" } else { "connection_id()" };
        holder.send(&format!("BEGIN; SELECT {number}, count(*) FROM users;"));
        let holder_is = holder.receive().remove(0);
        let change = "-- +goose Up\nALTER TABLE users ADD COLUMN name text;\n";
        let (sender, told) = channel();
        let migrator = Migrator::builder(Migrations::new().sql("00001_change.sql", change).unwrap())
            .lock_timeout(Duration::from_secs(2))
            .retry_for(Duration::ZERO)
            .observer(Blockers(sender))
            .build();
        let pool = Pool::new(db, 1).await;
        let error = migrator.up(&*pool.database()).await.unwrap_err();
        let told: Vec<Blocker> = told.try_iter().collect();
        let is_told = told.iter().any(|blocker| holder_is.starts_with(&blocker.session.to_string()));
        assert!(is_told, "{holder_is}: {told:?}: {error}");
    });
}

/// A pooler has other processes for the run than the one that it met first.
#[tokio::test]
async fn behind_a_pooler_the_statement_is_found_by_its_text() {
    if !brant_testkit::engines().contains(&Engine::Postgres) {
        return;
    }
    let db = brant_testkit::postgres();
    let pooler = pgbouncer(&db);
    let options: PgConnectOptions = db.dbstring_through(pooler.addr()).parse().unwrap();
    let pool =
        PgPoolOptions::new().max_connections(1).connect_with(options.extra_float_digits(None)).await.unwrap();
    db.sql("CREATE TABLE users (id int)").unwrap();
    let mut holder = db.session();
    holder.run("BEGIN; LOCK TABLE users;");
    let change = "-- +goose Up\nSELECT 'it''s here', count(*) FROM users;\n";
    let (sender, told) = channel();
    let migrator = Migrator::builder(Migrations::new().sql("00001_read.sql", change).unwrap())
        .lock_timeout(Duration::ZERO)
        .statement_timeout(Duration::from_secs(2))
        .observer(Blockers(sender))
        .build();
    let start = std::time::Instant::now();
    let error = migrator.up(&brant_sqlx::postgres(&pool)).await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    assert!(error.to_string().contains("ran for longer than it may"), "{error}");
    assert!(told.try_iter().count() > 0, "nobody was in the way");
}
