//! Service files: named groups of settings, as in
//!
//! ```text
//! [shop]
//! host=db.example.com
//! dbname=shop
//! ```

use std::fs;
use std::io::ErrorKind::NotFound;
use std::path::{Path, PathBuf};

use super::dsn::{canonical, is_key, refuse};
use super::files;
use crate::{DriverError, Environment};

/// Where installations keep the file for all users, unless PGSYSCONFDIR names another folder: Debian, others, and what
/// is built from source.
const SYSTEM_FOLDERS: &[&str] = &["/etc/postgresql-common", "/etc", "/usr/local/pgsql/etc"];

/// Keys with their values, in the order of the file.
type Group = Vec<(String, String)>;

/// The settings of a service. `file` is the one named by the user, who must have it then.
pub(super) fn settings(
    name: &str,
    file: Option<&str>,
    environment: &Environment,
) -> Result<Group, DriverError> {
    let mut searched = Vec::new();
    let own = file.map(PathBuf::from).or_else(|| Some(files::home(environment)?.join(".pg_service.conf")));
    let folders = match environment.get("PGSYSCONFDIR").filter(|folder| !folder.is_empty()) {
        Some(folder) => vec![folder.as_str()],
        None => SYSTEM_FOLDERS.to_vec(),
    };
    let system = folders.into_iter().map(|folder| Path::new(folder).join("pg_service.conf"));
    for path in own.into_iter().chain(system) {
        let text = match fs::read(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == NotFound && (file.is_none() || !searched.is_empty()) => {
                searched.push(path);
                continue;
            }
            Err(error) => {
                return Err(refuse(format!("cannot read the service file `{}`: {error}", path.display())));
            }
        };
        match find(&text, name) {
            Ok(Some(settings)) => return Ok(settings),
            Ok(None) => searched.push(path),
            Err((line, why)) => {
                return Err(refuse(format!("the service file `{}`, line {line}: {why}", path.display())));
            }
        }
    }
    let searched: Vec<String> = searched.iter().map(|path| format!("`{}`", path.display())).collect();
    Err(refuse(format!("no service file defines the service `{name}` (searched: {})", searched.join(", "))))
}

/// The settings of one group, the first of that name. Of two settings with one key, the first counts, as in libpq.
fn find(text: &str, name: &str) -> Result<Option<Group>, (usize, &'static str)> {
    let mut group: Option<Group> = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(head) = line.strip_prefix('[') {
            if group.is_some() {
                break;
            }
            group = (head.strip_suffix(']') == Some(name)).then(Group::new);
            continue;
        }
        let Some(group) = &mut group else { continue };
        let (key, value) = setting(line).map_err(|why| (index + 1, why))?;
        if group.iter().all(|(earlier, _)| *earlier != key) {
            group.push((key, value));
        }
    }
    Ok(group)
}

/// Echoes nothing of the line: it may be a password.
fn setting(line: &str) -> Result<(String, String), &'static str> {
    if line.starts_with("ldap") {
        return Err("services that LDAP holds are not supported");
    }
    let (key, value) = line.split_once('=').ok_or("this is neither `[service]` nor `key=value`")?;
    let key = key.trim();
    if !is_key(key) {
        return Err("what stands before the `=` is not a key");
    }
    match canonical(key) {
        key if key == "service" || key == "servicefile" => Err("a service cannot lead to another service"),
        key => Ok((key, value.trim().to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::{find, settings};
    use crate::Environment;

    const FILE: &str = "# services\n\n[shop]\nhost=db\n  port = 5433 \n#user=x\npassword=a=b#c\nhost=other\n\
        [half]\nhost\n[nested]\nservice=shop\n[far]\nldap://x\n[empty]\n[shop]\nhost=late\n";

    #[test]
    fn a_group_is_found() {
        let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
        };
        let shop = pairs(&[("host", "db"), ("port", "5433"), ("password", "a=b#c")]);
        for (name, want) in [
            ("shop", Ok(Some(shop))),
            ("empty", Ok(Some(Vec::new()))),
            ("none", Ok(None)),
            ("half", Err((10, "this is neither `[service]` nor `key=value`"))),
            ("nested", Err((12, "a service cannot lead to another service"))),
            ("far", Err((14, "services that LDAP holds are not supported"))),
        ] {
            assert_eq!(find(FILE, name), want, "{name}");
        }
    }

    #[test]
    fn files_are_searched_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        std::fs::create_dir(path("home")).unwrap();
        std::fs::create_dir(path("system")).unwrap();
        std::fs::write(path("home/.pg_service.conf"), "[a]\nhost=home\n").unwrap();
        std::fs::write(path("system/pg_service.conf"), "[a]\nhost=system\n[b]\nhost=system\n").unwrap();
        std::fs::write(path("own"), "[a]\nhost=own\n").unwrap();
        let environment = Environment::from([
            ("HOME".to_owned(), path("home")),
            ("PGSYSCONFDIR".to_owned(), path("system")),
        ]);
        let host = |name: &str, file: Option<&str>| {
            settings(name, file, &environment).map(|pairs| pairs[0].1.clone()).map_err(|error| error.message)
        };
        assert_eq!(host("a", None).as_deref(), Ok("home"));
        assert_eq!(host("b", None).as_deref(), Ok("system"));
        assert_eq!(host("a", Some(&path("own"))).as_deref(), Ok("own"));
        assert_eq!(host("b", Some(&path("own"))).as_deref(), Ok("system"));
        let missing = host("a", Some(&path("none"))).unwrap_err();
        assert!(
            missing.starts_with(&format!("cannot read the service file `{}`: ", path("none"))),
            "{missing}"
        );
        let unknown = host("c", None).unwrap_err();
        let want = format!(
            "no service file defines the service `c` (searched: `{}`, `{}`)",
            path("home/.pg_service.conf"),
            path("system/pg_service.conf")
        );
        assert_eq!(unknown, want);
    }
}
