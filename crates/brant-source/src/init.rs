//! `init`: a directory with a first migration that explains itself.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::Numbering;
use crate::create::{self, CreateError, TEMPLATE};
use crate::dir::DEFAULT_DIR;
use crate::numbering::{sequential, timestamp};

/// Comments must not name `+goose`: goose takes each that does for an annotation, and would refuse the file.
const INTRODUCTION: &str = "\
-- Your first migration. What stands under Up is run by `up`, what stands under Down takes it back.
--
-- Each statement ends with a semicolon at the end of its line. All statements of a file run in one transaction.
--
-- Replace the two SELECT below by your own statements, or delete this file, then write the next one:
--
--     brant create add_users
--
-- Migrations run in the order of the numbers that their names begin with.

";

/// Why a directory was not made.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// There is something of that name already.
    #[error("directory already exists: {}", .0.display())]
    Exists(PathBuf),
    /// It can't be made.
    #[error("failed to create directory {}: {error}", dir.display())]
    Directory {
        /// The directory.
        dir: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// Its first file can't be made.
    #[error(transparent)]
    File(#[from] CreateError),
}

/// Makes a directory of migrations with a first file in it, and returns the file's path.
///
/// For `.` or no directory at all, `migrations` is made.
///
/// # Errors
///
/// When the directory exists, or it or its file can't be written.
pub fn init(dir: &Path, numbering: Numbering, now: Timestamp) -> Result<PathBuf, InitError> {
    let unnamed = dir.as_os_str().is_empty() || dir == Path::new(".");
    let dir = if unnamed { Path::new(DEFAULT_DIR) } else { dir };
    if dir.symlink_metadata().is_ok() {
        return Err(InitError::Exists(dir.to_owned()));
    }
    fs::create_dir_all(dir).map_err(|error| InitError::Directory { dir: dir.to_owned(), error })?;
    let version = match numbering {
        Numbering::Timestamp => timestamp(now),
        Numbering::Sequential => sequential(1),
    };
    Ok(create::write(dir.join(format!("{version}_initial.sql")), &format!("{INTRODUCTION}{TEMPLATE}"))?)
}
