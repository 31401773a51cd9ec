//! How each dialect's catalog is read: one file for each, with one query.
//!
//! To add one: write `catalogs/NAME.rs`, and name it here twice: as a module, and in [`CATALOGS`].

mod mysql;
mod postgres;
mod sqlite;

use brant_driver::{Connection, DriverError, ErrorKind};

use crate::{Name, Schema};

/// How a dialect's catalog is read.
pub struct Catalog {
    /// The dialect.
    pub dialect: &'static str,
    /// Returns the kind, schema, table, name and definition of every object. A schema that is NULL is the usual one,
    /// of which nobody speaks; the table is that which an object belongs to, if it belongs to one.
    pub query: &'static str,
    /// The objects that a row of the query stands for.
    pub objects: fn(Name, &str) -> Vec<(Name, String)>,
}

/// Every catalog that can be read.
pub static CATALOGS: &[&Catalog] = &[&sqlite::CATALOG, &postgres::CATALOG, &mysql::CATALOG];

/// Reads what the database of a connection looks like now.
///
/// # Errors
///
/// When the catalog can't be read, or there is no such dialect.
pub async fn read(connection: &mut dyn Connection, dialect: &str) -> Result<Schema, DriverError> {
    let catalog = CATALOGS.iter().find(|catalog| catalog.dialect == dialect).ok_or_else(|| {
        DriverError::new(ErrorKind::Config, format!("there is no catalog of the dialect `{dialect}`"))
    })?;
    let rows = connection.query(catalog.query).await?;
    Ok(rows.into_iter().filter_map(object).flat_map(|(name, text)| (catalog.objects)(name, &text)).collect())
}

fn object(row: Vec<Option<String>>) -> Option<(Name, String)> {
    let [kind, schema, table, name, definition]: [Option<String>; 5] = row.try_into().ok()?;
    let name = Name { schema, table, kind: kind?, name: name? };
    Some((name, definition.unwrap_or_default()))
}

/// Each row is one object.
fn one(name: Name, definition: &str) -> Vec<(Name, String)> {
    vec![(name, definition.to_owned())]
}
