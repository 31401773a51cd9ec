//! A schema as data.

use std::collections::BTreeMap;
use std::fmt;

use crate::Change;

/// What one object of a database is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// The schema that holds it; `None` for the usual one.
    pub schema: Option<String>,
    /// The table that it belongs to; `None` for what stands by itself.
    pub table: Option<String>,
    /// `table`, `column`, `index`, …
    pub kind: String,
    /// Its own name.
    pub name: String,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { schema, table, kind, name } = self;
        let schema = schema.as_ref().map(|schema| format!("{schema}.")).unwrap_or_default();
        match table {
            Some(table) => write!(f, "table {schema}{table}: {kind} {name}"),
            None => write!(f, "{kind} {schema}{name}"),
        }
    }
}

/// What a database looks like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    objects: BTreeMap<Name, String>,
}

impl Schema {
    /// Every object with its definition, sorted by name.
    pub fn objects(&self) -> impl Iterator<Item = (&Name, &str)> {
        self.objects.iter().map(|(name, definition)| (name, definition.as_str()))
    }

    /// Leaves out what the predicate doesn't want.
    #[must_use]
    pub fn filtered(mut self, wanted: impl Fn(&Name) -> bool) -> Self {
        self.objects.retain(|name, _| wanted(name));
        self
    }

    /// What is different from an earlier look. What a new or a lost table holds goes without saying.
    #[must_use]
    pub fn changes_since(&self, before: &Self) -> Vec<Change> {
        let changed = before.objects.iter().filter_map(|(name, old)| match self.objects.get(name) {
            None if before.comes_with_table(name, self) => None,
            None => Some(Change::Removed { name: name.clone(), definition: old.clone() }),
            Some(new) if new == old => None,
            Some(new) => {
                Some(Change::Changed { name: name.clone(), before: old.clone(), after: new.clone() })
            }
        });
        let added = self
            .objects
            .iter()
            .filter(|(name, _)| !before.objects.contains_key(*name) && !self.comes_with_table(name, before));
        let added = added.map(|(name, text)| Change::Added { name: name.clone(), definition: text.clone() });
        let mut changes: Vec<Change> = changed.chain(added).collect();
        changes.sort_by(|a, b| a.name().cmp(b.name()));
        changes
    }

    /// Whether it belongs to a table that is here and not there.
    fn comes_with_table(&self, name: &Name, other: &Self) -> bool {
        name.table.as_ref().is_some_and(|table| {
            let table =
                Name { schema: name.schema.clone(), table: None, kind: "table".into(), name: table.clone() };
            self.objects.contains_key(&table) && !other.objects.contains_key(&table)
        })
    }
}

impl FromIterator<(Name, String)> for Schema {
    fn from_iter<T: IntoIterator<Item = (Name, String)>>(objects: T) -> Self {
        Self { objects: objects.into_iter().collect() }
    }
}

impl fmt::Display for Schema {
    /// A line for each object.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.objects().try_for_each(|(name, definition)| match definition.is_empty() {
            true => writeln!(f, "{name}"),
            false => writeln!(f, "{name}: {definition}"),
        })
    }
}
