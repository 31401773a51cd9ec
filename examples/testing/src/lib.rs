//! A small shop, whose tests get a migrated database each (`tests/shop.rs`).

use brant::Migrations;
use rusqlite::{Connection, Result, params};

/// The migrations of the shop, built into the program.
#[must_use]
pub fn migrations() -> Migrations {
    brant::embed!("migrations")
}

/// Puts pieces of a product on the shelf.
///
/// # Errors
///
/// When the database refuses.
pub fn deliver(db: &Connection, product: &str, pieces: u32) -> Result<()> {
    db.execute(
        "INSERT INTO products (name, in_stock) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET in_stock = in_stock + excluded.in_stock",
        params![product, pieces],
    )?;
    Ok(())
}

/// Sells pieces of a product. A trigger takes them from the stock.
///
/// # Errors
///
/// When there are not so many, or there is no such product.
pub fn sell(db: &Connection, product: &str, pieces: u32) -> Result<()> {
    let id: i64 = db.query_row("SELECT id FROM products WHERE name = ?1", [product], |row| row.get(0))?;
    db.execute("INSERT INTO sales (product, pieces) VALUES (?1, ?2)", params![id, pieces])?;
    Ok(())
}

/// How many pieces there are.
///
/// # Errors
///
/// When the database refuses.
pub fn in_stock(db: &Connection, product: &str) -> Result<u32> {
    db.query_row("SELECT sum(in_stock) FROM products WHERE name = ?1", [product], |row| {
        Ok(row.get::<_, Option<u32>>(0)?.unwrap_or_default())
    })
}
