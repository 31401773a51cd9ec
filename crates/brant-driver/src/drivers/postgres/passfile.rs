//! The password file: lines of `host:port:database:user:password`.

use std::fs;
use std::path::Path;

use super::files;
use super::hosts::Host;
use crate::Secret;

/// What a password file holds; empty where there is none.
#[derive(Clone, Debug, Default)]
pub(super) struct PasswordFile {
    entries: Vec<Entry>,
    /// Why it is not used although it is there.
    pub(super) ignored: Option<String>,
}

/// One line.
#[derive(Clone, Debug)]
struct Entry {
    /// Host, port, database, user; `None` for `*`.
    fields: [Option<String>; 4],
    password: Secret,
}

impl PasswordFile {
    /// Reads a file. One that is not there is as good as an empty one, and one that others can read is not used: both
    /// as in PostgreSQL's own clients.
    pub(super) fn read(path: &Path) -> Self {
        let shown = path.display();
        let ignored = |why: &str| Self {
            entries: Vec::new(),
            ignored: Some(format!("the password file `{shown}` is not used: {why}")),
        };
        let Ok(metadata) = fs::metadata(path) else { return Self::default() };
        if !metadata.is_file() {
            return ignored("it is not a plain file");
        }
        if files::is_shared(&metadata) {
            return ignored("others can read it (make it yours alone with `chmod 600`)");
        }
        match fs::read(path) {
            Ok(bytes) => Self::parse(&String::from_utf8_lossy(&bytes)),
            Err(error) => ignored(&error.to_string()),
        }
    }

    fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Self { entries: lines.filter_map(entry).collect(), ignored: None }
    }

    /// The password of the first line that fits.
    pub(super) fn find(&self, host: &Host, database: &str, user: &str) -> Option<&Secret> {
        let port = host.port.to_string();
        let fits = |entry: &&Entry| {
            let [name, port_field, database_field, user_field] = &entry.fields;
            let is =
                |field: &Option<String>, value: &str| field.as_deref().is_none_or(|field| field == value);
            // To a socket of this machine leads its folder's name, or `localhost`.
            let is_host = is(name, &host.name) || (host.is_socket() && is(name, "localhost"));
            is_host && is(port_field, &port) && is(database_field, database) && is(user_field, user)
        };
        self.entries.iter().find(fits).map(|entry| &entry.password)
    }
}

/// Reads one line; `None` for what is not an entry.
fn entry(line: &str) -> Option<Entry> {
    let mut rest = line;
    let mut field = || {
        let (field, after) = split_field(rest)?;
        rest = after;
        Some(if field == "*" { None } else { Some(unescape(field)) })
    };
    let fields = [field()?, field()?, field()?, field()?];
    Some(Entry { fields, password: Secret::new(unescape(rest)) })
        .filter(|entry| !entry.password.expose().is_empty())
}

/// Splits at the first `:` without a backslash before it.
fn split_field(text: &str) -> Option<(&str, &str)> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            ':' if !escaped => return Some((&text[..at], &text[at + 1..])),
            _ => escaped = c == '\\' && !escaped,
        }
    }
    None
}

fn unescape(text: &str) -> String {
    let mut chars = text.chars();
    let mut plain = String::with_capacity(text.len());
    while let Some(c) = chars.next() {
        plain.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::PasswordFile;
    use crate::drivers::postgres::hosts::Host;

    const FILE: &str = "# a comment\n\
        db:5432:shop:ann:first\n\
        db:5432:shop:ann:second\n\
        not an entry\n\
        db:*:*:ann:any port\n\
        a\\:b:5432:*:*:co\\:lo\\\\n\n\
        localhost:5432:*:bob:local\n\
        /run/pg:5433:*:bob:socket\r\n\
        empty:5432:*:ann:\n\
        *:*:*:eve:p:w # all of it\n";

    #[test]
    fn the_first_line_that_fits_counts() {
        let file = PasswordFile::parse(FILE);
        for (host, port, database, user, want) in [
            ("db", 5432, "shop", "ann", Some("first")),
            ("db", 5433, "shop", "ann", Some("any port")),
            ("db", 5432, "other", "ann", Some("any port")),
            ("DB", 5432, "shop", "ann", None),
            ("a:b", 5432, "x", "y", Some("co:lo\\n")),
            ("localhost", 5432, "x", "bob", Some("local")),
            ("/any/folder", 5432, "x", "bob", Some("local")),
            ("/run/pg", 5433, "x", "bob", Some("socket")),
            ("/other", 5433, "x", "bob", None),
            ("empty", 5432, "x", "ann", None),
            ("anywhere", 1, "x", "eve", Some("p:w # all of it")),
            ("anywhere", 1, "x", "nobody", None),
        ] {
            let host = Host { name: host.to_owned(), address: None, port };
            let found = file.find(&host, database, user).map(crate::Secret::expose);
            assert_eq!(found, want, "{host:?} {database} {user}");
        }
        assert!(!format!("{file:?}").contains("first"));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_not_used() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pgpass");
        std::fs::write(&path, "*:*:*:*:s3cret\n").unwrap();
        for (mode, used) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o620, false)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let file = PasswordFile::read(&path);
            assert_eq!((file.entries.len(), file.ignored.is_none()), (usize::from(used), used), "{mode:o}");
        }
        let missing = PasswordFile::read(&folder.path().join("none"));
        assert!(missing.entries.is_empty() && missing.ignored.is_none());
        let why = PasswordFile::read(folder.path()).ignored;
        assert!(why.is_some_and(|why| why.ends_with("it is not a plain file")));
    }
}
