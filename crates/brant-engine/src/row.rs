//! Rows of a query, read by name and type.

use std::fmt;
use std::sync::Arc;

use brant_sql::Dialect;

/// A row of a query.
#[derive(Clone)]
pub struct Row {
    columns: Arc<[String]>,
    values: Vec<Option<Vec<u8>>>,
    dialect: &'static dyn Dialect,
}

/// Why a value can't be had from a row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// The row has no such column.
    #[error("there is no column {wanted}: the columns are {}", columns.join(", "))]
    NoColumn {
        /// The column that was asked for.
        wanted: String,
        /// Those that there are.
        columns: Vec<String>,
    },
    /// The value is NULL; ask for an `Option`.
    #[error("column {column} is NULL")]
    Null {
        /// The column.
        column: String,
    },
    /// The value is of another type.
    #[error("column {column} does not hold {wanted}")]
    Type {
        /// The column.
        column: String,
        /// What was asked for.
        wanted: &'static str,
    },
}

impl Row {
    pub(crate) fn new(
        columns: Arc<[String]>,
        values: Vec<Option<Vec<u8>>>,
        dialect: &'static dyn Dialect,
    ) -> Self {
        Self { columns, values, dialect }
    }

    /// The value of a column, by its name or by its number from 0.
    ///
    /// ```
    /// # fn example(row: &brant_engine::Row) -> Result<(), brant_engine::RowError> {
    /// let id: i64 = row.get("id")?;
    /// let name: Option<String> = row.get(1)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When there is no such column, or its value is not of that type. NULL is only an `Option`.
    pub fn get<T: FromValue>(&self, column: impl Column) -> Result<T, RowError> {
        let at = column
            .find(&self.columns)
            .ok_or_else(|| RowError::NoColumn { wanted: column.shown(), columns: self.columns.to_vec() })?;
        let raw = Raw { value: self.values[at].as_deref(), dialect: self.dialect };
        T::from_value(raw).map_err(|unfit| match unfit {
            Unfit::Null => RowError::Null { column: column.shown() },
            Unfit::Type(wanted) => RowError::Type { column: column.shown(), wanted },
        })
    }

    /// The names of the columns.
    ///
    /// ```
    /// # fn example(row: &brant_engine::Row) -> Result<(), brant_engine::RowError> {
    /// let width = row.columns().len();
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }
}

impl fmt::Debug for Row {
    /// Names only: what a row holds may be nobody's to see.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row").field("columns", &self.columns).finish_non_exhaustive()
    }
}

/// A column of a row: its name, or its number from 0.
pub trait Column: Copy {
    /// Its place among these.
    fn find(&self, columns: &[String]) -> Option<usize>;
    /// How it is called in an error.
    fn shown(&self) -> String;
}

impl Column for &str {
    fn find(&self, columns: &[String]) -> Option<usize> {
        columns.iter().position(|column| column == self)
    }

    fn shown(&self) -> String {
        format!("`{self}`")
    }
}

impl Column for usize {
    fn find(&self, columns: &[String]) -> Option<usize> {
        (*self < columns.len()).then_some(*self)
    }

    fn shown(&self) -> String {
        format!("number {self}")
    }
}

/// A value as the server printed it.
#[derive(Clone, Copy)]
pub struct Raw<'a> {
    value: Option<&'a [u8]>,
    dialect: &'static dyn Dialect,
}

/// Why a value is not of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It is NULL.
    Null,
    /// It is not what is named here.
    Type(&'static str),
}

impl<'a> Raw<'a> {
    /// The value as text; `wanted` is what the text shall become.
    ///
    /// # Errors
    ///
    /// When it is NULL, or bytes that are no text.
    pub fn text(self, wanted: &'static str) -> Result<&'a str, Unfit> {
        std::str::from_utf8(self.value.ok_or(Unfit::Null)?).map_err(|_| Unfit::Type(wanted))
    }
}

/// What a value of a row can be read as.
pub trait FromValue: Sized {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// When it is not of this type.
    fn from_value(raw: Raw<'_>) -> Result<Self, Unfit>;
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(raw: Raw<'_>) -> Result<Self, Unfit> {
        if raw.value.is_none() { Ok(None) } else { T::from_value(raw).map(Some) }
    }
}

impl FromValue for String {
    fn from_value(raw: Raw<'_>) -> Result<Self, Unfit> {
        raw.text("text").map(str::to_owned)
    }
}

impl FromValue for Vec<u8> {
    fn from_value(raw: Raw<'_>) -> Result<Self, Unfit> {
        Ok(raw.dialect.bytes(raw.value.ok_or(Unfit::Null)?))
    }
}

impl FromValue for bool {
    fn from_value(raw: Raw<'_>) -> Result<Self, Unfit> {
        match raw.text("a truth value")? {
            "t" | "true" | "1" => Ok(true),
            "f" | "false" | "0" => Ok(false),
            _ => Err(Unfit::Type("a truth value")),
        }
    }
}

macro_rules! numbers {
    ($($type:ty: $wanted:literal,)*) => {$(
        impl FromValue for $type {
            fn from_value(raw: Raw<'_>) -> Result<Self, Unfit> {
                raw.text($wanted)?.parse().map_err(|_| Unfit::Type($wanted))
            }
        }
    )*};
}

numbers! {
    i16: "a whole number that fits an i16", i32: "a whole number that fits an i32",
    i64: "a whole number that fits an i64", u32: "a whole number that fits a u32",
    u64: "a whole number that fits a u64", f64: "a number",
}

#[cfg(test)]
mod tests {
    use brant_sql::dialect_by_name;

    use super::*;

    fn row(dialect: &str, values: &[Option<&[u8]>]) -> Row {
        let columns = (0..values.len()).map(|i| format!("c{i}")).collect();
        let values = values.iter().map(|value| value.map(<[u8]>::to_vec)).collect();
        Row::new(columns, values, dialect_by_name(dialect).unwrap())
    }

    #[test]
    fn values_are_read_by_name_and_by_number() {
        let row = row("mysql", &[Some(b"17"), None, Some(b"1.5"), Some(b"t"), Some("ü".as_bytes())]);
        assert_eq!(row.get("c0"), Ok(17_i64));
        assert_eq!(row.get(0), Ok("17".to_owned()));
        assert_eq!(row.get("c1"), Ok(None::<i64>));
        assert_eq!(row.get("c2"), Ok(1.5));
        assert_eq!(row.get("c3"), Ok(true));
        assert_eq!(row.get("c4"), Ok(Some("ü".to_owned())));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let row = row("sqlite", &[Some(b"x"), None, Some(&[0xff])]);
        let told = |error: RowError| error.to_string();
        assert_eq!(
            row.get::<i64>("c0").map_err(told),
            Err("column `c0` does not hold a whole number that fits an i64".into())
        );
        assert_eq!(row.get::<String>(1).map_err(told), Err("column number 1 is NULL".into()));
        assert_eq!(row.get::<String>("c2").map_err(told), Err("column `c2` does not hold text".into()));
        assert_eq!(
            row.get::<bool>("d").map_err(told),
            Err("there is no column `d`: the columns are c0, c1, c2".into())
        );
    }

    #[test]
    fn bytes_are_the_servers_own_writing_undone() {
        assert_eq!(row("postgres", &[Some(b"\\x00ff")]).get("c0"), Ok(vec![0_u8, 255]));
        assert_eq!(row("sqlite", &[Some(b"\\x00ff")]).get("c0"), Ok(b"\\x00ff".to_vec()));
    }
}
