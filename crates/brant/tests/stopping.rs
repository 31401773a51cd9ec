//! A run whose time is over ends, whatever its migrations do.

use std::time::{Duration, Instant};

use brant::{Context, ErrorKind, Migrations, Migrator, Result, RustMigration, Url};

/// Would go on for ever.
async fn busy(ctx: &mut Context<'_>) -> Result<()> {
    ctx.execute("CREATE TABLE left_over (id int)", ()).await?;
    loop {
        ctx.execute("INSERT INTO left_over VALUES (1)", ()).await?;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn code_that_sends_statements_is_stopped_at_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    let url = Url::parse(&format!("sqlite:{}/app.db", dir.path().display())).unwrap();
    let migrations = Migrations::new().rust(RustMigration::new(1, "busy").up(busy).irreversible()).unwrap();
    let started = Instant::now();
    let error =
        Migrator::builder(migrations).timeout(Duration::from_millis(200)).build().up(&url).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped, "{error}");
    assert!(error.to_string().contains("it left nothing in the database"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    let tables =
        Migrations::new().sql("2_again.sql", "-- +goose Up\nCREATE TABLE left_over (id int);\n").unwrap();
    Migrator::new(tables).up(&url).await.unwrap();
}
