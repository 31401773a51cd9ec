use brant::{Context, Result};

pub async fn up(ctx: &mut Context<'_>) -> Result<()> {
    ctx.execute("SELECT 'up SQL query'", ()).await?;
    Ok(())
}

pub async fn down(ctx: &mut Context<'_>) -> Result<()> {
    ctx.execute("SELECT 'down SQL query'", ()).await?;
    Ok(())
}
