//! A file can be read in one sitting: 400 lines of code are wanted, 800 are the end.

use super::{Finding, Repo};

const WANTED: usize = 400;
const HARD: usize = 800;

/// The files that may be longer, each with its reason: `path: reason`.
const EXCEPTIONS_PATH: &str = "xtask/src/long_files.txt";

pub(super) fn check(repo: &Repo) -> Vec<Finding> {
    let text = repo.file(EXCEPTIONS_PATH).map_or("", |file| &file.text);
    let exceptions = exceptions(text);
    let mut findings: Vec<Finding> = repo
        .with_extension("rs")
        .filter(|file| !exceptions.iter().any(|(_, path)| *path == file.path))
        .filter_map(|file| check_length(&file.path, n_code_lines(&file.text)))
        .collect();
    for (line, path) in exceptions {
        let long = repo.file(path).is_some_and(|file| n_code_lines(&file.text) > WANTED);
        if !long {
            findings.push(Finding::error(EXCEPTIONS_PATH, line, format!("`{path}` needs no exception")));
        }
    }
    findings
}

fn check_length(path: &str, n: usize) -> Option<Finding> {
    match n {
        0..=WANTED => None,
        n if n <= HARD => Some(Finding::warning(path, 1, format!("{n} lines of code: {WANTED} are wanted"))),
        n => Some(Finding::error(
            path,
            1,
            format!("{n} lines of code: {HARD} are the most (see {EXCEPTIONS_PATH})"),
        )),
    }
}

fn exceptions(text: &str) -> Vec<(usize, &str)> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.starts_with('#'));
    lines.filter_map(|(n, line)| Some((n + 1, line.split_once(": ")?.0))).collect()
}

/// Lines with code, without blank lines, comments and the module of tests at the end.
fn n_code_lines(text: &str) -> usize {
    let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    let lines = code.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_blanks_and_tests_do_not_count() {
        let text = "//! doc\n\n/// doc\nfn a() {}\n// why\nfn b() {}\n\n#[cfg(test)]\nmod tests {\n    fn c() {}\n}\n";
        assert_eq!(n_code_lines(text), 2);
    }

    #[test]
    fn long_file_is_a_warning_and_a_very_long_one_an_error() {
        let of = |n: usize| "x;\n".repeat(n);
        let (wanted, long, too_long) = (of(WANTED), of(WANTED + 1), of(HARD + 1));
        let repo = Repo::of(&[("a.rs", &wanted), ("b.rs", &long), ("c.rs", &too_long)]);
        let levels: Vec<_> = check(&repo).into_iter().map(|f| (f.path, f.level)).collect();
        assert_eq!(
            levels,
            [
                ("b.rs".to_owned(), super::super::Level::Warning),
                ("c.rs".to_owned(), super::super::Level::Error)
            ]
        );
    }

    #[test]
    fn exception_is_obeyed_and_must_be_needed() {
        let long = "x;\n".repeat(HARD + 1);
        let list = "# path: reason\nc.rs: generated\nshort.rs: forgotten\n";
        let repo = Repo::of(&[("c.rs", &long), ("short.rs", ""), (EXCEPTIONS_PATH, list)]);
        let findings = check(&repo);
        assert_eq!(findings.len(), 1);
        assert_eq!((findings[0].line, findings[0].message.as_str()), (3, "`short.rs` needs no exception"));
    }
}
