//! The SQL files that run around a run and around each of its migrations.

use std::fs;
use std::path::Path;

use brant_core::{HookPoint, HookText};

use crate::ParseError;
use crate::dir::shown;
use crate::formats::goose::decode;

/// Reads the hooks of a directory: `before_all.sql`, `before_each.sql`, `after_each.sql` and `after_all.sql`, as far as
/// they are there.
///
/// # Errors
///
/// When the directory or a file can't be read, a file is not UTF-8, or a `.sql` file has another name: with a slip in its
/// name a hook would be passed over in silence.
pub fn read(dir: &Path) -> Result<Vec<HookText>, ParseError> {
    let unreadable = |error: std::io::Error| ParseError {
        remedy: Some("name the directory that holds the hooks".to_owned()),
        ..fault(dir, format!("the hooks cannot be read: {error}"))
    };
    let mut hooks = Vec::new();
    for entry in fs::read_dir(dir).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') || !name.ends_with(".sql") {
            continue;
        }
        let path = shown(dir, Path::new(&*name));
        let point = HookPoint::ALL.into_iter().find(|point| point.file_name() == name);
        let point =
            point.ok_or_else(|| fault(&path, format!("no hook has this name: there are {}", names())))?;
        hooks.push(read_file(point, &path)?);
    }
    Ok(hooks)
}

/// The directory of hooks that lies beside the migrations, by custom.
const CUSTOMARY_DIR: &str = "hooks";

/// Whether a file among migrations is a hook, and was never meant to be a migration.
pub(crate) fn is_hook(path: &Path) -> bool {
    let in_dir = path.parent().is_some_and(|dir| dir.ends_with(CUSTOMARY_DIR));
    in_dir && HookPoint::ALL.iter().any(|point| path.ends_with(point.file_name()))
}

fn read_file(point: HookPoint, path: &Path) -> Result<HookText, ParseError> {
    let bytes = fs::read(path).map_err(|error| fault(path, format!("the hook cannot be read: {error}")))?;
    let (text, _) = decode(&bytes).map_err(|fault| fault.of(path))?;
    Ok(HookText { point, path: path.to_owned(), text: text.to_owned() })
}

fn names() -> String {
    HookPoint::ALL.map(|point| format!("`{}`", point.file_name())).join(", ")
}

fn fault(path: &Path, message: String) -> ParseError {
    ParseError { path: path.to_owned(), position: None, message, remedy: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_in_a_name_is_an_error_and_other_files_are_none() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| fs::write(dir.path().join(name), bytes).unwrap();
        write("README.md", b"what they are for");
        write("before_each.sql", b"\xef\xbb\xbfSELECT 1;");
        let hooks = read(dir.path()).unwrap();
        let expected = (HookPoint::BeforeEach, "SELECT 1;");
        assert_eq!(hooks.iter().map(|h| (h.point, h.text.as_str())).collect::<Vec<_>>(), [expected]);
        write("before_eech.sql", b"SELECT 1;");
        let message = read(dir.path()).unwrap_err().message;
        assert_eq!(
            message,
            "no hook has this name: there are `before_all.sql`, `before_each.sql`, `after_each.sql`, `after_all.sql`"
        );
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert!(
            read(&dir.path().join("missing")).unwrap_err().message.starts_with("the hooks cannot be read: ")
        );
        fs::write(dir.path().join("after_all.sql"), b"SELECT '\xe4';").unwrap();
        let error = read(dir.path()).unwrap_err();
        assert_eq!(error.position, Some(brant_core::Position { line: 1, column: 9 }));
    }
}
