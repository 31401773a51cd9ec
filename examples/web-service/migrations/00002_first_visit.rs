use brant::{Context, Result};

/// Once, however many replicas start.
pub async fn up(ctx: &mut Context<'_>) -> Result<()> {
    let connection = ctx.native::<sqlx::PgConnection>()?;
    sqlx::query("INSERT INTO visits (path) VALUES ($1)").bind("/grand-opening").execute(connection).await?;
    Ok(())
}

pub async fn down(ctx: &mut Context<'_>) -> Result<()> {
    ctx.execute("DELETE FROM visits WHERE path = $1", ("/grand-opening",)).await?;
    Ok(())
}
