//! Which file names are migrations, and of which version.

use brant_core::{MigrationKind, Version};

/// What a file name says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName<'a> {
    /// The version.
    pub version: Version,
    /// The human part: between the first `_` and the extension.
    pub name: &'a str,
    /// What the extension says: `.sql`, `.go` or `.rs`.
    pub kind: MigrationKind,
}

/// Why a file name is not that of a migration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// None of `.sql`, `.go` and `.rs`, exactly so.
    #[error("migration file does not have .sql, .go or .rs file extension")]
    Extension,
    /// No `_` in it.
    #[error("no filename separator '_' found")]
    Separator,
    /// The text before the `_` is not a number.
    #[error(
        "failed to parse version from migration file: {file}: strconv.ParseInt: parsing {text:?}: {reason}"
    )]
    Version {
        /// The file name.
        file: String,
        /// The text before the `_`.
        text: String,
        /// `invalid syntax` or `value out of range`.
        reason: &'static str,
    },
    /// The number is 0 or less.
    #[error("migration version must be greater than zero")]
    NotPositive,
}

/// Reads a file name: `VERSION_NAME.sql`, `VERSION_NAME.go` or `VERSION_NAME.rs`.
///
/// The version is all before the first `_`: a whole number of at least 1, with leading zeros or a `+` if you like.
///
/// ```
/// use brant_source::formats::goose::file_name;
/// let file = file_name("00007_add_orders.sql")?;
/// assert_eq!((file.version.0, file.name), (7, "add_orders"));
/// assert!(file_name("add_orders.sql").is_err());
/// # Ok::<(), brant_source::formats::goose::NameError>(())
/// ```
///
/// # Errors
///
/// What keeps the name from being that of a migration.
pub fn file_name(file: &str) -> Result<FileName<'_>, NameError> {
    let (stem, kind) = match file.rsplit_once('.') {
        Some((stem, "sql")) => (stem, MigrationKind::Sql),
        Some((stem, "go")) => (stem, MigrationKind::ForeignCode("Go")),
        Some((stem, "rs")) => (stem, MigrationKind::ForeignCode("Rust")),
        _ => return Err(NameError::Extension),
    };
    let (text, name) = stem.split_once('_').ok_or(NameError::Separator)?;
    let version = parse_version(file, text)?;
    if version < 1 {
        return Err(NameError::NotPositive);
    }
    Ok(FileName { version: Version(version), name, kind })
}

fn parse_version(file: &str, text: &str) -> Result<i64, NameError> {
    use std::num::IntErrorKind::{NegOverflow, PosOverflow};
    text.parse::<i64>().map_err(|e| NameError::Version {
        file: file.to_owned(),
        text: text.to_owned(),
        reason: match e.kind() {
            PosOverflow | NegOverflow => "value out of range",
            _ => "invalid syntax",
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_migrations() {
        let (sql, code) = (MigrationKind::Sql, MigrationKind::ForeignCode);
        for (file, version, name, kind) in [
            ("00001_x.sql", 1, "x", sql.clone()),
            ("1_.sql", 1, "", sql.clone()),
            ("+5_x.sql", 5, "x", sql.clone()),
            ("1_a.up.sql", 1, "a.up", sql.clone()),
            ("20260101120000_add_orders.go", 20_260_101_120_000, "add_orders", code("Go")),
            ("20260101120000_add_orders.rs", 20_260_101_120_000, "add_orders", code("Rust")),
            ("9223372036854775807_max.sql", i64::MAX, "max", sql.clone()),
            ("3__two.sql", 3, "_two", sql.clone()),
            ("3_größe.sql", 3, "größe", sql.clone()),
        ] {
            let read = file_name(file).unwrap();
            assert_eq!((read.version.0, read.name, read.kind), (version, name, kind), "{file}");
        }
    }

    #[test]
    fn names_of_other_files() {
        let all: String = [
            "1_a.SQL",
            "1_a",
            "1_a.sql.bak",
            "sql",
            ".sql",
            "1.sql",
            "x_a.sql",
            "_a.sql",
            " 1_a.sql",
            "1.5_a.sql",
            "1,000_a.sql",
            "0x1_a.sql",
            "9223372036854775808_a.sql",
            "-9223372036854775809_a.sql",
            "0_a.sql",
            "-5_a.sql",
            "-0_a.sql",
        ]
        .map(|file| format!("{file}: {}\n", file_name(file).unwrap_err()))
        .concat();
        insta::assert_snapshot!(all);
    }
}
