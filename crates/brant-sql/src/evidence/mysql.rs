//! MySQL and MariaDB.
//!
//! A single ALTER TABLE, RENAME TABLE or CREATE is atomic on MySQL 8 and MariaDB 10.6; on older servers as long as the
//! server itself does not crash.

use super::alter::{Clause, together};
use super::words::{Name, Words, names, read};
use super::{
    ANYTHING, DOES_NOT_EXIST, EXISTS, Evidence, Finding, NAMELESS, NOT_UNDERSTOOD, RIGHTS, ROWS,
    SEVERAL_OBJECTS, TEMPORARY, Thing, UNCLEAR, cases, unless_repeatable,
};
use brant_core::{StatementClass, StatementKind};

use crate::{Dialect, count_commands};

pub(crate) fn evidence(sql: &str, dialect: &dyn Dialect) -> Evidence {
    read(sql, dialect, |words| of(words).unwrap_or(Evidence::Unknowable(NOT_UNDERSTOOD)))
}

/// One command that changes rows and returns none can travel in one message with others.
pub(crate) fn may_join_note(sql: &str, class: StatementClass, dialect: &dyn Dialect) -> bool {
    let first = sql.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    class.kind == StatementKind::Dml
        && ["INSERT", "UPDATE", "DELETE", "REPLACE"].iter().any(|word| first.eq_ignore_ascii_case(word))
        && !sql.to_ascii_uppercase().contains("RETURNING")
        && count_commands(sql, dialect) == 1
}

/// Any table of the server that has a name which the statement mentions: one too many does no harm.
pub(crate) fn beyond_rollback(sql: &str, dialect: &dyn Dialect) -> Option<String> {
    let names: Vec<String> = names(sql, dialect).iter().map(|name| dialect.literal(name)).collect();
    (!names.is_empty()).then(|| {
        format!(
            "SELECT t.table_name FROM information_schema.tables t JOIN information_schema.engines e ON e.engine = \
             t.engine WHERE e.transactions = 'NO' AND t.table_schema NOT IN ('information_schema', 'mysql', \
             'performance_schema', 'sys') AND t.table_name IN ({}) ORDER BY 1",
            names.join(", ")
        )
    })
}

fn of(mut words: Words<'_>) -> Option<Evidence> {
    Some(match words.skip()?.to_ascii_uppercase().as_str() {
        "CREATE" => created(words)?,
        "DROP" => dropped(words)?,
        "ALTER" => altered(words)?,
        "RENAME" => renamed(words)?,
        "TRUNCATE" | "GRANT" | "ANALYZE" | "OPTIMIZE" | "REPAIR" | "CHECK" | "FLUSH" | "SHOW" | "EXPLAIN"
        | "DESCRIBE" | "DESC" | "HELP" | "SET" | "USE" | "START" | "ROLLBACK" | "LOCK" | "UNLOCK" => {
            Evidence::Repeatable
        }
        "BEGIN" if !words.take("NOT ATOMIC") => Evidence::Repeatable,
        "REVOKE" => Evidence::Unknowable(RIGHTS),
        "INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "LOAD" | "WITH" => Evidence::Unknowable(ROWS),
        "CALL" | "DO" | "EXECUTE" | "BEGIN" | "SELECT" | "VALUES" => Evidence::Unknowable(ANYTHING),
        _ => return None,
    })
}

const KINDS: &[&str] = &[
    "TABLE",
    "INDEX",
    "VIEW",
    "TRIGGER",
    "PROCEDURE",
    "FUNCTION",
    "EVENT",
    "SEQUENCE",
    "USER",
    "ROLE",
    "DATABASE",
    "SCHEMA",
];

fn created(mut words: Words<'_>) -> Option<Evidence> {
    let or_replace = words.take("OR REPLACE");
    if words.take("TEMPORARY") {
        return Some(Evidence::Unknowable(TEMPORARY));
    }
    // DEFINER = user@host, ALGORITHM = …, SQL SECURITY …, AGGREGATE, UNIQUE, FULLTEXT, SPATIAL
    let kind = loop {
        if let Some(kind) = words.take_one(KINDS) {
            break kind;
        }
        words.skip()?;
    };
    if words.take("IF NOT EXISTS") || or_replace {
        return Some(Evidence::Repeatable);
    }
    if kind == "INDEX" {
        let index = words.part()?;
        words.skip_past("ON").then_some(())?;
        return Some(index_of(&words.name()?, &index, words.dialect).made());
    }
    let thing = object(kind, &mut words)?;
    Some(if kind == "USER" { account_asked(thing, true) } else { thing.made() })
}

fn dropped(mut words: Words<'_>) -> Option<Evidence> {
    if words.take("TEMPORARY") {
        return Some(Evidence::Unknowable(TEMPORARY));
    }
    let kind = words.take_one(KINDS)?;
    if words.take("IF EXISTS") {
        return Some(Evidence::Repeatable);
    }
    if kind == "INDEX" {
        let index = words.part()?;
        words.take("ON").then_some(())?;
        return Some(index_of(&words.name()?, &index, words.dialect).dropped());
    }
    let thing = object(kind, &mut words)?;
    // Each table of the list is dropped by itself.
    Some(match kind {
        _ if words.take_symbol(b',') => Evidence::Unknowable(SEVERAL_OBJECTS),
        "USER" => account_asked(thing, false),
        _ => thing.dropped(),
    })
}

fn renamed(mut words: Words<'_>) -> Option<Evidence> {
    let kind = words.take_one(&["TABLE", "TABLES", "USER"])?;
    let kind = if kind == "USER" { kind } else { "TABLE" };
    let mut clauses = Vec::new();
    for mut pair in words.clauses() {
        let old = object(kind, &mut pair)?;
        pair.take("TO").then_some(())?;
        let new = object(kind, &mut pair)?;
        let names = [old.name.clone(), new.name.clone()];
        clauses.push(Clause::new(&[&names[0], &names[1]], new.renamed_from(&old)));
    }
    Some(together(&clauses))
}

fn altered(mut words: Words<'_>) -> Option<Evidence> {
    let _ = words.take("ONLINE") || words.take("IGNORE");
    if words.take("TABLE") {
        if words.take("IF EXISTS") {
            return None;
        }
        let table = words.name()?;
        let clauses: Vec<Clause> =
            words.clauses().into_iter().map(|c| clause(&table, c).unwrap_or_else(Clause::unknown)).collect();
        return Some(together(&clauses));
    }
    let restarts = words.mentions(&["RENAME", "RESTART", "PARTITION"]);
    Some(if restarts { Evidence::Unknowable(NOT_UNDERSTOOD) } else { Evidence::Repeatable })
}

fn clause(table: &Name, mut words: Words<'_>) -> Option<Clause> {
    match words.skip()?.to_ascii_uppercase().as_str() {
        // Of the table as a whole, not of a column of that name.
        "ADD" | "DROP" if words.take("SYSTEM VERSIONING") || words.take("PERIOD FOR") => None,
        "ADD" => added(table, words),
        "DROP" => removed(table, words),
        "RENAME" => renamed_within(table, words),
        "CHANGE" => {
            words.take("COLUMN");
            if words.take("IF EXISTS") {
                return None;
            }
            let (old, new) = (words.part()?, words.part()?);
            if old.eq_ignore_ascii_case(&new) {
                return Some(Clause::new(&[&old], Evidence::Repeatable));
            }
            let things = [&old, &new].map(|name| column(table, name, words.dialect));
            let [was, is] = things;
            Some(Clause::new(&[&old, &new], is.renamed_from(&was)))
        }
        "CONVERT" if !words.take("TO CHARACTER") && !words.take("TO CHARSET") => None,
        word if UNCHANGED_BY_A_SECOND_RUN.contains(&word) => Some(Clause::repeatable()),
        _ => None,
    }
}

/// How the clauses of ALTER TABLE begin that leave the same when they run again.
const UNCHANGED_BY_A_SECOND_RUN: &[&str] = &[
    "ALGORITHM",
    "ALTER",
    "ANALYZE",
    "AUTO_INCREMENT",
    "CHARACTER",
    "CHARSET",
    "CHECK",
    "COLLATE",
    "COMMENT",
    "CONVERT",
    "DEFAULT",
    "DISABLE",
    "ENABLE",
    "ENGINE",
    "FORCE",
    "KEY_BLOCK_SIZE",
    "LOCK",
    "MODIFY",
    "NOWAIT",
    "OPTIMIZE",
    "ORDER",
    "PARTITION",
    "REBUILD",
    "REPAIR",
    "ROW_FORMAT",
    "STATS_AUTO_RECALC",
    "STATS_PERSISTENT",
    "STATS_SAMPLE_PAGES",
    "TRUNCATE",
    "WAIT",
];

fn added(table: &Name, mut words: Words<'_>) -> Option<Clause> {
    let dialect = words.dialect;
    if words.take("CONSTRAINT") {
        if words.take("IF NOT EXISTS") {
            return Some(Clause::repeatable());
        }
        if words.take_one(&["FOREIGN", "PRIMARY", "UNIQUE", "CHECK"]).is_some() {
            return Some(Clause::new(&[], Evidence::Unknowable(NAMELESS)));
        }
        let name = words.part()?;
        return Some(Clause::new(&[&name], constraint(table, &name, dialect).made()));
    }
    if words.take("PRIMARY KEY") {
        return Some(Clause::new(&["primary"], index_of(table, "PRIMARY", dialect).made()));
    }
    if words.take("PARTITION") {
        words.take_symbol(b'(').then_some(())?;
        words.take("PARTITION").then_some(())?;
        let name = words.part()?;
        return Some(Clause::new(&[&name], partition(table, &name, dialect).made()));
    }
    if words.take("FOREIGN KEY") || words.take("CHECK") {
        return Some(Clause::new(&[], Evidence::Unknowable(NAMELESS)));
    }
    let special = words.take_one(&["UNIQUE", "FULLTEXT", "SPATIAL"]).is_some();
    if words.take("INDEX") || words.take("KEY") || special {
        if words.take("IF NOT EXISTS") {
            return Some(Clause::repeatable());
        }
        return Some(match words.part() {
            Some(name) if !name.eq_ignore_ascii_case("using") => {
                Clause::new(&[&name], index_of(table, &name, dialect).made())
            }
            _ => Clause::new(&[], Evidence::Unknowable(NAMELESS)),
        });
    }
    words.take("COLUMN");
    if words.take("IF NOT EXISTS") {
        let name = words.part().unwrap_or_default();
        return Some(Clause::new(&[&name], Evidence::Repeatable));
    }
    words.take_symbol(b'(');
    let name = words.part()?;
    Some(Clause::new(&[&name], column(table, &name, dialect).made()))
}

fn removed(table: &Name, mut words: Words<'_>) -> Option<Clause> {
    let dialect = words.dialect;
    if words.take("PRIMARY KEY") {
        return Some(Clause::new(&["primary"], index_of(table, "PRIMARY", dialect).dropped()));
    }
    let thing: fn(&Name, &str, &dyn Dialect) -> Thing =
        match words.take_one(&["INDEX", "KEY", "FOREIGN KEY", "CONSTRAINT", "CHECK", "PARTITION"]) {
            Some("INDEX" | "KEY") => index_of,
            Some("PARTITION") => partition,
            Some(_) => constraint,
            None => {
                words.take("COLUMN");
                column
            }
        };
    let if_exists = words.take("IF EXISTS");
    let name = words.part()?;
    Some(Clause::new(&[&name], unless_repeatable(if_exists, || thing(table, &name, dialect).dropped())))
}

fn renamed_within(table: &Name, mut words: Words<'_>) -> Option<Clause> {
    let dialect = words.dialect;
    let thing: fn(&Name, &str, &dyn Dialect) -> Thing = match words.take_one(&["COLUMN", "INDEX", "KEY"]) {
        Some("COLUMN") => column,
        Some(_) => index_of,
        None => {
            let _ = words.take("TO") || words.take("AS");
            let old = table_named(table, dialect);
            let name = words.name()?;
            let new = Name { schema: name.schema.or_else(|| table.schema.clone()), ..name };
            let evidence = table_named(&new, dialect).renamed_from(&old);
            return Some(Clause { moves: true, ..Clause::new(&[&table.name, &new.name], evidence) });
        }
    };
    if words.take("IF EXISTS") {
        return None;
    }
    let old = words.part()?;
    words.take("TO").then_some(())?;
    let new = words.part()?;
    let evidence = thing(table, &new, dialect).renamed_from(&thing(table, &old, dialect));
    Some(Clause::new(&[&old, &new], evidence))
}

/// What follows the word for its kind.
fn object(kind: &str, words: &mut Words<'_>) -> Option<Thing> {
    let dialect = words.dialect;
    match kind {
        "USER" | "ROLE" => return account(kind, words),
        "DATABASE" | "SCHEMA" => {
            let name = words.part()?;
            let exists = one_of("schemata", &format!("schema_name = {}", dialect.literal(&name)));
            return Some(Thing { what: "database", name, exists });
        }
        _ => {}
    }
    let name = words.name()?;
    let (schema, text) = (schema(&name, dialect), dialect.literal(&name.name));
    let (what, table, condition) = match kind {
        "TABLE" => return Some(table_named(&name, dialect)),
        "VIEW" => ("view", "views", format!("table_schema = {schema} AND table_name = {text}")),
        "SEQUENCE" => ("sequence", "tables", format!("table_schema = {schema} AND table_name = {text}")),
        "TRIGGER" => ("trigger", "triggers", format!("trigger_schema = {schema} AND trigger_name = {text}")),
        "EVENT" => ("event", "events", format!("event_schema = {schema} AND event_name = {text}")),
        "PROCEDURE" | "FUNCTION" => {
            let condition =
                format!("routine_schema = {schema} AND routine_name = {text} AND routine_type = '{kind}'");
            (if kind == "FUNCTION" { "function" } else { "procedure" }, "routines", condition)
        }
        _ => return None,
    };
    Some(Thing { what, name: name.shown(), exists: one_of(table, &condition) })
}

/// `name`, `name@host`; each account has at least the right to connect.
fn account(kind: &str, words: &mut Words<'_>) -> Option<Thing> {
    let dialect = words.dialect;
    let user = words.text()?.to_owned();
    let host = if words.take_symbol(b'@') { words.text()? } else { "%" };
    if kind == "ROLE" {
        let exists = one_of("applicable_roles", &format!("role_name = {}", dialect.literal(&user)));
        return Some(Thing { what: "role", name: user, exists });
    }
    let grantee = dialect.literal(&format!("'{user}'@'{host}'"));
    let exists = one_of("user_privileges", &format!("grantee = {grantee}"));
    Some(Thing { what: "user", name: format!("{user}@{host}"), exists })
}

/// Who may not look at the accounts sees but one, the own: then nothing can be told of an account that is not seen.
fn account_asked(account: Thing, is_made: bool) -> Evidence {
    let sees_others = "(SELECT count(DISTINCT grantee) FROM information_schema.user_privileges) > 1";
    let (there, gone, told) = match is_made {
        true => (Finding::DONE, Finding::NOT_DONE, (EXISTS, DOES_NOT_EXIST)),
        false => (Finding::NOT_DONE, Finding::DONE, ("is gone", "is still there")),
    };
    let sql = cases(&[(&account.exists, there), (sees_others, gone)], UNCLEAR);
    account.ask(told.0, told.1, sql)
}

fn table_named(table: &Name, dialect: &dyn Dialect) -> Thing {
    let condition = format!(
        "table_schema = {} AND table_name = {}",
        schema(table, dialect),
        dialect.literal(&table.name)
    );
    Thing { what: "table", name: table.shown(), exists: one_of("tables", &condition) }
}

fn column(table: &Name, column: &str, dialect: &dyn Dialect) -> Thing {
    part("column", "columns", "column_name", table, column, dialect)
}

fn index_of(table: &Name, index: &str, dialect: &dyn Dialect) -> Thing {
    part("index", "statistics", "index_name", table, index, dialect)
}

fn partition(table: &Name, partition: &str, dialect: &dyn Dialect) -> Thing {
    part("partition", "partitions", "partition_name", table, partition, dialect)
}

/// Checks too: MySQL lists them among the table's constraints, MariaDB by themselves.
fn constraint(table: &Name, constraint: &str, dialect: &dyn Dialect) -> Thing {
    part("constraint", "table_constraints", "constraint_name", table, constraint, dialect)
}

/// Something that belongs to a table, as a table of the catalog lists it.
fn part(
    what: &'static str,
    catalog: &str,
    name_column: &str,
    table: &Name,
    name: &str,
    dialect: &dyn Dialect,
) -> Thing {
    let condition = format!(
        "table_schema = {} AND table_name = {} AND {name_column} = {}",
        schema(table, dialect),
        dialect.literal(&table.name),
        dialect.literal(name)
    );
    Thing { what, name: format!("{}.{name}", table.shown()), exists: one_of(catalog, &condition) }
}

fn schema(name: &Name, dialect: &dyn Dialect) -> String {
    name.schema.as_ref().map_or_else(|| "DATABASE()".to_owned(), |schema| dialect.literal(schema))
}

fn one_of(table: &str, condition: &str) -> String {
    format!("EXISTS (SELECT 1 FROM information_schema.{table} WHERE {condition})")
}
