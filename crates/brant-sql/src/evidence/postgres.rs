//! PostgreSQL.
//!
//! Nearly all of its statements are committed together with the journal, and no question is ever asked about them. What
//! is left is what the server refuses inside a transaction, and files that begin and end transactions themselves.

use super::alter::{Clause, together};
use super::words::{Name, Words, read};
use super::{
    ANYTHING, DOES_NOT_EXIST, EXISTS, Evidence, Finding, NAMELESS, NOT_UNDERSTOOD, OVERLOADED, Question,
    ROWS, Repair, TEMPORARY, Thing, UNCLEAR, cases, unless_repeatable,
};
use crate::Dialect;

pub(crate) fn evidence(sql: &str, dialect: &dyn Dialect) -> Evidence {
    read(sql, dialect, |words| of(words).unwrap_or(Evidence::Unknowable(NOT_UNDERSTOOD)))
}

fn of(mut words: Words<'_>) -> Option<Evidence> {
    Some(match words.skip()?.to_ascii_uppercase().as_str() {
        "CREATE" => created(words)?,
        "DROP" => dropped(words)?,
        "ALTER" => altered(words)?,
        "TRUNCATE" | "GRANT" | "REVOKE" | "VACUUM" | "ANALYZE" | "ANALYSE" | "REINDEX" | "CLUSTER"
        | "COMMENT" | "SECURITY" | "REFRESH" | "CHECKPOINT" | "SHOW" | "EXPLAIN" | "SET" | "RESET"
        | "DISCARD" | "LOAD" | "BEGIN" | "START" | "ROLLBACK" | "ABORT" => Evidence::Repeatable,
        "INSERT" | "UPDATE" | "DELETE" | "MERGE" | "COPY" | "WITH" => Evidence::Unknowable(ROWS),
        "CALL" | "DO" | "EXECUTE" | "SELECT" | "VALUES" => Evidence::Unknowable(ANYTHING),
        _ => return None,
    })
}

/// What `to_regclass` finds.
const RELATIONS: &[(&str, &str)] = &[
    ("TABLE", "table"),
    ("FOREIGN TABLE", "table"),
    ("MATERIALIZED VIEW", "view"),
    ("RECURSIVE VIEW", "view"),
    ("VIEW", "view"),
    ("SEQUENCE", "sequence"),
];

/// What a catalog of its own lists, by a name without a schema: the word, the catalog, the column.
const UNSCHEMED: &[(&str, &str, &str, &str)] = &[
    ("SCHEMA", "schema", "pg_namespace", "nspname"),
    ("EXTENSION", "extension", "pg_extension", "extname"),
    ("DATABASE", "database", "pg_database", "datname"),
    ("TABLESPACE", "tablespace", "pg_tablespace", "spcname"),
    ("ROLE", "role", "pg_roles", "rolname"),
    ("USER", "user", "pg_roles", "rolname"),
    ("GROUP", "role", "pg_roles", "rolname"),
    ("PUBLICATION", "publication", "pg_publication", "pubname"),
    ("SUBSCRIPTION", "subscription", "pg_subscription", "subname"),
];

/// What belongs to a table: the word, the catalog, the columns of its name and of its table.
const PARTS: &[(&str, &str, &str, &str, &str)] = &[
    ("CONSTRAINT TRIGGER", "trigger", "pg_trigger", "tgname", "tgrelid"),
    ("TRIGGER", "trigger", "pg_trigger", "tgname", "tgrelid"),
    ("POLICY", "policy", "pg_policy", "polname", "polrelid"),
];

fn created(mut words: Words<'_>) -> Option<Evidence> {
    if words.take("OR REPLACE") {
        return Some(Evidence::Repeatable);
    }
    let _ = words.take("GLOBAL") || words.take("LOCAL");
    if words.take("TEMPORARY") || words.take("TEMP") {
        return Some(Evidence::Unknowable(TEMPORARY));
    }
    let _ = words.take("UNLOGGED") || words.take("UNIQUE");
    let dialect = words.dialect;
    if words.take("INDEX") {
        return index_made(words);
    }
    if let Some((_, what)) = RELATIONS.iter().find(|(word, _)| words.take(word)) {
        let if_not_exists = words.take("IF NOT EXISTS");
        let name = words.name()?;
        return Some(unless_repeatable(if_not_exists, || new_relation(what, &name, dialect).made()));
    }
    if words.take("USER MAPPING") || words.take("SCHEMA AUTHORIZATION") {
        return None;
    }
    if let Some((_, what, catalog, column)) = UNSCHEMED.iter().find(|(word, ..)| words.take(word)) {
        let if_not_exists = words.take("IF NOT EXISTS");
        let name = words.part()?;
        return Some(unless_repeatable(if_not_exists, || named(what, catalog, column, name, dialect).made()));
    }
    if let Some((_, what, catalog, column, table)) = PARTS.iter().find(|(word, ..)| words.take(word)) {
        let name = words.part()?;
        words.skip_past("ON").then_some(())?;
        return Some(part(what, catalog, column, table, &words.name()?, &name, dialect).made());
    }
    if words.take("TYPE") || words.take("DOMAIN") {
        return Some(type_named(&words.name()?, dialect).made());
    }
    let is_routine = words.take("FUNCTION") || words.take("PROCEDURE") || words.take("AGGREGATE");
    is_routine.then_some(Evidence::Unknowable(OVERLOADED))
}

/// Behind `INDEX`.
fn index_made(mut words: Words<'_>) -> Option<Evidence> {
    let dialect = words.dialect;
    let concurrently = words.take("CONCURRENTLY");
    let if_not_exists = words.take("IF NOT EXISTS");
    if words.take("ON") {
        return Some(Evidence::Unknowable(NAMELESS));
    }
    let name = words.part()?;
    words.take("ON").then_some(())?;
    words.take("ONLY");
    let table = words.name()?;
    if if_not_exists && !concurrently {
        return Some(Evidence::Repeatable);
    }
    let index = |condition: &str| {
        format!(
            "EXISTS (SELECT 1 FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indrelid = {} AND \
             i.relname = {}{condition})",
            regclass(&table, dialect),
            dialect.literal(&name)
        )
    };
    let usable = index(" AND x.indisvalid");
    // One that somebody builds just now is neither.
    let dead = index(
        " AND NOT x.indisvalid AND NOT EXISTS (SELECT 1 FROM pg_stat_progress_create_index p WHERE p.index_relid = \
         x.indexrelid)",
    );
    let none = format!("NOT {}", index(""));
    let dropped = Name { schema: table.schema.clone(), name: name.clone() };
    Some(Evidence::Ask(Question {
        subject: format!("index `{name}`"),
        if_done: EXISTS,
        if_not_done: DOES_NOT_EXIST,
        sql: cases(
            &[(&usable, Finding::DONE), (&dead, Finding::UNUSABLE), (&none, Finding::NOT_DONE)],
            UNCLEAR,
        ),
        repair: Some(Repair::Remove(format!("DROP INDEX CONCURRENTLY IF EXISTS {}", dropped.sql(dialect)))),
        passes_over: if_not_exists,
    }))
}

fn dropped(mut words: Words<'_>) -> Option<Evidence> {
    let dialect = words.dialect;
    if words.has("IF EXISTS") {
        return Some(Evidence::Repeatable);
    }
    if words.take("INDEX") {
        words.take("CONCURRENTLY");
        return Some(relation("index", &words.name()?, dialect).dropped());
    }
    if let Some((_, what)) = RELATIONS.iter().find(|(word, _)| words.take(word)) {
        return Some(relation(what, &words.name()?, dialect).dropped());
    }
    if words.take("USER MAPPING") || words.take("SCHEMA AUTHORIZATION") {
        return None;
    }
    if let Some((_, what, catalog, column)) = UNSCHEMED.iter().find(|(word, ..)| words.take(word)) {
        return Some(named(what, catalog, column, words.part()?, dialect).dropped());
    }
    if let Some((_, what, catalog, column, table)) = PARTS.iter().find(|(word, ..)| words.take(word)) {
        let name = words.part()?;
        words.take("ON").then_some(())?;
        return Some(part(what, catalog, column, table, &words.name()?, &name, dialect).dropped());
    }
    if words.take("TYPE") || words.take("DOMAIN") {
        return Some(type_named(&words.name()?, dialect).dropped());
    }
    words.take_one(&["FUNCTION", "PROCEDURE", "AGGREGATE"]).map(|_| Evidence::Unknowable(OVERLOADED))
}

fn altered(mut words: Words<'_>) -> Option<Evidence> {
    if words.take("TABLE") {
        if words.take("IF EXISTS") {
            return None;
        }
        words.take("ONLY");
        let table = words.name()?;
        let clauses: Vec<Clause> =
            words.clauses().into_iter().map(|c| clause(&table, c).unwrap_or_else(Clause::unknown)).collect();
        return Some(together(&clauses));
    }
    if words.take("SYSTEM") {
        return Some(Evidence::Repeatable);
    }
    if words.take("TYPE") {
        return value_added(words);
    }
    let moves = words.mentions(&["RENAME", "ADD", "DROP", "RESTART", "SCHEMA"]);
    Some(if moves { Evidence::Unknowable(NOT_UNDERSTOOD) } else { Evidence::Repeatable })
}

/// `ALTER TYPE name ADD VALUE [IF NOT EXISTS] 'value'`
fn value_added(mut words: Words<'_>) -> Option<Evidence> {
    let dialect = words.dialect;
    let name = words.name()?;
    words.take("ADD VALUE").then_some(())?;
    if words.take("IF NOT EXISTS") {
        return Some(Evidence::Repeatable);
    }
    let value = words.text()?;
    let exists = format!(
        "EXISTS (SELECT 1 FROM pg_enum WHERE enumtypid = to_regtype({}) AND enumlabel = {})",
        dialect.literal(&name.sql(dialect)),
        dialect.literal(value)
    );
    Some(Thing { what: "value", name: format!("{}.{value}", name.shown()), exists }.made())
}

fn clause(table: &Name, mut words: Words<'_>) -> Option<Clause> {
    let dialect = words.dialect;
    match words.skip()?.to_ascii_uppercase().as_str() {
        "ADD" => {
            if words.take("CONSTRAINT") {
                let name = words.part()?;
                return Some(Clause::new(&[&name], constraint(table, &name, dialect).made()));
            }
            if words.take_one(&["PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "EXCLUDE"]).is_some() {
                return Some(Clause::new(&[], Evidence::Unknowable(NAMELESS)));
            }
            words.take("COLUMN");
            let if_not_exists = words.take("IF NOT EXISTS");
            let name = words.part()?;
            let evidence = unless_repeatable(if_not_exists, || column(table, &name, dialect).made());
            Some(Clause::new(&[&name], evidence))
        }
        "DROP" => {
            let thing = if words.take("CONSTRAINT") { constraint } else { column };
            words.take("COLUMN");
            let if_exists = words.take("IF EXISTS");
            let name = words.part()?;
            let evidence = unless_repeatable(if_exists, || thing(table, &name, dialect).dropped());
            Some(Clause::new(&[&name], evidence))
        }
        "RENAME" => renamed(table, words),
        "DETACH" => detached(table, words),
        "ALTER" if words.mentions(&["USING", "RESTART", "IDENTITY", "EXPRESSION"]) => None,
        "SET" if words.take("SCHEMA") => None,
        "ALTER" | "VALIDATE" | "OWNER" | "SET" | "RESET" | "ENABLE" | "DISABLE" | "FORCE" | "NO"
        | "CLUSTER" | "REPLICA" => Some(Clause::repeatable()),
        _ => None,
    }
}

/// Behind `DETACH`: one that was interrupted is pending, and can only be finished.
fn detached(table: &Name, mut words: Words<'_>) -> Option<Clause> {
    let dialect = words.dialect;
    words.take("PARTITION").then_some(())?;
    let partition = words.name()?;
    words.take("CONCURRENTLY").then_some(())?;
    let inherits = |condition: &str| {
        format!(
            "EXISTS (SELECT 1 FROM pg_inherits WHERE inhrelid = {} AND inhparent = {}{condition})",
            regclass(&partition, dialect),
            regclass(table, dialect)
        )
    };
    let (pending, any) = (inherits(" AND inhdetachpending"), inherits(""));
    let finish =
        format!("ALTER TABLE {} DETACH PARTITION {} FINALIZE", table.sql(dialect), partition.sql(dialect));
    let question = Question {
        subject: format!("partition `{}`", partition.shown()),
        if_done: "is detached",
        if_not_done: "is still attached",
        sql: cases(&[(&pending, Finding::UNUSABLE), (&any, Finding::NOT_DONE)], Finding::DONE),
        repair: Some(Repair::Complete(finish)),
        passes_over: false,
    };
    Some(Clause::new(&[&partition.name], Evidence::Ask(question)))
}

fn renamed(table: &Name, mut words: Words<'_>) -> Option<Clause> {
    let dialect = words.dialect;
    if words.take("TO") {
        let new = Name { schema: table.schema.clone(), name: words.part()? };
        let evidence = relation("table", &new, dialect).renamed_from(&relation("table", table, dialect));
        return Some(Clause { moves: true, ..Clause::new(&[&table.name, &new.name], evidence) });
    }
    let thing = if words.take("CONSTRAINT") { constraint } else { column };
    words.take("COLUMN");
    let old = words.part()?;
    words.take("TO").then_some(())?;
    let new = words.part()?;
    let evidence = thing(table, &new, dialect).renamed_from(&thing(table, &old, dialect));
    Some(Clause::new(&[&old, &new], evidence))
}

/// Something that `to_regclass` finds where the search path leads.
fn relation(what: &'static str, name: &Name, dialect: &dyn Dialect) -> Thing {
    Thing { what, name: name.shown(), exists: format!("{} IS NOT NULL", regclass(name, dialect)) }
}

/// The same, where CREATE puts it: something of that name further along the search path is another one.
fn new_relation(what: &'static str, name: &Name, dialect: &dyn Dialect) -> Thing {
    let exists = format!(
        "EXISTS (SELECT 1 FROM pg_class WHERE relname = {} AND relnamespace = to_regnamespace({}))",
        dialect.literal(&name.name),
        name.schema.as_ref().map_or_else(
            || "quote_ident(current_schema())".to_owned(),
            |schema| dialect.literal(&dialect.identifier(schema))
        )
    );
    Thing { what, name: name.shown(), exists }
}

fn type_named(name: &Name, dialect: &dyn Dialect) -> Thing {
    let exists = format!("to_regtype({}) IS NOT NULL", dialect.literal(&name.sql(dialect)));
    Thing { what: "type", name: name.shown(), exists }
}

fn named(what: &'static str, catalog: &str, column: &str, name: String, dialect: &dyn Dialect) -> Thing {
    let exists = format!("EXISTS (SELECT 1 FROM {catalog} WHERE {column} = {})", dialect.literal(&name));
    Thing { what, name, exists }
}

fn column(table: &Name, name: &str, dialect: &dyn Dialect) -> Thing {
    part("column", "pg_attribute", "NOT attisdropped AND attname", "attrelid", table, name, dialect)
}

fn constraint(table: &Name, name: &str, dialect: &dyn Dialect) -> Thing {
    part("constraint", "pg_constraint", "conname", "conrelid", table, name, dialect)
}

fn part(
    what: &'static str,
    catalog: &str,
    name_column: &str,
    table_column: &str,
    table: &Name,
    name: &str,
    dialect: &dyn Dialect,
) -> Thing {
    let exists = format!(
        "EXISTS (SELECT 1 FROM {catalog} WHERE {name_column} = {} AND {table_column} = {})",
        dialect.literal(name),
        regclass(table, dialect)
    );
    Thing { what, name: format!("{}.{name}", table.shown()), exists }
}

fn regclass(name: &Name, dialect: &dyn Dialect) -> String {
    format!("to_regclass({})", dialect.literal(&name.sql(dialect)))
}
