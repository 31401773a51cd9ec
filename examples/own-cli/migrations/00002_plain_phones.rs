//! Leaves nothing but digits in phone numbers, and no leading 1 of North America: more than SQL does well.

use brant::{Context, Result};

pub async fn up(ctx: &mut Context<'_>) -> Result<()> {
    for row in ctx.query("SELECT id, phone FROM customers", ()).await? {
        let (id, phone): (i64, String) = (row.get("id")?, row.get("phone")?);
        ctx.execute("UPDATE customers SET phone = $1 WHERE id = $2", (plain(&phone), id)).await?;
    }
    Ok(())
}

/// The plain numbers stay: how they were written is not known any more.
pub async fn down(_: &mut Context<'_>) -> Result<()> {
    Ok(())
}

fn plain(phone: &str) -> String {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    match digits.strip_prefix('1') {
        Some(rest) if rest.len() == 10 => rest.to_owned(),
        _ => digits,
    }
}
