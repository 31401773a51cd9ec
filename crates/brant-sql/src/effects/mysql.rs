//! MySQL's locks: InnoDB tables.
//!
//! Source: MySQL Reference Manual 8.0 to 9.x, "Online DDL Operations"; no row was measured. Every form takes an exclusive
//! metadata lock for a moment at its beginning and its end. It waits for it until each transaction that used the table has
//! ended, and whoever comes after waits behind it, readers too.

use super::Work::{Catalog, Index, Rewrite, Rows, Scan, Unknown};
use super::rule::{Clauses, EffectRule, EffectTable, it, other, row, what};
use super::{Blocks, Lock};

/// MySQL's locks.
pub(crate) static MYSQL: EffectTable =
    EffectTable { product: "MySQL", source: "MySQL's manual, not measured", rules: &[STATEMENTS, COMMON] };

/// An ALTER TABLE that is done in this way, under this lock.
const fn ddl(name: &'static str, strength: u8, blocks: Blocks) -> Lock {
    Lock { name, strength, blocks, queue: Blocks::Everything }
}

const fn rows(name: &'static str, strength: u8, blocks: Blocks) -> Lock {
    Lock { name, strength, blocks, queue: blocks }
}

const SHARED_READ: Lock = rows("shared metadata lock", 1, Blocks::Nothing);
const ROW_LOCKS: Lock = rows("shared metadata lock and row locks", 2, Blocks::SameRows);
pub(super) const INSTANT: Lock = ddl("ALGORITHM=INSTANT, LOCK=NONE", 3, Blocks::Nothing);
pub(super) const NOCOPY: Lock = ddl("ALGORITHM=NOCOPY, LOCK=NONE", 4, Blocks::Nothing);
pub(super) const INPLACE: Lock = ddl("ALGORITHM=INPLACE, LOCK=NONE", 5, Blocks::Nothing);
pub(super) const INPLACE_SHARED: Lock = ddl("ALGORITHM=INPLACE, LOCK=SHARED", 6, Blocks::Writes);
pub(super) const COPY: Lock = ddl("ALGORITHM=COPY, LOCK=SHARED", 7, Blocks::Writes);
pub(super) const EXCLUSIVE: Lock = ddl("exclusive metadata lock", 8, Blocks::Everything);

const READ: &str = "the tables it reads";
const CHANGED: &str = "the tables it changes";
pub(super) const MANUAL: &str = "the servers' manuals, not measured";
const FUNCTIONS: &str = "a function in it may do more";

const STATEMENTS: &[EffectRule] = &[
    row("ALTER TABLE @", "", &[]).with_clauses(&CLAUSES),
    row(
        "CREATE FULLTEXT|SPATIAL INDEX _ ON @",
        "CREATE FULLTEXT INDEX i ON t (b)",
        &[it(INPLACE_SHARED, Rewrite)],
    ),
    row("CREATE UNIQUE? INDEX _ * ON @", "CREATE INDEX i ON t (q)", &[it(INPLACE, Index)]),
    row("DROP INDEX _ ON @", "DROP INDEX t_a ON t", &[it(INPLACE, Catalog)]),
];

/// What MySQL and MariaDB have in common.
pub(super) const COMMON: &[EffectRule] = &[
    row(
        "CREATE OR? REPLACE? TEMPORARY? TABLE IF? NOT? EXISTS? @",
        "CREATE TABLE fresh (id int PRIMARY KEY)",
        &[],
    )
    .creating()
    .source(MANUAL)
    .with_parts(&[
        row(
            "* REFERENCES #",
            "CREATE TABLE fresh (id int, FOREIGN KEY (id) REFERENCES p (id))",
            &[other(EXCLUSIVE, Catalog)],
        ),
        row(
            "* REFERENCES * REFERENCES",
            "CREATE TABLE fresh (id int REFERENCES p (id), v int REFERENCES p (id))",
            &[what("every table it refers to", EXCLUSIVE, Catalog)],
        ),
        row("* SELECT * FROM", "CREATE TABLE fresh AS SELECT id FROM t", &[what(READ, ROW_LOCKS, Scan)]),
        row("OR REPLACE", "", &[it(EXCLUSIVE, Catalog)]),
    ]),
    row("DROP TEMPORARY? TABLE|TABLES IF? EXISTS? @,", "DROP TABLE child", &[it(EXCLUSIVE, Catalog)])
        .source(MANUAL),
    row("TRUNCATE TABLE? @", "TRUNCATE child", &[it(EXCLUSIVE, Rewrite)]).source(MANUAL),
    row("RENAME TABLE|TABLES", "", &[]).with_clauses(&Clauses {
        rules: &[row("@ TO _", "RENAME TABLE t TO t2", &[it(EXCLUSIVE, Catalog)])],
        mixed: None,
    }),
    row("OPTIMIZE NO_WRITE_TO_BINLOG|LOCAL? TABLE @", "OPTIMIZE TABLE t", &[it(INPLACE, Rewrite)])
        .source(MANUAL)
        .note("with a FULLTEXT index COPY, and writes wait"),
    row("ANALYZE NO_WRITE_TO_BINLOG|LOCAL? TABLE @,", "ANALYZE TABLE t", &[it(SHARED_READ, Rows)])
        .source(MANUAL),
    row("LOCK TABLE|TABLES @ READ", "LOCK TABLES t READ", &[it(COPY, Catalog)]).source(MANUAL),
    row("LOCK TABLE|TABLES @ WRITE", "LOCK TABLES t WRITE", &[it(EXCLUSIVE, Catalog)]).source(MANUAL),
    row(
        "CREATE OR? REPLACE? DEFINER? TRIGGER IF? NOT? EXISTS? _ * ON @",
        "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1",
        &[it(EXCLUSIVE, Catalog)],
    )
    .source(MANUAL),
    row("DROP TRIGGER", "", &[what("the table of the trigger", EXCLUSIVE, Catalog)]).source(MANUAL),
    row(
        "CREATE|ALTER|DROP * VIEW",
        "CREATE VIEW fresh AS SELECT id FROM t",
        &[what("the view", EXCLUSIVE, Catalog)],
    )
    .source(MANUAL),
    row(
        "CREATE OR? REPLACE? PROCEDURE|FUNCTION|USER|ROLE|DATABASE|SCHEMA|SEQUENCE",
        "CREATE SEQUENCE fresh",
        &[],
    )
    .source(MANUAL),
    row("DROP PROCEDURE|FUNCTION|USER|ROLE", "", &[]).source(MANUAL),
    row("GRANT|REVOKE", "", &[]).source(MANUAL),
    row(
        "INSERT|REPLACE LOW_PRIORITY|DELAYED|HIGH_PRIORITY? IGNORE? INTO? @",
        "INSERT INTO p VALUES (9001)",
        &[it(ROW_LOCKS, Rows)],
    )
    .source(MANUAL)
    .with_parts(&[row(
        "* SELECT",
        "INSERT INTO p SELECT id + 10000 FROM t",
        &[what(READ, ROW_LOCKS, Rows)],
    )]),
    row("UPDATE LOW_PRIORITY? IGNORE? @ SET", "UPDATE t SET a = 1", &[it(ROW_LOCKS, Rows)])
        .source(MANUAL)
        .note("every row is locked where no index finds them"),
    row(
        "DELETE LOW_PRIORITY? QUICK? IGNORE? FROM @ WHERE|ORDER|LIMIT|;",
        "DELETE FROM child",
        &[it(ROW_LOCKS, Rows)],
    )
    .source(MANUAL)
    .note("every row is locked where no index finds them"),
    row("UPDATE|DELETE", "UPDATE t, p SET t.a = 1 WHERE t.id = p.id", &[what(CHANGED, ROW_LOCKS, Rows)])
        .source(MANUAL),
    row("LOAD DATA * INTO TABLE @", "", &[it(ROW_LOCKS, Rows)]).source(MANUAL),
    row("SELECT|WITH|( * FOR UPDATE|SHARE", "SELECT id FROM t FOR UPDATE", &[what(READ, ROW_LOCKS, Rows)])
        .source(MANUAL)
        .note(FUNCTIONS),
    row("WITH * UPDATE|DELETE", "", &[what(CHANGED, ROW_LOCKS, Rows)]).source(MANUAL),
    row(
        "SELECT|VALUES|TABLE|WITH|(|SHOW|DESC|DESCRIBE",
        "SELECT count(*) FROM t",
        &[what(READ, SHARED_READ, Rows)],
    )
    .source(MANUAL)
    .note(FUNCTIONS),
    row("SET STATEMENT", "", &[what("what the statement behind FOR uses", Lock::UNKNOWN, Unknown)]),
    row(
        "SET|USE|START|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|UNLOCK",
        "SET SESSION sort_buffer_size = 262144",
        &[],
    )
    .source(MANUAL),
];

static CLAUSES: Clauses = Clauses { rules: CLAUSE_RULES, mixed: None };

const SAME_TYPE: &str = "the column has this type already and only its default, place or NULL changes, a VARCHAR grows on \
                         its side of 255 bytes, or values are added to the end of an ENUM or SET";
const CHECKS: &str = "foreign_key_checks is off: then INPLACE, and no row is looked at";

const CLAUSE_RULES: &[EffectRule] = &[
    // How it is to be done, as the statement itself says
    row("ALGORITHM =? COPY", "ALTER TABLE t COMMENT 'x', ALGORITHM=COPY", &[it(COPY, Rewrite)]),
    row("LOCK =? EXCLUSIVE", "ALTER TABLE t ADD INDEX i (q), LOCK=EXCLUSIVE", &[it(EXCLUSIVE, Catalog)]),
    row("LOCK =? SHARED", "ALTER TABLE t ADD INDEX i (q), LOCK=SHARED", &[it(INPLACE_SHARED, Catalog)]),
    row("ALGORITHM|LOCK", "ALTER TABLE t ADD COLUMN c int, ALGORITHM=INSTANT, LOCK=DEFAULT", &[]),
    // Indexes and constraints
    row("ADD FULLTEXT|SPATIAL", "ALTER TABLE t ADD FULLTEXT INDEX i (b)", &[it(INPLACE_SHARED, Rewrite)])
        .unless("the table has a FULLTEXT index already"),
    row("ADD UNIQUE? INDEX|KEY", "ALTER TABLE t ADD UNIQUE INDEX i (q)", &[it(INPLACE, Index)]),
    row("ADD UNIQUE", "ALTER TABLE t ADD UNIQUE (q)", &[it(INPLACE, Index)]),
    row("ADD CONSTRAINT _ UNIQUE", "ALTER TABLE t ADD CONSTRAINT u UNIQUE (q)", &[it(INPLACE, Index)]),
    row("ADD PRIMARY KEY", "ALTER TABLE nopk ADD PRIMARY KEY (id)", &[it(INPLACE, Rewrite)]),
    row("ADD CONSTRAINT _ PRIMARY KEY", "", &[it(INPLACE, Rewrite)]),
    row(
        "ADD CONSTRAINT _ FOREIGN KEY * REFERENCES #",
        "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (p_id) REFERENCES p (id)",
        &[it(COPY, Rewrite), other(EXCLUSIVE, Catalog)],
    )
    .unless(CHECKS),
    row(
        "ADD FOREIGN KEY * REFERENCES #",
        "ALTER TABLE t ADD FOREIGN KEY (p_id) REFERENCES p (id)",
        &[it(COPY, Rewrite), other(EXCLUSIVE, Catalog)],
    )
    .unless(CHECKS),
    row("ADD CONSTRAINT _ CHECK", "ALTER TABLE t ADD CONSTRAINT c CHECK (a >= 0)", &[it(COPY, Rewrite)]),
    row("ADD CHECK", "ALTER TABLE t ADD CHECK (a >= 0)", &[it(COPY, Rewrite)]),
    row("DROP INDEX|KEY", "ALTER TABLE t DROP INDEX t_a", &[it(INPLACE, Catalog)]),
    row("DROP FOREIGN KEY", "ALTER TABLE child DROP FOREIGN KEY child_fk", &[it(INPLACE, Catalog)]),
    row("DROP PRIMARY KEY", "ALTER TABLE t DROP PRIMARY KEY", &[it(COPY, Rewrite)])
        .unless("another primary key is added by the same statement: then INPLACE"),
    row("DROP CHECK", "ALTER TABLE t DROP CHECK t_chk", &[it(INSTANT, Catalog)]),
    row("DROP CONSTRAINT _", "ALTER TABLE t DROP CONSTRAINT t_chk", &[it(INPLACE, Catalog)])
        .unless("it is a CHECK: then INSTANT"),
    row("RENAME INDEX|KEY", "ALTER TABLE t RENAME INDEX t_a TO i", &[it(INPLACE, Catalog)]),
    row(
        "ALTER INDEX _ VISIBLE|INVISIBLE",
        "ALTER TABLE t ALTER INDEX t_a INVISIBLE",
        &[it(INPLACE, Catalog)],
    ),
    row("ADD CONSTRAINT", "", &[it(Lock::UNKNOWN, Unknown)]),
    // Columns
    row("ADD PARTITION", "", &[it(INPLACE, Catalog)]),
    row("ADD COLUMN? (", "ALTER TABLE t ADD COLUMN (c int)", &[it(COPY, Rewrite)])
        .unless("none of the columns is AUTO_INCREMENT or STORED: then INSTANT"),
    row("ADD COLUMN? _ * FIRST|AFTER", "ALTER TABLE t ADD COLUMN c int AFTER id", &[it(INSTANT, Catalog)])
        .since("8.0.29")
        .with_parts(NEW_COLUMN)
        .note(FORMATS),
    row("ADD COLUMN? _ * FIRST|AFTER", "", &[it(INPLACE, Rewrite)]).with_parts(NEW_COLUMN),
    row("ADD COLUMN? _", "ALTER TABLE t ADD COLUMN c int", &[it(INSTANT, Catalog)])
        .since("8.0.12")
        .with_parts(NEW_COLUMN)
        .note(FORMATS),
    row("ADD COLUMN? _", "", &[it(INPLACE, Rewrite)]).with_parts(NEW_COLUMN),
    row("DROP COLUMN? _", "ALTER TABLE t DROP COLUMN b", &[it(INSTANT, Catalog)])
        .since("8.0.29")
        .note(FORMATS),
    row("DROP COLUMN? _", "", &[it(INPLACE, Rewrite)]),
    row("RENAME COLUMN _ TO", "ALTER TABLE t RENAME COLUMN q TO q2", &[it(INSTANT, Catalog)])
        .since("8.0.28")
        .note("INPLACE where a foreign key refers to the column"),
    row("RENAME COLUMN _ TO", "", &[it(INPLACE, Catalog)]),
    row("ALTER COLUMN? _ SET DEFAULT", "ALTER TABLE t ALTER q SET DEFAULT 7", &[it(INSTANT, Catalog)]),
    row("ALTER COLUMN? _ DROP DEFAULT", "ALTER TABLE t ALTER q DROP DEFAULT", &[it(INSTANT, Catalog)]),
    row("MODIFY COLUMN? _", "ALTER TABLE t MODIFY a bigint", &[it(COPY, Rewrite)]).unless(SAME_TYPE),
    row("CHANGE COLUMN? _ _", "ALTER TABLE t CHANGE a a bigint", &[it(COPY, Rewrite)]).unless(SAME_TYPE),
    // The table
    row("RENAME TO|AS|=? _", "ALTER TABLE t RENAME TO t2", &[it(EXCLUSIVE, Catalog)]),
    row("CONVERT TO", "ALTER TABLE t CONVERT TO CHARACTER SET latin1", &[it(COPY, Rewrite)]),
    row(
        "DEFAULT? CHARACTER|CHARSET|COLLATE",
        "ALTER TABLE t DEFAULT CHARSET latin1",
        &[it(INPLACE, Catalog)],
    ),
    row(
        "COMMENT|AUTO_INCREMENT|STATS_PERSISTENT|STATS_AUTO_RECALC|STATS_SAMPLE_PAGES",
        "ALTER TABLE t COMMENT = 'all'",
        &[it(INPLACE, Catalog)],
    ),
    row("ENGINE =? InnoDB", "ALTER TABLE t ENGINE = InnoDB", &[it(INPLACE, Rewrite)])
        .note("from another engine or with a FULLTEXT index COPY, and writes wait"),
    row("ENGINE", "ALTER TABLE t ENGINE = MyISAM", &[it(COPY, Rewrite)]),
    row("FORCE|ROW_FORMAT|KEY_BLOCK_SIZE", "ALTER TABLE t FORCE", &[it(INPLACE, Rewrite)])
        .note("with a FULLTEXT index COPY, and writes wait"),
    row("PARTITION BY", "ALTER TABLE t PARTITION BY HASH (id) PARTITIONS 2", &[it(COPY, Rewrite)]),
    row("REMOVE|COALESCE|REORGANIZE|REBUILD PARTITIONING|PARTITION", "", &[it(COPY, Rewrite)]),
    row("DROP|TRUNCATE|EXCHANGE PARTITION", "", &[it(EXCLUSIVE, Catalog)]),
];

const FORMATS: &str =
    "with ROW_FORMAT=COMPRESSED, a FULLTEXT index or too many such changes before, every row is written anew";

/// What a new column brings, beyond an entry in the catalog.
const NEW_COLUMN: &[EffectRule] = &[
    row("* AUTO_INCREMENT", "", &[it(INPLACE_SHARED, Rewrite)]),
    row("* AS () STORED", "ALTER TABLE t ADD COLUMN c int AS (a + 1) STORED", &[it(COPY, Rewrite)]),
    row("* DEFAULT (", "ALTER TABLE t ADD COLUMN c char(36) DEFAULT (uuid())", &[it(COPY, Rewrite)])
        .unless("the default is constant"),
    row("* UNIQUE|KEY", "ALTER TABLE t ADD COLUMN c int UNIQUE", &[it(INPLACE, Rewrite)]),
    row("* CHECK (", "ALTER TABLE t ADD COLUMN c int CHECK (c > 0)", &[it(COPY, Rewrite)]),
    row("* REFERENCES #", "", &[it(COPY, Scan), other(EXCLUSIVE, Catalog)]),
];
