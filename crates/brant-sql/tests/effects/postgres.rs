//! Against PostgreSQL: the locks in `pg_locks`, rewrites by `relfilenode`, scans by the transaction's statistics.

use std::collections::BTreeMap;

use brant_sql::classify;
use brant_sql::effects::{Effect, Subject, Work};
use brant_testkit::{TestDatabase, postgres};

use crate::support::{check_examples_fit, dialect, of, rows};

const TABLES: &str = "
CREATE SCHEMA elsewhere;
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE t (id int PRIMARY KEY, a int, b text, v varchar(10), n numeric(8,2), q int NOT NULL, p_id int,
    i int GENERATED ALWAYS AS IDENTITY, CONSTRAINT t_chk CHECK (a > -1));
CREATE INDEX t_a ON t (a);
CREATE UNIQUE INDEX t_q ON t (q);
CREATE TABLE child (id int CONSTRAINT child_fk REFERENCES p);
CREATE TABLE nopk (id int NOT NULL, maybe int);
CREATE UNIQUE INDEX nopk_maybe ON nopk (maybe);
CREATE TABLE alone (id int);
CREATE TABLE pt (id int, k int) PARTITION BY LIST (k);
CREATE TABLE pt1 PARTITION OF pt FOR VALUES IN (1);
CREATE TABLE pt_default PARTITION OF pt DEFAULT;
CREATE TABLE loose (id int, k int);
INSERT INTO p SELECT g FROM generate_series(1, 2000) g;
INSERT INTO t SELECT g, g, 'b', 'v', 1, g, 1 FROM generate_series(1, 2000) g;
INSERT INTO child SELECT g FROM generate_series(1, 2000) g;
INSERT INTO nopk SELECT g, g FROM generate_series(1, 2000) g;
INSERT INTO alone SELECT g FROM generate_series(1, 2000) g;
INSERT INTO pt SELECT g, 1 + g % 2 FROM generate_series(1, 2000) g;
INSERT INTO loose SELECT g, 7 FROM generate_series(1, 2000) g;
CREATE INDEX pt_k ON ONLY pt (k);
CREATE INDEX pt1_k ON pt1 (k);
ALTER TABLE t ADD CONSTRAINT t_later CHECK (a > -5) NOT VALID;
CREATE VIEW tv AS SELECT id FROM t;
CREATE MATERIALIZED VIEW tm AS SELECT id FROM t;
CREATE UNIQUE INDEX tm_id ON tm (id);
CREATE SEQUENCE sq;
CREATE TYPE e AS ENUM ('a');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION moving() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
CREATE RULE quiet AS ON UPDATE TO alone WHERE false DO ALSO NOTHING;
CREATE POLICY seen ON t USING (true);";

/// What the server shows of one relation.
struct Seen {
    lock: String,
    is_rewritten: bool,
    scans: u64,
    is_table: bool,
}

#[test]
fn examples_are_found_by_their_rows() {
    check_examples_fit("postgres", "PostgreSQL");
}

#[test]
fn every_row_is_what_the_server_does() {
    let db = postgres();
    db.sql(TABLES).unwrap();
    let mut wrong = Vec::new();
    for row in rows("postgres", "PostgreSQL") {
        let sql = row.example;
        if sql.is_empty() || is_exception(sql) {
            continue;
        }
        if classify(sql, dialect("postgres")).outside_transaction_only {
            let refused = db.sql(&format!("BEGIN; {sql}; ROLLBACK")).unwrap_err();
            assert!(refused.contains("transaction block"), "{sql}: {refused}");
        } else {
            wrong.extend(differences(&db, sql).into_iter().map(|what| format!("{sql}: {what}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What can't be seen so: it changes nothing where the owner stays, or writes into the client's output.
fn is_exception(sql: &str) -> bool {
    sql.contains("OWNER TO") || sql.contains("TO STDOUT")
}

fn differences(db: &TestDatabase, sql: &str) -> Vec<String> {
    let found = of("postgres", sql, "PostgreSQL 15.0");
    let seen = look(db, sql);
    let described = found.on.iter().any(|effect| matches!(effect.subject, Subject::Described(_)));
    let mut wrong = Vec::new();
    for effect in &found.on {
        if let Subject::Named(name) = &effect.subject {
            match seen.get(name.table()) {
                Some(seen) => wrong.extend(compare(effect, seen)),
                None => wrong.push(format!("{name} is not locked at all")),
            }
        }
    }
    let known =
        |table: &str| found.on.iter().any(|e| matches!(&e.subject, Subject::Named(n) if n.table() == table));
    let made = |table: &str| found.creates.iter().any(|name| name.table() == table);
    let indexes = found.on.iter().any(|effect| matches!(effect.subject, Subject::TableOf(_)));
    for (table, seen) in seen.iter().filter(|(table, _)| !known(table) && !made(table)) {
        if seen.is_table && seen.lock != "AccessShareLock" && !described && !indexes {
            wrong.push(format!("{table} has {} and no row says so", seen.lock));
        }
    }
    wrong
}

fn compare(effect: &Effect, seen: &Seen) -> Vec<String> {
    let mut wrong = Vec::new();
    let lock = effect.lock.name.split(' ').map(|word| word[..1].to_owned() + &word[1..].to_lowercase());
    let lock = format!("{}Lock", lock.collect::<String>());
    let subject = &effect.subject;
    if lock != seen.lock {
        wrong.push(format!("{subject}: {lock} is told, {} is held", seen.lock));
    }
    if seen.is_rewritten != (effect.work == Work::Rewrite) {
        wrong.push(format!("{subject}: {:?} is told, rewritten: {}", effect.work, seen.is_rewritten));
    }
    let scans = effect.work >= Work::Scan;
    if effect.work != Work::Rows && effect.work != Work::Rewrite && (seen.scans > 0) != scans {
        wrong.push(format!("{subject}: {:?} is told, {} scans are counted", effect.work, seen.scans));
    }
    wrong
}

/// Carries the statement out in a transaction that is rolled back.
fn look(db: &TestDatabase, sql: &str) -> BTreeMap<String, Seen> {
    let script = format!(
        "CREATE TEMP TABLE before AS SELECT oid, relname, relkind, relfilenode FROM pg_class;
         SET client_min_messages = error;
         BEGIN; {sql};
         SELECT 'seen', b.relname, (array_agg(l.mode ORDER BY array_position(ARRAY['AccessExclusiveLock',
             'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock', 'ShareUpdateExclusiveLock', 'RowExclusiveLock',
             'RowShareLock', 'AccessShareLock'], l.mode)))[1], max((b.relfilenode <> c.relfilenode AND b.relkind <> 'S')::int),
             coalesce(max(pg_stat_get_xact_numscans(b.oid)), 0),
             bool_or(b.relkind IN ('r', 'p', 'v', 'm'))
         FROM pg_locks l JOIN before b ON b.oid = l.relation LEFT JOIN pg_class c ON c.oid = b.oid
         WHERE l.pid = pg_backend_pid() AND l.granted AND b.oid > 16383 AND b.relname <> 'before' GROUP BY b.relname;
         ROLLBACK; DROP TABLE before;"
    );
    let rows = db.sql(&script).unwrap_or_else(|why| panic!("{sql}: {why}"));
    let seen = rows.into_iter().filter(|row| row.first().is_some_and(|first| first == "seen"));
    seen.map(|row| {
        let (lock, scans) = (row[2].clone(), row[4].parse().unwrap());
        (row[1].clone(), Seen { lock, is_rewritten: row[3] == "1", scans, is_table: row[5] == "t" })
    })
    .collect()
}
