//! Several directories, and directories in directories.

use std::fs;
use std::path::Path;

use brant_source::create::{CreateKind, TEMPLATE_FILE, create};
use brant_source::dir::{self, Dirs};
use brant_source::fix::fix;
use brant_source::validate::validate;
use brant_source::{Numbering, create::CreateError};
use tempfile::TempDir;

/// A folder that holds these files.
fn tree(files: &[&str]) -> TempDir {
    let tree = tempfile::tempdir().unwrap();
    for file in files {
        let path = tree.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "-- +goose Up\nSELECT 1;\n").unwrap();
    }
    tree
}

fn dirs(tree: &TempDir, names: &[&str], recursive: bool) -> Dirs {
    let mut paths = names.iter().map(|name| tree.path().join(name));
    Dirs { first: paths.next().unwrap(), also: paths.collect(), recursive }
}

/// The migrations as paths below the tree, or the error.
fn listed(tree: &TempDir, dirs: &Dirs) -> String {
    let text = match dir::list(dirs) {
        Ok(listing) => {
            let paths = listing.migrations.iter().map(|m| m.path.display().to_string());
            paths.chain(listing.warnings).collect::<Vec<_>>().join(" ")
        }
        Err(error) => error.to_string(),
    };
    text.replace(&format!("{}/", tree.path().display()), "")
}

#[test]
fn hooks_beside_migrations_are_none() {
    let beside = tree(&["1_a.sql", "hooks/before_each.sql", "hooks/2_b.sql"]);
    assert_eq!(listed(&beside, &dirs(&beside, &["."], true)), "./1_a.sql ./hooks/2_b.sql");
    let slip = tree(&["1_a.sql", "hooks/before_eech.sql"]);
    assert!(listed(&slip, &dirs(&slip, &["."], true)).contains("before_eech.sql"), "a slip is told");
}

#[test]
fn several_directories_are_one_sequence() {
    let tree = tree(&["a/1_a.sql", "a/3_c.sql", "b/2_b.sql", "b/deep/4_d.sql", "c/5_e.sql"]);
    for (names, recursive, wanted) in [
        (&["a"][..], false, "a/1_a.sql a/3_c.sql"),
        (&["a", "b"], false, "a/1_a.sql b/2_b.sql a/3_c.sql"),
        (&["c", "b", "a"], false, "a/1_a.sql b/2_b.sql a/3_c.sql c/5_e.sql"),
        (&["a", "b"], true, "a/1_a.sql b/2_b.sql a/3_c.sql b/deep/4_d.sql"),
        (&["."], true, "./a/1_a.sql ./b/2_b.sql ./a/3_c.sql ./b/deep/4_d.sql ./c/5_e.sql"),
        // No directory counts twice.
        (&["a", "a", "b/../a"], false, "a/1_a.sql a/3_c.sql"),
        (&["b", "b/deep"], true, "b/2_b.sql b/deep/4_d.sql"),
        (&["a", "nosuch"], false, "nosuch directory does not exist"),
        (&["a", "a/1_a.sql"], false, "a/1_a.sql is not a directory"),
    ] {
        assert_eq!(listed(&tree, &dirs(&tree, names, recursive)), wanted, "{names:?} {recursive}");
    }
}

#[test]
fn what_a_tree_does_not_hold() {
    let tree = tree(&[
        "m/1_a.sql",
        "m/.git/2_hidden.sql",
        "m/..data/1_a.sql",
        "m/folder.sql/3_c.sql",
        "m/sub/.hidden.sql",
        "m/sub/README.md",
    ]);
    assert_eq!(listed(&tree, &dirs(&tree, &["m"], true)), "m/1_a.sql m/folder.sql/3_c.sql");
    assert_eq!(
        listed(&tree, &dirs(&tree, &["m"], false)),
        "m/1_a.sql `m/folder.sql` is a directory: skipped"
    );
    fs::write(tree.path().join("m/sub/notes.sql"), "").unwrap();
    assert!(listed(&tree, &dirs(&tree, &["m"], true)).contains("m/sub/notes.sql"));
}

#[cfg(unix)]
#[test]
fn links_are_followed_once_and_never_upwards() {
    use std::os::unix::fs::symlink;
    let tree = tree(&["m/1_a.sql", "m/z/2_b.sql", "elsewhere/3_c.sql", "4_beside.sql"]);
    let link = |to: &str, at: &str| symlink(to, tree.path().join(at)).unwrap();
    link(".", "m/self");
    link("..", "m/up");
    link("..", "m/z/up");
    link("../../m/z", "m/z/again");
    link("z", "m/a_link_to_z");
    link("../elsewhere", "m/other");
    link("nowhere", "m/broken");
    assert_eq!(listed(&tree, &dirs(&tree, &["m"], true)), "m/1_a.sql m/z/2_b.sql m/other/3_c.sql");
    link("m", "n");
    assert_eq!(listed(&tree, &dirs(&tree, &["n"], true)), "n/1_a.sql n/z/2_b.sql n/other/3_c.sql");
}

#[test]
fn duplicates_across_directories_are_named_with_both_paths() {
    let tree = tree(&["a/1_a.sql", "b/1_b.sql", "b/2_b.sql"]);
    let dirs = dirs(&tree, &["a", "b"], false);
    let migrations = dir::list(&dirs).unwrap().migrations;
    let error = brant_core::plan::sorted(&migrations).unwrap_err().to_string();
    let error = error.replace(&format!("{}/", tree.path().display()), "");
    assert_eq!(error, "duplicate version 1: `a/1_a.sql` and `b/1_b.sql`");
    let validation = validate(&dirs, brant_sql::DIALECTS[0], &|_| None).unwrap();
    assert_eq!((validation.rows.len(), validation.errors.len()), (3, 1));
    assert_eq!(validation.rows[1].path, tree.path().join("b/1_b.sql"));
}

#[test]
fn numbers_go_on_after_the_highest_of_all_directories() {
    let tree = tree(&["a/1_a.sql", "b/7_b.sql", "b/deep/20240101120000_c.sql"]);
    let now = jiff::Timestamp::UNIX_EPOCH;
    let dirs = dirs(&tree, &["a", "b"], true);
    let path = create(&dirs, "next", CreateKind::Sql, Numbering::Sequential, now).unwrap();
    assert_eq!(path, tree.path().join("a/00008_next.sql"));
    let renamed = fix(&dirs).unwrap();
    assert_eq!(renamed[0].to, tree.path().join("b/deep/00009_c.sql"));
    assert!(renamed[0].to.exists());
}

#[test]
fn a_template_in_the_directory_is_copied() {
    let tree = tree(&["a/1_a.sql"]);
    let template = tree.path().join("a").join(TEMPLATE_FILE);
    let text = "-- Owner:\n\n-- +goose Up\n\n-- +goose Down\n";
    fs::write(&template, text).unwrap();
    let create = |name: &str| {
        let dirs = Dirs::one(tree.path().join("a"));
        create(&dirs, name, CreateKind::Sql, Numbering::Sequential, jiff::Timestamp::UNIX_EPOCH)
    };
    assert_eq!(fs::read_to_string(create("b").unwrap()).unwrap(), text);
    // It is no migration itself, not for goose either, which reads every `*.sql`.
    assert_eq!(dir::list(&Dirs::one(tree.path().join("a"))).unwrap().migrations.len(), 2);
    assert_ne!(Path::new(TEMPLATE_FILE).extension(), Some("sql".as_ref()));
    fs::write(&template, b"\xff").unwrap();
    assert!(matches!(create("c").unwrap_err(), CreateError::Template { .. }));
    assert_eq!(dir::list(&Dirs::one(tree.path().join("a"))).unwrap().migrations.len(), 2);
}
