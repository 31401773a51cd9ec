//! Migrations on what sqlx has, on real servers.

mod borrowed;
mod pools;
mod support;
mod watching;
