//! SQLite's locks.
//!
//! Source: measured on SQLite 3.40.1, and "File Locking And Concurrency In SQLite Version 3". Whoever writes locks the whole
//! file, whatever the statement: one writer at a time, until its transaction ends. With `journal_mode=WAL` readers go on;
//! without, they wait while the transaction is written out at its commit.

use super::Work::{Catalog, Index, Rewrite, Rows, Scan};
use super::rule::{Clauses, EffectRule, EffectTable, it, row, what};
use super::{Blocks, Lock};

/// SQLite's locks.
pub(crate) static SQLITE: EffectTable =
    EffectTable { product: "SQLite", source: "measured on SQLite 3.40", rules: &[RULES] };

const READ: Lock =
    Lock { name: "SHARED (the whole file)", strength: 1, blocks: Blocks::Nothing, queue: Blocks::Nothing };
const WRITE: Lock =
    Lock { name: "RESERVED (the whole file)", strength: 2, blocks: Blocks::Writes, queue: Blocks::Writes };
const ALONE: Lock = Lock {
    name: "EXCLUSIVE (the whole file)",
    strength: 3,
    blocks: Blocks::Everything,
    queue: Blocks::Everything,
};

const RULES: &[EffectRule] = &[
    row("ALTER TABLE @", "", &[]).with_clauses(&CLAUSES),
    row(
        "CREATE TEMP|TEMPORARY? TABLE IF? NOT? EXISTS? @",
        "CREATE TABLE fresh (id INTEGER PRIMARY KEY)",
        &[it(WRITE, Catalog)],
    )
    .creating(),
    row("CREATE VIRTUAL TABLE IF? NOT? EXISTS? @", "", &[it(WRITE, Catalog)]).creating(),
    row("CREATE UNIQUE? INDEX IF? NOT? EXISTS? _ ON @", "CREATE INDEX i ON t (a)", &[it(WRITE, Index)]),
    row(
        "CREATE TEMP|TEMPORARY? VIEW",
        "CREATE VIEW v2 AS SELECT id FROM t",
        &[what("no table", WRITE, Catalog)],
    ),
    row(
        "CREATE TEMP|TEMPORARY? TRIGGER * ON @",
        "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END",
        &[it(WRITE, Catalog)],
    ),
    row("DROP TABLE IF? EXISTS? @", "DROP TABLE child", &[it(WRITE, Rewrite)])
        .unless("foreign_keys is off: then its rows are not deleted one by one"),
    row("DROP INDEX|VIEW|TRIGGER IF? EXISTS? _", "DROP INDEX t_a", &[what("no table", WRITE, Catalog)]),
    row("REINDEX", "REINDEX t", &[what("the tables of the indexes", WRITE, Index)]),
    row("ANALYZE", "ANALYZE t", &[what("the tables it looks at", WRITE, Scan)]),
    row("VACUUM _? INTO", "", &[what("every table", READ, Scan)]),
    row("VACUUM", "VACUUM", &[what("every table", ALONE, Rewrite)]),
    row(
        "INSERT|REPLACE OR? ROLLBACK|ABORT|REPLACE|FAIL|IGNORE? INTO @",
        "INSERT INTO p VALUES (9001)",
        &[it(WRITE, Rows)],
    ),
    row("UPDATE OR? ROLLBACK|ABORT|REPLACE|FAIL|IGNORE? @", "UPDATE t SET a = a + 1", &[it(WRITE, Rows)]),
    row("DELETE FROM @", "DELETE FROM child", &[it(WRITE, Rows)]),
    row(
        "WITH * INSERT|UPDATE|DELETE|REPLACE",
        "WITH x AS (SELECT 1) DELETE FROM child",
        &[what("the tables it changes", WRITE, Rows)],
    ),
    row("SELECT|VALUES|WITH", "SELECT count(*) FROM t", &[what("the tables it reads", READ, Rows)]),
    row(
        "PRAGMA foreign_keys|foreign_key_check|table_info|busy_timeout|integrity_check",
        "PRAGMA foreign_keys = off",
        &[],
    ),
    row("BEGIN IMMEDIATE", "BEGIN IMMEDIATE", &[what("every table", WRITE, Catalog)]),
    row("BEGIN EXCLUSIVE", "BEGIN EXCLUSIVE", &[what("every table", ALONE, Catalog)]),
    row("BEGIN|COMMIT|END|ROLLBACK|SAVEPOINT|RELEASE", "BEGIN", &[]),
];

static CLAUSES: Clauses = Clauses { rules: CLAUSE_RULES, mixed: None };

const REBUILD: &str = "SQLite cannot: make a new table, copy the rows, drop the old one and rename the new";

const CLAUSE_RULES: &[EffectRule] = &[
    row("RENAME TO _", "ALTER TABLE t RENAME TO t2", &[it(WRITE, Catalog)]),
    row("RENAME COLUMN? _ TO _", "ALTER TABLE t RENAME COLUMN a TO a2", &[it(WRITE, Catalog)]).since("3.25"),
    row("DROP COLUMN? _", "ALTER TABLE t DROP COLUMN b", &[it(WRITE, Rewrite)])
        .since("3.35")
        .note("SQLite refuses it where an index, a view, a trigger, a key or a constraint uses the column"),
    row("ADD COLUMN IF", "ALTER TABLE t ADD COLUMN IF NOT EXISTS c INTEGER", &[])
        .refused("SQLite knows no IF NOT EXISTS here"),
    row("ADD CONSTRAINT|PRIMARY|FOREIGN|CHECK", "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)", &[])
        .refused(REBUILD),
    row("ADD UNIQUE (", "ALTER TABLE t ADD UNIQUE (a)", &[])
        .refused("SQLite cannot: CREATE UNIQUE INDEX does the same"),
    row("ADD COLUMN? _ * PRIMARY KEY", "ALTER TABLE t ADD COLUMN c INTEGER PRIMARY KEY", &[])
        .refused(REBUILD),
    row("ADD COLUMN? _ * UNIQUE", "ALTER TABLE t ADD COLUMN c INTEGER UNIQUE", &[])
        .refused("SQLite cannot: add the column, then CREATE UNIQUE INDEX"),
    row("ADD COLUMN? _ * STORED", "ALTER TABLE t ADD COLUMN c INTEGER AS (a + 1) STORED", &[])
        .refused(REBUILD),
    row(
        "ADD COLUMN? _ * DEFAULT NULL",
        "ALTER TABLE t ADD COLUMN c INTEGER DEFAULT NULL",
        &[it(WRITE, Catalog)],
    ),
    row(
        "ADD COLUMN? _ * DEFAULT current_timestamp|current_date|current_time|(",
        "ALTER TABLE t ADD COLUMN c TEXT DEFAULT current_timestamp",
        &[],
    )
    .refused("SQLite adds no column whose default is not constant to a table that has rows"),
    row(
        "ADD COLUMN? _ * NOT NULL * DEFAULT",
        "ALTER TABLE t ADD COLUMN c INTEGER NOT NULL DEFAULT 1",
        &[it(WRITE, Scan)],
    ),
    row(
        "ADD COLUMN? _ * DEFAULT * NOT NULL",
        "ALTER TABLE t ADD COLUMN c INTEGER DEFAULT 1 NOT NULL",
        &[it(WRITE, Scan)],
    ),
    row("ADD COLUMN? _ * NOT NULL", "ALTER TABLE t ADD COLUMN c INTEGER NOT NULL", &[])
        .refused("SQLite adds no NOT NULL column without a default"),
    row("ADD COLUMN? _ * CHECK", "ALTER TABLE t ADD COLUMN c INTEGER CHECK (c > 0)", &[it(WRITE, Scan)]),
    row("ADD COLUMN? _", "ALTER TABLE t ADD COLUMN c INTEGER", &[it(WRITE, Catalog)]),
    row("ALTER|DROP|MODIFY|CHANGE", "ALTER TABLE t ALTER COLUMN a SET NOT NULL", &[]).refused(REBUILD),
    row("_", "", &[]).refused("SQLite knows no such clause, and no second one"),
];
