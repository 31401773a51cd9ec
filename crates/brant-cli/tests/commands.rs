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
