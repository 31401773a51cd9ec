//! What is told of a row of cases that go wrong, each of which leaves the database as it was.

use std::fmt::Write as _;

use brant_testkit::{Brant, Engine, TestDatabase};

use super::brant;

pub(crate) const GOOD: &[u8] = b"-- +goose Up\nCREATE TABLE t (id int);\n-- +goose Down\nDROP TABLE t;\n";

/// What is told of a row of cases, and how many there were.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) text: String,
    n: usize,
}

impl Told {
    /// Runs brant and checks that it left the database alone.
    pub(crate) fn case(&mut self, name: &str, db: &TestDatabase, brant: &Brant, args: &[&str]) {
        let before = dump(db);
        let output = brant.run(args);
        assert_eq!(dump(db), before, "{name}: {}{}", output.stdout, output.stderr);
        self.add(name, &output.redact());
    }

    pub(crate) fn add(&mut self, name: &str, output: &str) {
        self.n += 1;
        let _ = writeln!(self.text, "=== {name}\n{output}");
    }

    pub(crate) fn check(&self, snapshot: &str, at_least: usize) {
        assert!(self.n >= at_least, "{} cases", self.n);
        insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "../snapshots", filters => vec![
            (r"(process|connection) \d+", "$1 N"),
            (r"(user|role|User|Role) .?poor_t_[0-9a-f]+.?", "$1 POOR"),
            (r"poor_(DB|t_[0-9a-f]+)", "POOR"),
            (r"since [-0-9: +]+", "since TIME"),
            (r"/\S+/(other-ca|ca)\.pem", "DIR/$1.pem"),
            (r"expired \d+ days ago", "expired N days ago"),
        ] }, {
            insta::assert_snapshot!(snapshot, self.text);
        });
    }
}

/// All that is in a database: what brant's own tables say too. (That they are there, with nothing in them, says nothing.)
pub(crate) fn dump(db: &TestDatabase) -> String {
    let count = |sql: &str| db.sql(sql).map_or_else(|_| "0".to_owned(), |rows| rows[0][0].clone());
    let own = [
        count("SELECT count(*) FROM goose_db_version WHERE version_id > 0"),
        count("SELECT count(*) FROM brant_journal WHERE state = 'done'"),
    ];
    format!("{}{:?}{own:?}", db.schema(), db.row_counts())
}

pub(crate) fn kept(engine: Engine) -> TestDatabase {
    keeping(TestDatabase::fresh(engine))
}

pub(crate) fn keeping(db: TestDatabase) -> TestDatabase {
    db.sql("CREATE TABLE keep (id int); INSERT INTO keep VALUES (1)").unwrap();
    db
}

pub(crate) fn wanted(engine: Engine) -> bool {
    brant_testkit::engines().contains(&engine)
}

pub(crate) fn put(db: &TestDatabase, name: &str, bytes: &[u8]) {
    std::fs::create_dir_all(db.dir().join("migrations")).unwrap();
    std::fs::write(db.dir().join("migrations").join(name), bytes).unwrap();
}

pub(crate) fn on(db: &TestDatabase) -> Brant {
    brant(db).env("GOOSE_MIGRATION_DIR", "migrations")
}
