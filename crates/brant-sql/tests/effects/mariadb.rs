//! Against MariaDB: the ALGORITHM and LOCK that are told are accepted, and the next better ones are not.

use brant_sql::effects::Subject;
use brant_testkit::{TestDatabase, mariadb};

use crate::support::{check_examples_fit, of, rows};

const TABLES: &str = "
SET foreign_key_checks = 0;
DROP TABLE IF EXISTS p, t, t2, child, nopk, places;
SET foreign_key_checks = 1;
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE t (id int PRIMARY KEY, a int, b text, v varchar(10), q int NOT NULL, m int, p_id int, w int AS (a + 1) VIRTUAL,
    CONSTRAINT t_chk CHECK (a > -1), INDEX t_a (a), INDEX t_m (m, q), UNIQUE INDEX t_u (m));
CREATE TABLE child (id int, CONSTRAINT child_fk FOREIGN KEY (id) REFERENCES p (id));
CREATE TABLE nopk (id int NOT NULL);
CREATE TABLE places (spot point NOT NULL);
INSERT INTO p SELECT seq FROM seq_1_to_100;
INSERT INTO t (id, a, b, q, m, p_id) SELECT seq, seq, 'b', seq, seq, 1 FROM seq_1_to_100;
INSERT INTO nopk SELECT seq FROM seq_1_to_100;";

/// From the quickest to the slowest; each accepts what those before it can do.
const WAYS: &[&str] = &[
    "ALGORITHM=INSTANT, LOCK=NONE",
    "ALGORITHM=NOCOPY, LOCK=NONE",
    "ALGORITHM=INPLACE, LOCK=NONE",
    "ALGORITHM=INPLACE, LOCK=SHARED",
    "ALGORITHM=COPY, LOCK=SHARED",
];

/// What the server accepts without keeping to it.
const TRAPS: &[&str] = &["ENGINE = MyISAM", "PARTITION BY"];

#[test]
fn examples_are_found_by_their_rows() {
    check_examples_fit("mysql", "MariaDB");
    check_examples_fit("mysql", "MySQL");
}

#[test]
fn a_setting_counts_for_the_commands_behind_it() {
    let found = of("mysql", "SET sql_mode = 'ANSI_QUOTES';\nDROP TABLE \"t\";", "MariaDB 10.11.6");
    assert!(!found.has_unknown, "{found:#?}");
}

#[test]
fn every_change_of_a_table_is_done_as_told() {
    let db = mariadb();
    db.sql(TABLES).unwrap();
    let mut wrong = Vec::new();
    for row in rows("mysql", "MariaDB") {
        let sql = row.example;
        let has_own_way = ["ALGORITHM", "LOCK"].iter().any(|word| sql.contains(word));
        if !sql.starts_with("ALTER TABLE") || has_own_way || TRAPS.iter().any(|trap| sql.contains(trap)) {
            continue;
        }
        let found = of("mysql", sql, "MariaDB 10.11");
        let told = found
            .on
            .iter()
            .find(|e| matches!(&e.subject, Subject::Named(n) if sql.contains(n.table())))
            .unwrap();
        let accepted = accepted(&db, sql);
        let renames = told.lock.name == "exclusive metadata lock";
        if accepted != Some(told.lock.name) && !renames {
            wrong.push(format!("{sql}: {} is told, {accepted:?} is accepted", told.lock.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn different_clauses_in_one_statement_are_no_better_than_told() {
    let db = mariadb();
    db.sql(TABLES).unwrap();
    for sql in [
        "ALTER TABLE t ADD COLUMN c int, ADD INDEX i (q)",
        "ALTER TABLE t ADD COLUMN c int, ADD COLUMN d int",
        "ALTER TABLE t ADD COLUMN c int, MODIFY a bigint",
    ] {
        let told = of("mysql", sql, "MariaDB 10.11").on[0].lock.name;
        assert_eq!(accepted(&db, sql), Some(told), "{sql}");
    }
}

/// The first way that the server accepts. The tables are as they were afterwards.
fn accepted(db: &TestDatabase, sql: &str) -> Option<&'static str> {
    let way = WAYS.iter().find(|way| db.sql(&format!("{sql}, {way}")).is_ok()).copied();
    db.sql(TABLES).unwrap();
    way
}
