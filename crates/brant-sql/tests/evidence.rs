//! How each statement can be asked for, by dialect.

use brant_sql::{Evidence, Repair, dialect_by_name};

/// `?` and what is looked for, with what is said if it was done; `=` where a second run changes nothing; `-` and the
/// reason.
fn told(dialect: &str, sql: &str) -> String {
    match dialect_by_name(dialect).unwrap().evidence(sql) {
        Evidence::Ask(question) => {
            let repair = match &question.repair {
                Some(Repair::Remove(sql)) => format!(", remove: {sql}"),
                Some(Repair::Complete(sql)) => format!(", complete: {sql}"),
                None => String::new(),
            };
            let passes_over = if question.passes_over { ", look after it" } else { "" };
            format!("? {} {}{repair}{passes_over}", question.subject, question.if_done)
        }
        Evidence::Repeatable => "=".to_owned(),
        Evidence::Unknowable(reason) => format!("- {reason}"),
    }
}

const UNKNOWN: &str = "- brant does not know what it does";
const ROWS: &str = "- the catalog does not tell which rows a statement has changed";
const ANYTHING: &str = "- it may do anything";
const NAMELESS: &str = "- what it makes has no name of its own";

fn check(dialect: &str, cases: &[(&str, &str)]) {
    for (sql, wanted) in cases {
        assert_eq!(told(dialect, sql), *wanted, "{dialect}: {sql}");
    }
}

#[test]
fn on_mysql() {
    check(
        "mysql",
        &[
            ("CREATE TABLE notes (id int, KEY (id));", "? table `notes` exists"),
            ("create table `My Notes` like notes", "? table `My Notes` exists"),
            ("CREATE /* why */ TABLE audit.notes AS SELECT 1", "? table `audit.notes` exists"),
            ("CREATE TABLE IF NOT EXISTS notes (id int)", "="),
            ("CREATE OR REPLACE TABLE notes (id int)", "="),
            ("CREATE TEMPORARY TABLE notes (id int)", "- what it makes is gone with its session"),
            ("CREATE UNIQUE INDEX by_id ON notes (id)", "? index `notes.by_id` exists"),
            ("CREATE INDEX by_id USING BTREE ON audit.notes (id)", "? index `audit.notes.by_id` exists"),
            ("CREATE INDEX IF NOT EXISTS by_id ON notes (id)", "="),
            ("CREATE ALGORITHM = MERGE DEFINER = `a`@`%` VIEW dear AS SELECT 1", "? view `dear` exists"),
            ("CREATE TRIGGER t BEFORE INSERT ON notes FOR EACH ROW SET @a = 1", "? trigger `t` exists"),
            ("CREATE DEFINER = CURRENT_USER PROCEDURE p() BEGIN SELECT 1; END", "? procedure `p` exists"),
            ("CREATE FUNCTION f() RETURNS int RETURN 1", "? function `f` exists"),
            ("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1", "? event `e` exists"),
            ("CREATE SEQUENCE s", "? sequence `s` exists"),
            ("CREATE USER 'app'@'%' IDENTIFIED BY 'x'", "? user `app@%` exists"),
            ("CREATE USER app", "? user `app@%` exists"),
            ("CREATE DATABASE shop CHARACTER SET utf8mb4", "? database `shop` exists"),
            ("DROP TABLE notes", "? table `notes` is gone"),
            ("DROP TABLE IF EXISTS notes, others", "="),
            ("DROP TABLE notes, others", "- it changes several things, and not all at once"),
            ("DROP INDEX by_id ON notes", "? index `notes.by_id` is gone"),
            ("DROP VIEW dear", "? view `dear` is gone"),
            ("RENAME TABLE a TO b", "? table `b` has its new name"),
            ("RENAME TABLE a TO b, c TO d", "? table `b` has its new name"),
            ("RENAME TABLE a TO x, b TO a, x TO b", "- it takes away and makes something of the same name"),
            ("ALTER TABLE notes ADD COLUMN done bool NOT NULL DEFAULT 0", "? column `notes.done` exists"),
            ("ALTER TABLE notes ADD done decimal(10, 2), MODIFY id bigint", "? column `notes.done` exists"),
            ("ALTER TABLE notes MODIFY id bigint, ADD COLUMN done bool", "? column `notes.done` exists"),
            ("ALTER TABLE notes ADD COLUMN (a int, b int)", "? column `notes.a` exists"),
            ("ALTER TABLE notes ADD COLUMN IF NOT EXISTS a int", "="),
            ("ALTER TABLE notes ADD COLUMN IF NOT EXISTS a int, ADD b int", "? column `notes.b` exists"),
            ("ALTER TABLE notes DROP COLUMN done", "? column `notes.done` is gone"),
            (
                "ALTER TABLE notes DROP COLUMN a, ADD COLUMN a int",
                "- it takes away and makes something of the same name",
            ),
            ("ALTER TABLE notes DROP COLUMN a, ADD COLUMN a int, ADD b int", "? column `notes.b` exists"),
            ("ALTER TABLE notes ADD UNIQUE KEY by_id (id)", "? index `notes.by_id` exists"),
            ("ALTER TABLE notes ADD FULLTEXT INDEX words (text)", "? index `notes.words` exists"),
            ("ALTER TABLE notes ADD INDEX (id)", NAMELESS),
            ("ALTER TABLE notes ADD PRIMARY KEY (id)", "? index `notes.PRIMARY` exists"),
            (
                "ALTER TABLE notes DROP PRIMARY KEY, ADD PRIMARY KEY (a)",
                "- it takes away and makes something of the same name",
            ),
            (
                "ALTER TABLE notes ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES b (id)",
                "? constraint `notes.fk` exists",
            ),
            ("ALTER TABLE notes ADD FOREIGN KEY (a) REFERENCES b (id)", NAMELESS),
            ("ALTER TABLE notes DROP FOREIGN KEY fk", "? constraint `notes.fk` is gone"),
            ("ALTER TABLE notes DROP CONSTRAINT IF EXISTS fk", "="),
            ("ALTER TABLE notes ADD CONSTRAINT FOREIGN KEY (a) REFERENCES b (id)", NAMELESS),
            ("ALTER TABLE notes ADD CONSTRAINT UNIQUE (a)", NAMELESS),
            ("ALTER TABLE notes ADD SYSTEM VERSIONING", UNKNOWN),
            ("ALTER TABLE notes DROP PERIOD FOR p", UNKNOWN),
            ("ALTER TABLE notes DROP KEY by_id", "? index `notes.by_id` is gone"),
            ("ALTER TABLE notes CHANGE COLUMN a b int", "? column `notes.b` has its new name"),
            ("ALTER TABLE notes CHANGE a A bigint", "="),
            ("ALTER TABLE notes RENAME COLUMN a TO b", "? column `notes.b` has its new name"),
            ("ALTER TABLE notes RENAME INDEX a TO b", "? index `notes.b` has its new name"),
            ("ALTER TABLE notes RENAME TO old_notes, ADD a int", "? table `old_notes` has its new name"),
            ("ALTER TABLE notes ALTER COLUMN a SET DEFAULT 1, ENGINE = InnoDB, COMMENT 'a, b'", "="),
            ("ALTER TABLE notes CONVERT TO CHARACTER SET utf8mb4, ALGORITHM=COPY", "="),
            (
                "ALTER TABLE notes ADD PARTITION (PARTITION p3 VALUES LESS THAN (3))",
                "? partition `notes.p3` exists",
            ),
            ("ALTER TABLE notes EXCHANGE PARTITION p WITH TABLE t", UNKNOWN),
            ("TRUNCATE TABLE notes", "="),
            ("GRANT SELECT ON notes TO app", "="),
            ("REVOKE SELECT ON notes FROM app", "- taking a right away twice is an error"),
            ("OPTIMIZE TABLE notes", "="),
            ("SET FOREIGN_KEY_CHECKS = 0", "="),
            ("INSERT INTO notes VALUES (1)", ROWS),
            ("CALL fill()", ANYTHING),
            ("CREATE TABLE a (id int); CREATE TABLE b (id int);", "- it holds several commands"),
            ("/*!40101 CREATE TABLE a (id int) */", UNKNOWN),
            ("INSTALL SONAME 'x'", UNKNOWN),
        ],
    );
}

#[test]
fn on_postgres() {
    check(
        "postgres",
        &[
            (
                "CREATE INDEX CONCURRENTLY by_id ON audit.Notes (id)",
                "? index `by_id` exists, remove: DROP INDEX CONCURRENTLY IF EXISTS audit.by_id",
            ),
            (
                "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"By Id\" ON ONLY notes (id)",
                "? index `By Id` exists, remove: DROP INDEX CONCURRENTLY IF EXISTS \"By Id\", look after it",
            ),
            ("CREATE INDEX CONCURRENTLY ON notes (id)", NAMELESS),
            ("CREATE INDEX IF NOT EXISTS by_id ON notes (id)", "="),
            ("DROP INDEX CONCURRENTLY by_id", "? index `by_id` is gone"),
            ("DROP INDEX CONCURRENTLY IF EXISTS by_id", "="),
            ("REINDEX INDEX CONCURRENTLY by_id", "="),
            ("VACUUM (ANALYZE) notes", "="),
            ("CREATE DATABASE Shop", "? database `shop` exists"),
            ("DROP DATABASE shop", "? database `shop` is gone"),
            ("CREATE TABLESPACE fast LOCATION '/x'", "? tablespace `fast` exists"),
            ("CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p", "? subscription `s` exists"),
            ("ALTER SYSTEM SET work_mem = '1MB'", "="),
            (
                "ALTER TABLE notes DETACH PARTITION notes_1 CONCURRENTLY",
                "? partition `notes_1` is detached, complete: ALTER TABLE notes DETACH PARTITION notes_1 FINALIZE",
            ),
            ("ALTER TABLE notes ATTACH PARTITION notes_1 DEFAULT", UNKNOWN),
            ("CREATE TABLE \"Notes\" (id int)", "? table `Notes` exists"),
            ("CREATE UNLOGGED TABLE Notes (id int)", "? table `notes` exists"),
            ("CREATE TEMP TABLE notes (id int)", "- what it makes is gone with its session"),
            ("CREATE MATERIALIZED VIEW IF NOT EXISTS v AS SELECT 1", "="),
            ("CREATE TYPE mood AS ENUM ('sad')", "? type `mood` exists"),
            ("ALTER TYPE mood ADD VALUE 'happy'", "? value `mood.happy` exists"),
            (
                "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                "- several routines can have one name",
            ),
            ("CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "="),
            ("CREATE TRIGGER t BEFORE INSERT ON notes EXECUTE FUNCTION f()", "? trigger `notes.t` exists"),
            ("ALTER TABLE ONLY notes ADD CONSTRAINT c CHECK (id > 0)", "? constraint `notes.c` exists"),
            ("CREATE USER MAPPING FOR app SERVER elsewhere", UNKNOWN),
            ("DROP USER MAPPING FOR app SERVER elsewhere", UNKNOWN),
            ("CREATE SCHEMA AUTHORIZATION app", UNKNOWN),
            ("ALTER TABLE notes ADD CHECK (id > 0)", NAMELESS),
            ("ALTER TABLE notes RENAME a TO b", "? column `notes.b` has its new name"),
            ("ALTER TABLE notes RENAME TO old", "? table `old` has its new name"),
            ("ALTER TABLE notes ALTER a SET NOT NULL, ALTER b SET DEFAULT 1", "="),
            ("ALTER TABLE notes ALTER a TYPE int USING a::int", UNKNOWN),
            ("SET search_path TO audit", "="),
            ("DO $$ BEGIN END $$", ANYTHING),
            ("INSERT INTO notes VALUES (1)", ROWS),
            ("COMMENT ON TABLE notes IS 'x'", "="),
        ],
    );
}

#[test]
fn on_sqlite() {
    check(
        "sqlite",
        &[
            ("CREATE TABLE [my notes] (id)", "? table `my notes` exists"),
            ("CREATE UNIQUE INDEX main.by_id ON notes (id)", "? index `main.by_id` exists"),
            ("CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;", "? trigger `t` exists"),
            ("DROP VIEW dear", "? view `dear` is gone"),
            ("DROP VIEW IF EXISTS dear", "="),
            ("ALTER TABLE notes ADD done", "? column `notes.done` exists"),
            ("ALTER TABLE notes DROP COLUMN done", "? column `notes.done` is gone"),
            ("ALTER TABLE notes RENAME a TO b", "? column `notes.b` has its new name"),
            ("ALTER TABLE notes RENAME TO old", "? table `old` has its new name"),
            ("VACUUM", "="),
            ("PRAGMA foreign_keys = OFF", "="),
            ("INSERT INTO notes VALUES (1)", ROWS),
        ],
    );
}

#[test]
fn what_may_be_left_in_part_by_a_failure() {
    let (list, commits) = ("names several things", "may have committed");
    for (dialect, sql, why) in [
        ("mysql", "DROP TABLE a, b", Some(list)),
        ("mysql", "DROP TABLE IF EXISTS a;", None),
        ("mysql", "DROP VIEW a, b", Some(list)),
        ("mysql", "DROP USER a@localhost, b", Some(list)),
        ("mysql", "CREATE USER a IDENTIFIED BY 'x,y'", None),
        ("mysql", "GRANT SELECT, INSERT ON t.* TO a", None),
        ("mysql", "GRANT SELECT ON t.* TO a, b", Some(list)),
        ("mysql", "RENAME TABLE a TO b, c TO d", None),
        ("mysql", "ALTER TABLE a ADD x int, ADD y int", None),
        ("mysql", "CALL p(1, 2)", Some(commits)),
        ("mysql", "INSERT INTO a VALUES (1); INSERT INTO a VALUES (2)", Some("several commands")),
        ("postgres", "CALL p()", Some(commits)),
        ("postgres", "DO $$ BEGIN COMMIT; END $$", Some(commits)),
        ("postgres", "DROP TABLE a, b", None),
        ("postgres", "INSERT INTO a VALUES (1); INSERT INTO a VALUES (2)", None),
        ("sqlite3", "INSERT INTO a VALUES (1); INSERT INTO a VALUES (2)", Some("several commands")),
    ] {
        let found = dialect_by_name(dialect).unwrap().fails_in_parts(sql);
        assert_eq!(found.is_some(), why.is_some(), "{sql}");
        assert!(found.unwrap_or_default().contains(why.unwrap_or_default()), "{sql}: {found:?}");
    }
}
