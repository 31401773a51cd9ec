//! Which migration files a directory holds, or several. Reads directories, and opens no file.

use std::collections::{BTreeSet, HashSet};
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

use brant_core::Migration;

use crate::formats::goose::{NameError, file_name};
use crate::hooks;

/// The directory where migrations are looked for when none is named and `.` holds none.
pub const DEFAULT_DIR: &str = "migrations";

/// Where migrations are read from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dirs {
    /// The directory that new files go to.
    pub first: PathBuf,
    /// Other directories, whose migrations are taken together with those of the first.
    pub also: Vec<PathBuf>,
    /// The directories in them are read too.
    pub recursive: bool,
}

impl Dirs {
    /// A single directory, without those in it.
    pub fn one(dir: impl Into<PathBuf>) -> Self {
        Self { first: dir.into(), ..Self::default() }
    }
}

/// The content of one or several directories.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The migrations, by version, then by path. Two may have the same version.
    pub migrations: Vec<Migration>,
    /// What was passed over although it looks like a migration, for a person to read.
    pub warnings: Vec<String>,
}

/// Why a directory can't be listed.
#[derive(Debug, thiserror::Error)]
pub enum DirError {
    /// There is no such directory.
    #[error("{} directory does not exist", .0.display())]
    Missing(PathBuf),
    /// It is a file.
    #[error("{} is not a directory", .0.display())]
    NotADirectory(PathBuf),
    /// The operating system refuses.
    #[error("directory {} cannot be read: {error}", dir.display())]
    Unreadable {
        /// The directory.
        dir: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// An SQL file whose name says no version.
    #[error("could not parse SQL migration file {path:?}: {reason}")]
    Name {
        /// The file.
        path: PathBuf,
        /// What is wrong with its name.
        reason: NameError,
    },
}

/// Lists the migrations of one or several directories.
///
/// `.sql` files are migrations, or an error. `.go` and `.rs` files with a version are migrations that this binary can't
/// run; others are none. Entries that begin with a dot are passed over, links are followed. No directory is read twice,
/// by whatever ways it is reached.
///
/// # Errors
///
/// When a directory is missing or can't be read, or when a `.sql` file has no proper name.
pub fn list(dirs: &Dirs) -> Result<Listing, DirError> {
    let Scan { migrations, warnings, misnamed } = scan(dirs)?;
    match misnamed.into_iter().next() {
        None => Ok(Listing { migrations, warnings }),
        Some((path, reason)) => Err(DirError::Name { path, reason }),
    }
}

/// A listing that goes on after a bad name.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    pub(crate) migrations: Vec<Migration>,
    pub(crate) warnings: Vec<String>,
    pub(crate) misnamed: Vec<(PathBuf, NameError)>,
}

/// Sorts the entries of all directories.
pub(crate) fn scan(dirs: &Dirs) -> Result<Scan, DirError> {
    let mut scan = Scan::default();
    let roots = std::iter::once(&dirs.first).chain(&dirs.also);
    if dirs.also.is_empty() && !dirs.recursive {
        scan.directory(&dirs.first, None)?;
    } else {
        scan.tree(roots.cloned().collect(), dirs.recursive)?;
    }
    scan.migrations.sort_by(|a, b| a.version.cmp(&b.version).then_with(|| a.path.cmp(&b.path)));
    scan.misnamed.sort_by(|a, b| a.0.cmp(&b.0));
    scan.warnings.sort();
    Ok(scan)
}

/// Directories that are still to be read, in an order that does not depend on the file system.
#[derive(Debug, Default)]
struct Below {
    dirs: BTreeSet<PathBuf>,
    /// Links to directories come last, so that files are shown by their own path where they have one.
    links: BTreeSet<PathBuf>,
}

impl Scan {
    fn tree(&mut self, roots: Vec<PathBuf>, recursive: bool) -> Result<(), DirError> {
        let identity = |dir: &PathBuf| fs::canonicalize(dir).map_err(|error| unreadable(dir, error));
        let tops = roots.iter().map(identity).collect::<Result<Vec<_>, _>>()?;
        let mut seen = HashSet::new();
        let mut below = Below { dirs: roots.into_iter().collect(), ..Below::default() };
        while let Some(dir) = below.dirs.pop_first().or_else(|| below.links.pop_first()) {
            let real = identity(&dir)?;
            // A link upwards would bring in everything beside the directories that were named.
            let is_above = !tops.contains(&real) && tops.iter().any(|top| top.starts_with(&real));
            if !is_above && seen.insert(real) {
                self.directory(&dir, recursive.then_some(&mut below))?;
            }
        }
        Ok(())
    }

    /// Reads one directory, and collects those in it if they are wanted.
    fn directory(&mut self, dir: &Path, mut below: Option<&mut Below>) -> Result<(), DirError> {
        for entry in fs::read_dir(dir).map_err(|error| unreadable(dir, error))? {
            self.entry(dir, &entry.map_err(|error| unreadable(dir, error))?, below.as_deref_mut());
        }
        Ok(())
    }

    fn entry(&mut self, dir: &Path, entry: &DirEntry, below: Option<&mut Below>) {
        let os_name = entry.file_name();
        let name = os_name.to_string_lossy();
        // Mounted volumes hold `..data` and the like; editors and `create` hold their unfinished files.
        if name.starts_with('.') {
            return;
        }
        if let Some(below) = below
            && is_directory(entry)
        {
            let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
            let dirs = if is_link { &mut below.links } else { &mut below.dirs };
            dirs.insert(shown(dir, Path::new(&os_name)));
            return;
        }
        // Only names that could be migrations are looked at more closely: with many files, each look costs.
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        if !matches!(extension, "sql" | "go" | "rs") {
            self.warn_of_extension(&shown(dir, Path::new(&os_name)), &name, extension);
            return;
        }
        let path = shown(dir, Path::new(&os_name));
        if is_directory(entry) {
            if extension == "sql" {
                self.warnings.push(format!("`{}` is a directory: skipped", path.display()));
            }
        } else if extension == "sql" || !name.ends_with("_test.go") {
            self.file(path, &name);
        }
    }

    fn file(&mut self, path: PathBuf, name: &str) {
        match file_name(name) {
            Ok(file) => self.migrations.push(Migration {
                version: file.version,
                name: file.name.to_owned(),
                path,
                kind: file.kind,
            }),
            // Any other code may lie beside migrations written in it.
            Err(_) if !name.ends_with(".sql") => {}
            Err(_) if hooks::is_hook(&path) => {}
            Err(reason) => self.misnamed.push((path, reason)),
        }
    }

    fn warn_of_extension(&mut self, path: &Path, name: &str, extension: &str) {
        let lower = extension.to_ascii_lowercase();
        let looks_versioned = (lower == "go" || lower.ends_with("sql"))
            && file_name(&format!(
                "{}.sql",
                name.strip_suffix(extension).unwrap_or(name).trim_end_matches('.')
            ))
            .is_ok();
        if looks_versioned {
            let meant = if lower == "go" { "go" } else { "sql" };
            self.warnings.push(format!(
                "`{}` is not taken for a migration because of its extension: rename it to end in .{meant} if it is one",
                path.display()
            ));
        }
    }
}

fn unreadable(dir: &Path, error: io::Error) -> DirError {
    match error.kind() {
        io::ErrorKind::NotFound => DirError::Missing(dir.to_owned()),
        io::ErrorKind::NotADirectory => DirError::NotADirectory(dir.to_owned()),
        _ => DirError::Unreadable { dir: dir.to_owned(), error },
    }
}

/// The path of an entry as people shall see it.
pub(crate) fn shown(dir: &Path, name: &Path) -> PathBuf {
    if dir == Path::new(".") { name.to_owned() } else { dir.join(name) }
}

/// Follows a link; a link that leads nowhere is a file, and reading it will say so.
fn is_directory(entry: &DirEntry) -> bool {
    match entry.file_type() {
        Ok(kind) if kind.is_symlink() => fs::metadata(entry.path()).is_ok_and(|m| m.is_dir()),
        Ok(kind) => kind.is_dir(),
        Err(_) => false,
    }
}

/// The directory to use when none is named: `.` if the working directory holds a versioned file, else [`DEFAULT_DIR`]. A working directory that can't be read holds none.
#[must_use]
pub fn default_dir(working_dir: &Path) -> &'static Path {
    let versioned = |entry: io::Result<DirEntry>| {
        entry.is_ok_and(|e| {
            let name = e.file_name();
            let name = name.to_string_lossy();
            !name.starts_with('.')
                && file_name(&name).is_ok()
                && !name.ends_with("_test.go")
                && !is_directory(&e)
        })
    };
    let here = fs::read_dir(working_dir).is_ok_and(|mut entries| entries.any(versioned));
    Path::new(if here { "." } else { DEFAULT_DIR })
}
