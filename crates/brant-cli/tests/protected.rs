//! Protected environments: what is reverted there needs a person's word, typed at a terminal, or `--yes`.
#![cfg(feature = "sqlite")]

mod support;

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use brant_testkit::each_engine;
use support::folder::Folder;
use support::{brant, history, write_migrations};

const FILE: &str = r#"
dir = "migrations"
driver = "sqlite3"
[environments.production]
database = "./t.db"
protected = true
"#;

fn project() -> Folder {
    let folder = Folder::with_migrations();
    folder.write("brant.toml", FILE);
    assert_eq!(folder.code("--environment production up"), 0);
    folder
}

/// What a person sees who types this answer at a terminal, and the exit code.
fn at_a_terminal(folder: &Folder, line: &str, answer: &str) -> (String, i32) {
    at_a_terminal_while(folder, line, answer, || {})
}

/// The same, with something that happens while the question stands there.
fn at_a_terminal_while(folder: &Folder, line: &str, answer: &str, meanwhile: impl Fn()) -> (String, i32) {
    let command = format!("{} {line}", env!("CARGO_BIN_EXE_brant"));
    let mut script = Command::new("script")
        .args(["--quiet", "--return", "--echo", "never", "--command", &command, "/dev/null"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, mut stdout) = (script.stdin.take().unwrap(), script.stdout.take().unwrap());
    let mut seen = Vec::new();
    let mut byte = [0];
    // The answer is typed when the question stands there; a run that asks nothing ends by itself.
    while stdout.read(&mut byte).unwrap() > 0 {
        seen.push(byte[0]);
        if seen.ends_with(b"to go on: ") {
            meanwhile();
            stdin.write_all(answer.as_bytes()).unwrap();
        }
    }
    let code = script.wait().unwrap().code().unwrap();
    (String::from_utf8(seen).unwrap().replace('\r', ""), code)
}

#[test]
fn a_person_types_the_environments_name() {
    let folder = project();
    let (seen, code) = at_a_terminal(&folder, "--environment production down", "production\n");
    assert_eq!(code, 0, "{seen}");
    assert_eq!(folder.stdout("--environment production version"), "goose: version 2\n");
    let (question, done) = seen.split_once("go on: ").unwrap();
    assert!(done.starts_with("OK   00003_t3.sql"), "{seen}");
    insta::assert_snapshot!(question);

    for answer in ["yes\n", "\n", "prod\n"] {
        let (seen, code) = at_a_terminal(&folder, "--environment production reset", answer);
        assert_eq!(code, 1, "{seen}");
        assert!(seen.contains("not confirmed: nothing was changed"), "{seen}");
    }
    assert_eq!(folder.stdout("--environment production version"), "goose: version 2\n");
}

#[test]
fn only_what_was_shown_is_reverted() {
    let folder = project();
    // Two people revert the last migration; the second answers later.
    let (seen, code) = at_a_terminal_while(&folder, "--environment production down", "production\n", || {
        assert_eq!(folder.code("--environment production --yes down"), 0);
    });
    assert_eq!(code, 1, "{seen}");
    assert!(seen.contains("the database was migrated in the meantime"), "{seen}");
    assert_eq!(folder.stdout("--environment production version"), "goose: version 2\n");
}

#[test]
fn ctrl_c_ends_the_question() {
    let folder = project();
    for line in ["reset", "down", "mark pending 3", "repair --accept 3"] {
        if line.starts_with("repair") {
            folder.write("migrations/00003_t3.sql", "-- +goose Up\nCREATE TABLE t3 (edited int);\n");
        }
        let (seen, code) = at_a_terminal(&folder, &format!("--environment production {line}"), "\x03");
        assert_eq!(code, 130, "{line}: {seen}");
        assert!(seen.ends_with("\nbrant: interrupted: nothing was changed\n"), "{line}: {seen}");
        let (seen, code) =
            at_a_terminal(&folder, &format!("--environment production --format json {line}"), "\x03");
        assert_eq!(code, 130, "{line}: {seen}");
        assert!(seen.contains(r#""exit_code": 130"#), "{line}: {seen}");
        assert!(seen.contains(r#""kind": "interrupted""#), "{line}: {seen}");
    }
    assert_eq!(folder.stdout("--environment production version"), "goose: version 3\n");
}

#[test]
fn nothing_is_asked_where_nothing_is_reverted() {
    let folder = project();
    for line in ["up", "goto 3", "status", "down-to 3"] {
        let (seen, code) = at_a_terminal(&folder, &format!("--environment production {line}"), "");
        assert_eq!(code, 0, "{line}: {seen}");
        assert!(!seen.contains("protected"), "{line}: {seen}");
    }
    assert_eq!(folder.code("sqlite3 ./t.db down"), 0, "what is typed is no environment");
}

#[test]
fn without_a_terminal_it_is_refused_unless_the_flag_answers() {
    each_engine(|db| {
        write_migrations(db, 3);
        db.write("brant.toml", "protected = true\n");
        let brant = brant(db).env("GOOSE_MIGRATION_DIR", "migrations");
        brant.run(["up"]).expect_code(0);
        let before = history(db);
        for args in [&["down"][..], &["down-to", "1"], &["goto", "1"], &["redo"], &["reset"]] {
            let output = brant.run(args.iter().copied()).expect_code(1);
            assert!(output.stderr.contains("this database is protected"), "{}", output.stderr);
            assert!(output.stderr.contains("revert 00003_"), "{}", output.stderr);
            assert_eq!(history(db), before);
        }
        brant.run(["--yes", "redo"]).expect_code(0);
        brant.run(["down-to", "1", "--yes"]).expect_code(0);
        assert_eq!(history(db), [(0, true), (1, true)]);
    });
}
