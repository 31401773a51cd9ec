//! Fills a new column from two others. What is filled already is left alone, so that it can run again at any time.

use brant::{Context, Result, RustMigration};

/// Thousands, in earnest.
const CHUNK: usize = 5;

pub(crate) fn migration() -> RustMigration {
    RustMigration::new(48, "backfill_display_names").up(up).down(down).without_transaction()
}

async fn up(ctx: &mut Context<'_>) -> Result<()> {
    ctx.execute("ALTER TABLE users ADD COLUMN IF NOT EXISTS display_name varchar(255)", ()).await?;
    while chunk(ctx).await? > 0 {}
    Ok(())
}

async fn down(ctx: &mut Context<'_>) -> Result<()> {
    ctx.execute("ALTER TABLE users DROP COLUMN IF EXISTS display_name", ()).await?;
    Ok(())
}

/// Fills the next rows and returns how many they were.
async fn chunk(ctx: &mut Context<'_>) -> Result<usize> {
    ctx.execute("BEGIN", ()).await?;
    let empty = format!(
        "SELECT id, first_name, last_name FROM users WHERE display_name IS NULL ORDER BY id LIMIT {CHUNK}"
    );
    let rows = ctx.query(&empty, ()).await?;
    for row in &rows {
        let (first, last): (Option<String>, Option<String>) = (row.get("first_name")?, row.get("last_name")?);
        let name = display_name(first.as_deref().unwrap_or_default(), last.as_deref().unwrap_or_default());
        let id: i64 = row.get("id")?;
        ctx.execute("UPDATE users SET display_name = $1 WHERE id = $2", (name, id)).await?;
    }
    ctx.execute("COMMIT", ()).await?;
    Ok(rows.len())
}

/// The names that there are, with one blank between them.
pub(crate) fn display_name(first: &str, last: &str) -> String {
    let parts = [first, last].map(str::trim).into_iter().filter(|part| !part.is_empty());
    let name = parts.collect::<Vec<_>>().join(" ");
    if name.is_empty() { "Anonymous".to_owned() } else { name }
}
