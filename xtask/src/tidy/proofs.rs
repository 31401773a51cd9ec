//! Tests that documents name as proof (`` `locks.rs`: `a_second_run_waits` ``) exist.

use super::{Finding, Repo, TextFile};

/// A shorter word is something else than the name of a test.
const UNDERSCORES_MIN: usize = 2;

pub(super) fn check(repo: &Repo) -> Vec<Finding> {
    repo.with_extension("md").flat_map(|file| check_file(repo, file)).collect()
}

fn check_file(repo: &Repo, file: &TextFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (i, line) in file.text.lines().enumerate() {
        for (source, test) in proofs(line) {
            if !exists(repo, source, test) {
                let message = format!("`{source}` has no test `{test}`");
                findings.push(Finding::error(&file.path, i + 1, message));
            }
        }
    }
    findings
}

/// The tests named on a line, each with the file named before it.
fn proofs(line: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut source = None;
    for word in line.split('`').skip(1).step_by(2) {
        if word.ends_with(".rs") && !word.contains('/') {
            source = Some(word);
        } else if let (Some(source), true) = (source, is_test_name(word)) {
            found.push((source, word));
        }
    }
    found
}

fn is_test_name(word: &str) -> bool {
    word.matches('_').count() >= UNDERSCORES_MIN
        && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn exists(repo: &Repo, source: &str, test: &str) -> bool {
    let ending = format!("/tests/{source}");
    let declaration = format!("fn {test}(");
    repo.with_extension("rs").any(|file| file.path.ends_with(&ending) && file.text.contains(&declaration))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> usize {
        let test = ("crates/a/tests/locks.rs", "#[test]\nfn a_second_run_waits() {}");
        check(&Repo::of(&[("docs/a.md", text), test])).len()
    }

    #[test]
    fn named_tests_exist() {
        assert_eq!(findings("| `locks.rs`: `a_second_run_waits` |"), 0);
        assert_eq!(findings("| `locks.rs`: `a_second_run_waits`, `a_third_run_waits` |"), 1);
        assert_eq!(findings("| `other.rs`: `a_second_run_waits` |"), 1);
        assert_eq!(findings("the table `goose_db_version` and `src/locks.rs`, `not_a_test_name`"), 0);
    }
}
