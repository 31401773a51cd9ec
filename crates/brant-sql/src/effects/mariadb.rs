//! MariaDB's locks: InnoDB tables.
//!
//! Source: measured on MariaDB 10.11.19, the quickest ALGORITHM and the weakest LOCK that the server accepts for each form;
//! the tests measure it again. What a row can't see (the type a column has now, the format of the table) is in its
//! `unless`, and the row says the worst of it. MariaDB accepts `ALGORITHM=INSTANT` for a change of engine and for
//! `PARTITION BY` without keeping to it, so those rows do not go by it.

use super::Lock;
use super::Work::{Catalog, Index, Rewrite, Scan, Unknown};
use super::mysql::{COMMON, COPY, EXCLUSIVE, INPLACE, INPLACE_SHARED, INSTANT, MANUAL, NOCOPY};
use super::rule::{Clauses, EffectRule, EffectTable, Mixed, it, other, row};

/// MariaDB's locks.
pub(crate) static MARIADB: EffectTable =
    EffectTable { product: "MariaDB", source: "measured on MariaDB 10.11", rules: &[STATEMENTS, COMMON] };

const STATEMENTS: &[EffectRule] = &[
    row("ALTER ONLINE? IGNORE? TABLE IF? EXISTS? @ WAIT %", "", &[]).with_clauses(&CLAUSES),
    row("ALTER ONLINE? IGNORE? TABLE IF? EXISTS? @ NOWAIT?", "", &[]).with_clauses(&CLAUSES),
    row(
        "CREATE OR? REPLACE? FULLTEXT INDEX IF? NOT? EXISTS? _ ON @",
        "CREATE FULLTEXT INDEX i ON t (b)",
        &[it(INPLACE_SHARED, Rewrite)],
    )
    .unless("the table has a FULLTEXT index already"),
    row(
        "CREATE OR? REPLACE? SPATIAL INDEX IF? NOT? EXISTS? _ ON @",
        "CREATE SPATIAL INDEX i ON places (spot)",
        &[it(INPLACE_SHARED, Index)],
    ),
    row(
        "CREATE OR? REPLACE? UNIQUE? INDEX IF? NOT? EXISTS? _ * ON @",
        "CREATE INDEX i ON t (q)",
        &[it(NOCOPY, Index)],
    ),
    row("DROP INDEX IF? EXISTS? _ ON @", "DROP INDEX t_a ON t", &[it(NOCOPY, Catalog)]),
];

static CLAUSES: Clauses =
    Clauses { rules: CLAUSE_RULES, mixed: Some(Mixed { lock: INPLACE, work: Rewrite }) };

const SAME_TYPE: &str = "the column has this type already and only its default, comment, place or NULL changes, a VARCHAR \
                         grows on its side of 255 bytes, or values are added to the end of an ENUM or SET";

const NO_VIRTUAL_DROP: &str = "the table has no virtual columns: then INPLACE where an index over several columns has it, \
                               NOCOPY where one over it alone has it, else INSTANT";

const CLAUSE_RULES: &[EffectRule] = &[
    // How it is to be done, as the statement itself says
    row("ALGORITHM :? =? COPY", "ALTER TABLE t COMMENT 'x', ALGORITHM=COPY", &[it(COPY, Rewrite)]),
    row("ALGORITHM", "ALTER TABLE t ADD COLUMN c int, ALGORITHM=INSTANT", &[]),
    row("LOCK =? EXCLUSIVE", "ALTER TABLE t ADD INDEX i (q), LOCK=EXCLUSIVE", &[it(EXCLUSIVE, Catalog)]),
    row("LOCK =? SHARED", "ALTER TABLE t ADD INDEX i (q), LOCK=SHARED", &[it(INPLACE_SHARED, Catalog)]),
    row("LOCK", "ALTER TABLE t ADD COLUMN c int, LOCK=NONE", &[]),
    // Indexes and constraints
    row("ADD FULLTEXT", "ALTER TABLE t ADD FULLTEXT INDEX i (b)", &[it(INPLACE_SHARED, Rewrite)])
        .unless("the table has a FULLTEXT index already"),
    row("ADD SPATIAL", "ALTER TABLE places ADD SPATIAL INDEX i (spot)", &[it(INPLACE_SHARED, Index)]),
    row("ADD UNIQUE? INDEX|KEY", "ALTER TABLE t ADD UNIQUE INDEX i (q)", &[it(NOCOPY, Index)]),
    row("ADD UNIQUE", "ALTER TABLE t ADD UNIQUE (q)", &[it(NOCOPY, Index)]),
    row("ADD CONSTRAINT _ UNIQUE", "ALTER TABLE t ADD CONSTRAINT u UNIQUE (q)", &[it(NOCOPY, Index)]),
    row("ADD PRIMARY KEY", "ALTER TABLE nopk ADD PRIMARY KEY (id)", &[it(INPLACE, Rewrite)]),
    row("ADD CONSTRAINT PRIMARY KEY", "", &[it(INPLACE, Rewrite)]),
    row("ADD CONSTRAINT _ PRIMARY KEY", "", &[it(INPLACE, Rewrite)]),
    row(
        "ADD CONSTRAINT _ FOREIGN KEY * REFERENCES #",
        "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (p_id) REFERENCES p (id)",
        &[it(COPY, Rewrite), other(EXCLUSIVE, Catalog)],
    )
    .unless("foreign_key_checks is off: then NOCOPY, and no row is looked at"),
    row(
        "ADD FOREIGN KEY * REFERENCES #",
        "ALTER TABLE t ADD FOREIGN KEY (p_id) REFERENCES p (id)",
        &[it(COPY, Rewrite), other(EXCLUSIVE, Catalog)],
    )
    .unless("foreign_key_checks is off: then NOCOPY, and no row is looked at"),
    row("ADD CONSTRAINT _ CHECK", "ALTER TABLE t ADD CONSTRAINT c CHECK (a >= 0)", &[it(COPY, Rewrite)]),
    row("ADD CHECK", "ALTER TABLE t ADD CHECK (a >= 0)", &[it(COPY, Rewrite)]),
    row("DROP INDEX|KEY", "ALTER TABLE t DROP INDEX t_a", &[it(NOCOPY, Catalog)]),
    row("DROP FOREIGN KEY", "ALTER TABLE child DROP FOREIGN KEY child_fk", &[it(INSTANT, Catalog)]),
    row("DROP PRIMARY KEY", "ALTER TABLE t DROP PRIMARY KEY", &[it(COPY, Rewrite)])
        .unless("another primary key is added by the same statement: then INPLACE"),
    row("DROP CONSTRAINT IF? EXISTS? _", "ALTER TABLE t DROP CONSTRAINT t_u", &[it(NOCOPY, Catalog)])
        .unless("it is a CHECK or a foreign key: then INSTANT"),
    row("RENAME INDEX|KEY", "ALTER TABLE t RENAME INDEX t_a TO i", &[it(INSTANT, Catalog)]),
    row("ALTER INDEX|KEY IF? EXISTS? _", "ALTER TABLE t ALTER INDEX t_a IGNORED", &[it(INSTANT, Catalog)]),
    row("ADD CONSTRAINT", "", &[it(Lock::UNKNOWN, Unknown)]),
    // Columns
    row("ADD SYSTEM VERSIONING", "ALTER TABLE t ADD SYSTEM VERSIONING", &[it(COPY, Rewrite)]),
    row("ADD PARTITION", "", &[it(COPY, Rewrite)]).source(MANUAL),
    row(
        "ADD COLUMN? IF? NOT? EXISTS? (",
        "ALTER TABLE t ADD COLUMN (c int AS (a + 1) STORED)",
        &[it(COPY, Rewrite)],
    )
    .unless("none of the columns is AUTO_INCREMENT, STORED or has a default that is an expression"),
    row("ADD COLUMN? IF? NOT? EXISTS? _", "ALTER TABLE t ADD COLUMN c int", &[it(INSTANT, Catalog)])
        .since("10.4")
        .with_parts(NEW_COLUMN),
    row("DROP COLUMN? IF? EXISTS? _", "ALTER TABLE t DROP COLUMN m", &[it(COPY, Rewrite)])
        .unless(NO_VIRTUAL_DROP),
    row("RENAME COLUMN IF? EXISTS? _ TO", "ALTER TABLE t RENAME COLUMN q TO q2", &[it(INSTANT, Catalog)]),
    row(
        "ALTER COLUMN? IF? EXISTS? _ SET DEFAULT",
        "ALTER TABLE t ALTER q SET DEFAULT 7",
        &[it(INSTANT, Catalog)],
    ),
    row(
        "ALTER COLUMN? IF? EXISTS? _ DROP DEFAULT",
        "ALTER TABLE t ALTER q DROP DEFAULT",
        &[it(INSTANT, Catalog)],
    ),
    row("MODIFY COLUMN? IF? EXISTS? _", "ALTER TABLE t MODIFY a bigint", &[it(COPY, Rewrite)])
        .unless(SAME_TYPE),
    row("CHANGE COLUMN? IF? EXISTS? _ _", "ALTER TABLE t CHANGE a a bigint", &[it(COPY, Rewrite)])
        .unless(SAME_TYPE),
    // The table
    row("RENAME TO|AS|=? _", "ALTER TABLE t RENAME TO t2", &[it(EXCLUSIVE, Catalog)]),
    row("CONVERT TO", "ALTER TABLE t CONVERT TO CHARACTER SET latin1", &[it(COPY, Rewrite)]),
    row(
        "DEFAULT? CHARACTER|CHARSET|COLLATE",
        "ALTER TABLE t DEFAULT CHARSET latin1",
        &[it(INSTANT, Catalog)],
    ),
    row("COMMENT", "ALTER TABLE t COMMENT = 'all'", &[it(INSTANT, Catalog)]),
    row("AUTO_INCREMENT", "ALTER TABLE t AUTO_INCREMENT = 900000", &[it(INSTANT, Catalog)]),
    row("ENGINE =? InnoDB", "ALTER TABLE t ENGINE = InnoDB", &[it(INPLACE, Rewrite)])
        .note("from another engine COPY, and writes wait"),
    row("ENGINE", "ALTER TABLE t ENGINE = MyISAM", &[it(COPY, Rewrite)]),
    row("FORCE", "ALTER TABLE t FORCE", &[it(INPLACE, Rewrite)]),
    row("ROW_FORMAT", "ALTER TABLE t ROW_FORMAT = COMPACT", &[it(INPLACE, Rewrite)]),
    row("PARTITION BY", "ALTER TABLE t PARTITION BY HASH (id) PARTITIONS 2", &[it(COPY, Rewrite)]),
    row("REMOVE|COALESCE|REORGANIZE|REBUILD PARTITIONING|PARTITION", "", &[it(COPY, Rewrite)]).source(MANUAL),
    row("DROP|TRUNCATE PARTITION", "", &[it(EXCLUSIVE, Catalog)]).source(MANUAL),
];

/// What a new column brings, beyond an entry in the catalog.
const NEW_COLUMN: &[EffectRule] = &[
    row(
        "* AUTO_INCREMENT",
        "ALTER TABLE nopk ADD COLUMN c int AUTO_INCREMENT PRIMARY KEY",
        &[it(INPLACE_SHARED, Rewrite)],
    ),
    row(
        "* AS () STORED|PERSISTENT",
        "ALTER TABLE t ADD COLUMN c int AS (a + 1) STORED",
        &[it(COPY, Rewrite)],
    ),
    row(
        "* DEFAULT ( now|current_timestamp",
        "ALTER TABLE t ADD COLUMN c datetime DEFAULT (now())",
        &[it(INSTANT, Catalog)],
    ),
    row(
        "* DEFAULT ( !now|current_timestamp",
        "ALTER TABLE t ADD COLUMN c uuid DEFAULT (uuid())",
        &[it(COPY, Rewrite)],
    )
    .unless("the default is constant"),
    row(
        "* DEFAULT !now|current_timestamp (",
        "ALTER TABLE t ADD COLUMN c uuid DEFAULT uuid()",
        &[it(COPY, Rewrite)],
    ),
    row("* UNIQUE|KEY", "ALTER TABLE t ADD COLUMN c int UNIQUE", &[it(INPLACE, Rewrite)]),
    row(
        "* REFERENCES #",
        "ALTER TABLE t ADD COLUMN c int REFERENCES p (id)",
        &[it(COPY, Scan), other(EXCLUSIVE, Catalog)],
    ),
    row("* FIRST|AFTER", "ALTER TABLE t ADD COLUMN c int AFTER id", &[it(COPY, Rewrite)])
        .unless("the table has no virtual columns: then INSTANT"),
];
