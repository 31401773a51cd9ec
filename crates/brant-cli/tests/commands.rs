//! The commands that goose does not have, and the flags that come with them, on SQLite.
#![cfg(feature = "sqlite")]

mod support;

use support::folder::{Folder, session};

#[test]
fn goto_goes_up_and_down_to_exactly_a_version() {
    let folder = Folder::with_migrations();
    insta::assert_snapshot!(session(
        &folder,
        &[
            "sqlite3 ./t.db goto 2",
            "sqlite3 ./t.db goto 2",
            "sqlite3 ./t.db goto 3",
            "--format json sqlite3 ./t.db goto 1",
            "sqlite3 ./t.db status",
            "sqlite3 ./t.db goto 0",
            "sqlite3 ./t.db goto 7",
            "--format json sqlite3 ./t.db goto 7",
            "sqlite3 ./t.db goto",
            "sqlite3 ./t.db goto x",
            "-no-versioning sqlite3 ./t.db goto 2",
        ],
    ));
}

#[test]
fn goto_leaves_nothing_above_the_version_and_needs_a_flag_for_what_is_out_of_order() {
    let folder = Folder::with_migrations();
    assert_eq!(folder.code("sqlite3 ./t.db up"), 0);
    folder.write("migrations/00005_t5.sql", "-- +goose Up\nSELECT 5;\n-- +goose Down\n");
    assert_eq!(folder.code("sqlite3 ./t.db up"), 0);
    folder.write("migrations/00004_t4.sql", "-- +goose Up\nSELECT 4;\n-- +goose Down\n");
    insta::assert_snapshot!(session(
        &folder,
        &[
            "sqlite3 ./t.db goto 4",
            "sqlite3 ./t.db goto 4 --allow-out-of-order",
            "sqlite3 ./t.db version",
            "sqlite3 ./t.db up",
        ],
    ));
}

#[test]
fn a_number_of_steps_is_never_taken_for_a_version() {
    let folder = Folder::with_migrations();
    insta::assert_snapshot!(session(
        &folder,
        &[
            "sqlite3 ./t.db up 1",
            "sqlite3 ./t.db up 2",
            "sqlite3 ./t.db up 7",
            "sqlite3 ./t.db up",
            "sqlite3 ./t.db down 3",
            "sqlite3 ./t.db down 1",
            "sqlite3 ./t.db down",
            "sqlite3 ./t.db down",
            "sqlite3 ./t.db down",
        ],
    ));
}

#[test]
fn several_directories() {
    let folder = Folder::with_migrations();
    folder.write("billing/00004_b4.sql", "-- +goose Up\nSELECT 4;\n-- +goose Down\n");
    folder.write("billing/old/00002_b2.sql", "-- +goose Up\nSELECT 2;\n-- +goose Down\n");
    insta::assert_snapshot!(session(
        &folder,
        &[
            "-dir migrations --also billing sqlite3 ./t.db up",
            "-dir migrations -also=billing sqlite3 ./t.db status",
            "-dir migrations --also billing -v validate",
            "-dir migrations --also billing -s create next",
            "-dir migrations --also billing --recursive sqlite3 ./t.db status",
            "-dir migrations --also billing --recursive sqlite3 ./t.db up",
            "-dir migrations --also nosuch sqlite3 ./t.db up",
            "-dir migrations -dir billing --recursive sqlite3 ./u.db up",
        ],
    ));
}

#[test]
fn create_opens_the_editor_and_copies_the_template() {
    let folder = Folder::with_migrations();
    folder.write("migrations/.brant-template", "-- +goose Up\n\n-- +goose Down\n");
    let none = session(&folder, &["-s create none --edit"]);
    // An editor with an argument: the shell takes the variable apart.
    folder.write("append.sh", "printf -- '-- %s %s\\n' \"$1\" \"${2##*/}\" >> \"$2\"\n");
    let folder = folder.env("EDITOR", "false").env("VISUAL", "sh ./append.sh 'two words'");
    let done = session(&folder, &["-s create some -edit"]);
    let text = std::fs::read_to_string(folder.path().join("migrations/00004_some.sql")).unwrap();
    let failing = folder.env("VISUAL", "").env("EDITOR", "false");
    let failed = session(&failing, &["-s --format json create other --edit"]);
    insta::assert_snapshot!([none, done, text, failed].join("\n"));
}

#[test]
fn quiet_leaves_errors_and_json() {
    let folder = Folder::with_migrations();
    folder.write(".env", "not a variable\n");
    insta::assert_snapshot!(session(
        &folder,
        &[
            "--quiet sqlite3 ./t.db up-by-one",
            "--quiet sqlite3 ./t.db status",
            "--quiet --format json sqlite3 ./t.db version",
            "--quiet sqlite3 ./t.db down 9",
            "--quiet -v sqlite3 ./t.db up",
            "sqlite3 ./t.db version",
        ],
    ));
}
