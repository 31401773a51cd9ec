//! Whether migrations are still what was applied. Pure functions.

use std::fmt;

use crate::{History, Migration, Version};

/// What the journal keeps of a migration's content as it was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedContent {
    /// The migration.
    pub version: Version,
    /// Its file name at the time.
    pub name: String,
    /// SHA-256 of its bytes.
    pub checksum: String,
    /// SHA-256 of all in it that means something; `None` for code.
    pub token_hash: Option<String>,
    /// Its text is kept.
    pub has_text: bool,
}

/// What became of an applied migration's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Every byte is as it was.
    Same,
    /// It looks otherwise and means the same: comments, blanks, line ends, the case of keywords.
    Cosmetic,
    /// It means something else.
    Changed,
}

impl Verdict {
    /// `"same"`, `"cosmetic"` or `"changed"`, as JSON has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Cosmetic => "cosmetic",
            Self::Changed => "changed",
        }
    }
}

impl AppliedContent {
    /// Compares it with what the migration holds now; its tokens are asked for only where the bytes differ. Code has no
    /// tokens: of an edit it can't be told what it means.
    ///
    /// ```
    /// use brant_core::{AppliedContent, Verdict, Version};
    /// let applied = AppliedContent {
    ///     version: Version(1), name: "1_a.sql".to_owned(), checksum: "b1".to_owned(),
    ///     token_hash: Some("t1".to_owned()), has_text: true,
    /// };
    /// let tokens = |hash: &str| Some(hash.to_owned());
    /// assert_eq!(applied.verdict("b1", || unreachable!()), Some(Verdict::Same));
    /// assert_eq!(applied.verdict("b2", || tokens("t1")), Some(Verdict::Cosmetic));
    /// assert_eq!(applied.verdict("b2", || tokens("t2")), Some(Verdict::Changed));
    /// assert_eq!(AppliedContent { token_hash: None, ..applied }.verdict("b2", || tokens("t2")), None);
    /// ```
    #[must_use]
    pub fn verdict(&self, checksum: &str, token_hash: impl FnOnce() -> Option<String>) -> Option<Verdict> {
        if self.checksum == checksum {
            return Some(Verdict::Same);
        }
        let applied = self.token_hash.as_ref()?;
        Some(if token_hash().as_ref() == Some(applied) { Verdict::Cosmetic } else { Verdict::Changed })
    }
}

/// A migration whose file means something else than what was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The migration as it is now.
    pub migration: Migration,
    /// When it was applied, as the history tells.
    pub applied_at: Option<String>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` was edited after it was applied", self.migration.file_name())?;
        match &self.applied_at {
            Some(at) => write!(f, " on {}", seconds(at)),
            None => Ok(()),
        }
    }
}

/// A time of the history without the fractions of its second.
#[must_use]
pub fn seconds(at: &str) -> &str {
    at.split('.').next().unwrap_or(at)
}

/// The applied migrations that are not what they were. `look` compares one with what was applied; what it can't tell is
/// taken for unchanged.
#[must_use]
pub fn changes(
    migrations: &[Migration],
    history: &History,
    mut look: impl FnMut(&Migration, &AppliedContent) -> Option<Verdict>,
) -> Vec<Change> {
    let mut changes = Vec::new();
    for migration in migrations {
        let Some(content) = history.content(migration.version) else { continue };
        if look(migration, content) == Some(Verdict::Changed) {
            let applied_at = history.record(migration.version).and_then(|record| record.at.clone());
            changes.push(Change { migration: migration.clone(), applied_at });
        }
    }
    changes
}
