//! Each kind of thing has one folder and one table: what is in the one is in the other.

use std::collections::BTreeSet;

use super::{Finding, Repo};

/// The table's name and the module that holds it; the folder has the module's name.
const TABLES: &[(&str, &str)] = &[
    ("FORMATS", "crates/brant-source/src/formats"),
    ("DIALECTS", "crates/brant-sql/src/dialects"),
    ("DRIVERS", "crates/brant-driver/src/drivers"),
    ("CATALOGS", "crates/brant-schema/src/catalogs"),
    ("COMMANDS", "crates/brant-cli/src/commands"),
];

pub(super) fn check(repo: &Repo) -> Vec<Finding> {
    TABLES.iter().flat_map(|(name, folder)| check_table(repo, name, folder)).collect()
}

fn check_table(repo: &Repo, name: &str, folder: &str) -> Vec<Finding> {
    let path = format!("{folder}.rs");
    let Some(file) = repo.file(&path) else {
        return vec![Finding::error(&path, 1, format!("the table {name} is missing"))];
    };
    let Some((line, body)) = table_body(&file.text, name) else {
        return vec![Finding::error(&path, 1, format!("there is no `{name}: … = &[…];`"))];
    };
    let listed = modules_named(body);
    let files = files_of(repo, folder);
    let declared = modules_declared(&file.text);
    let only = |a: &BTreeSet<String>, b: &BTreeSet<String>, what: &str| -> Vec<Finding> {
        a.difference(b).map(|module| Finding::error(&path, line, format!("`{module}` {what}"))).collect()
    };
    let mut findings = only(&files, &listed, &format!("has a file and is not in {name}"));
    findings.extend(only(&listed, &files, &format!("is in {name} and has no file in {folder}/")));
    findings.extend(only(&files, &declared, "has a file and no `mod` line"));
    findings
}

/// The text between the brackets, with the number of its first line.
fn table_body<'a>(text: &'a str, name: &str) -> Option<(usize, &'a str)> {
    let start = ["static", "const"].iter().find_map(|word| text.find(&format!("{word} {name}: ")))?;
    let open = start + text[start..].find("= &[")? + "= &[".len();
    let close = open + text[open..].find("];")?;
    Some((text[..start].lines().count() + 1, &text[open..close]))
}

/// The first part of each path in the table: `up` of `&up::COMMAND`.
fn modules_named(body: &str) -> BTreeSet<String> {
    let code = body.lines().map(|line| line.split("//").next().unwrap_or_default());
    let code = code.filter(|line| !line.trim_start().starts_with("#[")).collect::<Vec<_>>().join(" ");
    let entries = code.split(',').filter_map(|entry| entry.split_once("::"));
    entries.map(|(module, _)| module.trim().trim_start_matches(['&', '(']).to_owned()).collect()
}

fn modules_declared(text: &str) -> BTreeSet<String> {
    let declared = text.lines().filter_map(|line| match line.split_once("mod ") {
        Some(("" | "pub " | "pub(crate) ", rest)) => rest.strip_suffix(';'),
        _ => None,
    });
    declared.map(str::to_owned).collect()
}

fn files_of(repo: &Repo, folder: &str) -> BTreeSet<String> {
    let below = repo.files.iter().filter_map(|file| file.path.strip_prefix(folder)?.strip_prefix('/'));
    below
        .filter(|name| !name.contains('/'))
        .filter_map(|name| name.strip_suffix(".rs"))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(table: &str) -> Vec<String> {
        let repo = Repo::of(&[("c/dialects.rs", table), ("c/dialects/a.rs", ""), ("c/dialects/b.rs", "")]);
        check_table(&repo, "DIALECTS", "c/dialects").into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn equal_table_is_fine() {
        let table = "mod a;\npub mod b;\nstatic DIALECTS: &[&dyn D] = &[\n    #[cfg(feature = \"a\")]\n    &a::A, // c::C\n    &b::B,\n];\n";
        assert_eq!(findings(table), Vec::<String>::new());
    }

    #[test]
    fn differences_are_found_both_ways() {
        let table = "mod a;\nmod b;\npub const DIALECTS: &[D] = &[a::A, c::C];\n";
        assert_eq!(
            findings(table),
            ["`b` has a file and is not in DIALECTS", "`c` is in DIALECTS and has no file in c/dialects/"]
        );
    }

    #[test]
    fn forgotten_mod_line_and_missing_table_are_found() {
        assert_eq!(
            findings("mod a;\nconst DIALECTS: &[D] = &[a::A, b::B];\n"),
            ["`b` has a file and no `mod` line"]
        );
        assert_eq!(findings("mod a;\n"), ["there is no `DIALECTS: … = &[…];`"]);
    }
}
