//! Values put into a statement as literals.
//!
//! A statement with its values in it is plain text: every client library can send it, and so can every pooler. The
//! literals are the dialect's own, and mean the same whatever the session's settings.

use crate::Dialect;
use crate::lexer::{Lexer, Token, TokenKind};

/// A value that a statement can be given.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// SQL's NULL.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// Text; also the way to give a date, a UUID, JSON or a decimal.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// Why values can't be put into a statement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BindError {
    /// The statement asks for a value that was not given.
    #[error("the statement asks for ${asked}, and {given} values were given")]
    Missing {
        /// The number it asks for.
        asked: usize,
        /// How many there are.
        given: usize,
    },
    /// A value was given that the statement does not ask for.
    #[error("{given} values were given, and the statement does not ask for ${unused}")]
    Unused {
        /// The number it does not ask for.
        unused: usize,
        /// How many there are.
        given: usize,
    },
    /// The database has no such value.
    #[error("value ${number} cannot be held by the database ({reason})")]
    Unfit {
        /// The value's number, from 1.
        number: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The statement can't be read.
    #[error("{0}")]
    Unreadable(String),
}

/// Puts values in the places of `$1`, `$2`, …, on every database alike. Strings, comments and quoted names are left as
/// they are. Without values the statement is returned as it is.
///
/// ```
/// use brant_sql::{Value, bind, dialect_by_name};
/// let postgres = dialect_by_name("postgres").unwrap();
/// let sql = bind("SELECT '$1', $1 + $2", &[Value::Int(-5), Value::Text("it's".into())], postgres)?;
/// assert_eq!(sql, "SELECT '$1', (-5) + E'it''s'");
/// # Ok::<(), brant_sql::BindError>(())
/// ```
///
/// # Errors
///
/// When the statement asks for other values than were given, or the database has no such value.
pub fn bind(sql: &str, values: &[Value], dialect: &dyn Dialect) -> Result<String, BindError> {
    if values.is_empty() {
        return Ok(sql.to_owned());
    }
    let given = values.len();
    let mut used = vec![false; given];
    let mut bound = String::with_capacity(sql.len() + 16 * given);
    let mut copied = 0;
    for place in places(sql, dialect)? {
        let Some(value) = place.number.checked_sub(1).and_then(|i| values.get(i)) else {
            return Err(BindError::Missing { asked: place.number, given });
        };
        used[place.number - 1] = true;
        let literal =
            dialect.value(value).map_err(|reason| BindError::Unfit { number: place.number, reason })?;
        bound.push_str(&sql[copied..place.start]);
        bound.push_str(&literal);
        copied = place.end;
    }
    bound.push_str(&sql[copied..]);
    match used.iter().position(|used| !used) {
        Some(i) => Err(BindError::Unused { unused: i + 1, given }),
        None => Ok(bound),
    }
}

/// A `$1` and where it stands.
struct Place {
    number: usize,
    start: usize,
    end: usize,
}

fn places(sql: &str, dialect: &dyn Dialect) -> Result<Vec<Place>, BindError> {
    let mut lexer = Lexer::new(sql, dialect.lexis());
    let mut places = Vec::new();
    let mut dollar: Option<Token> = None;
    while let Some(token) = lexer.next_token(false).map_err(|error| BindError::Unreadable(error.message))? {
        let text = &sql[token.start..token.end];
        let (start, digits) = match (token.kind, dollar.take()) {
            // Where `$` begins a string, it stands by itself before a number.
            (TokenKind::Number, Some(dollar)) if dollar.end == token.start => (dollar.start, Some(text)),
            // Elsewhere it is a letter.
            (TokenKind::Word, _) => (token.start, text.strip_prefix('$')),
            (TokenKind::Symbol(b'$'), _) => {
                dollar = Some(token);
                continue;
            }
            _ => continue,
        };
        if let Some(number) = digits.and_then(|digits| digits.parse().ok()) {
            places.push(Place { number, start, end: token.end });
        }
    }
    Ok(places)
}

/// What the dialects' literals have in common.
pub(crate) fn plain(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => "NULL".to_owned(),
        Value::Bool(true) => "TRUE".to_owned(),
        Value::Bool(false) => "FALSE".to_owned(),
        // Two minus signs would begin a comment.
        Value::Int(number) if *number < 0 => format!("({number})"),
        Value::Int(number) => number.to_string(),
        // The exponent makes it a double precision number everywhere, and these digits mean the very same one.
        Value::Float(number) if number.is_finite() => format!("({number:e})"),
        _ => return None,
    })
}

/// Bytes as most dialects write them.
pub(crate) fn bytes_literal(bytes: &[u8]) -> String {
    format!("X'{}'", hex(bytes))
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    in_digits(bytes, b"0123456789ABCDEF")
}

/// Bytes as these hexadecimal digits.
pub(crate) fn in_digits(bytes: &[u8], digits: &[u8; 16]) -> String {
    let pair = |byte: &u8| [digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]];
    let text: Vec<u8> = bytes.iter().flat_map(pair).collect();
    String::from_utf8(text).expect("digits are ASCII")
}

macro_rules! from {
    ($($from:ty => $variant:ident,)*) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

from! {
    bool => Bool, i8 => Int, i16 => Int, i32 => Int, i64 => Int, u8 => Int, u16 => Int, u32 => Int,
    f32 => Float, f64 => Float, &str => Text, String => Text, &String => Text, Vec<u8> => Bytes, &[u8] => Bytes,
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect_by_name;

    fn bound(dialect: &str, sql: &str, values: &[Value]) -> Result<String, BindError> {
        bind(sql, values, dialect_by_name(dialect).unwrap())
    }

    #[test]
    fn values_take_the_places_of_their_numbers() {
        let (five, a) = (Value::Int(5), Value::from("a"));
        for (dialect, sql, want) in [
            ("postgres", "SELECT $1::int, $2, $1", "SELECT 5::int, E'a', 5"),
            ("postgres", "SELECT '$1', \"$2\", $1, $2 -- $1", "SELECT '$1', \"$2\", 5, E'a' -- $1"),
            ("postgres", "SELECT $x$ $1 $x$, $1 /* $2 */, $2", "SELECT $x$ $1 $x$, 5 /* $2 */, E'a'"),
            ("mysql", "SELECT '$1', `$2`, $1, ($2) # $1", "SELECT '$1', `$2`, 5, ('a') # $1"),
            ("mysql", "UPDATE t SET a=$1 WHERE b=$2", "UPDATE t SET a=5 WHERE b='a'"),
            ("sqlite", "SELECT [$1], $1,$2", "SELECT [$1], 5,'a'"),
        ] {
            assert_eq!(
                bound(dialect, sql, &[five.clone(), a.clone()]).as_deref(),
                Ok(want),
                "{dialect}: {sql}"
            );
        }
        assert_eq!(bound("postgres", "SELECT $1", &[]).as_deref(), Ok("SELECT $1"));
    }

    #[test]
    fn too_many_and_too_few_are_refused() {
        let values = [Value::Null, Value::Null];
        let error = |sql| bound("sqlite", sql, &values).unwrap_err();
        assert_eq!(error("SELECT $1"), BindError::Unused { unused: 2, given: 2 });
        assert_eq!(error("SELECT $1, $2, $3"), BindError::Missing { asked: 3, given: 2 });
        assert_eq!(error("SELECT $0, $1, $2"), BindError::Missing { asked: 0, given: 2 });
        assert!(matches!(error("SELECT 'open"), BindError::Unreadable(_)));
    }

    #[test]
    fn literals_are_the_dialects_own() {
        let quote = "it's \\ ü";
        for (value, postgres, mysql, sqlite) in [
            (Value::Null, "NULL", "NULL", "NULL"),
            (Value::Bool(true), "TRUE", "TRUE", "TRUE"),
            (Value::Int(-3), "(-3)", "(-3)", "(-3)"),
            (Value::Float(0.1), "(1e-1::float8)", "(1e-1)", "(1e-1)"),
            (Value::from(quote), "E'it''s \\\\ ü'", "_utf8mb4 X'69742773205C20C3BC'", "'it''s \\ ü'"),
            (Value::from("10:30 a_b.c"), "E'10:30 a_b.c'", "'10:30 a_b.c'", "'10:30 a_b.c'"),
            (Value::Bytes(vec![0, 255]), "'\\x00FF'::bytea", "X'00FF'", "X'00FF'"),
        ] {
            for (dialect, want) in [("postgres", postgres), ("mysql", mysql), ("sqlite", sqlite)] {
                let want = want.replace("'\\x00FF'::bytea", "decode('00FF', 'hex')");
                assert_eq!(bound(dialect, "$1", std::slice::from_ref(&value)), Ok(want), "{dialect}");
            }
        }
    }

    #[test]
    fn what_a_database_cannot_hold_is_refused() {
        let nul = Value::from("a\0b");
        assert!(matches!(
            bound("postgres", "$1", std::slice::from_ref(&nul)),
            Err(BindError::Unfit { number: 1, .. })
        ));
        assert_eq!(bound("sqlite", "$1", &[nul]).as_deref(), Ok("CAST(X'610062' AS TEXT)"));
        assert!(matches!(bound("mysql", "$1", &[Value::Float(f64::NAN)]), Err(BindError::Unfit { .. })));
        assert_eq!(bound("postgres", "$1", &[Value::Float(f64::NAN)]).as_deref(), Ok("'NaN'::float8"));
    }
}
