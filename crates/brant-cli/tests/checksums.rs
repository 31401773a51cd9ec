//! What was applied is known by content: edits are told, looks are not, and the way back needs no file.

mod support;

use brant_testkit::{Brant, TestDatabase, each_engine};
use support::{applied, history};

const FIRST: &str = "-- +goose Up\nCREATE TABLE notes (id int, text varchar(20) DEFAULT 'none');\n\n-- +goose \
                     Down\nDROP TABLE notes;\n";

fn brant(db: &TestDatabase) -> Brant {
    support::brant(db).env("GOOSE_MIGRATION_DIR", "migrations")
}

/// Two migrations, applied.
fn two_applied(db: &TestDatabase) {
    db.write("migrations/00001_notes.sql", FIRST);
    db.write(
        "migrations/00002_tags.sql",
        "-- +goose Up\nCREATE TABLE tags (id int);\n-- +goose Down\nDROP TABLE tags;\n",
    );
    brant(db).run(["up"]).expect_code(0);
}

fn add_third(db: &TestDatabase) {
    db.write(
        "migrations/00003_more.sql",
        "-- +goose Up\nCREATE TABLE more (id int);\n-- +goose Down\nDROP TABLE more;\n",
    );
}

fn remove(db: &TestDatabase, file: &str) {
    std::fs::remove_file(db.dir().join("migrations").join(file)).unwrap();
}

/// What `status` says of contents: its warnings, and the verdicts in JSON.
fn told(db: &TestDatabase) -> (String, Vec<String>) {
    let warnings = brant(db).run(["status"]).expect_code(0).stderr;
    let json = brant(db).run(["status", "--format", "json"]).expect_code(0).stdout;
    let verdicts = json.lines().filter_map(|line| line.trim().strip_prefix("\"content\": "));
    (warnings, verdicts.map(|verdict| verdict.trim_matches('"').to_owned()).collect())
}

#[test]
fn a_file_that_only_looks_otherwise_is_passed_in_silence() {
    each_engine(|db| {
        two_applied(db);
        let rewritten =
            format!("-- a comment\n{}", FIRST.replace("CREATE TABLE", "create  table")).replace('\n', "\r\n");
        db.write("migrations/00001_notes.sql", &rewritten);
        std::fs::rename(
            db.dir().join("migrations/00002_tags.sql"),
            db.dir().join("migrations/00002_labels.sql"),
        )
        .unwrap();
        assert_eq!(
            told(db),
            (String::new(), vec!["cosmetic".to_owned(), "same".to_owned()]),
            "{}",
            db.engine
        );
        add_third(db);
        let output = brant(db).run(["up", "--strict"]).expect_code(0);
        assert!(!output.stderr.contains("warning"), "{}", output.stderr);
        assert_eq!(applied(db), [1, 2, 3]);
    });
}

#[test]
fn an_edit_is_a_warning_and_strictly_an_error() {
    each_engine(|db| {
        two_applied(db);
        db.write("migrations/00001_notes.sql", &FIRST.replace("'none'", "'NONE'"));
        let edited = "`00001_notes.sql` was edited after it was applied on 20";
        let (warnings, verdicts) = told(db);
        assert!(warnings.contains(&format!("brant: warning: {edited}")), "{warnings}");
        assert_eq!(verdicts, ["changed", "same"], "{}", db.engine);
        brant(db).run(["status", "--strict", "--detailed-exit-codes"]).expect_code(5);
        let checked = brant(db).run(["check"]).expect_code(5).stdout;
        assert!(
            checked.contains("changed   00001_notes.sql   edited after it was applied on 20"),
            "{checked}"
        );
        brant(db).run(["check", "--allow", "changed"]).expect_code(0);

        // A run that has nothing to do looks at no applied file, unless it is to be strict.
        let idle = brant(db).run(["up"]).expect_code(0).stderr;
        assert!(!idle.contains("edited"), "{idle}");
        brant(db).run(["up", "--strict", "--detailed-exit-codes"]).expect_code(5);

        add_third(db);
        let strict = brant(db).run(["up", "--strict", "--detailed-exit-codes"]).expect_code(5);
        for part in [
            "1 migration is not what was applied:",
            edited,
            "state: nothing was changed",
            "next: `brant show 1 --diff`",
        ] {
            assert!(strict.stderr.contains(part), "{part} is missing: {}", strict.stderr);
        }
        brant(db).run(["up", "--strict"]).expect_code(1);
        assert_eq!(applied(db), [1, 2], "{}", db.engine);

        let warned = brant(db).run(["up"]).expect_code(0).stderr;
        assert!(warned.contains(edited), "{warned}");
        assert_eq!(applied(db), [1, 2, 3], "{}", db.engine);
    });
}

#[test]
fn what_is_applied_anew_is_not_complained_of() {
    each_engine(|db| {
        two_applied(db);
        db.write(
            "migrations/00002_tags.sql",
            "-- +goose Up\nCREATE TABLE tags (id int, v int);\n-- +goose Down\nDROP TABLE tags;\n",
        );
        let output = brant(db).run(["redo", "--strict"]).expect_code(0);
        assert!(!output.stderr.contains("edited"), "{}", output.stderr);
        assert_eq!(told(db).1, ["same", "same"], "{}", db.engine);
    });
}

#[test]
fn of_what_goose_applied_nothing_is_told() {
    each_engine(|db| {
        two_applied(db);
        db.sql("DELETE FROM brant_journal WHERE version_id = 1").unwrap();
        db.write("migrations/00001_notes.sql", &FIRST.replace("'none'", "'NONE'"));
        assert_eq!(told(db), (String::new(), vec!["same".to_owned()]), "{}", db.engine);
        db.sql("DROP TABLE brant_journal").unwrap();
        assert_eq!(told(db), (String::new(), vec![]), "{}", db.engine);
        remove(db, "00002_tags.sql");
        let output = brant(db).run(["down"]).expect_code(1);
        assert!(output.stderr.contains("its file is missing from the directory"), "{}", output.stderr);
    });
}

/// However often a version went up and down, its newest row is what a file is compared with.
#[test]
fn of_many_rows_for_a_version_the_newest_tells_what_was_applied() {
    let texts = ["none", "nothing", "empty"].map(|default| FIRST.replace("none", default));
    each_engine(|db| {
        let edit = |text: &str| db.write("migrations/00001_notes.sql", text);
        let run = |args: &[&str]| brant(db).run(args).expect_code(0);
        let verdicts = || told(db).1;
        two_applied(db);
        for text in texts.iter().cycle().take(7) {
            run(&["down-to", "0"]);
            edit(text);
            run(&["up"]);
            assert_eq!(verdicts(), ["same", "same"], "{}", db.engine);
        }
        // The first text was applied three times, and last; the others were applied before it.
        edit(&texts[1]);
        assert_eq!(verdicts(), ["changed", "same"], "{}", db.engine);
        run(&["repair", "--accept", "1", "--yes"]);
        assert_eq!(verdicts(), ["same", "same"], "{}", db.engine);
        edit(&texts[0]);
        assert_eq!(verdicts(), ["changed", "same"], "{}: it was accepted after it was applied", db.engine);

        // What was marked last is known by the mark, and what was taken off the history by nothing.
        run(&["mark", "pending", "1", "2", "--yes"]);
        run(&["mark", "applied", "1", "--yes"]);
        assert_eq!(verdicts(), ["same"], "{}", db.engine);
        // goose applies the second one again.
        db.sql("INSERT INTO goose_db_version (version_id, is_applied) VALUES (2, true)").unwrap();
        assert_eq!(verdicts(), ["same"], "{}: nothing is known of what goose applied", db.engine);
        // A row that says reverted, as old tools leave it, hides what was applied before.
        db.sql("INSERT INTO goose_db_version (version_id, is_applied) VALUES (1, false)").unwrap();
        assert_eq!(verdicts(), Vec::<String>::new(), "{}", db.engine);
        assert_eq!(history(db), [(0, true), (1, true), (2, true), (1, false)], "{}", db.engine);
        db.sql("INSERT INTO goose_db_version (version_id, is_applied) VALUES (1, true)").unwrap();
        assert_eq!(verdicts(), ["same"], "{}: applied once more", db.engine);
        edit(&texts[1]);
        assert_eq!(verdicts(), ["changed"], "{}", db.engine);
    });
}

/// What old tools leave: rows of every time that a version went up or down.
#[test]
fn of_many_rows_in_the_history_the_newest_tells_when() {
    each_engine(|db| {
        two_applied(db);
        let rows = [
            (1, true, "2021-01-01"),
            (2, false, "2021-02-01"),
            (1, false, "2021-03-01"),
            (2, true, "2021-04-02"),
            (1, true, "2021-05-03"),
        ];
        for (version, applied, day) in rows {
            db.sql(&format!(
                "INSERT INTO goose_db_version (version_id, is_applied, tstamp) VALUES ({version}, {applied}, '{day} 00:00:00')"
            ))
            .unwrap();
        }
        let status = brant(db).run(["status"]).expect_code(0).stdout;
        let (first, second) = ("Mon May  3 00:00:00 2021 -- 00001", "Fri Apr  2 00:00:00 2021 -- 00002");
        assert!(status.contains(first) && status.contains(second), "{}: {status}", db.engine);
        let version = brant(db).run(["version"]).expect_code(0).stdout;
        assert!(version.contains("version 1"), "{}: the one applied last: {version}", db.engine);
        brant(db).run(["down"]).expect_code(0);
        assert_eq!(history(db), [(0, true), (2, true), (2, false), (2, true)], "{}", db.engine);
    });
}

#[test]
fn a_migration_whose_file_is_gone_is_reverted_by_its_stored_text() {
    each_engine(|db| {
        two_applied(db);
        add_third(db);
        brant(db).run(["up"]).expect_code(0);
        remove(db, "00002_tags.sql");
        remove(db, "00003_more.sql");
        // An older build goes on as before.
        brant(db).run(["up"]).expect_code(0);

        let output = brant(db).run(["down"]).expect_code(0);
        let said = "`00003_more.sql`: its file is missing: going back with the text stored when it was applied on 20";
        assert!(output.stderr.contains(said), "{}", output.stderr);
        assert!(output.stdout.contains("00003_more.sql"), "{}", output.stdout);
        assert_eq!(applied(db), [1, 2], "{}", db.engine);

        brant(db).run(["redo"]).expect_code(0);
        assert!(db.sql("SELECT id FROM tags").is_ok(), "{}", db.engine);
        // Where the file is there, it is the file that counts.
        db.write(
            "migrations/00001_notes.sql",
            &FIRST.replace("DROP TABLE notes", "ALTER TABLE notes RENAME TO old"),
        );
        brant(db).run(["reset"]).expect_code(0);
        assert!(
            db.sql("SELECT id FROM tags").is_err() && db.sql("SELECT id FROM old").is_ok(),
            "{}",
            db.engine
        );
        assert_eq!(applied(db), [0_i64; 0], "{}", db.engine);
    });
}

#[test]
fn a_stored_text_that_lacks_a_password_is_not_run() {
    each_engine(|db| {
        two_applied(db);
        // The name of a column is enough: what is hidden is found by words.
        db.write(
            "migrations/00003_secret.sql",
            "-- +goose Up\nCREATE TABLE vault (password varchar(20));\n-- +goose Down\nUPDATE vault SET password = \
             'geheim';\nDROP TABLE vault;\n",
        );
        brant(db).run(["up"]).expect_code(0);
        remove(db, "00003_secret.sql");
        let output = brant(db).run(["down"]).expect_code(1);
        for part in ["00003_secret.sql:4:1", "needs a password", "next: bring the file back"] {
            assert!(output.stderr.contains(part), "{part} is missing: {}", output.stderr);
        }
        assert!(!output.stderr.contains("geheim"), "{}", output.stderr);
        assert_eq!(applied(db), [1, 2, 3], "{}", db.engine);
    });
}

/// What a command says, in lines without the widths of columns, times, the user's name and the machine's.
fn said(db: &TestDatabase, args: &[&str]) -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let brant = brant(db).env("USER", "anna").mask(format!("@{}", host.trim()), "@HOST");
    let brant = brant.mask(env!("CARGO_PKG_VERSION"), "VERSION");
    let text = brant.run(args).expect_code(0).redacted_stdout();
    let squeezed = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = text
        .lines()
        .map(|line| if line.contains("   ") { squeezed(line) } else { line.to_owned() })
        .collect();
    let took = |word: &str| word.ends_with("ms") || word == "0s";
    let lines = lines.iter().map(|line| {
        let words: Vec<&str> = line.split(' ').map(|word| if took(word) { "DUR" } else { word }).collect();
        words.join(" ")
    });
    lines.filter(|line| !line.starts_with('─')).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_known_of_a_version_is_shown_with_what_was_edited() {
    let shown = each_said(|db| {
        db.write(
            "migrations/00001_notes.sql",
            "-- +goose Up\nCREATE TABLE notes (id int);\nCREATE TABLE vault (password varchar(20));\nUPDATE \
             vault SET password = 'geheim';\n-- +goose Down\nDROP TABLE vault;\nDROP TABLE notes;\n",
        );
        brant(db).env("USER", "anna").run(["up"]).expect_code(0);
        let before = said(db, &["show", "1"]);
        db.write(
            "migrations/00001_remarks.sql",
            "-- +goose Up\nCREATE TABLE notes (id bigint);\nCREATE TABLE vault (password varchar(20));\nUPDATE \
             vault SET password = 'anders';\n-- +goose Down\nDROP TABLE vault;\nDROP TABLE notes;\n",
        );
        remove(db, "00001_notes.sql");
        let after = said(db, &["show", "1", "--diff"]);
        let json = brant(db).run(["show", "1", "--diff", "--format", "json"]).expect_code(0).stdout;
        for part in ["\"content\": \"changed\"", "\"user\": \"anna\"", "-CREATE TABLE notes (id int);"] {
            assert!(json.contains(part), "{part} is missing: {json}");
        }
        assert!(!json.contains("geheim") && !json.contains("anders"), "{json}");
        let unknown = brant(db).run(["show", "9"]).expect_code(1).stderr;
        assert!(unknown.contains("version 9 is neither in the directory nor applied"), "{unknown}");
        format!("{before}\n\n$ brant show 1 --diff\n{after}")
    });
    insta::assert_snapshot!(shown);
}

/// What is said, which is the same on each engine.
fn each_said(say: impl Fn(&TestDatabase) -> String) -> String {
    let said = std::cell::RefCell::new(None);
    each_engine(|db| {
        let now = say(db);
        let first = said.borrow_mut().get_or_insert_with(|| now.clone()).clone();
        assert_eq!(first, now, "{}", db.engine);
    });
    said.into_inner().unwrap()
}

#[test]
fn an_edited_file_is_accepted_with_a_reason() {
    each_engine(|db| {
        two_applied(db);
        assert_eq!(brant(db).run(["repair"]).expect_code(0).stdout, "brant: nothing needs repair\n");
        db.write("migrations/00001_notes.sql", &FIRST.replace("'none'", "'NONE'"));
        let shown = brant(db).run(["repair"]).expect_code(0).stdout;
        assert!(
            shown.contains("changed   00001_notes.sql   `brant show 1 --diff` shows the edit"),
            "{shown}"
        );

        let dry = brant(db).run(["repair", "--accept", "1", "--dry-run"]).expect_code(0).stdout;
        assert_eq!(dry, "brant: would be marked: 00001_notes.sql: applied as it is now\n");
        let refused = brant(db).run(["repair", "--accept", "1"]).expect_code(1).stderr;
        assert!(refused.contains("there is no terminal to ask at"), "{refused}");
        assert_eq!(told(db).1, ["changed", "same"], "{}", db.engine);

        let history = support::history(db);
        brant(db)
            .run(["repair", "--accept", "1", "--yes", "--reason", "a default that nobody used"])
            .expect_code(0);
        assert_eq!(told(db), (String::new(), vec!["same".to_owned(), "same".to_owned()]), "{}", db.engine);
        assert_eq!(support::history(db), history, "{}", db.engine);
        let reason =
            db.column("SELECT reason FROM brant_journal WHERE state = 'accepted' AND version_id = 1");
        assert_eq!(reason, ["a default that nobody used"], "{}", db.engine);
        // What was accepted is the way back, too.
        remove(db, "00001_notes.sql");
        assert!(said(db, &["show", "1"]).contains("'NONE'"), "{}", db.engine);

        for version in ["1", "3", "x"] {
            brant(db).run(["repair", "--accept", version, "--yes"]).expect_code(1);
        }
        add_third(db);
        let pending = brant(db).run(["repair", "--accept", "3", "--yes"]).expect_code(1).stderr;
        assert!(pending.contains("migration 3: not applied"), "{pending}");
    });
}
