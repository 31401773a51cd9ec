//! How texts are cut into statements, and what is known of the statements.

mod classes;
mod common;
mod errors;
mod every_dialect;
mod mysql;
mod postgres;
mod properties;
mod speed;
mod sqlite;
