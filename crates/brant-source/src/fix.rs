//! `fix`: gives time-stamped migrations sequential numbers, in their order, before a release.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::dir::{self, DirError, Dirs};
use crate::numbering::{highest_sequential, is_timestamp, sequential};

/// A file that gets, or got, a new name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renaming {
    /// The path before.
    pub from: PathBuf,
    /// The path after.
    pub to: PathBuf,
}

impl fmt::Display for Renaming {
    /// `RENAMED old => new`, without directories.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RENAMED {} => {}", base_name(&self.from), base_name(&self.to))
    }
}

/// Why files were not renamed.
#[derive(Debug, thiserror::Error)]
pub enum FixError {
    /// The directory can't be listed.
    #[error(transparent)]
    Dir(#[from] DirError),
    /// The highest number is taken.
    #[error("there is no version after {}: nothing was renamed", i64::MAX)]
    NoVersionLeft,
    /// A new name is taken.
    #[error("`{}` cannot be renamed: `{}` exists: nothing was renamed", .0.from.display(), .0.to.display())]
    Exists(Renaming),
    /// A renaming failed.
    #[error("`{}` could not be renamed to `{}`: {error}{}", failed.from.display(), failed.to.display(), told(done))]
    Rename {
        /// The renaming that failed.
        failed: Renaming,
        /// Those done before it.
        done: Vec<Renaming>,
        /// Why it failed.
        error: io::Error,
    },
}

fn told(done: &[Renaming]) -> String {
    if done.is_empty() {
        return ": nothing was renamed".to_owned();
    }
    let list: String =
        done.iter().map(|r| format!("\n\t{} => {}", base_name(&r.from), base_name(&r.to))).collect();
    format!(": renamed so far:{list}")
}

fn base_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Renames every time-stamped file of the directories, the oldest first, to the numbers after their highest
/// sequential one; each stays in its directory. Returns what was renamed. History tables are not touched.
///
/// # Errors
///
/// When a directory can't be listed or a new name is taken: then nothing was renamed. When a renaming fails: the
/// error names what was done before.
pub fn fix(dirs: &Dirs) -> Result<Vec<Renaming>, FixError> {
    let renamings = plan(dirs)?;
    for (i, renaming) in renamings.iter().enumerate() {
        fs::rename(&renaming.from, &renaming.to).map_err(|error| FixError::Rename {
            failed: renaming.clone(),
            done: renamings[..i].to_vec(),
            error,
        })?;
    }
    Ok(renamings)
}

fn plan(dirs: &Dirs) -> Result<Vec<Renaming>, FixError> {
    let migrations = dir::list(dirs)?.migrations;
    let mut number = highest_sequential(&migrations);
    let mut renamings = Vec::new();
    for migration in migrations.iter().filter(|m| is_timestamp(m.version)) {
        number = number.checked_add(1).ok_or(FixError::NoVersionLeft)?;
        let old = base_name(&migration.path);
        let (_, rest) = old.split_once('_').unwrap_or(("", &old));
        let to = migration.path.with_file_name(format!("{}_{rest}", sequential(number)));
        let renaming = Renaming { from: migration.path.clone(), to };
        // A renaming would replace what is there, without a word.
        if renaming.to.symlink_metadata().is_ok() {
            return Err(FixError::Exists(renaming));
        }
        renamings.push(renaming);
    }
    Ok(renamings)
}
