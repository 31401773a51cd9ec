//! PostgreSQL's locks.
//!
//! Sources: measured on PostgreSQL 15.18, the locks in `pg_locks` inside the open transaction, rewrites by `relfilenode`,
//! scans by `pg_stat_xact_user_tables`; what differs in other versions from the release notes. The tests measure it again.

mod alter_table;

use super::rule::{EffectRule, EffectTable, it, its_table, other, row, what};
use super::{Blocks, Lock, Work};
use Work::{Catalog, Index, Rewrite, Rows, Scan};

/// PostgreSQL's locks.
pub(crate) static POSTGRES: EffectTable =
    EffectTable { product: "PostgreSQL", source: "measured on PostgreSQL 15", rules: &[RULES] };

/// From the release notes or the manual, where the version that was measured shows nothing.
const MANUAL: &str = "PostgreSQL's manual";

const fn mode(name: &'static str, strength: u8, blocks: Blocks) -> Lock {
    Lock { name, strength, blocks, queue: blocks }
}

const ACCESS_SHARE: Lock = mode("ACCESS SHARE", 1, Blocks::Nothing);
const ROW_SHARE: Lock = mode("ROW SHARE", 2, Blocks::SameRows);
const ROW_EXCLUSIVE: Lock = mode("ROW EXCLUSIVE", 3, Blocks::SameRows);
const SHARE_UPDATE_EXCLUSIVE: Lock = mode("SHARE UPDATE EXCLUSIVE", 4, Blocks::Nothing);
const SHARE: Lock = mode("SHARE", 5, Blocks::Writes);
const SHARE_ROW_EXCLUSIVE: Lock = mode("SHARE ROW EXCLUSIVE", 6, Blocks::Writes);
const EXCLUSIVE: Lock = mode("EXCLUSIVE", 7, Blocks::Writes);
const ACCESS_EXCLUSIVE: Lock = mode("ACCESS EXCLUSIVE", 8, Blocks::Everything);

const READ: &str = "the tables it reads";
const CHANGED: &str = "the tables it changes";
const REFERENCED: &str =
    "the tables its foreign keys refer to, those that refer to it, and the table it is a partition of";
const OLDER: &str = "it waits until every transaction that was open before it has ended";
const FUNCTIONS: &str = "a function in it may do more";

const RULES: &[EffectRule] = &[
    row("ALTER TABLE IF? EXISTS? ONLY? @", "", &[]).with_clauses(&alter_table::CLAUSES),
    // Indexes
    row(
        "CREATE UNIQUE? INDEX CONCURRENTLY * ON ONLY? @",
        "CREATE INDEX CONCURRENTLY i ON t (a)",
        &[it(SHARE_UPDATE_EXCLUSIVE, Index)],
    )
    .note(OLDER),
    row("CREATE UNIQUE? INDEX * ON ONLY @", "CREATE INDEX i ON ONLY pt (k)", &[it(SHARE, Catalog)])
        .since("11"),
    row("CREATE UNIQUE? INDEX * ON @", "CREATE INDEX i ON t (a)", &[it(SHARE, Index)])
        .note("so is each of its partitions, if it has any"),
    row(
        "DROP INDEX CONCURRENTLY IF? EXISTS? @,",
        "DROP INDEX CONCURRENTLY t_a",
        &[its_table(SHARE_UPDATE_EXCLUSIVE, Catalog), it(SHARE_UPDATE_EXCLUSIVE, Catalog)],
    )
    .note(OLDER),
    row(
        "DROP INDEX IF? EXISTS? @,",
        "DROP INDEX t_a",
        &[its_table(ACCESS_EXCLUSIVE, Catalog), it(ACCESS_EXCLUSIVE, Catalog)],
    ),
    row(
        "ALTER INDEX IF? EXISTS? @ RENAME TO",
        "ALTER INDEX t_a RENAME TO i",
        &[it(SHARE_UPDATE_EXCLUSIVE, Catalog)],
    )
    .since("12"),
    row(
        "ALTER INDEX IF? EXISTS? @ ATTACH PARTITION #",
        "ALTER INDEX pt_k ATTACH PARTITION pt1_k",
        &[
            it(SHARE_UPDATE_EXCLUSIVE, Catalog),
            other(ACCESS_EXCLUSIVE, Catalog),
            what("the tables of both indexes", ACCESS_SHARE, Catalog),
        ],
    )
    .since("11"),
    row(
        "REINDEX () INDEX|TABLE CONCURRENTLY @",
        "REINDEX TABLE CONCURRENTLY t",
        &[it(SHARE_UPDATE_EXCLUSIVE, Index)],
    )
    .since("12")
    .note(OLDER),
    row("REINDEX () INDEX @", "REINDEX INDEX t_a", &[its_table(SHARE, Index), it(ACCESS_EXCLUSIVE, Rewrite)]),
    row(
        "REINDEX () TABLE @",
        "REINDEX TABLE t",
        &[it(SHARE, Index), what("its indexes, and so what reads the table", ACCESS_EXCLUSIVE, Rewrite)],
    ),
    // Tables
    row(
        "CREATE TABLE IF? NOT? EXISTS? @ PARTITION OF #",
        "CREATE TABLE pt9 PARTITION OF pt FOR VALUES IN (9)",
        &[
            other(ACCESS_EXCLUSIVE, Catalog),
            what("its default partition, if it has one", ACCESS_EXCLUSIVE, Scan),
        ],
    )
    .creating(),
    row(
        "CREATE GLOBAL|LOCAL? TEMP|TEMPORARY|UNLOGGED? TABLE IF? NOT? EXISTS? @ AS",
        "CREATE TABLE fresh AS SELECT 1 AS one",
        &[what(READ, ACCESS_SHARE, Scan)],
    )
    .creating()
    .note(FUNCTIONS),
    row(
        "CREATE GLOBAL|LOCAL? TEMP|TEMPORARY|UNLOGGED? TABLE IF? NOT? EXISTS? @",
        "CREATE TABLE fresh (id int PRIMARY KEY, v text)",
        &[],
    )
    .creating()
    .with_parts(&[
        row(
            "* REFERENCES #",
            "CREATE TABLE fresh (id int REFERENCES p)",
            &[other(SHARE_ROW_EXCLUSIVE, Catalog)],
        ),
        row(
            "* REFERENCES * REFERENCES",
            "CREATE TABLE fresh (id int REFERENCES p, other int REFERENCES p)",
            &[what("every table it refers to", SHARE_ROW_EXCLUSIVE, Catalog)],
        ),
        row(
            "* INHERITS ( #",
            "CREATE TABLE fresh () INHERITS (t)",
            &[other(SHARE_UPDATE_EXCLUSIVE, Catalog)],
        ),
        row("* ( LIKE #", "CREATE TABLE fresh (LIKE t)", &[other(ACCESS_SHARE, Catalog)]),
    ]),
    row(
        "DROP TABLE IF? EXISTS? @,",
        "DROP TABLE child",
        &[it(ACCESS_EXCLUSIVE, Catalog), what(REFERENCED, ACCESS_EXCLUSIVE, Catalog)],
    )
    .with_parts(&[row(
        "* CASCADE ;",
        "DROP TABLE p CASCADE",
        &[what("what depends on it", ACCESS_EXCLUSIVE, Catalog)],
    )]),
    row("TRUNCATE TABLE? ONLY? @,", "TRUNCATE t", &[it(ACCESS_EXCLUSIVE, Rewrite)]).with_parts(&[row(
        "* CASCADE ;",
        "TRUNCATE p CASCADE",
        &[what("the tables that refer to it", ACCESS_EXCLUSIVE, Rewrite)],
    )]),
    row("CLUSTER VERBOSE? @", "CLUSTER t USING t_a", &[it(ACCESS_EXCLUSIVE, Rewrite)]),
    row("VACUUM FULL VERBOSE? ANALYZE? @", "VACUUM FULL t", &[it(ACCESS_EXCLUSIVE, Rewrite)]),
    row("VACUUM ( * FULL * ) @", "VACUUM (FULL) t", &[it(ACCESS_EXCLUSIVE, Rewrite)]),
    row("VACUUM FULL", "", &[what("every table, one after the other", ACCESS_EXCLUSIVE, Rewrite)]),
    row("VACUUM FREEZE? VERBOSE? ANALYZE? @", "VACUUM t", &[it(SHARE_UPDATE_EXCLUSIVE, Scan)]),
    row("VACUUM () @", "VACUUM (ANALYZE) t", &[it(SHARE_UPDATE_EXCLUSIVE, Scan)]),
    row("ANALYZE|ANALYSE VERBOSE? @", "ANALYZE t", &[it(SHARE_UPDATE_EXCLUSIVE, Rows)]),
    row(
        "LOCK TABLE? ONLY? @, IN ACCESS SHARE MODE",
        "LOCK TABLE t IN ACCESS SHARE MODE",
        &[it(ACCESS_SHARE, Catalog)],
    ),
    row(
        "LOCK TABLE? ONLY? @, IN ROW SHARE MODE",
        "LOCK TABLE t IN ROW SHARE MODE",
        &[it(ROW_SHARE, Catalog)],
    ),
    row(
        "LOCK TABLE? ONLY? @, IN ROW EXCLUSIVE MODE",
        "LOCK TABLE t IN ROW EXCLUSIVE MODE",
        &[it(ROW_EXCLUSIVE, Catalog)],
    ),
    row(
        "LOCK TABLE? ONLY? @, IN SHARE UPDATE EXCLUSIVE MODE",
        "LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE",
        &[it(SHARE_UPDATE_EXCLUSIVE, Catalog)],
    ),
    row("LOCK TABLE? ONLY? @, IN SHARE MODE", "LOCK TABLE t IN SHARE MODE", &[it(SHARE, Catalog)]),
    row(
        "LOCK TABLE? ONLY? @, IN SHARE ROW EXCLUSIVE MODE",
        "LOCK TABLE t IN SHARE ROW EXCLUSIVE MODE",
        &[it(SHARE_ROW_EXCLUSIVE, Catalog)],
    ),
    row(
        "LOCK TABLE? ONLY? @, IN EXCLUSIVE MODE",
        "LOCK TABLE t IN EXCLUSIVE MODE",
        &[it(EXCLUSIVE, Catalog)],
    ),
    row("LOCK TABLE? ONLY? @,", "LOCK TABLE t", &[it(ACCESS_EXCLUSIVE, Catalog)]),
    // Views
    row(
        "CREATE OR REPLACE TEMP|TEMPORARY? RECURSIVE? VIEW @",
        "CREATE OR REPLACE VIEW tv AS SELECT id FROM t",
        &[it(ACCESS_EXCLUSIVE, Catalog), what(READ, ACCESS_SHARE, Catalog)],
    ),
    row(
        "CREATE TEMP|TEMPORARY? RECURSIVE? VIEW @",
        "CREATE VIEW fresh AS SELECT id FROM t",
        &[what(READ, ACCESS_SHARE, Catalog)],
    )
    .creating(),
    row(
        "CREATE MATERIALIZED VIEW IF? NOT? EXISTS? @",
        "CREATE MATERIALIZED VIEW fresh AS SELECT id FROM t",
        &[what(READ, ACCESS_SHARE, Scan)],
    )
    .creating(),
    row("DROP VIEW IF? EXISTS? @,", "DROP VIEW tv", &[it(ACCESS_EXCLUSIVE, Catalog)]),
    row(
        "DROP MATERIALIZED VIEW IF? EXISTS? @,",
        "DROP MATERIALIZED VIEW tm",
        &[it(ACCESS_EXCLUSIVE, Catalog)],
    ),
    row(
        "REFRESH MATERIALIZED VIEW CONCURRENTLY @",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY tm",
        &[it(EXCLUSIVE, Rows), what(READ, ACCESS_SHARE, Scan)],
    ),
    row(
        "REFRESH MATERIALIZED VIEW @",
        "REFRESH MATERIALIZED VIEW tm",
        &[it(ACCESS_EXCLUSIVE, Rewrite), what(READ, ACCESS_SHARE, Scan)],
    ),
    // What belongs to a table
    row("CREATE POLICY _ ON @", "CREATE POLICY own ON t USING (true)", &[it(ACCESS_EXCLUSIVE, Catalog)]),
    row("ALTER|DROP POLICY IF? EXISTS? _ ON @", "DROP POLICY seen ON t", &[it(ACCESS_EXCLUSIVE, Catalog)]),
    row(
        "CREATE OR? REPLACE? CONSTRAINT? TRIGGER * ON @",
        "CREATE TRIGGER g2 BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
        &[it(SHARE_ROW_EXCLUSIVE, Catalog)],
    ),
    row("DROP TRIGGER IF? EXISTS? _ ON @", "DROP TRIGGER g ON t", &[it(ACCESS_EXCLUSIVE, Catalog)]),
    row(
        "CREATE OR? REPLACE? RULE _ AS ON * TO @",
        "CREATE RULE r AS ON DELETE TO t DO ALSO NOTHING",
        &[it(ACCESS_EXCLUSIVE, Catalog)],
    ),
    row(
        "CREATE STATISTICS * FROM @",
        "CREATE STATISTICS s ON a, q FROM t",
        &[it(SHARE_UPDATE_EXCLUSIVE, Catalog)],
    ),
    row("COMMENT ON TABLE @ IS", "COMMENT ON TABLE t IS 'all'", &[it(SHARE_UPDATE_EXCLUSIVE, Catalog)]),
    row("COMMENT ON VIEW @ IS", "COMMENT ON VIEW tv IS 'some'", &[it(SHARE_UPDATE_EXCLUSIVE, Catalog)]),
    row(
        "COMMENT ON COLUMN",
        "COMMENT ON COLUMN t.a IS 'one'",
        &[what("the table of the column", SHARE_UPDATE_EXCLUSIVE, Catalog)],
    ),
    row(
        "COMMENT ON",
        "COMMENT ON SEQUENCE sq IS 'numbers'",
        &[what("what is commented on", SHARE_UPDATE_EXCLUSIVE, Catalog)],
    ),
    row(
        "CREATE PUBLICATION _ FOR TABLE ONLY? @",
        "CREATE PUBLICATION p1 FOR TABLE t",
        &[it(SHARE_UPDATE_EXCLUSIVE, Catalog)],
    ),
    row(
        "ALTER SEQUENCE IF? EXISTS? @",
        "ALTER SEQUENCE sq MAXVALUE 99999",
        &[it(SHARE_ROW_EXCLUSIVE, Catalog)],
    ),
    row("DROP SEQUENCE IF? EXISTS? @,", "DROP SEQUENCE sq", &[it(ACCESS_EXCLUSIVE, Catalog)]),
    row("ALTER TYPE _ ADD VALUE", "ALTER TYPE e ADD VALUE 'z'", &[]).since("12"),
    row("GRANT|REVOKE", "GRANT SELECT ON t TO PUBLIC", &[]),
    row(
        "CREATE OR? REPLACE? FUNCTION|PROCEDURE|AGGREGATE",
        "CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        &[],
    ),
    row(
        "CREATE TYPE|DOMAIN|SCHEMA|SEQUENCE|ROLE|USER|COLLATION|CAST",
        "CREATE TYPE fresh AS ENUM ('a')",
        &[],
    ),
    row("CREATE TEMP|TEMPORARY SEQUENCE", "CREATE TEMP SEQUENCE fresh", &[]),
    // Rows
    row("INSERT INTO @", "INSERT INTO p VALUES (9001)", &[it(ROW_EXCLUSIVE, Rows)]),
    row("UPDATE ONLY? @", "UPDATE t SET a = a + 1", &[it(ROW_EXCLUSIVE, Rows)]),
    row("DELETE FROM ONLY? @", "DELETE FROM child", &[it(ROW_EXCLUSIVE, Rows)]),
    row(
        "MERGE INTO ONLY? @",
        "MERGE INTO t USING p ON p.id = t.id WHEN MATCHED THEN UPDATE SET a = 1",
        &[it(ROW_EXCLUSIVE, Rows)],
    ),
    row("COPY @ () FROM", "", &[it(ROW_EXCLUSIVE, Rows)]),
    row("COPY @ () TO", "COPY t (id) TO STDOUT", &[it(ACCESS_SHARE, Scan)]),
    row(
        "WITH * INSERT|UPDATE|DELETE|MERGE",
        "WITH gone AS (DELETE FROM child RETURNING id) SELECT count(*) FROM gone",
        &[what(CHANGED, ROW_EXCLUSIVE, Rows)],
    )
    .note(FUNCTIONS),
    row(
        "SELECT|WITH|( * FOR UPDATE|SHARE|NO|KEY",
        "SELECT id FROM t FOR UPDATE",
        &[what(READ, ROW_SHARE, Rows)],
    )
    .note(FUNCTIONS),
    row("SELECT|VALUES|TABLE|WITH|(", "SELECT count(*) FROM t", &[what(READ, ACCESS_SHARE, Rows)])
        .note(FUNCTIONS),
    // The session and the transaction
    row(
        "SET|RESET|SHOW|BEGIN|START|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|DISCARD",
        "SET LOCAL work_mem = '4MB'",
        &[],
    ),
];
