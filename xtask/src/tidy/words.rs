//! Words that must not be left in the text.

use super::{Finding, Repo};

/// Written in two parts, so that this file does not find itself.
const UNDONE: &[&str] = &[concat!("todo", "!("), concat!("unimplemented", "!("), concat!("dbg", "!(")];

/// Paths that exist on one machine alone. What a text needs must stand in the repository.
const FOREIGN: &[&str] = &[concat!("../", "shared"), concat!("/ro", "ot/")];

/// Names that a made-up home may have in an example.
const MADE_UP_HOMES: &[&str] = &["user", "me", "you", "ann", "alice", "bob", "app", "deploy", "u", "x"];

pub(super) fn check_undone(repo: &Repo) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repo.with_extension("rs") {
        for (line, text) in numbered(&file.text) {
            let code = text.split("//").next().unwrap_or_default();
            for word in UNDONE.iter().filter(|word| code.contains(**word)) {
                findings.push(Finding::error(&file.path, line, format!("`{word}…)` is left")));
            }
        }
    }
    findings
}

pub(super) fn check_own(repo: &Repo) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &repo.files {
        for (line, text) in numbered(&file.text) {
            for word in FOREIGN.iter().filter(|word| text.contains(**word)) {
                findings.push(Finding::error(
                    &file.path,
                    line,
                    format!("`{word}` is outside of the repository"),
                ));
            }
            if let Some(home) = someones_home(text) {
                findings.push(Finding::error(&file.path, line, format!("somebody's folder: `{home}`")));
            }
        }
    }
    findings
}

/// The environment is read once, by the command line: a library that reads it can't be told otherwise.
pub(super) fn check_environment(repo: &Repo) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repo.with_extension("rs").filter(|file| is_shipped(&file.path)) {
        for (line, text) in numbered(&file.text) {
            if text.split("//").next().unwrap_or_default().contains("env::var") {
                let message = format!("the environment is read in {ENVIRONMENT} alone");
                findings.push(Finding::error(&file.path, line, message));
            }
        }
    }
    findings
}

const ENVIRONMENT: &str = "crates/brant-cli/src/env.rs";

/// Runs in the compiler, which tells by a variable what it compiles.
const AT_COMPILE_TIME: &str = "crates/brant-macros/";

fn is_shipped(path: &str) -> bool {
    let source = path.starts_with("crates/") && path.contains("/src/");
    let told_otherwise = path == ENVIRONMENT || path.starts_with(AT_COMPILE_TIME);
    source && !path.starts_with("crates/brant-testkit/") && !told_otherwise
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(n, line)| (n + 1, line))
}

/// An absolute path below somebody's home.
fn someones_home(line: &str) -> Option<&str> {
    let homes = concat!("/ho", "me/");
    let start = line.find(homes)?;
    let rest = &line[start + homes.len()..];
    let name = rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let real = !name.is_empty() && !MADE_UP_HOMES.contains(&name);
    real.then(|| &line[start..start + homes.len() + name.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undone_code_is_found_and_comments_are_free() {
        let (code, comment) = (format!("fn a() {{ {}) }}", UNDONE[0]), format!("// {}", UNDONE[0]));
        let repo = Repo::of(&[("a.rs", &code), ("b.rs", &comment), ("c.md", &code)]);
        let paths: Vec<String> = check_undone(&repo).into_iter().map(|finding| finding.path).collect();
        assert_eq!(paths, ["a.rs"]);
    }

    #[test]
    fn reading_the_environment_is_found_in_shipped_code() {
        let text = "let a = std::env::var(\"A\");";
        let of = |path| check_environment(&Repo::of(&[(path, text)])).len();
        assert_eq!(
            (of("crates/brant-core/src/lib.rs"), of(ENVIRONMENT), of("crates/brant-cli/tests/a.rs")),
            (1, 0, 0)
        );
    }

    #[test]
    fn places_of_one_machine_are_found() {
        let home = concat!("/ho", "me/");
        for text in [FOREIGN[0].to_owned(), FOREIGN[1].to_owned(), format!("{home}jdoe/x")] {
            assert_eq!(check_own(&Repo::of(&[("a.md", &text)])).len(), 1, "{text}");
        }
        for text in [format!("{home}user/x"), format!("{home}…"), "a/root".to_owned()] {
            assert_eq!(check_own(&Repo::of(&[("a.md", &text)])), [], "{text}");
        }
    }
}
