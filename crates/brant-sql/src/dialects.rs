//! One file for each dialect, and the table of them.

mod mysql;
mod postgres;
mod sqlite;

use crate::Dialect;

/// How many sessions are told that keep another one waiting, and how much of their statements.
const BLOCKERS_MAX: usize = 5;
const QUERY_LENGTH: usize = 400;

/// Every dialect.
pub static DIALECTS: &[&dyn Dialect] = &[&sqlite::Sqlite, &postgres::Postgres, &mysql::MySql];

/// The dialect of this name or alias.
#[must_use]
pub fn dialect_by_name(name: &str) -> Option<&'static dyn Dialect> {
    DIALECTS.iter().copied().find(|d| d.name() == name || d.aliases().contains(&name))
}

/// A name with a quote around it, unless it can stand without one: lower-case letters, digits and `_`, and no
/// keyword that a table might be called.
fn quote_if_needed(name: &str, quote: char, plain_upper: bool) -> String {
    let plain = |c: char| {
        c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || (plain_upper && c.is_ascii_uppercase())
    };
    let begins_well = name.chars().next().is_some_and(|c| !c.is_ascii_digit());
    if begins_well && name.chars().all(plain) && !RESERVED.contains(&name.to_ascii_lowercase().as_str()) {
        return name.to_owned();
    }
    let mut quoted = String::with_capacity(name.len() + 2);
    quoted.push(quote);
    for c in name.chars() {
        quoted.push(c);
        if c == quote {
            quoted.push(c);
        }
    }
    quoted.push(quote);
    quoted
}

/// Words reserved in one of the dialects that someone might name a table after. A word too many does no harm: a
/// quoted name means the same.
const RESERVED: &[&str] = &[
    "all",
    "alter",
    "analyze",
    "and",
    "any",
    "as",
    "asc",
    "between",
    "by",
    "case",
    "change",
    "check",
    "column",
    "condition",
    "constraint",
    "create",
    "cross",
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "database",
    "databases",
    "default",
    "delete",
    "desc",
    "distinct",
    "do",
    "drop",
    "else",
    "end",
    "except",
    "exists",
    "false",
    "fetch",
    "for",
    "foreign",
    "from",
    "grant",
    "group",
    "having",
    "in",
    "index",
    "insert",
    "intersect",
    "into",
    "is",
    "join",
    "key",
    "keys",
    "left",
    "like",
    "limit",
    "lock",
    "not",
    "null",
    "offset",
    "on",
    "option",
    "or",
    "order",
    "outer",
    "primary",
    "range",
    "references",
    "release",
    "rename",
    "replace",
    "returning",
    "revoke",
    "right",
    "row",
    "rows",
    "schema",
    "schemas",
    "select",
    "set",
    "some",
    "system",
    "table",
    "then",
    "to",
    "transaction",
    "trigger",
    "true",
    "union",
    "unique",
    "update",
    "usage",
    "use",
    "user",
    "using",
    "values",
    "when",
    "where",
    "window",
    "with",
];

/// The byte at which the name stands that a message quotes behind one of these beginnings, if it stands there once.
fn only_mention(sql: &str, message: &str, beginnings: &[&str], quote: char) -> Option<usize> {
    let quoted = beginnings.iter().find_map(|beginning| message.strip_prefix(beginning))?;
    let name = quoted.split(quote).next()?.rsplit('.').next().filter(|name| !name.is_empty())?;
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let (sql, name) = (sql.to_ascii_lowercase(), name.to_ascii_lowercase());
    let mut places = sql.match_indices(&name).map(|(at, _)| at).filter(|at| {
        !is_word(sql[..*at].chars().next_back()) && !is_word(sql[at + name.len()..].chars().next())
    });
    let first = places.next()?;
    places.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use brant_core::{HistoryLayout, Version};

    use super::*;
    use crate::TableName;

    const LAYOUT: HistoryLayout = HistoryLayout {
        default_table: "t",
        id: "id",
        version: "version_id",
        applied: "is_applied",
        time: "tstamp",
    };

    #[test]
    fn every_dialect_is_found_by_its_name_and_aliases_and_by_no_other() {
        for dialect in DIALECTS {
            for name in std::iter::once(&dialect.name()).chain(dialect.aliases()) {
                assert_eq!(dialect_by_name(name).map(Dialect::name), Some(dialect.name()));
            }
        }
        assert!(dialect_by_name("oracle").is_none());
    }

    #[test]
    fn literals_hold_any_text() {
        for (dialect, text, literal) in [
            ("postgres", r"it's a \ path", r"E'it''s a \\ path'"),
            ("mysql", "it's", "_utf8mb4 X'69742773'"),
            ("mysql", "", "''"),
            ("sqlite", r"it's a \ path", r"'it''s a \ path'"),
            ("sqlite", "nul\0byte", "'nulbyte'"),
        ] {
            assert_eq!(dialect_by_name(dialect).unwrap().literal(text), literal);
        }
    }

    #[test]
    fn rows_of_the_history_are_written_in_the_order_given() {
        for dialect in DIALECTS {
            let table = TableName::parse("goose_db_version", *dialect).unwrap();
            let sql = dialect.history(&LAYOUT, &table);
            assert_eq!(
                sql.insert(&[Version(3), Version(2)]),
                "INSERT INTO goose_db_version (version_id, is_applied) VALUES (3, true), (2, true)"
            );
            assert_eq!(sql.delete(Version(3)), "DELETE FROM goose_db_version WHERE version_id = 3");
        }
    }
}
