//! `brant.toml`: which database and which settings a command works with, and what is shown of them.
#![cfg(feature = "sqlite")]

mod support;

use support::folder::{Folder, session};

const FILE: &str = r#"
dir = "migrations"
driver = "sqlite3"
database = "./dev.db"

[environments.production]
database = "./${NAME}.db"
table = "versions"

[environments.secret]
driver = "postgres"
database = "postgres://app:${SECRET}@localhost:1/app"
"#;

fn project() -> Folder {
    let folder = Folder::with_migrations();
    folder.write("brant.toml", FILE);
    folder
}

#[test]
fn the_file_names_the_database() {
    let folder = project().env("NAME", "prod");
    assert_eq!(folder.code("up"), 0, "{}", folder.shown("up"));
    assert_eq!(folder.code("--environment production up-to 2"), 0);
    assert_eq!(folder.stdout("version"), "goose: version 3\n");
    assert_eq!(folder.stdout("--environment production version"), "goose: version 2\n");
    assert_eq!(folder.stdout("-table versions sqlite3 ./prod.db version"), "goose: version 2\n");
    // What is typed goes before the file.
    assert_eq!(folder.stdout("-table t sqlite3 ./other.db version"), "goose: version 0\n");
    assert!(folder.path().join("dev.db").exists() && folder.path().join("prod.db").exists());
}

#[test]
fn a_variable_goes_before_the_file_but_not_before_a_chosen_environment() {
    let folder = project().env("NAME", "prod").env("DATABASE_URL", "sqlite://./url.db");
    assert_eq!(folder.code("up"), 0);
    assert!(folder.path().join("url.db").exists() && !folder.path().join("dev.db").exists());
    insta::assert_snapshot!(folder.shown("--environment production up"));
    let same = project().env("NAME", "prod").env("GOOSE_DBSTRING", "./prod.db");
    assert_eq!(same.code("--environment production up"), 0, "the same database is no other one");
}

#[test]
fn what_is_wrong_and_what_is_in_effect_is_shown() {
    let folder = project().env("SECRET", "geheim").env("GOOSE_TABLE", "from_variable");
    folder.write("bad.toml", "dir = \"migrations\"\n[environments.x]\nlok_wait = \"5s\"\n");
    let lines = [
        "config",
        "--environment production --lock-wait 5s config",
        "--environment secret -format json config",
        "--environment production status",
        "--environment nosuch status",
        "--config bad.toml status",
        "--config nosuch.toml status",
        "--config none status",
    ];
    let shown = session(&folder, &lines);
    assert!(!shown.contains("geheim"), "{shown}");
    insta::assert_snapshot!(shown);
}

#[test]
fn a_broken_file_keeps_nobody_from_help() {
    let folder = Folder::with_migrations();
    folder.write("brant.toml", "bogus = 1\n");
    for line in ["help", "help up", "drivers", "beta drivers", "completions bash", "man"] {
        assert_eq!(folder.code(line), 0, "{line}");
    }
    for line in ["validate", "config", "create x sql", "env"] {
        assert_eq!(folder.code(line), 1, "{line}");
    }
}

#[test]
fn the_file_and_the_environment_may_be_named_by_variables() {
    let folder =
        Folder::with_migrations().env("BRANT_CONFIG", "deploy/b.toml").env("BRANT_ENVIRONMENT", "ci");
    folder.write(
        "deploy/b.toml",
        "dir = \"../migrations\"\n[environments.ci]\ndatabase = \"sqlite://./ci.db\"\n",
    );
    assert_eq!(folder.code("up"), 0, "{}", folder.shown("up"));
    assert!(folder.path().join("ci.db").exists());
    insta::assert_snapshot!(folder.shown("validate"));
}

/// Each wrong value, set in each way that there is.
#[test]
fn a_wrong_value_is_told_with_the_place_it_is_from() {
    let mut shown = String::new();
    let mut case = |folder: &Folder, lines: &[&str]| shown += &format!("{}\n", session(folder, lines));
    let with_file = |text: &str| {
        let folder = Folder::with_migrations();
        folder.write("brant.toml", text);
        folder
    };
    let dir = with_file("driver = \"sqlite3\"\ndatabase = \"./t.db\"\ndir = \"nosuch\"\n");
    case(&dir, &["up", "create x", "fix", "validate", "-dir missing up", "-dir brant.toml create x"]);
    dir.write("nosuch/README", "no migration yet");
    case(&dir, &["status"]);
    let also = with_file("also = [\"nosuch\"]\nhooks = \"nowhere\"\n");
    case(&also, &["validate", "--also gone validate", "--also migrations sqlite3 ./t.db up"]);
    let variable = Folder::with_migrations().env("GOOSE_MIGRATION_DIR", "nosuch").env("GOOSE_TABLE", "a;b");
    case(&variable, &["validate", "-dir migrations sqlite3 ./t.db up"]);
    case(&variable, &["-dir migrations -table c;d sqlite3 ./t.db up"]);
    case(&Folder::empty(), &["validate", "sqlite3 ./t.db status"]);
    let names = with_file("dir = \"migrations\"\ntable = \"a;b\"\nschema = \"c;d\"\n");
    case(&names, &["sqlite3 ./t.db up", "-table ok sqlite3 ./t.db up", "-table s.t sqlite3 ./t.db up"]);
    case(&with_file("driver = \"nosuch\"\ndatabase = \"./t.db\"\n"), &["up"]);
    case(&with_file("driver = \"postgres\"\ndatabase = \"host\"\n"), &["up"]);
    case(&with_file("database = \"mysql://u:geheim@h:notaport/d\"\n"), &["up"]);
    case(&with_file("timeout = \"soon\"\n"), &["sqlite3 ./t.db up"]);
    case(&Folder::with_migrations(), &["-timeout soon sqlite3 ./t.db up"]);
    case(&Folder::with_migrations().env("GOOSE_DRIVER", "nosuch"), &["./t.db up"]);
    case(&Folder::with_migrations().env("GOOSE_DRIVER", "sqlite3"), &["up"]);
    case(&Folder::with_migrations().env("DATABASE_URL", "postgres://h:notaport/d"), &["up"]);
    case(&Folder::with_migrations().env("BRANT_CONFIG", "nosuch.toml"), &["validate"]);
    case(&Folder::with_migrations().env("BRANT_ENVIRONMENT", "ci"), &["validate"]);
    case(&project().env("BRANT_ENVIRONMENT", "prodution"), &["validate"]);
    assert!(!shown.contains("geheim"), "{shown}");
    insta::assert_snapshot!(shown);
}
