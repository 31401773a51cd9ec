//! Values as text.

use rusqlite::Connection;
use rusqlite::types::ValueRef;

/// A value as the library itself turns it into text; bytes that are no text as hexadecimal digits.
pub(super) fn text(connection: &Connection, value: ValueRef<'_>) -> rusqlite::Result<Option<String>> {
    Ok(match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        // How many digits it writes differs from version to version.
        ValueRef::Real(number) => {
            Some(connection.query_row("SELECT CAST(? AS TEXT)", [number], |row| row.get(0))?)
        }
        ValueRef::Text(bytes) => Some(match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            // Slower than the check, so only where it is needed.
            Err(_) => String::from_utf8_lossy(bytes).into_owned(),
        }),
        ValueRef::Blob(bytes) => Some(match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|byte| format!("{byte:02X}")).collect(),
        }),
    })
}

/// A value as the library itself turns it into text; bytes as they are.
pub(super) fn bytes(connection: &Connection, value: ValueRef<'_>) -> rusqlite::Result<Option<Vec<u8>>> {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Ok(Some(bytes.to_vec())),
        other => Ok(text(connection, other)?.map(String::into_bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_text() -> rusqlite::Result<()> {
        let table = [
            (ValueRef::Null, None),
            (ValueRef::Integer(i64::MIN), Some("-9223372036854775808")),
            (ValueRef::Real(1.0), Some("1.0")),
            (ValueRef::Real(-1.5e300), Some("-1.5e+300")),
            (ValueRef::Text("ü".as_bytes()), Some("ü")),
            (ValueRef::Text(&[b'a', 0xff]), Some("a\u{fffd}")),
            (ValueRef::Blob(b"abc"), Some("abc")),
            (ValueRef::Blob(&[0xff, 0x0a]), Some("FF0A")),
        ];
        let connection = Connection::open_in_memory()?;
        for (value, expected) in table {
            assert_eq!(text(&connection, value)?.as_deref(), expected, "{value:?}");
        }
        Ok(())
    }
}
