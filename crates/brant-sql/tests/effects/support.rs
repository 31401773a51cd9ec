//! The rows of the tables.

use brant_sql::effects::{Effect, EffectRule, Effects, Subject, Whose, effects};
use brant_sql::{Dialect, dialect_by_name};

pub(crate) fn dialect(name: &str) -> &'static dyn Dialect {
    dialect_by_name(name).unwrap()
}

pub(crate) fn of(name: &str, sql: &str, server: &str) -> Effects {
    effects(sql, dialect(name), Some(server))
}

/// Every row of a product, with those of clauses and parts, once.
pub(crate) fn rows(name: &str, product: &str) -> Vec<&'static EffectRule> {
    let table = dialect(name).effects().iter().find(|table| table.product == product).unwrap();
    let mut rows: Vec<_> = table.rules.iter().flat_map(|rules| rules.iter()).flat_map(with_inner).collect();
    rows.sort_by_key(|row| (row.example, row.pattern));
    rows.dedup_by_key(|row| (row.example, row.pattern));
    rows
}

fn with_inner(rule: &'static EffectRule) -> Vec<&'static EffectRule> {
    let clauses = rule.clauses.into_iter().flat_map(|clauses| clauses.rules);
    std::iter::once(rule).chain(clauses.chain(rule.parts).flat_map(with_inner)).collect()
}

/// The row's example is not known to be something else than the row says.
pub(crate) fn check_examples_fit(name: &str, product: &str) {
    for row in rows(name, product).iter().filter(|row| !row.example.is_empty()) {
        let found = of(name, row.example, product);
        assert!(!found.has_unknown, "{product}: {}", row.example);
        for on in row.on {
            let is_named = |e: &Effect| on.whose != Whose::Subject || matches!(e.subject, Subject::Named(_));
            let is_as_much = |e: &Effect| e.lock.strength >= on.lock.strength && e.work >= on.work;
            let fits = found.on.iter().any(|e| is_named(e) && is_as_much(e));
            assert!(fits, "{product}: {}: {found:#?}", row.example);
        }
        assert!(found.on.iter().all(|e| e.lock.name != "unknown"), "{product}: {}: {found:#?}", row.example);
    }
}
