//! Passwords in URLs, as people paste them.

use super::super::super::redact;
use super::super::ConnInfo;
use super::{environment, show};

/// One a line; `tests/postgres_passwords.rs` logs in with them.
const PASSWORDS: &str = include_str!("passwords.txt");

/// What may follow user and password, and what it means.
const PLACES: &[(&str, &str)] = &[
    ("h/d", "h:5432 | db<d>"),
    ("h:1/d?sslmode=disable", "h:1 | db<d> ssl<Disable>"),
    ("h1:1,h2:2/d", "h1:1 h2:2 | db<d>"),
    ("[::1]:1/d", "::1:1 | db<d>"),
    ("%2Fvar%2Frun/d", "/var/run:5432 | db<d>"),
    ("/d?host=h", "h:5432 | db<d>"),
    ("h/d?application_name=me@here", "h:5432 | db<d> app<me@here>"),
    ("h", "h:5432 | db<u>"),
    ("h:1/", "h:1 | db<u>"),
    ("h?sslmode=disable", "h:5432 | db<u> ssl<Disable>"),
];

/// The passwords that leave it open where they end, before a place that names no database: `u:/ss@h` is also the
/// database `ss@h` of the host `u`.
const UNCLEAR_WITHOUT_DATABASE: &[&str] = &["/ss", "//", "p@h/x"];

const UNCLEAR: &str = "it is not clear where the password ends: in it write `/` as `%2F`, `?` as `%3F`, `#` as `%23` \
                       and `@` as `%40` (`@` in a parameter too)";

fn read(url: &str) -> Result<String, String> {
    let read = ConnInfo::parse(url, &environment(&[]));
    read.map(|info| show(&info)).map_err(|error| error.message)
}

#[test]
fn no_escapes_are_needed_where_one_reading_makes_sense() {
    assert!(PASSWORDS.lines().count() > 60);
    for password in PASSWORDS.lines() {
        for (place, want) in PLACES {
            let url = format!("postgres://u:{password}@{place}");
            let open = UNCLEAR_WITHOUT_DATABASE.contains(&password)
                && place.starts_with("h")
                && !place.contains('/');
            let want = match open {
                true => Err(UNCLEAR.to_owned()),
                false => Ok(want.replace('|', &format!("user<u> password<{password}>"))),
            };
            assert_eq!(read(&url), want, "{url}");
            let shown =
                if open { "postgres://u:***".to_owned() } else { format!("postgres://u:***@{place}") };
            assert_eq!(redact(&url), shown);
        }
    }
}

#[test]
fn escapes_are_read_everywhere() {
    let escape = |byte: &u8| format!("%{byte:02x}");
    for password in PASSWORDS.lines() {
        let escaped: String = password.as_bytes().iter().map(escape).collect();
        for (place, want) in PLACES {
            let url = format!("postgres://u:{escaped}@{place}");
            assert_eq!(read(&url), Ok(want.replace('|', &format!("user<u> password<{password}>"))), "{url}");
            assert_eq!(redact(&url), format!("postgres://u:***@{place}"));
        }
    }
}

#[test]
fn users_are_read_as_passwords_are() {
    for (url, want) in [
        ("postgres://a@b@h/d", "h:5432 user<a@b> db<d>"),
        ("postgres://a@b:pw@h/d", "h:5432 user<a@b> password<pw> db<d>"),
        ("postgres://a/b:pw@h/d", "h:5432 user<a/b> password<pw> db<d>"),
        ("postgres://a?b:pw@h/d", "h:5432 user<a?b> password<pw> db<d>"),
        ("postgres://a#b:pw@h/d", "h:5432 user<a#b> password<pw> db<d>"),
        ("postgres://50%:pw@h/d", "h:5432 user<50%> password<pw> db<d>"),
        ("postgres://a%3Ab:pw@h/d", "h:5432 user<a:b> password<pw> db<d>"),
        // What may seem to be the end of a password.
        ("postgres://h?user=a@b", "h:5432 user<a@b> db<a@b>"),
        ("postgres://u:pw@h?user=a@b", "h:5432 user<a@b> password<pw> db<a@b>"),
        ("postgres://u:pw@h?application_name=a@b/c", "h:5432 user<u> password<pw> db<u> app<a@b/c>"),
        ("postgres://u:pw@h/d?my.x=a@b/c", "h:5432 user<u> password<pw> db<d> options<-c my.x=a@b/c>"),
        ("postgres://u:pw@h/d/e", "h:5432 user<u> password<pw> db<d/e>"),
    ] {
        assert_eq!(read(url).as_deref(), Ok(want), "{url}");
    }
}

#[test]
fn what_is_not_clear_is_refused_without_a_word_of_it() {
    let no_text =
        "the password holds a `%` that reads as an escape of something that is no text: write it as `%25`";
    for (url, want) in [
        // As another database's name, or another host's.
        ("postgres://u:s3cret@h/x@h", UNCLEAR),
        ("postgres://h/s3cret@h", UNCLEAR),
        ("postgres://h:5432/s3cret@h", UNCLEAR),
        // As a parameter.
        ("postgres://u:12?s3cret=y@h/d", UNCLEAR),
        ("postgres://u:p@s?s3cret=y@h/d", UNCLEAR),
        ("postgres://u:p/s3cret@h/d?my.x=y@h/d", UNCLEAR),
        (
            "postgres://u:p/w@s3cret!/d",
            &format!("no `@` of the URL is followed by a host with a plausible port; {UNCLEAR}"),
        ),
        ("postgres://u:s3cret%ff@h/d", no_text),
        ("postgres://u:%c3s3cret@h/d", no_text),
        ("postgres://u:s3cret%00@h/d", "`password` has a NUL character in it"),
        ("postgres://u%ff:s3cret@h/d", &no_text.replace("password", "user")),
    ] {
        assert_eq!(read(url).as_ref().map_err(String::as_str), Err(want), "{url}");
        let shown = redact(url);
        assert!(!shown.contains("s3cret") || !url.contains(":s3cret"), "{shown}");
    }
}
