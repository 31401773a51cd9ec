//! New files: whole or not at all, and never in place of another.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// Writes a new file. Nobody sees it half written: the text goes into a hidden file beside it, which then gets its
/// name by a link, and a link never replaces a file.
///
/// # Errors
///
/// `AlreadyExists` when there is something of that name, or whatever else the operating system says.
pub(crate) fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let hidden = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    if write_and_sync(&hidden, text).is_ok() {
        let linked = fs::hard_link(&hidden, path);
        let _ = fs::remove_file(&hidden);
        match linked {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => {}
            result => return result,
        }
    }
    // Not every file system has links, and not every error says so in the same words.
    write_and_sync(path, text)
}

/// Creates a file and fills it; takes it away again when it can't be filled.
fn write_and_sync(path: &Path, text: &str) -> io::Result<()> {
    let mut file: File = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).inspect_err(|_| {
        let _ = fs::remove_file(path);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_once_and_nothing_else_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.sql");
        write_new(&path, "one").unwrap();
        assert_eq!(write_new(&path, "two").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(write_new(&dir.path().join("no/a.sql"), "x").is_err());
    }
}
