//! The databases that this build can connect to: one file for each client library.
//!
//! To add one: write `drivers/NAME.rs`, give it a Cargo feature, and name it here twice: as a module, and in
//! [`DRIVERS`].

#[cfg(feature = "mysql")]
pub mod mysql;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "sqlite")]
pub mod sqlite;

use crate::Driver;

/// Every driver of this build, in the order in which they are listed to users.
pub static DRIVERS: &[&dyn Driver] = &[
    #[cfg(feature = "sqlite")]
    &sqlite::Sqlite,
    #[cfg(feature = "postgres")]
    &postgres::Postgres,
    #[cfg(feature = "mysql")]
    &mysql::MySql,
];

/// The driver of that name, as users write it on the command line.
///
/// ```
/// use brant_driver::driver_by_name;
/// assert!(driver_by_name("no such driver").is_none());
/// ```
#[must_use]
pub fn driver_by_name(name: &str) -> Option<&'static dyn Driver> {
    DRIVERS.iter().copied().find(|driver| driver.names().contains(&name))
}

/// The driver that a connection string is for, when its form alone tells: by its scheme, as a Go MySQL DSN
/// (`user@tcp(host)/name`), or as the path of a database file (`.db`, `.sqlite`, `.sqlite3`).
#[must_use]
pub fn driver_for_url(dbstring: &str) -> Option<&'static dyn Driver> {
    driver_by_scheme(scheme_of(dbstring)?)
}

fn driver_by_scheme(scheme: &str) -> Option<&'static dyn Driver> {
    DRIVERS.iter().copied().find(|driver| driver.schemes().contains(&scheme))
}

/// The scheme that a connection string has, or would have if it were a URL.
fn scheme_of(dbstring: &str) -> Option<&str> {
    // First, since its user may well be called `mysql`, or `postgres`, followed by a colon.
    if is_go_mysql_dsn(dbstring) {
        return Some("mysql");
    }
    if let Some((scheme, rest)) = dbstring.split_once(':') {
        let is_file = matches!(scheme, "sqlite" | "sqlite3" | "file");
        if !scheme.is_empty() && (is_file || rest.starts_with("//")) {
            return Some(scheme);
        }
    }
    let path = dbstring.split('?').next().unwrap_or_default();
    let is_file = path == ":memory:" || [".db", ".sqlite", ".sqlite3"].iter().any(|end| path.ends_with(end));
    is_file.then_some("sqlite")
}

/// Looks for `net(address)/` at the start or behind an `@`, for the networks that exist.
fn is_go_mysql_dsn(dbstring: &str) -> bool {
    // A password may hold such an end too, hence each of them.
    dbstring.match_indices(")/").any(|(end, _)| {
        let head = &dbstring[..end];
        let network = head.rsplit_once('@').map_or(head, |(_, network)| network);
        ["tcp(", "tcp4(", "tcp6(", "unix("].iter().any(|start| network.starts_with(start))
    })
}

/// Decodes `%41` to `A`; with `plus_is_space`, also `+` to a blank, as in the query part of a URL.
///
/// # Errors
///
/// The escape that is none (`%zz`), or what is left of the text when the bytes are not UTF-8.
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
pub(crate) fn percent_decode(text: &str, plus_is_space: bool) -> Result<String, String> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'%' => {
                let escape = &bytes[at..bytes.len().min(at + 3)];
                let byte = hex_pair(escape).ok_or_else(|| String::from_utf8_lossy(escape).into_owned())?;
                decoded.push(byte);
                at += 3;
                continue;
            }
            b'+' if plus_is_space => decoded.push(b' '),
            byte => decoded.push(byte),
        }
        at += 1;
    }
    String::from_utf8(decoded).map_err(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// The byte that `%41` stands for.
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
pub(crate) fn hex_pair(escape: &[u8]) -> Option<u8> {
    let [b'%', high, low] = escape else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(*high)? * 16 + digit(*low)?)
}

/// Drops `(os error 111)`, which says nothing more, and begins small as messages do.
#[cfg(any(feature = "mysql", feature = "postgres"))]
pub(crate) fn plain(text: &str) -> String {
    let text = text.split_once(" (os error ").map_or(text, |(words, _)| words);
    let mut chars = text.chars();
    match chars.next() {
        // "I/O error" and "TLS" stay.
        Some(first) if chars.clone().next().is_some_and(char::is_lowercase) => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_are_told_by_the_form() {
        let table = [
            ("postgres://u:p@h/d", Some("postgres")),
            ("postgresql:///d", Some("postgresql")),
            ("mysql://u@h/d", Some("mysql")),
            ("mysql://u:p@tcp(h)/d", Some("mysql")),
            ("sqlite:x", Some("sqlite")),
            ("sqlite::memory:", Some("sqlite")),
            ("sqlite3://x/y", Some("sqlite3")),
            ("file:x?mode=ro", Some("file")),
            ("x.db", Some("sqlite")),
            ("dir/x.sqlite?_pragma=foreign_keys(1)", Some("sqlite")),
            ("/x.sqlite3", Some("sqlite")),
            (":memory:", Some("sqlite")),
            ("user@tcp(host)/name", Some("mysql")),
            ("user:p@ss@tcp(host:1)/my.db", Some("mysql")),
            ("postgres:x@tcp(h)/d", Some("mysql")),
            ("tcp(h)/d", Some("mysql")),
            ("u@unix(/run/s.sock)/d?parseTime=true", Some("mysql")),
            ("u:p)/q@tcp(h)/d", Some("mysql")),
            ("u:p@(s)/@tcp(h)/d", Some("mysql")),
            ("host=h dbname=d", None),
            ("postgres", None),
            ("mysql:x", None),
            ("://x", None),
            ("", None),
            ("x.sql", None),
        ];
        for (dbstring, scheme) in table {
            assert_eq!(scheme_of(dbstring), scheme, "{dbstring}");
        }
    }

    #[test]
    fn names_and_schemes_are_unique() {
        for (number, driver) in DRIVERS.iter().enumerate() {
            for other in &DRIVERS[number + 1..] {
                assert!(driver.names().iter().all(|name| !other.names().contains(name)));
                assert!(driver.schemes().iter().all(|scheme| !other.schemes().contains(scheme)));
            }
        }
        for driver in DRIVERS {
            assert_eq!(driver_by_name(driver.names()[0]).map(Driver::dialect), Some(driver.dialect()));
        }
    }

    #[cfg(all(feature = "mysql", feature = "postgres", feature = "sqlite"))]
    #[test]
    fn another_database_is_named_in_each_form() {
        let table = [
            ("postgres", "postgres://u:p/w@h:1/a?sslmode=disable", "postgres://u:p/w@h:1/b?sslmode=disable"),
            ("postgres", "postgres://h", "postgres://h/b"),
            ("postgres", "postgres://u@h/?connect_timeout=1", "postgres://u@h/b?connect_timeout=1"),
            ("postgres", "postgres://u@h/a?dbname=c", "postgres://u@h/a?dbname=b"),
            ("postgres", "postgres://", "postgres:///b"),
            ("postgres", "host=h dbname='a c' user=u", "host=h dbname=b user=u"),
            ("postgres", "host=h", "host=h dbname=b"),
            ("mysql", "u:p@tcp(h:1)/a?tls=true", "u:p@tcp(h:1)/b?tls=true"),
            ("mysql", "u:p/@unix(/run/s)/", "u:p/@unix(/run/s)/b"),
            ("mysql", "mysql://u:p@tcp(h)/a", "mysql://u:p@tcp(h)/b"),
            ("mysql", "mysql://u:p/w@h/a?socket=/s", "mysql://u:p/w@h/b?socket=/s"),
            ("mysql", "mysql://u:p@h:1", "mysql://u:p@h:1/b"),
            ("mysql", "mysql://u:p@h/?tls=true", "mysql://u:p@h/b?tls=true"),
        ];
        for (driver, given, expected) in table {
            let driver = driver_by_name(driver).unwrap();
            assert_eq!(driver.with_database(given, "b").as_deref(), Ok(expected), "{given}");
            assert!(driver.parse(expected, &crate::Environment::new()).is_ok(), "{expected}");
        }
        let refused = driver_by_name("sqlite3").unwrap().with_database("a.db", "b").unwrap_err();
        assert_eq!(refused.message, "sqlite3 has no server that holds several databases");
    }

    #[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
    #[test]
    fn percent_signs_are_decoded() {
        assert_eq!(percent_decode("a%2Fb+c", false).as_deref(), Ok("a/b+c"));
        assert_eq!(percent_decode("%27ANSI%27+x", true).as_deref(), Ok("'ANSI' x"));
        assert_eq!(percent_decode("x%zzy", false), Err("%zz".to_owned()));
        assert_eq!(percent_decode("x%4", false), Err("%4".to_owned()));
        assert!(percent_decode("%ff", false).is_err());
    }

    #[cfg(any(feature = "mysql", feature = "postgres"))]
    #[test]
    fn the_systems_words_read_like_ours() {
        for (text, want) in [
            ("Connection refused (os error 111)", "connection refused"),
            ("I/O error", "I/O error"),
            ("timed out", "timed out"),
            ("", ""),
        ] {
            assert_eq!(plain(text), want);
        }
    }
}
