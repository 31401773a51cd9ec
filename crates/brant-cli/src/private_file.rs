//! Files that only their owner may read.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use crate::failure::Failure;

/// Writes a text to a file that only its owner may read, in place of what was there.
///
/// # Errors
///
/// When it can't be written.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let written = open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| Failure::plain("file", format!("failed to write `{}`: {error}", path.display())))
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    const OWNER_ONLY: u32 = 0o600;
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(OWNER_ONLY).open(path)?;
    // One that was there before keeps its own mode otherwise.
    file.set_permissions(std::fs::Permissions::from_mode(OWNER_ONLY))?;
    Ok(file)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).open(path)
}
