use brant::{Context, Result};

/// The first line of a note becomes its title.
pub async fn up(ctx: &mut Context<'_>) -> Result<()> {
    ctx.execute("ALTER TABLE notes ADD COLUMN title TEXT NOT NULL DEFAULT ''", ()).await?;
    for row in ctx.query("SELECT id, text FROM notes", ()).await? {
        let (id, text): (i64, String) = (row.get("id")?, row.get("text")?);
        ctx.execute("UPDATE notes SET title = $1 WHERE id = $2", (title(&text), id)).await?;
    }
    Ok(())
}

pub async fn down(ctx: &mut Context<'_>) -> Result<()> {
    ctx.execute("ALTER TABLE notes DROP COLUMN title", ()).await?;
    Ok(())
}

fn title(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
