//! Reading and writing directories of migrations, on a real file system.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use brant_core::{Direction, Migration, MigrationKind, Version};
use brant_source::create::{CreateKind, TEMPLATE, create};
use brant_source::dir::{self, Dirs, default_dir};
use brant_source::fix::fix;
use brant_source::init::init;
use brant_source::validate::{Validation, validate};
use brant_source::{Loader, Numbering};
use jiff::Timestamp;
use support::goose_rule;
use tempfile::TempDir;

const UP: &str = "-- +goose Up\nSELECT 1;\n";

/// A directory with files of these names.
fn dir_with(names: &[&str]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in names {
        fs::write(dir.path().join(name), UP).unwrap();
    }
    dir
}

fn now() -> Timestamp {
    "2026-01-31T12:34:56Z".parse().unwrap()
}

/// The text without the directory's own name.
fn relative(dir: &TempDir, text: &str) -> String {
    text.replace(&format!("{}", dir.path().display()), "DIR")
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_listing_holds_what_is_a_migration() {
    let dir = dir_with(&[
        "00010_b.sql",
        "9_a.sql",
        "00003_code.go",
        "helpers.go",
        "00004_code_test.go",
        ".hidden.sql",
        "README.md",
        "00005_upper.SQL",
        "00006_psql.psql",
        "notes.psql",
        "00007_old.sql.bak",
        "00008_Upper.Go",
    ]);
    fs::create_dir(dir.path().join("00011_dir.sql")).unwrap();
    fs::create_dir(dir.path().join("..data")).unwrap();
    let listing = dir::list(&Dirs::one(dir.path())).unwrap();
    let found: Vec<(i64, &str, &MigrationKind)> =
        listing.migrations.iter().map(|m| (m.version.0, m.name.as_str(), &m.kind)).collect();
    let go = MigrationKind::ForeignCode("Go");
    assert_eq!(found, [(3, "code", &go), (9, "a", &MigrationKind::Sql), (10, "b", &MigrationKind::Sql)]);
    assert_eq!(listing.migrations[1].path, dir.path().join("9_a.sql"));
    insta::assert_snapshot!(relative(&dir, &listing.warnings.join("\n")));
}

#[test]
fn errors_of_directories_read_well() {
    let dir = dir_with(&["00001_ok.sql", "x_a.sql", "zero.sql"]);
    let file = dir.path().join("00001_ok.sql");
    let all: String = [dir.path(), &dir.path().join("no"), &file, Path::new("")]
        .map(|path| format!("{}\n", dir::list(&Dirs::one(path)).unwrap_err()))
        .concat();
    insta::assert_snapshot!(relative(&dir, &all));
}

#[cfg(unix)]
#[test]
fn links_to_files_are_followed() {
    use std::os::unix::fs::symlink;
    // The way Kubernetes mounts a volume of files.
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("..2026_01_31");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("00001_a.sql"), UP).unwrap();
    symlink("..2026_01_31", dir.path().join("..data")).unwrap();
    symlink("..data/00001_a.sql", dir.path().join("00001_a.sql")).unwrap();
    symlink("..data", dir.path().join("00002_dir.sql")).unwrap();
    symlink("nowhere", dir.path().join("00003_broken.sql")).unwrap();
    let listing = dir::list(&Dirs::one(dir.path())).unwrap();
    let versions: Vec<i64> = listing.migrations.iter().map(|m| m.version.0).collect();
    assert_eq!(versions, [1, 3]);
    assert_eq!(relative(&dir, &listing.warnings.join("")), "`DIR/00002_dir.sql` is a directory: skipped");
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf8_are_read() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let dir = tempfile::tempdir().unwrap();
    let name = OsStr::from_bytes(b"00001_caf\xe9.sql");
    fs::write(dir.path().join(name), UP).unwrap();
    fs::write(dir.path().join(OsStr::from_bytes(b"\xe9.psql")), UP).unwrap();
    let listing = dir::list(&Dirs::one(dir.path())).unwrap();
    assert_eq!(listing.migrations[0].path, dir.path().join(name));
    fs::write(dir.path().join(OsStr::from_bytes(b"\xe9_a.sql")), UP).unwrap();
    assert!(dir::list(&Dirs::one(dir.path())).unwrap_err().to_string().contains("invalid syntax"));
}

#[test]
fn the_default_directory_is_here_if_migrations_are_here() {
    for (names, expected) in [
        (&["1_a.sql"][..], "."),
        (&["1_a.go"], "."),
        (&["a.sql", "main.go", "1_a_test.go", ".1_a.sql"], "migrations"),
        (&[], "migrations"),
    ] {
        assert_eq!(default_dir(dir_with(names).path()), Path::new(expected), "{names:?}");
    }
    assert_eq!(default_dir(Path::new("/does/not/exist")), Path::new("migrations"));
}

#[test]
fn files_are_loaded_or_named_in_the_error() {
    let dir = dir_with(&["1_a.sql"]);
    let postgres = brant_sql::dialect_by_name("postgres").unwrap();
    let loader = Loader::new(postgres, &|_| None);
    let migration = |name: &str| Migration {
        version: Version(1),
        name: "a".to_owned(),
        path: dir.path().join(name),
        kind: MigrationKind::Sql,
    };
    let script = loader.load(&migration("1_a.sql"), Direction::Up).unwrap();
    assert_eq!(script.path, dir.path().join("1_a.sql"));
    assert_eq!(script.statements.len(), 1);
    let e = loader.load(&migration("1_gone.sql"), Direction::Up).unwrap_err();
    assert_eq!(
        relative(&dir, &e.to_string()),
        "DIR/1_gone.sql: the migration file cannot be read: No such file or directory (os error 2)"
    );
}

#[test]
fn create_numbers_and_names_files() {
    let dir = tempfile::tempdir().unwrap();
    let sql = |name: &str, numbering| create(&Dirs::one(dir.path()), name, CreateKind::Sql, numbering, now());
    let made = sql("Add users", Numbering::Timestamp).unwrap();
    assert_eq!(made, dir.path().join("20260131123456_add_users.sql"));
    assert_eq!(fs::read_to_string(&made).unwrap(), TEMPLATE);
    // Time stamps do not count as numbers, Go files do.
    assert!(sql("one", Numbering::Sequential).unwrap().ends_with("00001_one.sql"));
    fs::write(dir.path().join("00041_x.go"), "").unwrap();
    assert!(
        sql("Add Some-Column 2!", Numbering::Sequential).unwrap().ends_with("00042_add_some_column_2_.sql")
    );
    // Two files of one second are two versions.
    fs::write(&made, "mine").unwrap();
    assert!(sql("Add users", Numbering::Timestamp).unwrap().ends_with("20260131123457_add_users.sql"));
    assert!(sql("more", Numbering::Timestamp).unwrap().ends_with("20260131123458_more.sql"));
    assert_eq!(fs::read_to_string(&made).unwrap(), "mine");
    assert_eq!(names(dir.path()).len(), 6, "nothing else is left behind");
}

#[test]
fn what_create_makes_is_a_migration() {
    let dir = tempfile::tempdir().unwrap();
    create(&Dirs::one(dir.path()), "a", CreateKind::Sql, Numbering::Sequential, now()).unwrap();
    init(&dir.path().join("new"), Numbering::Timestamp, now()).unwrap();
    let postgres = brant_sql::dialect_by_name("postgres").unwrap();
    for path in [dir.path().to_owned(), dir.path().join("new")] {
        let validation = validate(&Dirs::one(&path), postgres, &|_| None).unwrap();
        assert!(validation.errors.is_empty());
        let counts = validation.rows[0].counts.unwrap();
        assert_eq!((counts.transaction, counts.up, counts.down), (true, 1, 1));
    }
}

#[test]
fn a_new_rust_migration_is_listed_as_one_that_this_binary_cannot_run() {
    let dir = dir_with(&["00001_a.sql", "mod.rs", "lib.rs"]);
    let path =
        create(&Dirs::one(dir.path()), "Seed users", CreateKind::Rust, Numbering::Sequential, now()).unwrap();
    assert!(path.ends_with("00002_seed_users.rs"), "{}", path.display());
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("pub async fn up(") && text.contains("pub async fn down("), "{text}");
    let kinds: Vec<_> = dir::list(&Dirs::one(dir.path()))
        .unwrap()
        .migrations
        .into_iter()
        .map(|m| (m.version.0, m.kind))
        .collect();
    assert_eq!(kinds, [(1, MigrationKind::Sql), (2, MigrationKind::ForeignCode("Rust"))]);
}

#[test]
fn errors_of_create_read_well() {
    let dir = dir_with(&["9223372036854775807_a.sql", "00001_b.sql"]);
    fs::write(dir.path().join("20260131123456_a.sql"), "").unwrap();
    let missing = dir.path().join("missing");
    // Where files can't be listed, their versions are not known.
    let unlisted = dir.path().join("unlisted");
    fs::create_dir(&unlisted).unwrap();
    for name in ["nonsense.sql", "20260131123456_a.sql"] {
        fs::write(unlisted.join(name), "").unwrap();
    }
    let make = |dir: &Path, kind, numbering| {
        create(&Dirs::one(dir), "a", kind, numbering, now()).unwrap_err().to_string()
    };
    let all = [
        make(dir.path(), CreateKind::Go, Numbering::Timestamp),
        "sqlx".parse::<CreateKind>().unwrap_err().to_string(),
        make(&missing, CreateKind::Sql, Numbering::Timestamp),
        make(&missing, CreateKind::Sql, Numbering::Sequential),
        make(dir.path(), CreateKind::Sql, Numbering::Sequential),
        make(&unlisted, CreateKind::Sql, Numbering::Timestamp),
        make(&dir.path().join("00001_b.sql"), CreateKind::Sql, Numbering::Timestamp),
    ];
    assert_eq!((names(dir.path()).len(), names(&unlisted).len()), (4, 2));
    insta::assert_snapshot!(relative(&dir, &all.join("\n")));
}

#[test]
fn init_makes_a_directory_once() {
    let dir = tempfile::tempdir().unwrap();
    let new = dir.path().join("db/migrations");
    let made = init(&new, Numbering::Timestamp, now()).unwrap();
    assert_eq!(made, new.join("20260131123456_initial.sql"));
    let text = fs::read_to_string(made).unwrap();
    assert_eq!(
        goose_rule::statements(&text, true).unwrap(),
        ["SELECT 'up SQL query';"],
        "goose can run it too"
    );
    insta::assert_snapshot!(text);
    let e = init(&new, Numbering::Timestamp, now()).unwrap_err();
    assert_eq!(relative(&dir, &e.to_string()), "directory already exists: DIR/db/migrations");
    let other = dir.path().join("other");
    assert_eq!(init(&other, Numbering::Sequential, now()).unwrap(), other.join("00001_initial.sql"));
}

#[test]
fn fix_numbers_timestamped_files() {
    let parent = tempfile::tempdir().unwrap();
    // A directory whose name holds the version, too.
    let dir = parent.path().join("20200102000000");
    fs::create_dir(&dir).unwrap();
    for name in
        ["20200102000000_b.sql", "20200101000000_a.go", "00003_z.sql", "020200103000000_20200103000000.sql"]
    {
        fs::write(dir.join(name), UP).unwrap();
    }
    let done: Vec<String> = fix(&Dirs::one(&dir)).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(
        done,
        [
            "RENAMED 20200101000000_a.go => 00004_a.go",
            "RENAMED 20200102000000_b.sql => 00005_b.sql",
            "RENAMED 020200103000000_20200103000000.sql => 00006_20200103000000.sql",
        ]
    );
    assert_eq!(names(&dir), ["00003_z.sql", "00004_a.go", "00005_b.sql", "00006_20200103000000.sql"]);
    assert!(fix(&Dirs::one(&dir)).unwrap().is_empty());
}

#[test]
fn fix_renames_nothing_when_a_name_is_taken() {
    let dir = dir_with(&["20200101000000_a.sql", "20200102000000_b.sql"]);
    // Skipped by the listing, since it is a directory, and yet in the way.
    fs::create_dir(dir.path().join("00002_b.sql")).unwrap();
    let before = names(dir.path());
    let e = fix(&Dirs::one(dir.path())).unwrap_err();
    assert_eq!(
        relative(&dir, &e.to_string()),
        "`DIR/20200102000000_b.sql` cannot be renamed: `DIR/00002_b.sql` exists: nothing was renamed"
    );
    assert_eq!(names(dir.path()), before);
}

#[test]
fn validate_names_everything_that_is_wrong() {
    let dir =
        dir_with(&["00001_a.sql", "00002_b.go", "00003_first.sql", "003_second.sql", "bad.sql", "x_bad.sql"]);
    let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
    write("00004_no_up.sql", "CREATE TABLE x (id int);\n");
    write("00005_both.sql", "-- +goose Up\nSELECT 1\n-- +goose Down\nSELECT 2\n");
    write(
        "00006_no_tx.sql",
        "-- +goose Up\nSELECT 1;\nSELECT 2;\n-- +goose Down\n-- +goose NO TRANSACTION\nSELECT 3;\n",
    );
    let validation = run_validate(dir.path());
    let rows: String = validation
        .rows
        .iter()
        .map(|row| match row.counts {
            Some(c) => format!("{} {} {} {} {}\n", row.kind, c.transaction, c.up, c.down, row.name),
            None => format!("{} - - - {}\n", row.kind, row.name),
        })
        .collect();
    let errors: String = validation.errors.iter().map(|e| format!("{e}\n")).collect();
    insta::assert_snapshot!(relative(&dir, &format!("{rows}\n{errors}")));
}

#[test]
fn validate_takes_a_single_file() {
    let dir = dir_with(&["00001_a.sql", "notes.txt", "00002_b.go", "a.go"]);
    let file = |name: &str| run_validate(&dir.path().join(name));
    assert_eq!(file("00001_a.sql").rows[0].name, "00001_a.sql");
    assert_eq!(file("00002_b.go").rows[0].kind, "go");
    let missing = try_validate(&dir.path().join("missing")).unwrap_err();
    let errors = ["notes.txt", "a.go"].map(|n| format!("{}\n", file(n).errors[0])).concat();
    let errors = format!("{errors}{missing}\n");
    insta::assert_snapshot!(relative(&dir, &errors));
    let empty = tempfile::tempdir().unwrap();
    let validation = run_validate(empty.path());
    assert!(validation.rows.is_empty() && validation.errors.is_empty());
}

fn run_validate(path: &Path) -> Validation {
    try_validate(path).unwrap()
}

fn try_validate(path: &Path) -> Result<Validation, dir::DirError> {
    validate(&Dirs::one(path), brant_sql::dialect_by_name("postgres").unwrap(), &|_| None)
}

/// Paths are shown as the user would write them.
#[test]
fn paths_begin_with_the_directory_as_given() {
    let dir = dir_with(&["1_a.sql"]);
    let nested: PathBuf = dir.path().join("x/..");
    fs::create_dir(dir.path().join("x")).unwrap();
    assert_eq!(dir::list(&Dirs::one(&nested)).unwrap().migrations[0].path, nested.join("1_a.sql"));
}
