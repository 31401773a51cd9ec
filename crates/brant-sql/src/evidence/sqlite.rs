//! SQLite.

use super::words::{Name, Words, read};
use super::{ANYTHING, Evidence, NOT_UNDERSTOOD, ROWS, TEMPORARY, Thing, unless_repeatable};
use crate::Dialect;

const KINDS: &[(&str, &str)] =
    &[("TABLE", "table"), ("INDEX", "index"), ("VIEW", "view"), ("TRIGGER", "trigger")];

pub(crate) fn evidence(sql: &str, dialect: &dyn Dialect) -> Evidence {
    read(sql, dialect, |words| of(words).unwrap_or(Evidence::Unknowable(NOT_UNDERSTOOD)))
}

fn of(mut words: Words<'_>) -> Option<Evidence> {
    Some(match words.skip()?.to_ascii_uppercase().as_str() {
        "CREATE" => created(words)?,
        "DROP" => dropped(words)?,
        "ALTER" => altered(words)?,
        "VACUUM" | "PRAGMA" | "REINDEX" | "ANALYZE" | "ATTACH" | "DETACH" | "EXPLAIN" | "BEGIN"
        | "ROLLBACK" => Evidence::Repeatable,
        "INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "WITH" => Evidence::Unknowable(ROWS),
        "SELECT" | "VALUES" => Evidence::Unknowable(ANYTHING),
        _ => return None,
    })
}

fn created(mut words: Words<'_>) -> Option<Evidence> {
    if words.take("TEMP") || words.take("TEMPORARY") {
        return Some(Evidence::Unknowable(TEMPORARY));
    }
    let (_, _) = (words.take("UNIQUE"), words.take("VIRTUAL"));
    let kind = kind(&mut words)?;
    let if_not_exists = words.take("IF NOT EXISTS");
    let name = words.name()?;
    Some(unless_repeatable(if_not_exists, || object(kind, &name, words.dialect).made()))
}

fn dropped(mut words: Words<'_>) -> Option<Evidence> {
    let kind = kind(&mut words)?;
    let if_exists = words.take("IF EXISTS");
    let name = words.name()?;
    Some(unless_repeatable(if_exists, || object(kind, &name, words.dialect).dropped()))
}

fn altered(mut words: Words<'_>) -> Option<Evidence> {
    words.take("TABLE").then_some(())?;
    let table = words.name()?;
    let dialect = words.dialect;
    if words.take("ADD") {
        words.take("COLUMN");
        return Some(column(&table, &words.part()?, dialect).made());
    }
    if words.take("DROP") {
        words.take("COLUMN");
        return Some(column(&table, &words.part()?, dialect).dropped());
    }
    words.take("RENAME").then_some(())?;
    if words.take("TO") {
        let new = Name { schema: table.schema.clone(), name: words.part()? };
        return Some(object("table", &new, dialect).renamed_from(&object("table", &table, dialect)));
    }
    words.take("COLUMN");
    let old = words.part()?;
    words.take("TO").then_some(())?;
    let new = words.part()?;
    Some(column(&table, &new, dialect).renamed_from(&column(&table, &old, dialect)))
}

fn kind(words: &mut Words<'_>) -> Option<&'static str> {
    KINDS.iter().find(|(word, _)| words.take(word)).map(|(_, kind)| *kind)
}

fn object(kind: &'static str, name: &Name, dialect: &dyn Dialect) -> Thing {
    let schema = name.schema.as_deref().unwrap_or("main");
    let exists = format!(
        "EXISTS (SELECT 1 FROM {}.sqlite_master WHERE type = '{kind}' AND name = {} COLLATE NOCASE)",
        dialect.identifier(schema),
        dialect.literal(&name.name)
    );
    Thing { what: kind, name: name.shown(), exists }
}

fn column(table: &Name, column: &str, dialect: &dyn Dialect) -> Thing {
    let schema = table.schema.as_ref().map(|s| format!(", {}", dialect.literal(s))).unwrap_or_default();
    let exists = format!(
        "EXISTS (SELECT 1 FROM pragma_table_xinfo({}{schema}) WHERE name = {} COLLATE NOCASE)",
        dialect.literal(&table.name),
        dialect.literal(column)
    );
    Thing { what: "column", name: format!("{}.{column}", table.shown()), exists }
}
