//! What the command line asks of migrations beyond what applications do. No part of the API.

use brant_core::Migration;

use crate::Migrations;

pub use crate::migrations::Loaded;

/// Files as they were listed, by version, then by path.
#[must_use]
pub fn of_files(migrations: Vec<Migration>) -> Migrations {
    Migrations::of_files(migrations)
}

/// Files of code get the bodies that are linked in for their versions; whatever else is linked in stays out.
#[must_use]
pub fn with_code_of(files: Migrations, linked: &Migrations) -> Migrations {
    files.with_code_of(linked)
}

/// What plans are made of.
#[must_use]
pub fn identities(migrations: &Migrations) -> Vec<Migration> {
    migrations.migrations()
}
