//! What servers tell, and what it means: the same whichever client library reads it.

pub mod mysql;
pub mod postgres;
pub mod process;
