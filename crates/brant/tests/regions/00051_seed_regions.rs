use brant::{Context, Result};

const REGIONS: [(&str, &str); 4] =
    [("US-EAST", "US East"), ("US-WEST", "US West"), ("EU-WEST", "Europe West"), ("APAC", "Asia Pacific")];

pub async fn up(ctx: &mut Context<'_>) -> Result<()> {
    for (id, (code, name)) in (1..).zip(REGIONS) {
        ctx.execute("INSERT INTO regions (id, code, name) VALUES ($1, $2, $3)", (id, code, name)).await?;
    }
    Ok(())
}

pub async fn down(ctx: &mut Context<'_>) -> Result<()> {
    for (code, _) in REGIONS {
        ctx.execute("DELETE FROM regions WHERE code = $1", (code,)).await?;
    }
    Ok(())
}
