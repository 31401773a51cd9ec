//! The clauses of `ALTER TABLE`.

use super::super::Lock;
use super::super::Work::{Catalog, Index, Rewrite, Scan, Unknown};
use super::super::rule::{Clauses, EffectRule, it, other, row, what};
use super::{
    ACCESS_EXCLUSIVE, ACCESS_SHARE, MANUAL, OLDER, ROW_SHARE, SHARE_ROW_EXCLUSIVE, SHARE_UPDATE_EXCLUSIVE,
};

/// The clauses of `ALTER TABLE`: of several, the strongest counts.
pub(super) static CLAUSES: Clauses = Clauses { rules: RULES, mixed: None };

const RULES: &[EffectRule] = &[
    // Constraints
    row(
        "ADD CONSTRAINT _ CHECK () NOT VALID",
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a >= 0) NOT VALID",
        &[it(ACCESS_EXCLUSIVE, Catalog)],
    ),
    row("ADD CHECK () NOT VALID", "ALTER TABLE t ADD CHECK (a >= 0) NOT VALID", &[it(ACCESS_EXCLUSIVE, Catalog)]),
    row(
        "ADD CONSTRAINT _ CHECK () NOT ENFORCED",
        "",
        &[it(ACCESS_EXCLUSIVE, Catalog)],
    )
    .since("18")
    .source(MANUAL),
    row("ADD CONSTRAINT _ CHECK", "ALTER TABLE t ADD CONSTRAINT c CHECK (a >= 0)", &[it(ACCESS_EXCLUSIVE, Scan)]),
    row("ADD CHECK", "ALTER TABLE t ADD CHECK (a >= 0)", &[it(ACCESS_EXCLUSIVE, Scan)]),
    row(
        "ADD CONSTRAINT _ NOT NULL _ NOT VALID",
        "",
        &[it(ACCESS_EXCLUSIVE, Catalog)],
    )
    .since("18")
    .source(MANUAL),
    row("ADD CONSTRAINT _ NOT NULL", "", &[it(ACCESS_EXCLUSIVE, Scan)]).since("18").source(MANUAL),
    row(
        "ADD CONSTRAINT _ FOREIGN KEY () REFERENCES # * NOT VALID",
        "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (p_id) REFERENCES p NOT VALID",
        &[it(SHARE_ROW_EXCLUSIVE, Catalog), other(SHARE_ROW_EXCLUSIVE, Catalog)],
    ),
    row(
        "ADD FOREIGN KEY () REFERENCES # * NOT VALID",
        "ALTER TABLE t ADD FOREIGN KEY (p_id) REFERENCES p NOT VALID",
        &[it(SHARE_ROW_EXCLUSIVE, Catalog), other(SHARE_ROW_EXCLUSIVE, Catalog)],
    ),
    row(
        "ADD CONSTRAINT _ FOREIGN KEY () REFERENCES #",
        "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (p_id) REFERENCES p (id)",
        &[it(SHARE_ROW_EXCLUSIVE, Scan), other(SHARE_ROW_EXCLUSIVE, Scan)],
    ),
    row(
        "ADD FOREIGN KEY () REFERENCES #",
        "ALTER TABLE t ADD FOREIGN KEY (p_id) REFERENCES p",
        &[it(SHARE_ROW_EXCLUSIVE, Scan), other(SHARE_ROW_EXCLUSIVE, Scan)],
    ),
    row(
        "ADD CONSTRAINT _ PRIMARY|UNIQUE KEY? USING INDEX",
        "ALTER TABLE nopk ADD CONSTRAINT u PRIMARY KEY USING INDEX nopk_maybe",
        &[it(ACCESS_EXCLUSIVE, Scan)],
    )
    .unless("the columns are NOT NULL already, or need not be"),
    row(
        "ADD CONSTRAINT _ PRIMARY|UNIQUE|EXCLUDE",
        "ALTER TABLE t ADD CONSTRAINT u UNIQUE (id, a)",
        &[it(ACCESS_EXCLUSIVE, Index)],
    ),
    row("ADD PRIMARY|UNIQUE|EXCLUDE", "ALTER TABLE nopk ADD PRIMARY KEY (id)", &[it(ACCESS_EXCLUSIVE, Index)]),
    row(
        "VALIDATE CONSTRAINT",
        "ALTER TABLE t VALIDATE CONSTRAINT t_later",
        &[
            it(SHARE_UPDATE_EXCLUSIVE, Scan),
            what("the table that a foreign key refers to", ROW_SHARE, Scan),
        ],
    ),
    row(
        "DROP CONSTRAINT",
        "ALTER TABLE child DROP CONSTRAINT child_fk",
        &[
            it(ACCESS_EXCLUSIVE, Catalog),
            what("the table that a foreign key refers to", ACCESS_EXCLUSIVE, Catalog),
        ],
    ),
    row(
        "ALTER CONSTRAINT",
        "ALTER TABLE child ALTER CONSTRAINT child_fk DEFERRABLE",
        &[
            it(ACCESS_EXCLUSIVE, Catalog),
            what("the table that a foreign key refers to", ACCESS_EXCLUSIVE, Catalog),
        ],
    ),
    row("RENAME CONSTRAINT", "ALTER TABLE t RENAME CONSTRAINT t_chk TO c", &[it(ACCESS_EXCLUSIVE, Catalog)]),
    row("ADD CONSTRAINT", "", &[it(Lock::UNKNOWN, Unknown)]),
    // Columns
    row("ADD COLUMN? IF? NOT? EXISTS? _", "ALTER TABLE t ADD COLUMN c int", &[it(ACCESS_EXCLUSIVE, Catalog)])
        .with_parts(NEW_COLUMN),
    row("DROP COLUMN? IF? EXISTS? _", "ALTER TABLE t DROP COLUMN b", &[it(ACCESS_EXCLUSIVE, Catalog)]),
    row("RENAME TO _", "ALTER TABLE t RENAME TO t2", &[it(ACCESS_EXCLUSIVE, Catalog)]),
    row("RENAME COLUMN? _ TO", "ALTER TABLE t RENAME a TO a2", &[it(ACCESS_EXCLUSIVE, Catalog)]),
    row(
        "ALTER COLUMN? _ SET NOT NULL",
        "ALTER TABLE t ALTER a SET NOT NULL",
        &[it(ACCESS_EXCLUSIVE, Scan)],
    )
    .unless("a validated CHECK (… IS NOT NULL) proves it (from 12)"),
    row(
        "ALTER COLUMN? _ SET|DROP DEFAULT",
        "ALTER TABLE t ALTER a SET DEFAULT 7",
        &[it(ACCESS_EXCLUSIVE, Catalog)],
    ),
    row("ALTER COLUMN? _ DROP NOT NULL", "ALTER TABLE t ALTER q DROP NOT NULL", &[it(ACCESS_EXCLUSIVE, Catalog)]),
    row(
        "ALTER COLUMN? _ ADD GENERATED",
        "ALTER TABLE t ALTER q ADD GENERATED ALWAYS AS IDENTITY",
        &[it(ACCESS_EXCLUSIVE, Catalog)],
    ),
    row(
        "ALTER COLUMN? _ DROP IDENTITY|EXPRESSION",
        "ALTER TABLE t ALTER i DROP IDENTITY",
        &[it(ACCESS_EXCLUSIVE, Catalog)],
    ),
    row(
        "ALTER COLUMN? _ SET STATISTICS",
        "ALTER TABLE t ALTER a SET STATISTICS 500",
        &[it(SHARE_UPDATE_EXCLUSIVE, Catalog)],
    ),
    row(
        "ALTER COLUMN? _ SET|RESET (",
        "ALTER TABLE t ALTER a SET (n_distinct = 5)",
        &[it(SHARE_UPDATE_EXCLUSIVE, Catalog)],
    ),
    row(
        "ALTER COLUMN? _ SET STORAGE|COMPRESSION",
        "ALTER TABLE t ALTER b SET STORAGE EXTERNAL",
        &[it(ACCESS_EXCLUSIVE, Catalog)],
    ),
    row(
        "ALTER COLUMN? _ SET? DATA? TYPE * COLLATE",
        "ALTER TABLE t ALTER v TYPE varchar(5) COLLATE \"C\"",
        &[it(ACCESS_EXCLUSIVE, Rewrite)],
    )
    .unless("the type stays: then only the indexes on the column are built anew"),
    row(
        "ALTER COLUMN? _ SET? DATA? TYPE",
        "ALTER TABLE t ALTER a TYPE bigint",
        &[it(ACCESS_EXCLUSIVE, Rewrite)],
    )
    .unless(
        "a varchar or a numeric's precision grows, varchar becomes text, a numeric loses its limits, or timestamp \
         becomes timestamptz in a session in UTC",
    ),
    // The table
    row("SET SCHEMA", "ALTER TABLE t SET SCHEMA elsewhere", &[it(ACCESS_EXCLUSIVE, Catalog)]),
    row("OWNER TO", "ALTER TABLE t OWNER TO CURRENT_USER", &[it(ACCESS_EXCLUSIVE, Catalog)])
        .source("PostgreSQL's manual; to the owner that a table has, it takes no lock"),
    row("SET LOGGED|UNLOGGED", "ALTER TABLE alone SET UNLOGGED", &[it(ACCESS_EXCLUSIVE, Rewrite)]),
    row("SET|RESET (", "ALTER TABLE t SET (fillfactor = 70)", &[it(SHARE_UPDATE_EXCLUSIVE, Catalog)])
        .note("settings of an access method may need more"),
    row("SET TABLESPACE", "", &[it(ACCESS_EXCLUSIVE, Rewrite)]).source(MANUAL),
    row("CLUSTER ON", "ALTER TABLE t CLUSTER ON t_a", &[it(SHARE_UPDATE_EXCLUSIVE, Catalog)]),
    row("SET WITHOUT CLUSTER", "ALTER TABLE t SET WITHOUT CLUSTER", &[it(SHARE_UPDATE_EXCLUSIVE, Catalog)]),
    row("REPLICA IDENTITY", "ALTER TABLE t REPLICA IDENTITY FULL", &[it(ACCESS_EXCLUSIVE, Catalog)]),
    row(
        "ENABLE|DISABLE|FORCE|NO FORCE? ROW LEVEL SECURITY",
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        &[it(ACCESS_EXCLUSIVE, Catalog)],
    ),
    row(
        "ENABLE|DISABLE REPLICA|ALWAYS? TRIGGER",
        "ALTER TABLE t DISABLE TRIGGER g",
        &[it(SHARE_ROW_EXCLUSIVE, Catalog)],
    ),
    row(
        "ENABLE|DISABLE REPLICA|ALWAYS? RULE",
        "ALTER TABLE alone DISABLE RULE quiet",
        &[it(ACCESS_EXCLUSIVE, Catalog)],
    ),
    // Partitions
    row(
        "ATTACH PARTITION #",
        "ALTER TABLE pt ATTACH PARTITION loose FOR VALUES IN (7)",
        &[
            it(SHARE_UPDATE_EXCLUSIVE, Catalog),
            other(ACCESS_EXCLUSIVE, Scan),
            what("its default partition, if it has one", ACCESS_EXCLUSIVE, Scan),
        ],
    )
    .since("12")
    .unless("a validated CHECK says already which rows there are"),
    row(
        "DETACH PARTITION # CONCURRENTLY",
        "",
        &[it(SHARE_UPDATE_EXCLUSIVE, Catalog), other(ACCESS_EXCLUSIVE, Catalog)],
    )
    .since("14")
    .note(OLDER)
    .source(MANUAL),
    row(
        "DETACH PARTITION #",
        "ALTER TABLE pt DETACH PARTITION pt1",
        &[
            it(ACCESS_EXCLUSIVE, Catalog),
            other(ACCESS_EXCLUSIVE, Catalog),
            what("its default partition, if it has one", ACCESS_EXCLUSIVE, Catalog),
        ],
    ),
    row("INHERIT #", "", &[it(ACCESS_EXCLUSIVE, Catalog), other(ACCESS_SHARE, Catalog)]).source(MANUAL),
];

/// Types that are no domain, and functions whose value stays the same during a statement.
macro_rules! known {
    (types) => {
        "!int|int2|int4|int8|integer|smallint|bigint|text|varchar|character|char|bpchar|boolean|bool|numeric|decimal|\
         real|double|float|float4|float8|date|time|timetz|timestamp|timestamptz|interval|uuid|json|jsonb|bytea|inet|cidr|\
         macaddr|xml|money|bit|point|line|box|path|polygon|circle|tsvector|tsquery|int4range|int8range|numrange|tsrange|\
         tstzrange|daterange|oid|name|serial|serial2|serial4|serial8|smallserial|bigserial|hstore|citext"
    };
    (functions) => {
        "!now|current_timestamp|current_date|current_time|localtime|localtimestamp|transaction_timestamp|\
         statement_timestamp|current_user|current_setting|array|jsonb_build_object|to_timestamp|numeric|decimal|varchar|\
         char|character|timestamp|timestamptz|time|bit|check|unique|references|key|as|and|or|not|in"
    };
}

/// What a new column brings, beyond an entry in the catalog.
const NEW_COLUMN: &[EffectRule] = &[
    row(
        "ADD COLUMN? IF? NOT? EXISTS? _ serial|serial2|serial4|serial8|smallserial|bigserial",
        "ALTER TABLE t ADD COLUMN c serial",
        &[it(ACCESS_EXCLUSIVE, Rewrite)],
    ),
    row(
        "* GENERATED * IDENTITY",
        "ALTER TABLE t ADD COLUMN c int GENERATED ALWAYS AS IDENTITY",
        &[it(ACCESS_EXCLUSIVE, Rewrite)],
    ),
    row(
        "* GENERATED ALWAYS AS () STORED",
        "ALTER TABLE t ADD COLUMN c int GENERATED ALWAYS AS (a + 1) STORED",
        &[it(ACCESS_EXCLUSIVE, Rewrite)],
    ),
    row(
        "* DEFAULT * clock_timestamp|timeofday|random|gen_random_uuid|uuid_generate_v1|uuid_generate_v4|uuidv4|uuidv7|nextval (",
        "ALTER TABLE t ADD COLUMN c uuid NOT NULL DEFAULT gen_random_uuid()",
        &[it(ACCESS_EXCLUSIVE, Rewrite)],
    ),
    row(
        concat!("* DEFAULT * ", known!(functions), " ("),
        "ALTER TABLE t ADD COLUMN c int DEFAULT moving()",
        &[it(ACCESS_EXCLUSIVE, Rewrite)],
    )
    .unless("the functions of its DEFAULT are not VOLATILE"),
    row(
        concat!("ADD COLUMN? IF? NOT? EXISTS? _ ", known!(types)),
        "ALTER TABLE t ADD COLUMN c positive",
        &[it(ACCESS_EXCLUSIVE, Rewrite)],
    )
    .unless("its type is no domain with a constraint"),
    row("* CHECK (", "ALTER TABLE t ADD COLUMN c int CHECK (c > 0)", &[it(ACCESS_EXCLUSIVE, Scan)]),
    row("* UNIQUE|PRIMARY", "ALTER TABLE t ADD COLUMN c int UNIQUE", &[it(ACCESS_EXCLUSIVE, Index)]),
    row(
        "* REFERENCES #",
        "ALTER TABLE t ADD COLUMN c int REFERENCES p",
        &[other(SHARE_ROW_EXCLUSIVE, Catalog)],
    )
    .with_parts(&[row(
        "* DEFAULT * REFERENCES #",
        "ALTER TABLE t ADD COLUMN c int DEFAULT 1 REFERENCES p",
        &[it(ACCESS_EXCLUSIVE, Scan), other(SHARE_ROW_EXCLUSIVE, Scan)],
    )]),
];
