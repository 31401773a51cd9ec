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
fn an_argument_that_is_not_used_is_refused_unless_goose_ignores_it() {
    let folder = Folder::with_migrations();
    assert_eq!(folder.code("sqlite3 ./t.db plan --out p.json"), 0);
    insta::assert_snapshot!(session(
        &folder,
        &[
            "sqlite3 ./t.db apply p.json extra",
            "sqlite3 ./t.db plan goto 2 3",
            "sqlite3 ./t.db baseline 1 2 --yes",
            "--format json sqlite3 ./t.db check mysql://u:p@h/d",
            "sqlite3 ./t.db up 1 extra",
            "sqlite3 ./t.db version extra",
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
fn a_rust_migration_is_made_and_not_run() {
    let folder = Folder::with_migrations();
    insta::assert_snapshot!(session(&folder, &["-s create seed_regions rust", "sqlite3 ./t.db up"]));
    let text = std::fs::read_to_string(folder.path().join("migrations/00004_seed_regions.rs")).unwrap();
    assert_eq!(text, brant_source::create::RUST_TEMPLATE);
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

#[test]
fn every_shell_is_told_of_every_command_and_flag() {
    let folder = Folder::empty();
    let help = folder.stdout("-h");
    let heads = |title: &str| -> Vec<String> {
        let section = help.split(title).nth(1).unwrap().split("\n\n").next().unwrap();
        let lines = section.lines().filter_map(|line| line.strip_prefix("    "));
        lines
            .filter(|l| !l.starts_with(' '))
            .filter_map(|l| l.split_whitespace().next())
            .map(str::to_owned)
            .collect()
    };
    let (commands, flags) = (heads("\nCommands:"), heads("\nOptions (with one dash or two, anywhere):"));
    assert!(commands.len() > 20 && flags.len() > 20, "{commands:?} {flags:?}");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = folder.stdout(&format!("completions {shell}"));
        for word in &commands {
            assert!(script.contains(word.as_str()), "{shell}: {word}");
        }
        for flag in &flags {
            assert!(script.contains(flag.trim_start_matches('-')), "{shell}: {flag}");
        }
    }
    insta::assert_snapshot!(session(&folder, &["completions", "completions tcsh"]));
}

#[cfg(unix)]
#[test]
fn bash_completes_commands_flags_and_values() {
    let folder = Folder::empty();
    folder.write("brant.bash", &String::from_utf8(folder.run("completions bash").stdout).unwrap());
    for (line, wanted) in [
        ("sta", "status"),
        ("--dir x sta", "status"),
        ("postgres postgres://localhost/x down-", "down-to"),
        ("up --allow-o", "--allow-out-of-order"),
        ("--format j", "json"),
        ("help got", "goto"),
        ("completions z", "zsh"),
    ] {
        let words = format!("brant {line}");
        let (before, last) = words.rsplit_once(' ').unwrap();
        let previous = before.rsplit(' ').next().unwrap();
        let script = format!(
            "source ./brant.bash; COMP_WORDS=({words}); COMP_CWORD={}; _brant brant {last} {previous}; echo \
             \"${{COMPREPLY[@]}}\"",
            words.split(' ').count() - 1
        );
        let output = std::process::Command::new("bash")
            .args(["-c", &script])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), wanted, "{line}: {output:?}");
    }
}

#[test]
fn the_manual_page_is_a_page() {
    let folder = Folder::empty();
    let page = folder.stdout("man");
    for section in [
        "NAME",
        "SYNOPSIS",
        "DESCRIPTION",
        "COMMANDS",
        "OPTIONS",
        "ENVIRONMENT",
        "\"EXIT STATUS\"",
        "EXAMPLES",
    ] {
        assert!(page.contains(&format!("\n.SH {section}\n")), "{section}");
    }
    let json = folder.stdout("--format json man");
    assert!(json.contains("\"text\": \".ie "), "{json}");
}
