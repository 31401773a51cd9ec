//! Migrates on a pool of sqlx, then looks through the same pool.

use brant::Migrator;

#[tokio::main(flavor = "current_thread")]
async fn main() -> brant::Result<()> {
    let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
    let database = brant_sqlx::sqlite(&pool);
    let migrator = Migrator::new(brant::embed!("migrations"));
    assert_eq!(migrator.up(&database).await?.steps.len(), 2);
    let name: String = sqlx::query_scalar("SELECT name FROM users").fetch_one(&pool).await?;
    assert_eq!(name, "ada");
    migrator.reset(&database).await?;
    assert_eq!(migrator.versions(&database).await?.current, 0);
    assert_eq!(migrator.up(&brant::Url::parse("sqlite::memory:")?).await?.steps.len(), 2);
    Ok(())
}
