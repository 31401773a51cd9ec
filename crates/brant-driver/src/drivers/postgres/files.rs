//! Files that connection strings lead to, and whether others can read them.

use std::fs::{self, Metadata};
use std::path::PathBuf;

use crate::Environment;

/// The user's home: HOME, else what the system's list of users says.
pub(super) fn home(environment: &Environment) -> Option<PathBuf> {
    if let Some(home) = environment.get("HOME").filter(|home| !home.is_empty()) {
        return Some(home.into());
    }
    let users = fs::read_to_string("/etc/passwd").ok()?;
    let name = ["USER", "LOGNAME"].iter().find_map(|name| environment.get(*name));
    let own = match name {
        Some(name) => Own::Name(name.clone()),
        None => Own::Number(own_number()?),
    };
    home_of(&users, &own)
}

/// By what a user is known.
enum Own {
    Name(String),
    Number(u32),
}

/// A line is `name:password:number:group:comment:home:shell`.
fn home_of(users: &str, own: &Own) -> Option<PathBuf> {
    let mut lines = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let line = lines.find(|fields| match own {
        Own::Name(name) => fields.first() == Some(&name.as_str()),
        Own::Number(number) => fields.get(2).is_some_and(|field| field.parse() == Ok(*number)),
    })?;
    line.get(5).filter(|home| !home.is_empty()).map(PathBuf::from)
}

#[cfg(unix)]
fn own_number() -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata("/proc/self").ok().map(|process| process.uid())
}

#[cfg(not(unix))]
fn own_number() -> Option<u32> {
    None
}

/// Whether anybody but the owner can read or change it.
#[cfg(unix)]
pub(super) fn is_shared(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o077 != 0
}

/// Whether more people can read a key than PostgreSQL's own clients allow: the owner, and a group where the system
/// administrator is the owner.
#[cfg(unix)]
pub(super) fn is_key_shared(metadata: &Metadata) -> bool {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let forbidden = if metadata.uid() == 0 { 0o037 } else { 0o077 };
    metadata.permissions().mode() & forbidden != 0
}

#[cfg(not(unix))]
pub(super) fn is_shared(_: &Metadata) -> bool {
    false
}

#[cfg(not(unix))]
pub(super) fn is_key_shared(_: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{Own, home, home_of};
    use crate::Environment;

    #[test]
    fn home_is_a_variable_or_the_systems_entry() {
        let given = Environment::from([("HOME".to_owned(), "/h".to_owned())]);
        assert_eq!(home(&given), Some(PathBuf::from("/h")));
        let unknown = Environment::from([("USER".to_owned(), "no such user".to_owned())]);
        assert_eq!(home(&unknown), None);
        let users = "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\nshort:x:7\n";
        for (own, want) in [
            (Own::Name("ann".to_owned()), Some("/home/ann")),
            (Own::Name("an".to_owned()), None),
            (Own::Number(0), Some("/root")),
            (Own::Number(7), None),
            (Own::Number(1), None),
        ] {
            assert_eq!(home_of(users, &own).as_deref(), want.map(Path::new));
        }
    }
}
