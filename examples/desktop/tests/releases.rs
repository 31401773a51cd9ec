//! A file from one release to the next.

use std::path::Path;
use std::process::{Command, Output};

use rusqlite::Connection;

fn desktop(file: &Path, note: Option<&str>) -> Output {
    Command::new(env!("CARGO_BIN_EXE_desktop")).arg(file).args(note).output().unwrap()
}

#[test]
fn a_new_file_an_old_one_and_one_of_the_future() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("notes.db");
    let shown = |output: Output| String::from_utf8(output.stdout).unwrap();
    assert_eq!(shown(desktop(&file, Some("Buy milk\nand bread"))), "- Buy milk\n");

    // As the first release left it: no titles yet.
    let connection = Connection::open(&file).unwrap();
    connection
        .execute_batch(
            "ALTER TABLE notes DROP COLUMN title; DELETE FROM goose_db_version WHERE version_id = 2",
        )
        .unwrap();
    assert_eq!(shown(desktop(&file, Some("Call Ada"))), "- Buy milk\n- Call Ada\n");

    connection.execute("INSERT INTO goose_db_version (version_id, is_applied) VALUES (3, true)", []).unwrap();
    let refused = desktop(&file, None);
    assert!(!refused.status.success());
    let error = String::from_utf8(refused.stderr).unwrap();
    assert!(error.contains("written by a newer release"), "{error}");
}
