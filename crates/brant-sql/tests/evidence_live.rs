//! The questions answer rightly before and after each statement, on real servers.

use brant_sql::{Dialect, Evidence, Finding, Question, dialect_by_name};
use brant_testkit::{Engine, TestDatabase, each_engine};

/// Run one after the other, each when the question says that it is not done.
const SQLITE: &[&str] = &[
    "CREATE TABLE \"a b\" (id int, \"Old\" int)",
    "CREATE INDEX by_id ON \"a b\" (id)",
    "CREATE VIEW main.v AS SELECT 1",
    "CREATE TRIGGER t AFTER INSERT ON \"a b\" BEGIN SELECT 1; END",
    "ALTER TABLE \"A B\" ADD COLUMN extra int",
    "ALTER TABLE \"a b\" RENAME old TO new",
    "ALTER TABLE \"a b\" DROP COLUMN new",
    "ALTER TABLE \"a b\" RENAME TO c",
    "DROP TRIGGER t",
    "DROP VIEW v",
    "DROP INDEX by_id",
    "DROP TABLE c",
];

const POSTGRES: &[&str] = &[
    "CREATE SCHEMA \"Audit\"",
    "CREATE TABLE \"Audit\".\"Log\" (id int, Old int)",
    "CREATE TABLE log (id int) PARTITION BY RANGE (id)",
    "CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (10)",
    "ALTER TABLE log DETACH PARTITION log_1 CONCURRENTLY",
    "CREATE INDEX CONCURRENTLY by_id ON \"Audit\".\"Log\" (id)",
    "DROP INDEX CONCURRENTLY \"Audit\".by_id",
    "CREATE INDEX by_id ON log_1 (id)",
    "CREATE VIEW v AS SELECT 1",
    "CREATE MATERIALIZED VIEW m AS SELECT 1",
    "CREATE SEQUENCE s",
    "CREATE TYPE mood AS ENUM ('sad')",
    "ALTER TYPE mood ADD VALUE 'happy'",
    "ALTER TABLE \"Audit\".\"Log\" ADD COLUMN extra mood",
    "ALTER TABLE \"Audit\".\"Log\" RENAME old TO \"New\"",
    "ALTER TABLE \"Audit\".\"Log\" ADD CONSTRAINT c CHECK (id > 0)",
    "ALTER TABLE \"Audit\".\"Log\" RENAME CONSTRAINT c TO d",
    "ALTER TABLE \"Audit\".\"Log\" DROP CONSTRAINT d, DROP COLUMN extra",
    "ALTER TABLE log_1 RENAME TO log_2",
    "CREATE POLICY own ON log_2 USING (id > 0)",
    "DROP POLICY own ON log_2",
    "DROP TYPE mood",
    "DROP SEQUENCE s",
    "DROP MATERIALIZED VIEW m",
    "DROP VIEW v",
    "DROP TABLE log_2",
    "CREATE DATABASE DBNAME_2",
    "DROP DATABASE DBNAME_2",
];

const MARIADB: &[&str] = &[
    "CREATE TABLE `My Notes` (id int, old int, text text)",
    "CREATE TABLE others (id int PRIMARY KEY)",
    "CREATE UNIQUE INDEX by_id ON `My Notes` (id)",
    "CREATE VIEW dear AS SELECT id FROM others",
    "CREATE DEFINER = CURRENT_USER TRIGGER t BEFORE INSERT ON others FOR EACH ROW SET @a = 1",
    "CREATE PROCEDURE p() SELECT 1",
    "CREATE FUNCTION f() RETURNS int RETURN 1",
    "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
    "CREATE SEQUENCE s",
    "CREATE USER 'DBNAME'@'localhost'",
    "CREATE DATABASE DBNAME_2",
    "ALTER TABLE `My Notes` ADD extra decimal(10, 2), MODIFY id bigint",
    "ALTER TABLE `My Notes` ADD FULLTEXT INDEX words (text)",
    "ALTER TABLE `My Notes` ADD PRIMARY KEY (id)",
    "ALTER TABLE `My Notes` ADD CONSTRAINT positive CHECK (id > 0)",
    "ALTER TABLE others ADD COLUMN parent int",
    "ALTER TABLE others ADD CONSTRAINT fk FOREIGN KEY (parent) REFERENCES others (id)",
    "ALTER TABLE `My Notes` CHANGE old new bigint",
    "ALTER TABLE `My Notes` RENAME COLUMN new TO newer",
    "ALTER TABLE `My Notes` RENAME INDEX by_id TO by_number",
    "ALTER TABLE others DROP FOREIGN KEY fk",
    "ALTER TABLE `My Notes` DROP CONSTRAINT positive",
    "ALTER TABLE `My Notes` DROP COLUMN extra, DROP PRIMARY KEY",
    "ALTER TABLE others DROP COLUMN id, ADD COLUMN nr int",
    "ALTER TABLE others PARTITION BY RANGE (nr) (PARTITION p1 VALUES LESS THAN (1))",
    "ALTER TABLE others ADD PARTITION (PARTITION p2 VALUES LESS THAN (2))",
    "ALTER TABLE others DROP PARTITION p1",
    "RENAME TABLE others TO third, `My Notes` TO notes",
    "ALTER TABLE third RENAME TO fourth",
    "DROP INDEX by_number ON notes",
    "DROP USER 'DBNAME'@'localhost'",
    "DROP SEQUENCE s",
    "DROP EVENT e",
    "DROP FUNCTION f",
    "DROP PROCEDURE p",
    "DROP TRIGGER t",
    "DROP VIEW dear",
    "DROP TABLE notes",
    "DROP DATABASE DBNAME_2",
];

fn dialect(db: &TestDatabase) -> &'static dyn Dialect {
    dialect_by_name(match db.engine {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
        Engine::MariaDb => "mysql",
    })
    .unwrap()
}

fn question(db: &TestDatabase, sql: &str) -> Option<Question> {
    match dialect(db).evidence(sql) {
        Evidence::Ask(question) => Some(question),
        Evidence::Repeatable => None,
        Evidence::Unknowable(reason) => panic!("{sql}: {reason}"),
    }
}

fn found(db: &TestDatabase, question: &Question) -> Finding {
    Finding::read(&db.column(&question.sql)[0])
}

#[test]
fn questions_are_answered_rightly_before_and_after() {
    each_engine(|db| {
        let statements = match db.engine {
            Engine::Sqlite => SQLITE,
            Engine::Postgres => POSTGRES,
            Engine::MariaDb => MARIADB,
        };
        // MySQL has no sequences.
        for sql in statements.iter().filter(|sql| !(db.is_mysql() && sql.contains(" SEQUENCE "))) {
            let sql = sql.replace("DBNAME", db.name());
            let Some(question) = question(db, &sql) else {
                db.sql(&sql).unwrap();
                continue;
            };
            assert_eq!(found(db, &question), Finding::NotDone, "before {sql}: {}", question.sql);
            db.sql(&sql).unwrap_or_else(|why| panic!("{sql}: {why}"));
            assert_eq!(found(db, &question), Finding::Done, "after {sql}: {}", question.sql);
        }
    });
}

#[test]
fn a_dead_index_is_found_and_taken_away() {
    if !brant_testkit::engines().contains(&Engine::Postgres) {
        return;
    }
    let db = brant_testkit::postgres();
    db.sql("CREATE TABLE notes (id int); INSERT INTO notes VALUES (1), (1)").unwrap();
    for sql in [
        "CREATE UNIQUE INDEX CONCURRENTLY by_id ON notes (id)",
        "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS by_id ON notes (id)",
    ] {
        let question = question(&db, sql).unwrap();
        assert_eq!(found(&db, &question), Finding::NotDone);
        db.sql(sql).unwrap_err();
        assert_eq!(found(&db, &question), Finding::Unusable, "{sql}");
        let Some(brant_sql::Repair::Remove(remove)) = &question.repair else { panic!("{question:?}") };
        db.sql(remove).unwrap();
        assert_eq!(found(&db, &question), Finding::NotDone);
    }
}
