//! Relative links of documents lead to files that exist.

use super::{Finding, Repo, TextFile};

pub(super) fn check(repo: &Repo) -> Vec<Finding> {
    repo.with_extension("md").flat_map(|file| check_file(repo, file)).collect()
}

fn check_file(repo: &Repo, file: &TextFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, target) in links(&file.text) {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let path = target.split('#').next().unwrap_or_default();
        let found = match resolve(folder, path) {
            Some(path) => path.is_empty() || repo.paths.contains(&path),
            None => false,
        };
        if !found {
            findings.push(Finding::error(&file.path, line, format!("the link leads nowhere: `{target}`")));
        }
    }
    findings
}

/// The targets of `[text](target)` that are files, with their lines; code is skipped.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut in_code = false;
    for (n, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if !in_code {
            let outside = line.split('`').step_by(2);
            found.extend(
                outside.flat_map(targets).filter(|target| is_file(target)).map(|target| (n + 1, target)),
            );
        }
    }
    found
}

fn targets(text: &str) -> impl Iterator<Item = &str> {
    let after = text.split("](").skip(1);
    after.filter_map(|rest| rest.split([')', ' ']).next())
}

fn is_file(target: &str) -> bool {
    !target.is_empty()
        && !target.starts_with('#')
        && !target.contains("://")
        && !target.starts_with("mailto:")
}

/// The path from the root, or nothing if it leaves the repository.
fn resolve(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            parts.pop()?;
        } else {
            parts.push(part);
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Vec<String> {
        let repo = Repo::of(&[("docs/a.md", text), ("README.md", ""), ("docs/b.md", "")]);
        check(&repo).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn links_that_lead_somewhere_are_fine() {
        let text = "[b](b.md#part) [r](../README.md), [docs](../docs/) [web](https://x.test/y) [here](#part)";
        assert_eq!(findings(text), Vec::<String>::new());
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        assert_eq!(findings("x\n[c](c.md)"), ["the link leads nowhere: `c.md`"]);
        assert_eq!(findings("[out](../../README.md)"), ["the link leads nowhere: `../../README.md`"]);
    }

    #[test]
    fn code_is_not_read() {
        assert_eq!(findings("`[c](c.md)`\n```\n[c](c.md)\n```\n"), Vec::<String>::new());
    }
}
