//! Directories of migration files, and what each file means.
//!
//! The way of a file: [`dir::list`] finds it, [`Loader::load`] reads it, and its [`Format`] turns it into a
//! [`Script`](brant_core::Script) of statements. [`hooks`] reads what runs around migrations. The other modules write files: [`create`], [`init`] and [`fix`];
//! [`validate`] parses a whole directory and runs nothing.
//!
//! No connections, no decisions about what to apply. Internal crate of brant: it promises no stability of its own.

pub mod create;
pub mod dir;
pub mod fix;
pub mod formats;
pub mod hooks;
pub mod init;
mod loader;
mod numbering;
mod parse_error;
pub mod validate;
mod write;

pub use formats::{FORMATS, Format};
pub use loader::{Loader, read_file};
pub use numbering::Numbering;
pub use parse_error::ParseError;
