//! Other sessions are in the way: who they are is told while a run waits, nobody else waits for long, and the run goes
//! through once they are gone.

mod support;

use brant_testkit::{Engine, TestDatabase, each_engine};
use support::brant;

/// A table in use, and a migration that changes it.
fn write_change(db: &TestDatabase) {
    db.sql("CREATE TABLE users (id int PRIMARY KEY); INSERT INTO users VALUES (1);").unwrap();
    db.write("migrations/00001_change.sql", "-- +goose Up\nALTER TABLE users ADD COLUMN name text;\n");
}

#[test]
fn who_keeps_a_statement_waiting_is_told_meanwhile() {
    each_engine(|db| {
        if db.engine == Engine::Sqlite {
            return;
        }
        write_change(db);
        let mut reader = db.session();
        reader.run("BEGIN; SELECT id FROM users;");
        let output = brant(db).run(["-dir", "migrations", "-timeout", "4s", "up"]).expect_code(1);
        let told = match db.engine {
            Engine::Postgres => "psql, ",
            // The plugin that knows is not loaded.
            _ => "blocked by perhaps session ",
        };
        assert!(output.stderr.contains("blocked by "), "{}: {}", db.engine, output.stderr);
        assert!(output.stderr.contains(told), "{}: {}", db.engine, output.stderr);
        assert!(output.stderr.contains("open for "), "{}: {}", db.engine, output.stderr);
    });
}
