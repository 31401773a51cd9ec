//! The SQL of one direction of one migration, cut into statements.

use std::ops::Range;
use std::path::PathBuf;

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Position {
    /// The place just behind a text that begins the file.
    #[must_use]
    pub fn behind(text: &str) -> Self {
        let last = text.rsplit_once('\n').map_or(text, |(_, last)| last);
        Self { line: text.matches('\n').count() + 1, column: last.chars().count() + 1 }
    }
}

/// What sort of command a statement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StatementKind {
    /// Changes the schema (CREATE, ALTER, DROP, COMMENT, GRANT, …).
    Ddl,
    /// Changes or reads rows (INSERT, UPDATE, DELETE, MERGE, SELECT, …).
    Dml,
    /// Begins, ends or marks a transaction (BEGIN, COMMIT, ROLLBACK, SAVEPOINT, …).
    TransactionControl,
    /// Session settings (SET, RESET, PRAGMA, USE, …).
    Setting,
    /// Anything else.
    Other,
}

/// What the planner has to know about a statement; computed by the lexer, read everywhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StatementClass {
    /// What sort of command it is.
    pub kind: StatementKind,
    /// The server refuses it inside a transaction block (CREATE INDEX CONCURRENTLY, VACUUM, …).
    pub outside_transaction_only: bool,
    /// The server commits the open transaction before or after it, by itself (MySQL's DDL).
    pub commits_implicitly: bool,
    /// Its effect reaches beyond its own step when steps share a transaction (SET LOCAL, SET CONSTRAINTS, LOCK,
    /// transaction control, …), so the step must have a transaction of its own.
    pub needs_own_transaction: bool,
}

impl StatementClass {
    /// An ordinary statement of this kind, free of restrictions.
    #[must_use]
    pub const fn plain(kind: StatementKind) -> Self {
        Self {
            kind,
            outside_transaction_only: false,
            commits_implicitly: false,
            needs_own_transaction: false,
        }
    }
}

/// One SQL command as sent to the server, with its place in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What is sent: the text of the file, after variables were substituted.
    pub sql: String,
    /// What may be shown: the text of the file before variables were substituted.
    pub source: String,
    /// Where its first character stands in the file.
    pub position: Position,
    /// The bytes of the file that `source` covers.
    pub bytes: Range<usize>,
    /// What sort of statement it is. For a block of several commands: the union of their restrictions.
    pub class: StatementClass,
    /// It stood between `StatementBegin` and `StatementEnd` and may hold several commands.
    pub block: bool,
}

impl Statement {
    /// The place in the file of a byte offset in `sql`, as a database reports errors. An offset inside the value of a
    /// variable is where the variable stands. Exact unless a value has line ends in it, a line has several variables
    /// around the place, or an annotation stands inside the statement.
    ///
    /// ```
    /// use brant_core::{Position, Statement, StatementClass, StatementKind};
    /// let sql = "SELECT 1,\n  oops;".to_owned();
    /// let statement = Statement {
    ///     source: sql.clone(), sql, position: Position { line: 3, column: 5 }, bytes: 20..37,
    ///     class: StatementClass::plain(StatementKind::Dml), block: false,
    /// };
    /// assert_eq!(statement.position_at(7), Position { line: 3, column: 12 });
    /// assert_eq!(statement.position_at(12), Position { line: 4, column: 3 });
    /// ```
    #[must_use]
    pub fn position_at(&self, offset: usize) -> Position {
        let before = &self.sql[..self.sql.floor_char_boundary(offset)];
        let (index, start) = match before.rfind('\n') {
            None => (0, 0),
            Some(newline) => (before.matches('\n').count(), newline + 1),
        };
        let line = self.sql[start..].lines().next().unwrap_or_default();
        let source = self.source.lines().nth(index).unwrap_or(line);
        let column = column_in_source(line, &before[start..], source);
        let indent = if index == 0 { self.position.column } else { 1 };
        Position { line: self.position.line + index, column: indent + column }
    }
}

/// How many characters of the source's line stand before what follows `before` in the line that was sent.
fn column_in_source(line: &str, before: &str, source: &str) -> usize {
    if source.starts_with(before) {
        return before.chars().count();
    }
    // A variable stands before the place: what follows both is the same, if there is no other variable.
    if let Some(head) = line.strip_prefix(before).and_then(|after| source.strip_suffix(after)) {
        return head.chars().count();
    }
    before.chars().zip(source.chars()).take_while(|(a, b)| a == b).count()
}

/// How a script's statements relate to transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransactionMode {
    /// All in one transaction, with the record in the history.
    PerMigration,
    /// Each by itself (`NO TRANSACTION`).
    None,
}

/// A `-- +brant NAME REST` comment, kept for whoever understands it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// The words after `+brant`, trimmed: `LOCK TIMEOUT 2s`.
    pub text: String,
    /// Line in the file, from 1.
    pub line: usize,
}

/// What a migration's file holds, to be known again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// SHA-256 of its bytes, in lower-case hexadecimal digits; empty for code whose file is not known.
    pub checksum: String,
    /// SHA-256 of all in it that means something; `None` for code.
    pub token_hash: Option<String>,
    /// Its text before variables are substituted, passwords in it and all; `None` for code.
    pub text: Option<String>,
}

/// The SQL of one direction of one migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The file it was read from.
    pub path: PathBuf,
    /// What will be sent, in order. Empty for an empty migration.
    pub statements: Vec<Statement>,
    /// Whether the statements share a transaction.
    pub transaction: TransactionMode,
    /// The file has a section for this direction at all (it may still be empty).
    pub section_present: bool,
    /// The file's `-- +brant` comments, both directions.
    pub annotations: Vec<Annotation>,
    /// What the whole file holds.
    pub content: Content,
    /// The values that were put in for variables: never shown, not even where a server quotes them.
    pub substituted: Vec<String>,
}

impl Script {
    /// Whether the file says (`-- +brant OUT OF ORDER`, a reason may follow) that it may be applied after versions above
    /// its own.
    #[must_use]
    pub fn may_be_late(&self) -> bool {
        let says = |text: &str| text.split_whitespace().take(3).eq(["OUT", "OF", "ORDER"]);
        self.annotations.iter().any(|annotation| says(&annotation.text))
    }

    /// Nothing will be sent to the database.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// Whether the step may share a transaction with others: it has one, and no statement that reaches beyond its own
    /// step.
    #[must_use]
    pub fn can_share_transaction(&self) -> bool {
        self.transaction == TransactionMode::PerMigration
            && self.statements.iter().all(|s| {
                !s.class.needs_own_transaction
                    && !s.class.outside_transaction_only
                    && !s.class.commits_implicitly
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_around_variables_are_found() {
        let statement = |sql: &str, source: &str| Statement {
            sql: sql.to_owned(),
            source: source.to_owned(),
            position: Position { line: 5, column: 3 },
            bytes: 0..source.len(),
            class: StatementClass::plain(StatementKind::Other),
            block: false,
        };
        for (sql, source, at, line, column) in [
            ("SELECT oops, 'v'", "SELECT oops, '$V'", "oops", 5, 10),
            ("SELECT 'value', oops", "SELECT '$V', oops", "oops", 5, 16),
            ("SELECT 'value'", "SELECT '$V'", "lue", 5, 11),
            ("SELECT 'value',\n  oops", "SELECT '$V',\n  oops", "oops", 6, 3),
            ("SELECT 'a', oops, 'a'", "SELECT '$V', oops, '$V'", "oops", 5, 11),
        ] {
            let offset = sql.find(at).unwrap();
            assert_eq!(statement(sql, source).position_at(offset), Position { line, column }, "{sql}");
        }
    }
}
