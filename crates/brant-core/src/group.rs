//! Which steps of a plan share a transaction: a pure function over what the scripts hold.

use std::ops::Range;

use crate::script::{Script, TransactionMode};

/// The most steps that one transaction holds.
///
/// Fifty create some 300 to 650 of the about 6,400 locks of a PostgreSQL server with its defaults, and stay below
/// the 64 subtransactions that its shared cache remembers for each transaction.
pub const GROUP_STEPS_MAX: usize = 50;

/// Cuts the steps of a run into groups that share a transaction, in order.
///
/// With `shared` false every step is a group of its own. A step without a transaction, or with a statement that
/// reaches beyond its own step, always stands alone.
///
/// ```
/// use brant_core::group::groups;
/// use brant_core::{Script, TransactionMode};
/// let script = |transaction| Script {
///     path: "1_a.sql".into(), statements: vec![], transaction, section_present: true,
///     annotations: vec![], checksum: String::new(), substituted: vec![],
/// };
/// let scripts = [
///     script(TransactionMode::PerMigration),
///     script(TransactionMode::PerMigration),
///     script(TransactionMode::None),
/// ];
/// assert_eq!(groups(scripts.iter(), true), [0..2, 2..3]);
/// assert_eq!(groups(scripts.iter(), false), [0..1, 1..2, 2..3]);
/// ```
pub fn groups<'a>(scripts: impl Iterator<Item = &'a Script>, shared: bool) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    let mut open = false;
    for (i, script) in scripts.enumerate() {
        let can_share = shared && stands_with_others(script);
        match groups.last_mut() {
            Some(last) if open && can_share && last.len() < GROUP_STEPS_MAX => last.end = i + 1,
            _ => groups.push(i..i + 1),
        }
        open = can_share;
    }
    groups
}

fn stands_with_others(script: &Script) -> bool {
    script.transaction == TransactionMode::PerMigration
        && script.statements.iter().all(|s| {
            !s.class.needs_own_transaction && !s.class.outside_transaction_only && !s.class.commits_implicitly
        })
}
