//! Every exit code of `docs/exit-codes.md`, by its number: with `--detailed-exit-codes` and, in brackets, without.
#![cfg(feature = "sqlite")]

mod support;

use std::fs::{self, File};

use support::folder::Folder;

/// Checks each command line with the flag and without it.
fn expect(folder: &Folder, detailed: i32, gooses: i32, lines: &[&str]) {
    for line in lines {
        let with_flag = format!("--detailed-exit-codes {line}");
        assert_eq!(folder.code(&with_flag), detailed, "{}", folder.shown(&with_flag));
        assert_eq!(folder.code(line), gooses, "{}", folder.shown(line));
    }
}

/// A folder with three migrations, all of them applied to `t.db`.
fn migrated() -> Folder {
    let folder = Folder::with_migrations();
    assert_eq!(folder.code("sqlite3 ./t.db up"), 0);
    folder
}

#[test]
fn code_0_all_is_well() {
    let folder = migrated();
    let lines = ["sqlite3 ./t.db status", "sqlite3 ./t.db up", "sqlite3 ./t.db version", "-h", "drivers"];
    expect(&folder, 0, 0, &lines);
    expect(&folder, 0, 0, &["-no-versioning sqlite3 ./t.db status"]);
}

#[test]
fn code_1_failed() {
    let folder = migrated();
    folder.write("migrations/00004_bad.sql", "-- +goose Up\nSELECT nosuch;\n");
    folder.write("broken/00001_bad.sql", "-- +goose Up\nSELECT 1\n");
    expect(
        &folder,
        1,
        1,
        &[
            "sqlite3 ./t.db up",
            "sqlite3 ./fresh.db down",
            "sqlite3 ./fresh.db reset",
            "-dir broken sqlite3 ./t2.db up",
            "-dir broken validate",
            "sqlite3 ./nosuch/t.db up",
        ],
    );
}

#[test]
fn code_2_usage_or_configuration() {
    let folder = migrated();
    fs::create_dir(folder.path().join("empty")).unwrap();
    expect(&folder, 2, 2, &["-nosuch", "-v --quiet drivers", "sqlite3 ./t.db up-to -1"]);
    expect(
        &folder,
        2,
        1,
        &[
            "",
            "nosuch",
            "nosuch x up",
            "up",
            "sqlite3 ./t.db up-to x",
            "sqlite3 ./t.db goto 9",
            "sqlite3 ./t.db down 2",
            "sqlite3 ./t.db down 9",
            "-env nosuch.env env",
            "-table a;b sqlite3 ./t.db up",
            "-dir nosuch sqlite3 ./t.db up",
            "-dir empty sqlite3 ./t.db up",
            "sqlite3 ./t.db?_nosuch=1 up",
        ],
    );
}

#[test]
fn code_3_pending() {
    let folder = migrated();
    folder.write("migrations/00005_more.sql", "-- +goose Up\nSELECT 1;\n-- +goose Down\n");
    expect(
        &folder,
        3,
        0,
        &["sqlite3 ./t.db status", "sqlite3 ./fresh.db status", "--quiet sqlite3 ./t.db status"],
    );
    let json = folder.stdout("--format json --detailed-exit-codes sqlite3 ./t.db status");
    assert!(json.contains("\"exit_code\": 3"), "{json}");
    assert_eq!(folder.code("sqlite3 ./t.db up"), 0);
    folder.write("migrations/00004_late.sql", "-- +goose Up\nSELECT 1;\n");
    expect(&folder, 3, 0, &["--allow-out-of-order sqlite3 ./t.db status"]);
}

#[test]
fn code_6_lock_not_obtained_in_time() {
    let folder = Folder::with_migrations();
    let lock = File::create(folder.path().join("t.db-brant-lock")).unwrap();
    lock.lock().unwrap();
    expect(&folder, 6, 1, &["--lock-wait 50ms sqlite3 ./t.db up"]);
}

#[test]
fn code_7_the_history_needs_a_person() {
    let out_of_order = migrated();
    out_of_order.write("migrations/00005_more.sql", "-- +goose Up\nSELECT 1;\n");
    assert_eq!(out_of_order.code("sqlite3 ./t.db up"), 0);
    out_of_order.write("migrations/00004_late.sql", "-- +goose Up\nSELECT 1;\n");
    expect(&out_of_order, 7, 1, &["sqlite3 ./t.db up", "sqlite3 ./t.db goto 5"]);
    expect(&out_of_order, 7, 0, &["sqlite3 ./t.db status"]);

    let missing = migrated();
    fs::remove_file(missing.path().join("migrations/00003_t3.sql")).unwrap();
    // As if goose had applied it: no text of it is stored.
    missing.write("forget/00001_forget.sql", "-- +goose Up\nDELETE FROM brant_journal;\n");
    assert_eq!(missing.code("-dir forget -no-versioning sqlite3 ./t.db up"), 0);
    expect(&missing, 7, 1, &["sqlite3 ./t.db down", "sqlite3 ./t.db redo", "sqlite3 ./t.db down-to 0"]);
    expect(&missing, 7, 0, &["sqlite3 ./t.db status"]);

    let emptied = migrated();
    emptied.write("empty/00001_empty.sql", "-- +goose Up\nDELETE FROM goose_db_version;\n");
    assert_eq!(emptied.code("-dir empty -no-versioning sqlite3 ./t.db up"), 0);
    expect(&emptied, 7, 1, &["sqlite3 ./t.db up", "sqlite3 ./t.db status", "sqlite3 ./t.db version"]);

    let half_done = migrated();
    half_done.write(
        "migrations/00004_half.sql",
        "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE IF NOT EXISTS half (id INTEGER);\nSELECT nosuch;\n",
    );
    expect(&half_done, 1, 1, &["sqlite3 ./t.db up"]);
    expect(&half_done, 7, 0, &["sqlite3 ./t.db status"]);
}
