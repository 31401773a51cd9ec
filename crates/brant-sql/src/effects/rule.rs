//! The form of the knowledge: rows, and how they are written down.

use super::{Lock, Subject, Work};
use crate::TableName;

/// What is known of one product's statements.
#[derive(Debug)]
pub struct EffectTable {
    /// The product, as its connections name it.
    pub product: &'static str,
    /// Who says so, where a row does not say otherwise.
    pub source: &'static str,
    /// The first row whose pattern fits a command decides, list by list.
    pub rules: &'static [&'static [EffectRule]],
}

/// One row.
#[derive(Debug)]
pub struct EffectRule {
    /// How a command (or a clause of one) begins, in the atoms of patterns: `@` is the subject, `#` the other table.
    pub pattern: &'static str,
    /// A statement that the row is for; empty where another row shows it.
    pub example: &'static str,
    /// What is locked, and what is done with it.
    pub on: &'static [On],
    /// The subject is made by it.
    pub creates: bool,
    /// What follows the pattern is a list of clauses, which have rows of their own.
    pub clauses: Option<&'static Clauses>,
    /// Each of these rows that fits from the beginning adds its effects.
    pub parts: &'static [EffectRule],
    /// When it is less.
    pub unless: Option<&'static str>,
    /// What else there is to know.
    pub note: Option<&'static str>,
    /// The server version from which this row holds.
    pub since: Option<&'static str>,
    /// The server refuses such a command, and why.
    pub refused: Option<&'static str>,
    /// Who says so, where it is not whoever says so of the table.
    pub source: Option<&'static str>,
}

/// The clauses of a command.
#[derive(Debug)]
pub struct Clauses {
    /// The first row whose pattern fits a clause decides.
    pub rules: &'static [EffectRule],
    /// What comes of clauses that would lock differently by themselves.
    pub mixed: Option<Mixed>,
}

/// What comes of different clauses in one command, if that is more than the strongest of them.
#[derive(Clone, Copy, Debug)]
pub struct Mixed {
    /// The lock.
    pub lock: Lock,
    /// The work.
    pub work: Work,
}

/// What a row says of one table.
#[derive(Clone, Copy, Debug)]
pub struct On {
    /// Which table.
    pub whose: Whose,
    /// The lock.
    pub lock: Lock,
    /// The work.
    pub work: Work,
}

/// Which table a row speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The subject.
    Subject,
    /// The table that has the subject, which is an index.
    TableOfSubject,
    /// The other table.
    Other,
    /// One that the statement does not name.
    Described(&'static str),
}

impl Whose {
    pub(super) fn subjects(self, subjects: &[TableName], others: &[TableName]) -> Vec<Subject> {
        match self {
            Self::Subject => subjects.iter().cloned().map(Subject::Named).collect(),
            Self::TableOfSubject => subjects.iter().cloned().map(Subject::TableOf).collect(),
            Self::Other => others.iter().cloned().map(Subject::Named).collect(),
            Self::Described(what) => vec![Subject::Described(what)],
        }
    }
}

/// A row.
pub(super) const fn row(pattern: &'static str, example: &'static str, on: &'static [On]) -> EffectRule {
    EffectRule {
        pattern,
        example,
        on,
        creates: false,
        clauses: None,
        parts: &[],
        unless: None,
        note: None,
        since: None,
        refused: None,
        source: None,
    }
}

impl EffectRule {
    pub(super) const fn creating(self) -> Self {
        Self { creates: true, ..self }
    }

    pub(super) const fn with_clauses(self, clauses: &'static Clauses) -> Self {
        Self { clauses: Some(clauses), ..self }
    }

    pub(super) const fn with_parts(self, parts: &'static [EffectRule]) -> Self {
        Self { parts, ..self }
    }

    pub(super) const fn unless(self, when: &'static str) -> Self {
        Self { unless: Some(when), ..self }
    }

    pub(super) const fn note(self, note: &'static str) -> Self {
        Self { note: Some(note), ..self }
    }

    pub(super) const fn since(self, version: &'static str) -> Self {
        Self { since: Some(version), ..self }
    }

    pub(super) const fn refused(self, why: &'static str) -> Self {
        Self { refused: Some(why), ..self }
    }

    pub(super) const fn source(self, source: &'static str) -> Self {
        Self { source: Some(source), ..self }
    }
}

/// The subject.
pub(super) const fn it(lock: Lock, work: Work) -> On {
    On { whose: Whose::Subject, lock, work }
}

/// The table of the subject, an index.
pub(super) const fn its_table(lock: Lock, work: Work) -> On {
    On { whose: Whose::TableOfSubject, lock, work }
}

/// The other table.
pub(super) const fn other(lock: Lock, work: Work) -> On {
    On { whose: Whose::Other, lock, work }
}

/// What the statement does not name.
pub(super) const fn what(described: &'static str, lock: Lock, work: Work) -> On {
    On { whose: Whose::Described(described), lock, work }
}
