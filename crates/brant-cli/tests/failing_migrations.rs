//! Migrations that fail, as a person on call meets them: where, what, in which state the database is, what to do.
//!
//! One snapshot for each engine. Whoever changes the texts reads them through.

mod support;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use brant_testkit::{Engine, TestDatabase};
use support::{brant, running_statements};

/// A migration that fails.
#[derive(Default)]
struct Case {
    name: &'static str,
    /// What is in the database before.
    setup: &'static str,
    /// The file, from behind `-- +goose Up` on; from its very beginning if it has such a line.
    file: &'static str,
    /// What another session does meanwhile; it must sleep while it holds what it holds.
    meanwhile: &'static str,
    /// As a user without rights.
    poor: bool,
}

const fn case(name: &'static str, setup: &'static str, file: &'static str) -> Case {
    Case { name, setup, file, meanwhile: "", poor: false }
}

/// Everything that is told of these cases.
fn told(engine: Engine, cases: &[Case]) -> String {
    let mut all = String::new();
    for case in cases {
        let db = TestDatabase::fresh(engine);
        let _ = write!(all, "\n=== {}\n{}", case.name, run(&db, case));
    }
    all
}

fn run(db: &TestDatabase, case: &Case) -> String {
    if !case.setup.is_empty() {
        db.sql(case.setup).unwrap();
    }
    let head = if case.file.contains("+goose Up") { "" } else { "-- +goose Up\n" };
    db.write("migrations/00001_case.sql", &format!("{head}{}", case.file));
    // What other sessions were in the way of is shown as it fails.
    db.write("brant.toml", "retry_for = '0s'\n");
    let mut brant = brant(db).env("GOOSE_MIGRATION_DIR", "migrations").env("TOKEN", "tok-4711-geheim");
    if case.poor {
        brant = brant.env("GOOSE_DBSTRING", as_poor_user(db));
    }
    let output = std::thread::scope(|scope| {
        if !case.meanwhile.is_empty() {
            scope.spawn(|| db.sql(case.meanwhile));
            let started = Instant::now();
            while running_statements(db, "leep(") == 0 {
                assert!(started.elapsed() < Duration::from_secs(20), "{}: the other session", case.name);
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        brant.run(["up"])
    });
    if case.poor {
        db.sql(&format!("DROP USER '{}'@'%'", db.name())).unwrap();
    }
    let output = output.expect_code(1);
    for part in ["brant: migrations/00001_case.sql", "state: ", "next: "] {
        assert!(output.stderr.contains(part), "{}: no `{part}` in {}", case.name, output.stderr);
    }
    assert!(!output.stderr.contains("geheim"), "{}: {}", case.name, output.stderr);
    without_sessions(&output.redacted_stderr())
}

/// Leaves out who was in the way: how much is known of them by then is a matter of time (`waiting.rs` shows it).
fn without_sessions(text: &str) -> String {
    let is_about = |line: &&str| line.starts_with("brant: waiting for ") || line.starts_with("blocked by: ");
    text.lines().filter(|line| !is_about(line)).map(|line| line.to_owned() + "\n").collect()
}

/// A connection string for a user who may fill brant's own tables, and read.
fn as_poor_user(db: &TestDatabase) -> String {
    let name = db.name();
    db.sql(&format!(
        "CREATE USER '{name}'@'%' IDENTIFIED BY 'poor'; GRANT SELECT ON {name}.* TO '{name}'@'%'"
    ))
    .unwrap();
    let make = "CREATE TABLE goose_db_version (id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, version_id \
                bigint NOT NULL, is_applied boolean NOT NULL, tstamp timestamp NULL DEFAULT now()); INSERT INTO \
                goose_db_version (version_id, is_applied) VALUES (0, true)";
    db.sql(make).unwrap();
    db.sql(&format!("GRANT INSERT ON {name}.goose_db_version TO '{name}'@'%'")).unwrap();
    let (_, address) = db.dbstring().split_once('@').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    format!("{name}:poor@{address}")
}

fn wanted(engine: Engine) -> bool {
    brant_testkit::engines().contains(&engine)
}

/// Masks what the server numbers anew each time.
fn check(engine: Engine, cases: &[Case]) {
    if !wanted(engine) {
        return;
    }
    assert!(cases.len() >= 20);
    insta::with_settings!({
        filters => vec![
            (r"#sql-alter-[0-9a-f-]+", "#sql-alter"),
            (r"[Pp]rocess \d+", "process N"),
            (r"(relation|database|transaction) \d+", "$1 N"),
            (r"… \d+ more lines", "… N more lines"),
            (r"`mysql`\.|`t_[0-9a-f]+`", "`DB`"),
            (r"\('DB'@|'DB'@'[a-z0-9.]+'", "USER"),
        ],
        prepend_module_to_snapshot => true,
    }, {
        insta::assert_snapshot!(engine.name(), told(engine, cases));
    });
}

const TWO_TABLES: &str = "CREATE TABLE a (id int PRIMARY KEY, v int); CREATE TABLE b (id int PRIMARY KEY, v int); \
                          INSERT INTO a VALUES (1, 1), (2, 2); INSERT INTO b VALUES (1, 1), (2, 1);";

/// A function that refuses 7, and a trigger that calls it.
const RAISES: &str = "CREATE FUNCTION check_row(n int) RETURNS void LANGUAGE plpgsql AS $$\nBEGIN\n  IF n = 7 THEN\n    \
                      RAISE EXCEPTION 'not %', n USING ERRCODE = 'check_violation';\n  END IF;\nEND\n$$; CREATE TABLE \
                      checked (n int); CREATE FUNCTION check_new() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  \
                      PERFORM check_row(NEW.n);\n  RETURN NEW;\nEND\n$$; CREATE TRIGGER tr BEFORE INSERT ON checked \
                      FOR EACH ROW EXECUTE FUNCTION check_new();";

#[test]
fn on_postgres() {
    let cases = [
        case("a word is missing", "", "CREATE TABLE t (\n  id int,\n  name text NOT,\n  n int\n);\n"),
        case("a word is misspelt", "", "CREATE TABLE fine (id int);\n\nCRATE TABLE t (id int);\n"),
        case("two statements on a line", "", "CREATE TABLE t (id int); INSERT INTO t VALUES ('x');\n"),
        case("the table is missing", "", "ALTER TABLE\n  orders\n  ADD COLUMN n int;\n"),
        case("the column is misspelt", TWO_TABLES, "UPDATE a\n   SET v = 1\n WHERE idd = 2;\n"),
        case("the column is called differently", "CREATE TABLE t (customer int)", "SELECT custmer FROM t;\n"),
        case("the function is missing", "", "SELECT\n  nosuch(1, 'x');\n"),
        case("the table is there already", TWO_TABLES, "CREATE TABLE a (id int);\n"),
        case("not unique", TWO_TABLES, "CREATE UNIQUE INDEX b_v ON b (v);\n"),
        case("not null", TWO_TABLES, "INSERT INTO a VALUES (3, 3), (NULL, 4);\n"),
        case("rows break the new check", TWO_TABLES, "ALTER TABLE a ADD CONSTRAINT small CHECK (v < 2);\n"),
        case("rows break the new key", TWO_TABLES, "ALTER TABLE a ADD FOREIGN KEY (v) REFERENCES b (v);\n"),
        case(
            "rows break the foreign key",
            "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int); INSERT INTO c VALUES (7)",
            "ALTER TABLE c ADD FOREIGN KEY (p) REFERENCES p;\n",
        ),
        case("not a number", "", "SELECT 1,\n  'abc'::int;\n"),
        case("too long", "CREATE TABLE t (v varchar(3))", "INSERT INTO t VALUES ('abcdef');\n"),
        case("types do not fit", TWO_TABLES, "UPDATE a SET v = now();\n"),
        case("a column can't be converted", "CREATE TABLE t (v text)", "ALTER TABLE t ALTER v TYPE int;\n"),
        case("division by zero", TWO_TABLES, "UPDATE a SET v = v / 0;\n"),
        case(
            "something depends on it",
            "CREATE TABLE t (v int); CREATE VIEW w AS TABLE t",
            "DROP TABLE t;\n",
        ),
        case("permission denied", "", "SET LOCAL ROLE pg_monitor;\nCREATE TABLE t (id int);\n"),
        case("not the owner", TWO_TABLES, "SET LOCAL ROLE pg_monitor;\nALTER TABLE a ADD n int;\n"),
        case("statement timeout", "", "SET LOCAL statement_timeout = '50ms';\nSELECT pg_sleep(30);\n"),
        Case {
            meanwhile: "BEGIN; LOCK TABLE a; SELECT pg_sleep(1); COMMIT",
            ..case("lock timeout", TWO_TABLES, "SET LOCAL lock_timeout = '50ms';\nALTER TABLE a ADD n int;\n")
        },
        Case {
            meanwhile: "SET deadlock_timeout = '60s'; BEGIN; LOCK TABLE b; SELECT pg_sleep(1); LOCK TABLE a; COMMIT",
            ..case(
                "deadlock",
                TWO_TABLES,
                "SET LOCAL deadlock_timeout = '1500ms';\nALTER TABLE a ADD n int;\nALTER TABLE b ADD n int;\n",
            )
        },
        case("outside of a transaction only", TWO_TABLES, "CREATE INDEX CONCURRENTLY a_v ON a (v);\n"),
        case(
            "an index that can't be built",
            TWO_TABLES,
            "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE UNIQUE INDEX CONCURRENTLY b_v ON b (v);\n",
        ),
        case(
            "half done without a transaction",
            "",
            "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE x (id int);\nINSERT INTO x VALUES (1);\nINSERT INTO \
             x VALUES ('two');\nINSERT INTO x VALUES (3);\n",
        ),
        case(
            "fails at its first statement, without a transaction",
            "",
            "-- +goose NO TRANSACTION\n-- +goose Up\nDROP TABLE nosuch;\nSELECT 1;\n",
        ),
        case(
            "a block raises",
            "",
            "-- +goose StatementBegin\nDO $$\nBEGIN\n  RAISE EXCEPTION 'not today' USING DETAIL = 'It is Friday.', HINT \
             = 'Come back on Monday.';\nEND\n$$;\n-- +goose StatementEnd\n",
        ),
        case(
            "a function raises",
            RAISES,
            "-- +goose StatementBegin\nDO $$\nBEGIN\n  PERFORM check_row(7);\nEND\n$$;\n-- +goose StatementEnd\n",
        ),
        case("a function in a function raises", RAISES, "INSERT INTO checked VALUES (1), (7);\n"),
        case(
            "a function that calls itself without end",
            "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS 'BEGIN PERFORM f(); END'",
            "SET LOCAL max_stack_depth = '100kB';\nSELECT f();\n",
        ),
        case(
            "a password that a function puts together",
            "",
            "-- +goose StatementBegin\nDO $$\nBEGIN\n  EXECUTE format('CREATE ROLE brant PASSWORD %L', 'ge' || \
             'heim');\nEND\n$$;\n-- +goose StatementEnd\n",
        ),
        case(
            "a function's body is wrong",
            "",
            "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RETRUN 1;\nEND\n$$;\n",
        ),
        case(
            "a new enum value is used at once",
            "CREATE TYPE mood AS ENUM ('a'); CREATE TABLE t (m mood)",
            "ALTER TYPE mood ADD VALUE 'b';\nINSERT INTO t VALUES ('b');\n",
        ),
        case(
            "a deferred constraint",
            "CREATE TABLE p (id int PRIMARY KEY)",
            "CREATE TABLE c (p int REFERENCES p DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO c VALUES (7);\n",
        ),
        case("read only", "", "SET TRANSACTION READ ONLY;\nCREATE TABLE t (id int);\n"),
        case(
            "secrets",
            "CREATE TABLE t (v int)",
            "-- +goose ENVSUB ON\nINSERT INTO t VALUES (1), ('${TOKEN}');\n",
        ),
        case("a password", "", "CREATE ROLE x LOGIN PASSWORD 'geheim' NOSUCHOPTION;\n"),
        case(
            "deep in a long statement",
            "",
            "SELECT 1,\n 2,\n 3,\n 4,\n 5,\n 6,\n 7,\n 8,\n 9,\n 10,\n 11,\n nosuch,\n 13,\n 14,\n 15,\n 16,\n 17;\n",
        ),
    ];
    check(Engine::Postgres, &cases);
}

#[test]
fn on_mariadb() {
    let cases = [
        case("a word is missing", "", "CREATE TABLE t (\n  id int,\n  name varchar(9) NOT,\n  n int\n);\n"),
        case("a word is misspelt", "", "CREATE TABLE fine (id int);\n\nCRATE TABLE t (id int);\n"),
        case("the end is missing", "", "CREATE TABLE t (\n  id int,\n  v int\n;\n"),
        case("two statements on a line", "", "CREATE TABLE t (id int); INSERT INTO t VALUES (1, 2);\n"),
        case("the table is missing", "", "ALTER TABLE orders\n  ADD COLUMN n int;\n"),
        case("the column is misspelt", TWO_TABLES, "UPDATE a\n   SET v = 1\n WHERE idd = 2;\n"),
        case("the function is missing", "", "SELECT\n  nosuch(1, 'x');\n"),
        case("the table is there already", TWO_TABLES, "CREATE TABLE a (id int);\n"),
        case(
            "the column is there already",
            TWO_TABLES,
            "ALTER TABLE b ADD n int;\nALTER TABLE a ADD v int;\n",
        ),
        case("not unique", TWO_TABLES, "CREATE UNIQUE INDEX b_v ON b (v);\n"),
        case(
            "a row is there already",
            TWO_TABLES,
            "INSERT INTO a VALUES (3, 3);\nINSERT INTO a VALUES (1, 1);\n",
        ),
        case("not null", TWO_TABLES, "INSERT INTO a VALUES (3, 3), (NULL, 4);\n"),
        case("rows break the new check", TWO_TABLES, "ALTER TABLE a ADD CONSTRAINT small CHECK (v < 2);\n"),
        case(
            "types of the key do not fit",
            TWO_TABLES,
            "CREATE TABLE c (p varchar(9), FOREIGN KEY (p) REFERENCES a (id));\n",
        ),
        case(
            "rows break the foreign key",
            "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int); INSERT INTO c VALUES (7)",
            "ALTER TABLE c ADD FOREIGN KEY (p) REFERENCES p (id);\n",
        ),
        case("not a number", TWO_TABLES, "INSERT INTO a VALUES (3, 'abc');\n"),
        case("too long", "CREATE TABLE t (v varchar(3))", "INSERT INTO t VALUES ('abcdef');\n"),
        case("out of range", "CREATE TABLE t (v tinyint)", "INSERT INTO t VALUES (999);\n"),
        case(
            "something depends on it",
            "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int, FOREIGN KEY (p) REFERENCES p (id))",
            "DROP TABLE p;\n",
        ),
        Case { poor: true, ..case("permission denied", "", "CREATE TABLE t (id int);\n") },
        case("statement timeout", "", "SET max_statement_time = 0.05;\nSELECT sleep(30);\n"),
        Case {
            meanwhile: "BEGIN; UPDATE a SET v = 9; DO sleep(3); COMMIT",
            ..case("lock timeout", TWO_TABLES, "SET innodb_lock_wait_timeout = 1;\nUPDATE a SET v = 5;\n")
        },
        Case {
            meanwhile: "BEGIN; UPDATE b SET v = 9; INSERT INTO b VALUES (3, 3), (4, 4), (5, 5), (6, 6); DO sleep(1); \
                        UPDATE a SET v = 9; COMMIT",
            ..case(
                "deadlock",
                TWO_TABLES,
                "UPDATE a SET v = 5 WHERE id = 1;\nDO sleep(2);\nUPDATE b SET v = 5;\n",
            )
        },
        case(
            "half done: rows after a table",
            "",
            "CREATE TABLE x (id int PRIMARY KEY);\nINSERT INTO x VALUES (1);\nINSERT INTO x VALUES (1);\nCREATE TABLE y \
             (id int);\n",
        ),
        case(
            "half done: tables",
            "",
            "CREATE TABLE x (id int);\nCREATE TABLE y (id int);\nCREATE TABLE z (id itn);\n",
        ),
        case(
            "half done without a transaction",
            "",
            "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE x (id int);\nINSERT INTO x VALUES (1);\nINSERT INTO \
             x VALUES ('two');\nINSERT INTO x VALUES (3);\n",
        ),
        case(
            "a procedure raises",
            "CREATE PROCEDURE p() SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not today'",
            "CALL p();\n",
        ),
        case(
            "a trigger's body is wrong",
            TWO_TABLES,
            "-- +goose StatementBegin\nCREATE TRIGGER tr BEFORE INSERT ON a FOR EACH ROW\nBEGIN\n  SET NEW.v = 1;\n  \
             STE NEW.id = 2;\nEND\n-- +goose StatementEnd\n",
        ),
        case("a default that is none", "", "CREATE TABLE t (d date NOT NULL DEFAULT '2026-13-45');\n"),
        case("read only", TWO_TABLES, "SET SESSION TRANSACTION READ ONLY;\nCREATE TABLE t (id int);\n"),
        case("the journal is gone", "", "DROP TABLE brant_journal;\nCREATE TABLE t (id int);\n"),
        case("secrets", TWO_TABLES, "-- +goose ENVSUB ON\nINSERT INTO a VALUES (3, '${TOKEN}');\n"),
        case("a password", "", "CREATE USER x IDENTIFIED BY 'geheim' NOSUCHOPTION;\n"),
        case("a password in a wrong command", "", "CREATE USRE x IDENTIFIED BY 'geheim';\n"),
    ];
    check(Engine::MariaDb, &cases);
}

#[test]
fn on_sqlite() {
    let cases = [
        case("a word is missing", "", "CREATE TABLE t (\n  id int,\n  name text NOT,\n  n int\n);\n"),
        case("a word is misspelt", "", "CREATE TABLE fine (id int);\n\nCRATE TABLE t (id int);\n"),
        case("the end is missing", "", "CREATE TABLE t (\n  id int,\n  v int\n;\n"),
        case("two statements on a line", "", "CREATE TABLE t (id int); INSERT INTO t VALUES (1, 2);\n"),
        case("the table is missing", "", "ALTER TABLE orders\n  ADD COLUMN n int;\n"),
        case("the column is misspelt", TWO_TABLES, "UPDATE a\n   SET v = 1\n WHERE idd = 2;\n"),
        case("the function is missing", "", "SELECT\n  nosuch(1, 'x');\n"),
        case("the table is there already", TWO_TABLES, "CREATE TABLE a (id int);\n"),
        case(
            "the column is there already",
            TWO_TABLES,
            "ALTER TABLE a ADD n int;\nALTER TABLE a ADD v int;\n",
        ),
        case("not unique", TWO_TABLES, "CREATE UNIQUE INDEX b_v ON b (v);\n"),
        case(
            "a row is there already",
            TWO_TABLES,
            "INSERT INTO a VALUES (3, 3);\nINSERT INTO a VALUES (1, 1);\n",
        ),
        case("not null", "CREATE TABLE t (v int NOT NULL)", "INSERT INTO t VALUES (1), (NULL);\n"),
        case("a check", "CREATE TABLE t (v int CHECK (v < 2))", "INSERT INTO t VALUES (1), (2);\n"),
        case(
            "a foreign key",
            "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
            "-- +goose NO TRANSACTION\n-- +goose Up\nPRAGMA foreign_keys = ON;\nINSERT INTO c VALUES (7);\n",
        ),
        case("a new column without a default", TWO_TABLES, "ALTER TABLE a ADD n int NOT NULL;\n"),
        case(
            "the column is in an index",
            "CREATE TABLE t (id int, v int); CREATE INDEX t_v ON t (v)",
            "ALTER TABLE t DROP COLUMN v;\n",
        ),
        case("not a number", "CREATE TABLE t (id INTEGER PRIMARY KEY)", "INSERT INTO t VALUES ('abc');\n"),
        case("a strict table", "CREATE TABLE t (v int) STRICT", "INSERT INTO t VALUES ('abc');\n"),
        case("too few values", TWO_TABLES, "INSERT INTO a (id, v) VALUES (3);\n"),
        case("ambiguous", TWO_TABLES, "SELECT v\n  FROM a, b;\n"),
        case("a view is no table", "CREATE VIEW w AS SELECT 1", "DROP TABLE w;\n"),
        case("outside of a transaction only", "", "VACUUM;\n"),
        case(
            "a trigger raises",
            "CREATE TABLE t (v int); CREATE TRIGGER tr BEFORE DELETE ON t BEGIN SELECT RAISE(ABORT, 'not today'); END; \
             INSERT INTO t VALUES (1)",
            "DELETE FROM t;\n",
        ),
        case("overflow", "", "SELECT abs(-9223372036854775808);\n"),
        case("not JSON", "", "SELECT json('{nope');\n"),
        case(
            "half done without a transaction",
            "",
            "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE x (id int PRIMARY KEY);\nINSERT INTO x VALUES \
             (1);\nINSERT INTO x VALUES (1);\nINSERT INTO x VALUES (3);\n",
        ),
        case(
            "a trigger's body is wrong",
            TWO_TABLES,
            "-- +goose StatementBegin\nCREATE TRIGGER tr AFTER INSERT ON a\nBEGIN\n  UPDATE a SET v = 1;\n  UPDAET b SET \
             v = 2;\nEND;\n-- +goose StatementEnd\n",
        ),
        case("read only", "", "PRAGMA query_only = ON;\nCREATE TABLE t (id int);\n"),
        case("secrets", "", "-- +goose ENVSUB ON\nSELECT '${TOKEN}', \"${TOKEN}\".x;\n"),
    ];
    check(Engine::Sqlite, &cases);
}
