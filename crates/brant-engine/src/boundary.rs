//! Which steps of a run share a transaction, and which can't have one. Pure: the run reads it, and so does whoever shows a
//! run beforehand.

use std::ops::Range;

use brant_core::group::groups;
use brant_core::{Plan, Script, Statement, StatementClass, StatementKind, TransactionMode};
use brant_sql::Dialect;

use crate::{RunErrorKind, Work};

/// How a step's work is held together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boundary {
    /// All of it is in one transaction, with its record.
    Transaction,
    /// Its statements can't all be rolled back together: each stays once it is done.
    Statements,
    /// It is program code, in one transaction with its record.
    Code,
    /// It is program code that commits as it goes.
    CodeInParts,
}

impl Boundary {
    /// Of this work.
    #[must_use]
    pub fn of(work: &Work) -> Self {
        match (&work.code, work.script.transaction) {
            (Some(_), TransactionMode::PerMigration) => Self::Code,
            (Some(_), TransactionMode::None) => Self::CodeInParts,
            (None, _) if is_stepwise(&work.script) => Self::Statements,
            (None, _) => Self::Transaction,
        }
    }
}

/// Whether the statements can't all be rolled back together.
pub(crate) fn is_stepwise(script: &Script) -> bool {
    let breaks_transaction =
        |s: &Statement| s.class.commits_implicitly || s.class.kind == StatementKind::TransactionControl;
    !script.is_empty()
        && (script.transaction == TransactionMode::None || script.statements.iter().any(breaks_transaction))
}

/// The steps that share a transaction, in order.
///
/// Sharing one is for databases that nobody uses yet: each lock is held until the group is done.
pub(crate) fn groups_of(
    plan: &Plan,
    works: &[Work],
    dialect: &dyn Dialect,
    records: bool,
    hooks: bool,
    single: bool,
) -> Vec<Range<usize>> {
    if single {
        return std::iter::once(0..works.len()).collect();
    }
    let shared = plan.fresh && dialect.capabilities().transactional_ddl && records && !hooks;
    groups(works.iter().map(Work::can_share), shared)
}

/// Whether brant begins a transaction before statement `k` of a step without a transaction of its own: before the `first`
/// one, and after a statement that committed by itself, unless this one would end it at once, or tables are locked, which
/// a BEGIN would end.
pub(crate) fn begins_transaction(script: &Script, first: usize, k: usize) -> bool {
    let commits = |i: usize| script.statements.get(i).is_some_and(|s| s.class.commits_implicitly);
    let controls = |i: usize| script.statements[i].class.kind == StatementKind::TransactionControl;
    script.transaction == TransactionMode::PerMigration
        && k < script.statements.len()
        && !commits(k)
        && !script.statements[..k].iter().any(locks_tables)
        && (k == first || (commits(k - 1) && !controls(k - 1)))
}

/// After LOCK TABLES the file decides what is committed when.
pub(crate) fn locks_tables(statement: &Statement) -> bool {
    let StatementClass { kind, commits_implicitly, needs_own_transaction, .. } = statement.class;
    kind == StatementKind::Other && commits_implicitly && needs_own_transaction
}

/// Whether the statements of a script end inside a transaction that brant began, or that they began themselves.
pub(crate) fn leaves_transaction_open(script: &Script) -> bool {
    script.transaction == TransactionMode::PerMigration
        && !script.statements.iter().any(locks_tables)
        && script.statements.last().is_none_or(|last| {
            !last.class.commits_implicitly || last.class.kind == StatementKind::TransactionControl
        })
}

/// Refuses a statement that the server would refuse, because it stands in a transaction.
pub(crate) fn check_outside(work: &Work) -> Result<(), RunErrorKind> {
    let Script { path, statements, transaction, .. } = &work.script;
    // What follows the file's own COMMIT may stand outside.
    let mut held = statements.iter().take_while(|s| s.class.kind != StatementKind::TransactionControl);
    let refused = held.find(|s| s.class.outside_transaction_only);
    match refused.filter(|_| *transaction == TransactionMode::PerMigration) {
        Some(statement) => {
            Err(RunErrorKind::NeedsNoTransaction { path: path.clone(), position: statement.position })
        }
        None => Ok(()),
    }
}
