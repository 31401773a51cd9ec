//! SQLite: the texts in `sqlite_master`, as they were written, but for case, blanks, comments and needless quotes.

use crate::Name;
use crate::table::{self, normal};

use super::Catalog;

pub(super) static CATALOG: Catalog = Catalog { dialect: "sqlite", query: QUERY, objects };

/// What has no text is made for a constraint, and what is called `sqlite_…` by SQLite itself.
const QUERY: &str = r"
SELECT type, NULL, CASE WHEN type IN ('index', 'trigger') THEN tbl_name END, name, sql
FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
";

/// A table is itself, its columns and its constraints.
fn objects(name: Name, sql: &str) -> Vec<(Name, String)> {
    if name.kind != "table" {
        return vec![(name, normal(sql))];
    }
    let parts = table::parts(sql);
    let part = |(kind, own, definition): (&str, String, String)| {
        let table = Some(name.name.clone());
        (Name { schema: None, table, kind: kind.to_owned(), name: own }, definition)
    };
    let mut objects: Vec<_> = parts.inside.into_iter().map(part).collect();
    objects.push((name, parts.options));
    objects
}
