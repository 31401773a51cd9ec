//! How SQL is written: the lexer and statement splitter, and one file for each dialect.
//!
//! No connections, no files, no policy. Internal crate of brant: it promises no stability of its own.

mod bind;
mod commands;
pub mod dialect;
pub mod dialects;
pub mod effects;
mod evidence;
mod identifier;
mod journal_reads;
mod lexer;
mod pattern;
mod secrets;
mod splitter;
mod token_hash;

pub use bind::{BindError, Value, bind};
pub use commands::{CommandRules, Rule};
pub use dialect::{
    Capabilities, Dialect, HistorySql, JournalEntry, JournalSql, Lexis, LockLimit, LockLimitSql, LockSql,
    SchemaSql, SessionLockSql,
};
pub use dialects::{DIALECTS, dialect_by_name};
pub use evidence::{AfterSession, Evidence, Finding, Question, Repair, bare};
pub use identifier::{TableName, TableNameError};
pub use secrets::{mask_passwords, mask_values, password_literals};
pub use splitter::{Piece, SplitError, classify, count_commands, split};
pub use token_hash::{sha256_hex, token_hash, token_hash_of_file};
