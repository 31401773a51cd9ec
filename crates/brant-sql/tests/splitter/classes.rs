//! What is known of each command.

use brant_sql::{classify, split};

use crate::common::{dialect, short};

/// Checks a table of cases: the statement, its class in short.
fn check(name: &str, cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(short(classify(text, dialect(name))), *expected, "{name}: {text}");
        let pieces = split(text, dialect(name)).unwrap();
        assert_eq!(pieces.len(), 1, "{name}: {text}");
        assert_eq!(short(pieces[0].class), *expected, "{name}: {text}");
    }
}

#[test]
fn postgres() {
    check(
        "postgres",
        &[
            ("SELECT 1;", "dml"),
            ("(SELECT 1) UNION (SELECT 2);", "dml"),
            ("with a as (select 1) delete from t;", "dml"),
            ("SELECT * FROM t FOR UPDATE;", "dml"),
            ("SELECT set_config('a.b', 'c', true);", "dml own"),
            ("SELECT pg_advisory_xact_lock(1);", "dml own"),
            ("SELECT pg_catalog.pg_try_advisory_lock(1);", "dml own"),
            ("SELECT 'set_config(';", "dml"),
            ("CREATE TABLE t (a int);", "ddl"),
            ("/* c */ create /* d */ table t (a int);", "ddl"),
            ("CREATE TEMP TABLE t (a int) ON COMMIT DROP;", "ddl own"),
            ("CREATE TABLE t (a int UNIQUE DEFERRABLE INITIALLY DEFERRED);", "ddl own"),
            ("CREATE TABLE t (a int UNIQUE DEFERRABLE INITIALLY IMMEDIATE);", "ddl"),
            ("CREATE INDEX i ON t (a);", "ddl"),
            ("CREATE INDEX CONCURRENTLY i ON t (a);", "ddl outside own"),
            ("create unique index -- c\n concurrently if not exists i on t (a);", "ddl outside own"),
            ("CREATE INDEX \"concurrently\" ON t (a);", "ddl"),
            ("DROP INDEX CONCURRENTLY i;", "ddl outside own"),
            ("DROP INDEX i;", "ddl"),
            ("REINDEX TABLE t;", "ddl"),
            ("REINDEX TABLE CONCURRENTLY t;", "ddl outside own"),
            ("REINDEX (VERBOSE, CONCURRENTLY) INDEX i;", "ddl outside own"),
            ("REINDEX (VERBOSE) DATABASE d;", "ddl outside own"),
            ("REINDEX SCHEMA s;", "ddl outside own"),
            ("REFRESH MATERIALIZED VIEW CONCURRENTLY v;", "ddl"),
            ("VACUUM (ANALYZE) t;", "other outside own"),
            ("ANALYZE t;", "other"),
            ("CLUSTER;", "other outside own"),
            ("CLUSTER (VERBOSE);", "other outside own"),
            ("CLUSTER t USING i;", "other"),
            ("CHECKPOINT;", "other"),
            ("CREATE DATABASE d;", "ddl outside own"),
            ("DROP DATABASE d;", "ddl outside own"),
            ("CREATE TABLESPACE s LOCATION '/x';", "ddl outside own"),
            ("ALTER DATABASE d SET TABLESPACE s;", "ddl outside own"),
            ("ALTER DATABASE d SET work_mem = '1MB';", "ddl"),
            ("ALTER SYSTEM SET work_mem = '1MB';", "setting outside own"),
            ("ALTER TABLE s.t DETACH PARTITION p CONCURRENTLY;", "ddl outside own"),
            ("ALTER TABLE s.t DETACH PARTITION p;", "ddl"),
            ("ALTER TYPE e ADD VALUE IF NOT EXISTS 'x';", "ddl own"),
            ("ALTER TYPE e RENAME VALUE 'x' TO 'y';", "ddl"),
            ("CREATE SUBSCRIPTION s CONNECTION 'c' PUBLICATION p;", "ddl outside own"),
            ("CREATE SUBSCRIPTION s CONNECTION 'c' PUBLICATION p WITH (create_slot = false);", "ddl"),
            ("DROP SUBSCRIPTION s;", "ddl outside own"),
            ("ALTER SUBSCRIPTION s REFRESH PUBLICATION;", "ddl outside own"),
            ("ALTER SUBSCRIPTION s DISABLE;", "ddl"),
            ("GRANT SELECT ON t TO r;", "ddl"),
            ("COMMENT ON TABLE t IS 'vacuum; begin';", "ddl"),
            ("TRUNCATE t;", "ddl"),
            ("BEGIN;", "transaction own"),
            ("START TRANSACTION;", "transaction own"),
            ("COMMIT;", "transaction own"),
            ("COMMIT PREPARED 'x';", "transaction outside own"),
            ("ROLLBACK TO SAVEPOINT s;", "transaction own"),
            ("SAVEPOINT s;", "transaction own"),
            ("RELEASE s;", "transaction own"),
            ("PREPARE TRANSACTION 'x';", "transaction own"),
            ("PREPARE p AS SELECT 1;", "other own"),
            ("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;", "transaction own"),
            ("SET LOCAL lock_timeout = '2s';", "setting own"),
            ("SET search_path = a;", "setting own"),
            ("SET CONSTRAINTS ALL DEFERRED;", "setting own"),
            ("RESET ALL;", "setting own"),
            ("DISCARD ALL;", "setting outside own"),
            ("DISCARD TEMP;", "setting own"),
            ("LOCK TABLE t;", "other own"),
            ("DO $$ BEGIN COMMIT; END $$;", "other own"),
            ("CALL p();", "other own"),
            ("LISTEN c;", "other own"),
            ("FROBNICATE;", "other own"),
            ("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END;", "ddl"),
        ],
    );
}

#[test]
fn mysql() {
    check(
        "mysql",
        &[
            ("SELECT 1;", "dml"),
            ("REPLACE INTO t VALUES (1);", "dml"),
            ("SELECT GET_LOCK('a', 1);", "dml own"),
            ("CREATE TABLE t (a int);", "ddl commits"),
            ("CREATE TEMPORARY TABLE t (a int);", "ddl"),
            ("CREATE OR REPLACE TEMPORARY TABLE t (a int);", "ddl"),
            ("DROP TEMPORARY TABLE t;", "ddl"),
            ("ALTER TABLE t ADD b int;", "ddl commits"),
            ("TRUNCATE t;", "ddl commits"),
            ("RENAME TABLE a TO b;", "ddl commits"),
            ("/*!50003 CREATE TABLE t (a int) */;", "ddl commits"),
            ("CREATE INDEX i ON t (a);", "ddl commits"),
            ("CREATE USER u;", "ddl commits"),
            ("GRANT ALL ON *.* TO u;", "ddl commits"),
            ("SET PASSWORD = 'x';", "ddl commits own"),
            ("LOCK TABLES t WRITE;", "other commits own"),
            ("UNLOCK TABLES;", "other commits own"),
            ("ANALYZE LOCAL TABLE t;", "other commits"),
            ("ANALYZE FORMAT=JSON SELECT 1;", "dml"),
            ("OPTIMIZE TABLE t;", "other commits"),
            ("CHECK TABLE t;", "other commits"),
            ("REPAIR TABLE t;", "other commits"),
            ("CACHE INDEX t IN k;", "other commits"),
            ("LOAD INDEX INTO CACHE t;", "other commits"),
            ("LOAD DATA INFILE 'x' INTO TABLE t;", "dml"),
            ("FLUSH PRIVILEGES;", "other commits own"),
            ("START TRANSACTION;", "transaction commits own"),
            ("BEGIN;", "transaction commits own"),
            ("BEGIN NOT ATOMIC SELECT 1; END;", "other own"),
            ("COMMIT;", "transaction own"),
            ("XA START 'x';", "transaction own"),
            ("SET TRANSACTION READ ONLY;", "transaction own"),
            ("SET SESSION TRANSACTION READ ONLY;", "transaction own"),
            ("SET autocommit = 1;", "setting commits own"),
            ("SET @@session.autocommit := ON;", "setting commits own"),
            ("SET autocommit = 0;", "setting own"),
            ("SET foreign_key_checks = 0;", "setting own"),
            ("SET NAMES utf8mb4;", "setting own"),
            ("SET STATEMENT max_statement_time=1 FOR ALTER TABLE t ADD b int;", "ddl commits own"),
            ("USE d;", "setting own"),
            ("INSTALL PLUGIN p SONAME 'x';", "ddl commits"),
            ("STOP REPLICA;", "other commits own"),
            ("CHANGE MASTER TO a = 1;", "other commits own"),
            ("CALL p();", "other own"),
            ("CREATE PROCEDURE p() BEGIN START TRANSACTION; COMMIT; END;", "ddl commits"),
        ],
    );
}

#[test]
fn sqlite() {
    check(
        "sqlite",
        &[
            ("SELECT 1;", "dml"),
            ("REPLACE INTO t VALUES (1);", "dml"),
            ("CREATE TABLE t (a);", "ddl"),
            ("CREATE TABLE t (a REFERENCES u DEFERRABLE INITIALLY DEFERRED);", "ddl own"),
            ("CREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT 1; END;", "ddl"),
            ("VACUUM;", "other outside own"),
            ("VACUUM INTO 'x';", "other outside own"),
            ("PRAGMA foreign_keys = OFF;", "setting own"),
            ("PRAGMA journal_mode = WAL;", "setting outside own"),
            ("PRAGMA main.journal_mode(wal);", "setting outside own"),
            ("PRAGMA journal_mode;", "setting own"),
            ("PRAGMA synchronous = OFF;", "setting outside own"),
            ("ATTACH 'x' AS y;", "setting own"),
            ("BEGIN IMMEDIATE;", "transaction own"),
            ("END;", "transaction own"),
            ("SAVEPOINT s;", "transaction own"),
            ("ANALYZE;", "other"),
            ("REINDEX t;", "ddl"),
        ],
    );
}

#[test]
fn several_commands_together_have_all_their_restrictions() {
    check(
        "postgres",
        &[
            ("SELECT 1; CREATE TABLE t (a int);", "ddl"),
            ("CREATE TABLE t (a int); SELECT 1;", "ddl"),
            ("CREATE TABLE t (a int); COMMIT;", "transaction own"),
            ("SELECT 1; SET a = 1;", "dml own"),
            ("SET a = 1; SELECT 1;", "setting own"),
            ("SELECT 1; VACUUM;", "dml outside own"),
            ("SELECT 1; ;", "dml"),
        ],
    );
}

#[test]
fn a_whole_text_is_classified_line_rule_or_not() {
    let class = |name, text| short(classify(text, dialect(name)));
    assert_eq!(class("postgres", "SELECT 1;\nVACUUM;\nCREATE TABLE t (a int)"), "ddl outside own");
    assert_eq!(class("mysql", "INSERT INTO t VALUES (1);\nDROP TABLE t"), "ddl commits");
    assert_eq!(class("postgres", "-- nothing"), "other");
    assert_eq!(class("postgres", "CREATE TABLE t (a int);\nSELECT 'open"), "ddl own");
    assert_eq!(class("mysql", "/*! */;"), "other");
}
