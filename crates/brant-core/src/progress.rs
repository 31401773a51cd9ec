//! How far a statement is.

use std::fmt;

/// How far a statement is, as the server tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// What the server is doing, in its own words: `building index: scanning table`, `copy to tmp table`.
    pub phase: String,
    /// How much of that is done, in percent. Another phase begins anew.
    pub percent: Option<u8>,
}

impl Progress {
    /// A phase, and how much of it is done in percent.
    #[must_use]
    pub fn new(phase: String, percent: Option<u8>) -> Self {
        Self { phase, percent }
    }
}

impl fmt::Display for Progress {
    /// `building index: scanning table, 43 %`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.phase)?;
        self.percent.map_or(Ok(()), |percent| write!(f, ", {percent} %"))
    }
}
