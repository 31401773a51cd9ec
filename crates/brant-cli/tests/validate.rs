//! `validate` tells each problem as a run would: where, what, the lines around it, and what to do.

mod support;

use support::folder::{Folder, session};

#[test]
fn every_problem_is_shown_in_its_place() {
    let folder = Folder::empty();
    for (file, text) in [
        ("one/1_open.sql", "-- +goose Up\nSELECT 1;\nSELECT 'it is;\n"),
        ("many/1_open.sql", "-- +goose Up\nSELECT 1;\nSELECT 'it is;\n"),
        ("many/2_both.sql", "-- +goose Up\nSELECT 1\n-- +goose Down\nSELECT (2;\n"),
        ("many/3_annotation.sql", "-- +goose Up\n-- +goose StatementBegn\nSELECT 1;\n"),
        ("many/4_password.sql", "-- +goose Up\nCREATE ROLE r PASSWORD 'geheim'\n"),
        ("many/5_variable.sql", "-- +goose ENVSUB ON\n-- +goose Up\nSELECT '${NOSUCH?ask the team}';\n"),
        ("many/6_empty.sql", ""),
        ("many/7_good.sql", "-- +goose Up\nSELECT 1;\n"),
        ("many/07_again.sql", "-- +goose Up\nSELECT 1;\n"),
        ("many/orders.sql", "-- +goose Up\nSELECT 1;\n"),
        ("name/orders.sql", "-- +goose Up\nSELECT 1;\n"),
    ] {
        folder.write(file, text);
    }
    std::fs::write(folder.path().join("many/8_latin.sql"), b"-- +goose Up\nSELECT 'M\xfcller';\n").unwrap();
    std::fs::write(folder.path().join("many/9_utf16.sql"), b"\xff\xfeS\0").unwrap();
    let lines = [
        "-dir one validate",
        "-dir many validate",
        "-dir name validate",
        "-dir name/orders.sql validate",
        "-dir nosuch validate",
        "--format json -dir many validate",
    ];
    let shown = session(&folder, &lines);
    assert!(!shown.contains("geheim"), "{shown}");
    insta::assert_snapshot!(shown);
}
