//! What went wrong on the way to a database or inside it.

use std::fmt;

/// What sort of failure it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The connection string cannot be understood, or asks for what this build cannot do.
    Config,
    /// The server could not be reached, or refused the connection or the password.
    Connect,
    /// The server refused a statement.
    Statement,
    /// A statement was cancelled, by us or by the server.
    Cancelled,
    /// The connection is gone; what the last statement did is not known.
    Closed,
}

/// A failure, with the facts that the server gave. Holds no password: parts of connection strings in it are redacted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriverError {
    /// What sort of failure it was.
    pub kind: ErrorKind,
    /// The server's (or the client library's) own words.
    pub message: String,
    /// SQLSTATE, five characters, where the server gives one.
    pub sqlstate: Option<String>,
    /// The server's own error number, where it has one.
    pub number: Option<i64>,
    /// More about the case at hand, in the server's words.
    pub detail: Option<String>,
    /// What to do, in the server's words.
    pub hint: Option<String>,
    /// Where inside of the server it happened (which function, which line of it), in the server's words: a line for
    /// each call, the innermost first.
    pub context: Option<String>,
    /// Byte offset of the error in the text that was sent.
    pub offset: Option<usize>,
}

impl DriverError {
    /// An error without further facts.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            sqlstate: None,
            number: None,
            detail: None,
            hint: None,
            context: None,
            offset: None,
        }
    }
}

impl fmt::Display for DriverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.sqlstate, self.number) {
            (Some(state), Some(number)) => write!(f, "Error {number} ({state}): {}", self.message),
            (Some(state), None) => write!(f, "ERROR: {} (SQLSTATE {state})", self.message),
            // 1 is SQLite's number for whatever has no other; a file that can't be opened is told in our own words.
            (None, Some(number)) if number != 1 && self.kind != ErrorKind::Connect => {
                write!(f, "{} (error {number})", self.message)
            }
            _ => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for DriverError {}
