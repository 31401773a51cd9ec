//! Against SQLite: what is told to be refused is refused, and everything else is carried out.

use brant_testkit::sqlite;

use crate::support::{check_examples_fit, of, rows};

const TABLES: &str = "
CREATE TABLE p (id INTEGER PRIMARY KEY);
CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT, p_id INTEGER REFERENCES p);
CREATE INDEX t_a ON t (a);
CREATE TABLE child (id INTEGER REFERENCES p);
INSERT INTO p VALUES (1), (2);
INSERT INTO t VALUES (1, 1, 'b', 1);";

#[test]
fn examples_are_found_by_their_rows() {
    check_examples_fit("sqlite", "SQLite");
}

#[test]
fn what_is_refused_is_told() {
    for row in rows("sqlite", "SQLite").iter().filter(|row| !row.example.is_empty()) {
        let db = sqlite();
        db.sql(TABLES).unwrap();
        let told = of("sqlite", row.example, "SQLite 3.40.1").refused;
        let done = db.sql(row.example);
        assert_eq!(told.is_some(), done.is_err(), "{}: {told:?}, {done:?}", row.example);
    }
}
