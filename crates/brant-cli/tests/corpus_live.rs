//! Real migration directories of open-source projects (`tests/corpus`), applied on their engines: the schema must be the
//! one that goose yields.

mod support;

use std::process::Command;

use brant_testkit::{Engine, TestDatabase};
use support::{applied, brant, material};

struct Project {
    dir: &'static str,
    engine: Engine,
    /// The expected schema, below `tests/corpus/expected`.
    expected: &'static str,
    applied: usize,
    /// The file that the run stops at, as goose does.
    stops_at: Option<&'static str>,
    /// How far down the files allow: a version to go down to, and whether brant refuses below it.
    down_to: i64,
    /// Going up again works: it does not where a Down section is there but empty, so that its columns stay.
    up_again: bool,
}

const PROJECTS: &[Project] = &[
    Project {
        dir: "openfga/postgres",
        engine: Engine::Postgres,
        expected: "openfga-postgres",
        applied: 6,
        stops_at: None,
        down_to: 0,
        up_again: true,
    },
    Project {
        dir: "openfga/sqlite",
        engine: Engine::Sqlite,
        expected: "openfga-sqlite",
        applied: 2,
        stops_at: None,
        down_to: 0,
        up_again: true,
    },
    Project {
        dir: "openfga/mysql",
        engine: Engine::MariaDb,
        expected: "openfga-mysql.upto-006",
        applied: 6,
        stops_at: Some("007_"),
        down_to: 0,
        up_again: true,
    },
    Project {
        dir: "gophish/mysql",
        engine: Engine::MariaDb,
        expected: "gophish-mysql",
        applied: 28,
        stops_at: None,
        down_to: 20_190_105_192_341,
        up_again: false,
    },
    Project {
        dir: "gophish/sqlite",
        engine: Engine::Sqlite,
        expected: "gophish-sqlite",
        applied: 25,
        stops_at: None,
        down_to: 20_190_105_192_341,
        up_again: false,
    },
    Project {
        dir: "bitmagnet/postgres",
        engine: Engine::Postgres,
        expected: "bitmagnet-postgres",
        applied: 20,
        stops_at: None,
        down_to: 0,
        up_again: true,
    },
];

/// The lines that define something, in the order of the dump.
fn essence(text: &str) -> Vec<String> {
    let says_something = |line: &&str| {
        !line.is_empty()
            && !line.starts_with("--")
            && !line.starts_with("\\")
            && !line.starts_with("/*")
            && !line.starts_with("DROP TABLE IF EXISTS")
            // SQLite's own, there as soon as any table counts by itself, as the history does.
            && !line.starts_with("CREATE TABLE sqlite_sequence")
            && !line.starts_with("SET ")
            && !line.starts_with("SELECT pg_catalog")
    };
    text.lines().map(str::trim_end).filter(says_something).map(str::to_owned).collect()
}

/// What the shell's own `.schema` prints, as in the expected files, without the tables of goose and brant.
fn sqlite_schema(db: &TestDatabase) -> String {
    let output = Command::new("sqlite3").args([db.name(), ".schema"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let own =
        |statement: &&str| !statement.contains("goose_db_version") && !statement.contains("brant_journal");
    text.split_inclusive(";\n").filter(own).collect()
}

fn check_schema(db: &TestDatabase, project: &Project) {
    let expected =
        std::fs::read_to_string(material(&format!("corpus/expected/{}.sql", project.expected))).unwrap();
    let schema = if db.engine == Engine::Sqlite { sqlite_schema(db) } else { db.schema() };
    let (wanted, got) = (essence(&expected), essence(&schema));
    let missing: Vec<_> = wanted.iter().filter(|line| !got.contains(line)).collect();
    let extra: Vec<_> = got.iter().filter(|line| !wanted.contains(line)).collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "{}: missing {missing:#?}, too many {extra:#?}",
        project.dir
    );
    assert_eq!(got.len(), wanted.len(), "{}: lines that stand twice", project.dir);
}

fn check_counts(db: &TestDatabase, project: &Project) {
    let path = material(&format!("corpus/expected/{}.counts", project.expected));
    for line in std::fs::read_to_string(path).unwrap().lines().filter(|line| !line.is_empty()) {
        let (table, count) = line.split_once(['\t', ' ', '|', ':', '=']).unwrap_or_else(|| panic!("{line}"));
        let count = count.trim();
        if table.contains("goose") {
            continue;
        }
        let got = db.column(&format!("SELECT count(*) FROM {table}"));
        assert_eq!(got, [count], "rows of {table} in {}", project.dir);
    }
}

#[test]
fn real_directories_yield_the_schema_that_goose_yields() {
    for project in PROJECTS {
        if !brant_testkit::engines().contains(&project.engine) {
            continue;
        }
        let db = TestDatabase::fresh(project.engine);
        let brant = brant(&db).env("GOOSE_MIGRATION_DIR", material(&format!("corpus/{}", project.dir)));
        let up = brant.run(["up"]);
        match project.stops_at {
            None => assert_eq!(up.code, 0, "{}: {}", project.dir, up.stderr),
            Some(file) => {
                assert_eq!(up.code, 1, "{}", project.dir);
                assert!(up.stderr.contains(file), "{}", up.stderr);
            }
        }
        assert_eq!(applied(&db).len(), project.applied, "{}", project.dir);
        check_schema(&db, project);
        check_counts(&db, project);
    }
}

#[test]
fn real_directories_go_down_as_far_as_their_files_allow_and_up_again() {
    for project in PROJECTS {
        if !brant_testkit::engines().contains(&project.engine) {
            continue;
        }
        let db = TestDatabase::fresh(project.engine);
        let brant = brant(&db).env("GOOSE_MIGRATION_DIR", material(&format!("corpus/{}", project.dir)));
        brant.run(["up"]);
        let before = applied(&db);
        let schema = db.schema();

        // A plan that needs a file that can't be parsed changes nothing.
        if project.down_to > 0 {
            let refused = brant.run(["down-to", "0"]);
            assert_eq!(refused.code, 1, "{}: {}", project.dir, refused.stdout);
            assert_eq!((applied(&db), db.schema()), (before.clone(), schema.clone()), "{}", project.dir);
        }
        // What stopped half way is not passed over: here a person says that it will be undone with the rest.
        if let Some(file) = project.stops_at {
            let refused = brant.run(["down-to", "0"]).expect_code(1);
            assert!(refused.stderr.contains("half done"), "{}", refused.stderr);
            brant.run(["mark", "pending", file.trim_end_matches('_'), "--yes"]).expect_code(0);
        }
        let target = project.down_to.to_string();
        let down = brant.run(["down-to", &target]);
        assert_eq!(down.code, 0, "{}: {}", project.dir, down.stderr);
        assert!(applied(&db).iter().all(|v| *v <= project.down_to), "{}", project.dir);

        let again = brant.run(["up"]);
        if project.up_again {
            assert_eq!((applied(&db), db.schema()), (before, schema), "{}", project.dir);
        } else {
            assert!(
                again.stderr.to_lowercase().contains("duplicate column"),
                "{}: {}",
                project.dir,
                again.stderr
            );
        }
    }
}
