//! Names of tables as users give them: `goose_db_version`, `Versions`, `audit.history`, `"My Table"`.

use std::fmt;

use crate::Dialect;

/// A table, perhaps with the schema it lies in, rendered for one dialect.
///
/// A name is understood as the server would understand it unquoted, so that a table made by a tool that pastes the
/// name into its SQL is found again: `Versions` is `versions` on PostgreSQL. A name that the user quoted is taken as
/// it stands.
///
/// ```
/// use brant_sql::{dialect_by_name, TableName};
/// let postgres = dialect_by_name("postgres").unwrap();
/// let table = TableName::parse("audit.Versions", postgres)?;
/// assert_eq!(table.sql(), "audit.versions");
/// assert_eq!(table.sibling("brant_journal", postgres).sql(), "audit.brant_journal");
/// assert!(TableName::parse("x; DROP TABLE y", postgres).is_err());
/// # Ok::<(), brant_sql::TableNameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TableName {
    schema: Option<Part>,
    table: Part,
}

/// One part of a name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Part {
    /// As the server stores it.
    stored: String,
    /// As it stands in a statement.
    sql: String,
}

/// A text that is not the name of a table, or of a schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not the name of a {what}: {reason}")]
pub struct TableNameError {
    /// `table` or `schema`.
    pub what: &'static str,
    /// What was given.
    pub given: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl TableName {
    /// Reads `table` or `schema.table`, each part plain or quoted in the dialect's way.
    ///
    /// # Errors
    ///
    /// When the text is anything else (a name with blanks must be quoted).
    pub fn parse(text: &str, dialect: &dyn Dialect) -> Result<Self, TableNameError> {
        let fail = |reason| TableNameError { what: "table", given: text.to_owned(), reason };
        let mut parts = Vec::new();
        let mut rest = text.trim();
        loop {
            let (part, after) = read_part(rest, dialect).map_err(fail)?;
            parts.push(part);
            match after.strip_prefix('.') {
                Some(more) => rest = more,
                None if after.is_empty() => break,
                None => {
                    return Err(fail(MADE_OF));
                }
            }
        }
        match (parts.pop(), parts.pop(), parts.pop()) {
            (Some(table), schema, None) => Ok(Self { schema, table }),
            _ => Err(fail("at most one `.` may stand between a schema and a table")),
        }
    }

    /// The same table in a schema, whose name is read as that of a table is: plain, or quoted in the dialect's way.
    ///
    /// # Errors
    ///
    /// When the text is no such name.
    pub fn in_schema(&self, text: &str, dialect: &dyn Dialect) -> Result<Self, TableNameError> {
        let fail = |reason| TableNameError { what: "schema", given: text.to_owned(), reason };
        match read_part(text.trim(), dialect).map_err(fail)? {
            (schema, "") => Ok(Self { schema: Some(schema), table: self.table.clone() }),
            _ => Err(fail(MADE_OF)),
        }
    }

    /// The name as it stands in a statement.
    #[must_use]
    pub fn sql(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{}.{}", schema.sql, self.table.sql),
            None => self.table.sql.clone(),
        }
    }

    /// The schema as the server stores it, if one was named.
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_ref().map(|s| s.stored.as_str())
    }

    /// The table as the server stores it, without its schema.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table.stored
    }

    /// The same table, named with the schema that it was found in, so that it is found again whatever a migration does
    /// to the session (`SET search_path`, `USE`). A name that has a schema stays as it is.
    #[must_use]
    pub fn found_in(&self, schema: &str, dialect: &dyn Dialect) -> Self {
        let found = Part { stored: schema.to_owned(), sql: dialect.identifier(schema) };
        Self { schema: self.schema.clone().or(Some(found)), table: self.table.clone() }
    }

    /// Another table in the same schema.
    #[must_use]
    pub fn sibling(&self, table: &str, dialect: &dyn Dialect) -> Self {
        let table = Part { stored: table.to_owned(), sql: dialect.identifier(table) };
        Self { schema: self.schema.clone(), table }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sql())
    }
}

/// The name that a token of SQL stands for, as the server stores it.
pub(crate) fn stored_name(token: &str, dialect: &dyn Dialect) -> Option<String> {
    let (part, rest) = read_part(token, dialect).ok()?;
    rest.is_empty().then_some(part.stored)
}

const MADE_OF: &str = "a name is made of letters, digits, `_` and `$`; quote it if it holds others";

fn read_part<'a>(text: &'a str, dialect: &dyn Dialect) -> Result<(Part, &'a str), &'static str> {
    let lexis = dialect.lexis();
    let closing = match text.chars().next() {
        Some('"') => Some('"'),
        Some('`') if lexis.backtick_identifiers => Some('`'),
        Some('[') if lexis.bracket_identifiers => Some(']'),
        _ => None,
    };
    match closing {
        Some(closing) => read_quoted(text, closing),
        None => {
            let end =
                text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(text.len());
            let (name, rest) = text.split_at(end);
            match name.chars().next() {
                None => Err("a part of it is empty"),
                Some(c) if c.is_ascii_digit() => Err("a name that begins with a digit must be quoted"),
                Some(_) => {
                    let stored = dialect.fold(name);
                    let sql = dialect.identifier(&stored);
                    Ok((Part { stored, sql }, rest))
                }
            }
        }
    }
}

/// Reads a quoted name; the closing quote, doubled, stands for itself.
fn read_quoted(text: &str, closing: char) -> Result<(Part, &str), &'static str> {
    let mut stored = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((i, c)) = chars.next() {
        if c != closing {
            stored.push(c);
        } else if chars.next_if(|(_, next)| *next == closing).is_some() {
            stored.push(closing);
        } else if stored.is_empty() {
            return Err("a quoted part of it is empty");
        } else {
            let (quoted, rest) = text.split_at(i + closing.len_utf8());
            return Ok((Part { stored, sql: quoted.to_owned() }, rest));
        }
    }
    Err("a quote in it is never closed")
}

#[cfg(test)]
mod tests {
    use crate::{TableName, dialect_by_name};

    #[test]
    fn names_are_folded_as_the_server_folds_them_and_quoted_where_needed() {
        let cases = [
            ("postgres", "goose_db_version", "goose_db_version", "goose_db_version"),
            ("postgres", "Versions", "versions", "versions"),
            ("postgres", "\"Versions\"", "\"Versions\"", "Versions"),
            ("postgres", "audit.Versions", "audit.versions", "versions"),
            ("postgres", "order", "\"order\"", "order"),
            ("postgres", "\"a\"\"b\"", "\"a\"\"b\"", "a\"b"),
            ("mysql", "Versions", "Versions", "Versions"),
            ("mysql", "`my table`", "`my table`", "my table"),
            ("mysql", "order", "`order`", "order"),
            ("sqlite", "Versions", "Versions", "Versions"),
            ("sqlite", "[my table]", "[my table]", "my table"),
            ("sqlite", "main.vv", "main.vv", "vv"),
        ];
        for (dialect, given, sql, table) in cases {
            let name = TableName::parse(given, dialect_by_name(dialect).unwrap()).unwrap();
            assert_eq!((name.sql().as_str(), name.table()), (sql, table), "{given} on {dialect}");
        }
    }

    #[test]
    fn a_schema_is_read_as_a_table_is() {
        let cases = [
            ("postgres", "Audit", "audit.versions", "audit"),
            ("postgres", "\"Audit\"", "\"Audit\".versions", "Audit"),
            ("postgres", "user", "\"user\".versions", "user"),
            ("mysql", "Audit", "Audit.Versions", "Audit"),
            ("mysql", "`my db`", "`my db`.Versions", "my db"),
        ];
        for (dialect, given, sql, schema) in cases {
            let dialect = dialect_by_name(dialect).unwrap();
            let table = TableName::parse("Versions", dialect).unwrap().in_schema(given, dialect).unwrap();
            assert_eq!((table.sql().as_str(), table.schema()), (sql, Some(schema)), "{given}");
        }
        let postgres = dialect_by_name("postgres").unwrap();
        let table = TableName::parse("t", postgres).unwrap();
        for text in ["", "a.b", "a b", "a;", "\"open", "9lives", "`x`"] {
            let error = table.in_schema(text, postgres).unwrap_err();
            assert!(
                error.to_string().starts_with(&format!("`{text}` is not the name of a schema")),
                "{error}"
            );
        }
    }

    #[test]
    fn what_is_not_a_name_is_refused() {
        let postgres = dialect_by_name("postgres").unwrap();
        for text in
            ["", "a b", "x;", "(select 1)", "a.b.c", "a.", ".a", "\"open", "\"\"", "9lives", "a-b", "`x`"]
        {
            assert!(TableName::parse(text, postgres).is_err(), "{text}");
        }
    }
}
