//! Leaves nothing but digits in phone numbers, by the key, a few rows at a time: each chunk is found by an index, locks few
//! rows, and is committed by itself, so that a run that ended early goes on where it must.

use brant::{Context, Result, RustMigration};

/// Thousands, in earnest.
pub(crate) const CHUNK: usize = 5;

pub(crate) fn migration() -> RustMigration {
    RustMigration::new(46, "normalize_phone_numbers").up(up).down(down).without_transaction()
}

async fn up(ctx: &mut Context<'_>) -> Result<()> {
    let mut last = 0;
    while let Some(next) = chunk_after(ctx, last).await? {
        last = next;
    }
    Ok(())
}

/// How the numbers were written is not known any more.
async fn down(_: &mut Context<'_>) -> Result<()> {
    Ok(())
}

/// Normalises the next rows and returns the key of the last of them.
async fn chunk_after(ctx: &mut Context<'_>, last: i64) -> Result<Option<i64>> {
    ctx.execute("BEGIN", ()).await?;
    let sql =
        format!("SELECT id, phone FROM users WHERE id > $1 AND phone IS NOT NULL ORDER BY id LIMIT {CHUNK}");
    let mut end = None;
    for row in ctx.query(&sql, (last,)).await? {
        let (id, phone): (i64, String) = (row.get("id")?, row.get("phone")?);
        let normalized = normalized(&phone);
        if normalized != phone {
            ctx.execute("UPDATE users SET phone = $1 WHERE id = $2", (normalized, id)).await?;
        }
        end = Some(id);
    }
    ctx.execute("COMMIT", ()).await?;
    Ok(end)
}

/// Digits alone, without the leading 1 of North America.
pub(crate) fn normalized(phone: &str) -> String {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    match digits.strip_prefix('1') {
        Some(rest) if rest.len() == 10 => rest.to_owned(),
        _ => digits,
    }
}
