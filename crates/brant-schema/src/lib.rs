//! What a database looks like: its tables, columns, indexes, functions and so on, as plain data that can be compared.
//!
//! A [`Schema`] is a sorted map from the [`Name`] of an object to its definition, as one query of the catalog tells it;
//! the difference of two of them is a list of [`Change`]s. Internal crate of brant: it promises no stability of its own.

pub mod catalogs;
mod change;
mod schema;
mod table;

pub use catalogs::{CATALOGS, Catalog, read};
pub use change::Change;
pub use schema::{Name, Schema};
