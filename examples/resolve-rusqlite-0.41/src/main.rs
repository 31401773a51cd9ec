//! Migrates on a connection of rusqlite, then looks through the same connection.

use brant::Migrator;

#[tokio::main(flavor = "current_thread")]
async fn main() -> brant::Result<()> {
    let mut connection = rusqlite::Connection::open_in_memory()?;
    let migrator = Migrator::new(brant::embed!("migrations"));
    assert_eq!(migrator.up(&brant_rusqlite::connection(&mut connection)).await?.steps.len(), 2);
    let name: String = connection.query_row("SELECT name FROM users", [], |row| row.get(0))?;
    assert_eq!(name, "ada");
    let database = brant_rusqlite::connection(&mut connection);
    migrator.reset(&database).await?;
    assert_eq!(migrator.versions(&database).await?.current, 0);
    assert_eq!(migrator.up(&brant::Url::parse("sqlite::memory:")?).await?.steps.len(), 2);
    Ok(())
}
