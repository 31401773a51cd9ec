//! What tools and guides have said of locks and is not so, and what is easily missed.

use brant_sql::effects::{Blocks, Effects, Work};

use crate::support::of;

/// `subject lock work`, in the order in which they were found.
fn short(effects: &Effects) -> String {
    let mut lines: Vec<String> = effects
        .on
        .iter()
        .map(|e| {
            format!(
                "{}: {} {:?}{}",
                e.subject,
                e.lock.name,
                e.work,
                if e.unless.is_some() { "?" } else { "" }
            )
        })
        .collect();
    lines.extend(effects.has_unknown.then(|| "more that is not known".to_owned()));
    lines.join("; ")
}

#[test]
fn postgres() {
    for (sql, wanted) in [
        // "DEFAULT now() rewrites the table": it is STABLE.
        ("ALTER TABLE t ADD COLUMN c timestamptz NOT NULL DEFAULT now()", "t: ACCESS EXCLUSIVE Catalog"),
        ("ALTER TABLE t ADD COLUMN c timestamptz DEFAULT current_timestamp", "t: ACCESS EXCLUSIVE Catalog"),
        ("ALTER TABLE t ADD COLUMN c text DEFAULT 'x', ADD d int", "t: ACCESS EXCLUSIVE Catalog"),
        ("ALTER TABLE t ADD COLUMN c timestamptz DEFAULT clock_timestamp()", "t: ACCESS EXCLUSIVE Rewrite"),
        ("ALTER TABLE t ADD COLUMN c int DEFAULT own_function(1)", "t: ACCESS EXCLUSIVE Rewrite?"),
        ("ALTER TABLE t ADD c int DEFAULT 1 CHECK (c > 0)", "t: ACCESS EXCLUSIVE Scan"),
        // "ADD FOREIGN KEY takes ACCESS EXCLUSIVE": it lets readers in, but on both tables nobody writes.
        (
            "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES s.p (id)",
            "t: SHARE ROW EXCLUSIVE Scan; s.p: SHARE ROW EXCLUSIVE Scan",
        ),
        (
            "ALTER TABLE ONLY \"T\" ADD FOREIGN KEY (a) REFERENCES p ON DELETE CASCADE NOT VALID",
            "\"T\": SHARE ROW EXCLUSIVE Catalog; p: SHARE ROW EXCLUSIVE Catalog",
        ),
        // "an index on a partitioned parent takes ACCESS EXCLUSIVE"
        ("CREATE INDEX ON pt (k)", "pt: SHARE Index"),
        // "a new COLLATE rewrites the table": its indexes, if the type stays
        ("ALTER TABLE t ALTER v TYPE text COLLATE \"C\"", "t: ACCESS EXCLUSIVE Rewrite?"),
        // "CONCURRENTLY leaves you free": it waits for every older transaction
        (
            "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON s.t USING btree (a)",
            "s.t: SHARE UPDATE EXCLUSIVE Index",
        ),
        (
            "DROP INDEX a.i, j",
            "the table of a.i: ACCESS EXCLUSIVE Catalog; the table of j: ACCESS EXCLUSIVE Catalog; a.i: ACCESS EXCLUSIVE Catalog; j: ACCESS EXCLUSIVE Catalog",
        ),
        // Of several clauses the strongest, and the work of the hardest.
        (
            "ALTER TABLE t VALIDATE CONSTRAINT c, ADD COLUMN d int",
            "t: ACCESS EXCLUSIVE Scan; the table that a foreign key refers to: ROW SHARE Scan",
        ),
        (
            "ALTER TABLE t ALTER a SET STATISTICS 5, ALTER b SET (n_distinct = 3)",
            "t: SHARE UPDATE EXCLUSIVE Catalog",
        ),
        ("ALTER TABLE t SET STORAGE plain, WHAT IS this", "t: unknown Unknown"),
        ("CALL tidy_up()", "more that is not known"),
        ("DO $$ BEGIN DROP TABLE t; END $$", "more that is not known"),
        (
            "UPDATE t SET a = 1; DROP TABLE p;",
            "t: ROW EXCLUSIVE Rows; p: ACCESS EXCLUSIVE Catalog; the tables its foreign keys refer to, those that refer to it, and the table it is a partition of: ACCESS EXCLUSIVE Catalog",
        ),
        ("SELECT 'never closed", "more that is not known"),
    ] {
        assert_eq!(short(&of("postgres", sql, "PostgreSQL 15.4")), wanted, "{sql}");
    }
}

#[test]
fn a_row_holds_from_its_version_on() {
    for (sql, server, wanted) in [
        (
            "ALTER TABLE t ADD CONSTRAINT c NOT NULL a NOT VALID",
            "PostgreSQL 18.1",
            "t: ACCESS EXCLUSIVE Catalog",
        ),
        ("ALTER TABLE t ADD CONSTRAINT c NOT NULL a NOT VALID", "PostgreSQL 15.4", "t: unknown Unknown"),
        ("ALTER INDEX i RENAME TO j", "PostgreSQL 11.3", "more that is not known"),
        ("ALTER TABLE t ADD COLUMN c int AFTER a", "MySQL 8.0.28", "t: ALGORITHM=INPLACE, LOCK=NONE Rewrite"),
        ("ALTER TABLE t ADD COLUMN c int AFTER a", "MySQL 8.4.0", "t: ALGORITHM=INSTANT, LOCK=NONE Catalog"),
        ("ALTER TABLE t ADD COLUMN c int", "MySQL 8.0.12", "t: ALGORITHM=INSTANT, LOCK=NONE Catalog"),
        ("ALTER TABLE t ADD COLUMN c int", "MySQL 5.7.40", "t: ALGORITHM=INPLACE, LOCK=NONE Rewrite"),
        ("ALTER TABLE t ADD COLUMN c int", "MariaDB 10.11.6", "t: ALGORITHM=INSTANT, LOCK=NONE Catalog"),
        (
            "ALTER TABLE t WAIT 5 ADD COLUMN c int",
            "MariaDB 10.11.6",
            "t: ALGORITHM=INSTANT, LOCK=NONE Catalog",
        ),
        (
            "SET STATEMENT lock_wait_timeout=1 FOR ALTER TABLE t FORCE",
            "MariaDB 10.11.6",
            "what the statement behind FOR uses: unknown Unknown",
        ),
    ] {
        let dialect = if server.starts_with('P') { "postgres" } else { "mysql" };
        assert_eq!(short(&of(dialect, sql, server)), wanted, "{server}: {sql}");
    }
}

#[test]
fn without_a_server_the_worst_of_both_products_counts() {
    let mysql = brant_sql::dialect_by_name("mysql").unwrap();
    let found = brant_sql::effects::effects("ALTER TABLE t DROP COLUMN c", mysql, None);
    assert_eq!((found.on.len(), found.on[0].work), (1, Work::Rewrite));
    assert_eq!((found.blocks(), found.queue()), (Blocks::Writes, Blocks::Everything));
}
