//! How two schemas differ.

use crate::Name;

/// A difference between an earlier look at a schema and a later one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was not there before.
    Added {
        /// The object.
        name: Name,
        /// What it is.
        definition: String,
    },
    /// It is no longer there.
    Removed {
        /// The object.
        name: Name,
        /// What it was.
        definition: String,
    },
    /// It is defined in another way.
    Changed {
        /// The object.
        name: Name,
        /// What it was.
        before: String,
        /// What it is.
        after: String,
    },
}

impl Change {
    /// The object that it is about.
    #[must_use]
    pub fn name(&self) -> &Name {
        match self {
            Self::Added { name, .. } | Self::Removed { name, .. } | Self::Changed { name, .. } => name,
        }
    }
}
