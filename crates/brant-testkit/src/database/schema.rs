//! What is in a database, as text and numbers that can be compared.

use std::collections::BTreeMap;

use regex::Regex;

use super::TestDatabase;
use crate::Engine;
use crate::client::feed;

/// The definition of everything but those tables.
pub(super) fn dump(db: &TestDatabase, without: &[&str]) -> Result<String, String> {
    match db.engine {
        Engine::Sqlite => sqlite(db, without),
        Engine::Postgres => postgres(db, without),
        Engine::MariaDb => mariadb(db, without),
    }
}

fn postgres(db: &TestDatabase, without: &[&str]) -> Result<String, String> {
    let mut pg_dump = db.client().command("pg_dump");
    pg_dump.args(["--schema-only", "--no-owner", "--no-sync"]);
    for table in without {
        pg_dump.arg(format!("--exclude-table=*.{table}"));
    }
    let text = feed(pg_dump.arg(db.name()), "")?;
    let volatile = |line: &str| {
        ["--", "\\", "SET ", "SELECT pg_catalog.set_config("].iter().any(|start| line.starts_with(start))
    };
    Ok(lines_without(&text, volatile))
}

fn mariadb(db: &TestDatabase, without: &[&str]) -> Result<String, String> {
    let mut dump = db.client().command("mariadb-dump");
    dump.args([
        "--no-data",
        "--routines",
        "--triggers",
        "--events",
        "--skip-comments",
        "--skip-add-drop-table",
    ]);
    for table in without {
        dump.arg(format!("--ignore-table={}.{table}", db.name()));
    }
    let text = feed(dump.arg(db.name()), "")?;
    let text = pattern(" AUTO_INCREMENT=[0-9]+").replace_all(&text, "");
    let session_setting = pattern(r"^/\*(M!|![0-9]+ *SET )|^SET |^--");
    Ok(lines_without(&text.replace(db.name(), "DB"), |line| session_setting.is_match(line)))
}

fn sqlite(db: &TestDatabase, without: &[&str]) -> Result<String, String> {
    let sql = format!(
        "SELECT sql || ';' FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
         AND tbl_name NOT IN ({}) ORDER BY type = 'table' DESC, type, name",
        list(without)
    );
    let rows = db.sql(&sql)?;
    Ok(rows.into_iter().flatten().fold(String::new(), |text, sql| text + &sql + "\n"))
}

fn lines_without(text: &str, volatile: impl Fn(&str) -> bool) -> String {
    let kept = text.lines().filter(|line| !line.trim().is_empty() && !volatile(line));
    kept.fold(String::new(), |text, line| text + line + "\n")
}

/// The number of rows of every table but those.
pub(super) fn row_counts(db: &TestDatabase, without: &[&str]) -> Result<BTreeMap<String, u64>, String> {
    let tables = db.sql(&tables_sql(db.engine, without))?;
    let counts: Vec<String> = tables
        .iter()
        .map(|row| match row.as_slice() {
            [label, table] => format!("SELECT '{}', count(*) FROM {table}", label.replace('\'', "''")),
            other => format!("a table in {other:?}"),
        })
        .collect();
    if counts.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = db.sql(&counts.join(" UNION ALL "))?;
    let parsed = rows.into_iter().map(|row| match row.as_slice() {
        [label, count] => Ok((label.clone(), count.parse().map_err(|why| format!("{label}: {why}"))?)),
        other => Err(format!("not a count: {other:?}")),
    });
    parsed.collect()
}

/// A query for each table's label and its quoted name.
fn tables_sql(engine: Engine, without: &[&str]) -> String {
    let without = list(without);
    match engine {
        Engine::Sqlite => format!(
            "SELECT name, '\"' || replace(name, '\"', '\"\"') || '\"' FROM sqlite_schema \
             WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT IN ({without})"
        ),
        Engine::Postgres => format!(
            "SELECT CASE table_schema WHEN 'public' THEN '' ELSE table_schema || '.' END || table_name, \
                    quote_ident(table_schema) || '.' || quote_ident(table_name) \
             FROM information_schema.tables WHERE table_type = 'BASE TABLE' \
             AND table_schema NOT IN ('pg_catalog', 'information_schema') AND table_schema NOT LIKE 'pg\\_t%' \
             AND table_name NOT IN ({without})"
        ),
        Engine::MariaDb => format!(
            "SELECT table_name, concat('`', replace(table_name, '`', '``'), '`') FROM information_schema.tables \
             WHERE table_schema = database() AND table_type = 'BASE TABLE' AND table_name NOT IN ({without})"
        ),
    }
}

fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    quoted.join(", ")
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap_or_else(|why| panic!("{why}"))
}
