//! Rules that the repository has for itself, as checks over its text.
//!
//! Each check is a function from the repository to findings and stands in [`CHECKS`]; `cargo test`
//! runs them too, so that nobody has to remember.

mod crates;
mod length;
mod links;
mod proofs;
mod tables;
mod words;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// Worth a look.
    Warning,
    /// Must be mended.
    Error,
}

/// One place that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// How bad it is.
    pub(crate) level: Level,
    path: String,
    line: usize,
    message: String,
}

impl Finding {
    fn error(path: &str, line: usize, message: impl Into<String>) -> Finding {
        Finding { level: Level::Error, path: path.to_owned(), line, message: message.into() }
    }

    fn warning(path: &str, line: usize, message: impl Into<String>) -> Finding {
        Finding { level: Level::Warning, ..Finding::error(path, line, message) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Warning => "warning",
            Level::Error => "error",
        };
        let Finding { path, line, message, .. } = self;
        write!(f, "{level}: {path}:{line}: {message}")
    }
}

/// A check over the whole repository.
type Check = fn(&Repo) -> Vec<Finding>;

/// Every check, with the name that its test prints.
const CHECKS: &[(&str, Check)] = &[
    ("each table equals its folder", tables::check),
    ("crates depend in one direction", crates::check),
    ("files are short", length::check),
    ("nothing is left undone", words::check_undone),
    ("the environment is read in one place", words::check_environment),
    ("the repository speaks of itself alone", words::check_own),
    ("links lead somewhere", links::check),
    ("tests named as proof exist", proofs::check),
];

/// All findings of all checks.
pub(crate) fn run(repo: &Repo) -> Vec<Finding> {
    CHECKS.iter().flat_map(|(_, check)| check(repo)).collect()
}

/// A text file, its path relative to the root and with `/`.
#[derive(Clone, Debug)]
pub(crate) struct TextFile {
    path: String,
    text: String,
}

/// The repository's text files, read once.
#[derive(Debug)]
pub(crate) struct Repo {
    files: Vec<TextFile>,
    /// Files and folders, text or not.
    paths: Vec<String>,
}

impl Repo {
    /// The repository that this program was built from.
    pub(crate) fn here() -> Repo {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
        let mut repo = Repo { files: Vec::new(), paths: Vec::new() };
        repo.read(root, root);
        repo.files.sort_by(|a, b| a.path.cmp(&b.path));
        repo
    }

    fn read(&mut self, root: &Path, folder: &Path) {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()).filter(|path| is_ours(root, path)) {
            self.paths.push(relative(root, &path));
            if path.is_dir() {
                self.read(root, &path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                self.files.push(TextFile { path: relative(root, &path), text });
            }
        }
    }

    /// A made-up repository, for the tests of a check.
    #[cfg(test)]
    fn of(files: &[(&str, &str)]) -> Repo {
        let file = |(path, text): &(&str, &str)| TextFile { path: (*path).into(), text: (*text).into() };
        let mut paths: Vec<String> = Vec::new();
        for (path, _) in files {
            let above = Path::new(path).ancestors().filter(|folder| !folder.as_os_str().is_empty());
            paths.extend(above.map(|folder| folder.to_string_lossy().into_owned()));
        }
        Repo { files: files.iter().map(file).collect(), paths }
    }

    fn file(&self, path: &str) -> Option<&TextFile> {
        self.files.iter().find(|file| file.path == path)
    }

    fn with_extension<'a>(&'a self, extension: &'a str) -> impl Iterator<Item = &'a TextFile> {
        self.files
            .iter()
            .filter(move |file| Path::new(&file.path).extension().is_some_and(|e| e == extension))
    }
}

/// Skips what is built, what belongs to git and what is somebody else's text.
fn is_ours(root: &Path, path: &Path) -> bool {
    const SKIPPED: [&str; 6] =
        ["target", ".git", "tests/corpus", "fuzz/target", "fuzz/corpus", "fuzz/artifacts"];
    let path = relative(root, path);
    !SKIPPED.contains(&path.as_str()) && !path.ends_with("/target")
}

fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).map_or_else(|_| PathBuf::from(path), PathBuf::from);
    path.to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repository_is_tidy() {
        let repo = Repo::here();
        let mut broken = Vec::new();
        for (name, check) in CHECKS {
            let errors: Vec<String> =
                check(&repo).iter().filter(|f| f.level == Level::Error).map(Finding::to_string).collect();
            if !errors.is_empty() {
                broken.push(format!("{name}:\n{}", errors.join("\n")));
            }
        }
        assert!(broken.is_empty(), "{}", broken.join("\n"));
    }

    #[test]
    fn repository_is_read() {
        let repo = Repo::here();
        assert!(repo.file("Cargo.toml").is_some() && repo.file("xtask/src/tidy.rs").is_some());
        assert!(!repo.paths.iter().any(|path| path.starts_with("target/")));
    }
}
