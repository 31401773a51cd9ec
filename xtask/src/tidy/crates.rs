//! Crates depend in one direction, what decides does no I/O, and nothing shipped needs the test kit.

use super::{Finding, Repo, TextFile};

/// Which of our crates each crate may depend on. A new crate needs its row here.
const ALLOWED: &[(&str, &[&str])] = &[
    ("brant-core", &[]),
    ("brant-sql", &["brant-core"]),
    ("brant-source", &["brant-core", "brant-sql"]),
    ("brant-driver", &["brant-core", "brant-sql"]),
    ("brant-lint", &["brant-core", "brant-sql"]),
    ("brant-schema", &["brant-core", "brant-sql", "brant-driver"]),
    ("brant-engine", &["brant-core", "brant-sql", "brant-driver"]),
    ("brant-macros", &["brant-core", "brant-sql", "brant-source"]),
    ("brant-build", &[]),
    ("brant-sqlx", &["brant"]),
    ("brant-tokio-postgres", &["brant"]),
    ("brant-rusqlite", &["brant"]),
    ("brant", SHIPPED),
    ("brant-cli", SHIPPED),
    ("brant-testkit", &[]),
    ("xtask", &[]),
];

const SHIPPED: &[&str] = &[
    "brant",
    "brant-core",
    "brant-sql",
    "brant-source",
    "brant-driver",
    "brant-lint",
    "brant-schema",
    "brant-engine",
    "brant-macros",
];

/// Crates that decide or read, and never wait.
const WITHOUT_IO: &[&str] = &["brant-core", "brant-sql", "brant-source", "brant-lint"];

const IO: &[&str] = &[
    "tokio",
    "async-trait",
    "futures",
    "futures-util",
    "futures-core",
    "rusqlite",
    "tokio-postgres",
    "mysql_async",
];

pub(super) fn check(repo: &Repo) -> Vec<Finding> {
    let ours = |file: &&TextFile| {
        let path = file.path.as_str();
        path == "xtask/Cargo.toml" || (path.starts_with("crates/") && path.ends_with("/Cargo.toml"))
    };
    repo.files.iter().filter(ours).flat_map(check_manifest).collect()
}

fn check_manifest(file: &TextFile) -> Vec<Finding> {
    let path = &file.path;
    let Some(name) = package_name(&file.text) else {
        return vec![Finding::error(path, 1, "the package has no name")];
    };
    let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
        return vec![Finding::error(path, 1, format!("`{name}` has no row in {}", file!()))];
    };
    let mut findings = Vec::new();
    for (line, dependency) in dependencies(&file.text) {
        if is_ours(dependency) && !allowed.contains(&dependency) {
            findings.push(Finding::error(path, line, format!("`{name}` must not depend on `{dependency}`")));
        }
        if WITHOUT_IO.contains(&name) && IO.contains(&dependency) {
            findings.push(Finding::error(
                path,
                line,
                format!("`{name}` is synchronous: no `{dependency}` here"),
            ));
        }
    }
    if !has_workspace_lints(&file.text) {
        findings.push(Finding::error(
            path,
            1,
            "the workspace's lints are missing: `[lints]` with `workspace = true`",
        ));
    }
    findings
}

fn is_ours(dependency: &str) -> bool {
    ALLOWED.iter().any(|(name, _)| *name == dependency) || dependency.starts_with("brant-")
}

fn package_name(manifest: &str) -> Option<&str> {
    manifest.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
}

/// Every dependency that is compiled into the crate, with its line; those for tests are free.
fn dependencies(manifest: &str) -> Vec<(usize, &str)> {
    let mut inside = false;
    let mut found = Vec::new();
    for (line, text) in manifest.lines().map(str::trim).enumerate().map(|(n, text)| (n + 1, text)) {
        if let Some(section) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let compiled = section.rsplit("target.").next().unwrap_or(section);
            let dev = compiled.contains("dev-dependencies");
            inside = !dev && (compiled.ends_with("dependencies"));
            if let (false, Some((_, name))) = (dev, compiled.split_once("dependencies.")) {
                found.push((line, name));
            }
        } else if inside && !text.is_empty() && !text.starts_with('#') {
            found.push((line, text.split(['.', '=', ' ']).next().unwrap_or(text)));
        }
    }
    found
}

fn has_workspace_lints(manifest: &str) -> bool {
    let lines: Vec<&str> = manifest.lines().map(str::trim).collect();
    lines.windows(2).any(|pair| pair == ["[lints]", "workspace = true"])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(name: &str, rest: &str) -> Vec<String> {
        let text = format!("[package]\nname = \"{name}\"\n\n[lints]\nworkspace = true\n\n{rest}");
        let file = TextFile { path: format!("crates/{name}/Cargo.toml"), text };
        check_manifest(&file).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn allowed_direction_is_fine() {
        let rest = "[dependencies]\nbrant-core.workspace = true\nthiserror.workspace = true\n\n[dev-dependencies]\nbrant-testkit.workspace = true\n";
        assert_eq!(findings("brant-sql", rest), Vec::<String>::new());
    }

    #[test]
    fn wrong_direction_is_found_however_it_is_written() {
        for rest in [
            "[dependencies]\nbrant-driver = { workspace = true }\n",
            "[dependencies.brant-driver]\nworkspace = true\n",
            "[target.'cfg(unix)'.dependencies]\nbrant-driver.workspace = true\n",
            "[build-dependencies]\nbrant-driver.workspace = true\n",
        ] {
            assert_eq!(
                findings("brant-source", rest),
                ["`brant-source` must not depend on `brant-driver`"],
                "{rest}"
            );
        }
    }

    #[test]
    fn test_kit_is_for_tests_alone() {
        let rest = "[dependencies]\nbrant-testkit.workspace = true\n";
        assert_eq!(findings("brant-cli", rest), ["`brant-cli` must not depend on `brant-testkit`"]);
    }

    #[test]
    fn core_does_not_wait() {
        let rest = "[dependencies]\ntokio.workspace = true\n";
        assert_eq!(findings("brant-core", rest), ["`brant-core` is synchronous: no `tokio` here"]);
    }

    #[test]
    fn unknown_crate_and_missing_lints_are_found() {
        assert!(findings("brant-new", "")[0].contains("has no row"));
        let file = TextFile { path: "crates/x/Cargo.toml".into(), text: "name = \"brant-core\"\n".into() };
        assert!(check_manifest(&file)[0].message.contains("lints are missing"));
    }
}
