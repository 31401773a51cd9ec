//! Which steps of a plan share a transaction: a pure function over what the scripts hold.

use std::ops::Range;

/// The most steps that one transaction holds.
///
/// Fifty create some 300 to 650 of the about 6,400 locks of a PostgreSQL server with its defaults, and stay below
/// the 64 subtransactions that its shared cache remembers for each transaction.
pub const GROUP_STEPS_MAX: usize = 50;

/// Cuts the steps of a run into groups that share a transaction, in order. For each step is told whether it may share one.
///
/// With `shared` false every step is a group of its own.
///
/// ```
/// use brant_core::group::groups;
/// assert_eq!(groups([true, true, false, true].into_iter(), true), [0..2, 2..3, 3..4]);
/// assert_eq!(groups([true, true].into_iter(), false), [0..1, 1..2]);
/// ```
pub fn groups(can_share: impl Iterator<Item = bool>, shared: bool) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    let mut open = false;
    for (i, can_share) in can_share.enumerate() {
        let can_share = shared && can_share;
        match groups.last_mut() {
            Some(last) if open && can_share && last.len() < GROUP_STEPS_MAX => last.end = i + 1,
            _ => groups.push(i..i + 1),
        }
        open = can_share;
    }
    groups
}
