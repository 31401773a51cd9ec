//! All steps of a run in one transaction: whether they can be.

use brant_core::{Script, Statement, StatementKind, TransactionMode};

use crate::{RunErrorKind, Work};

/// Refuses a run whose steps can't share a transaction, with the first place that shows it and the rule.
pub(crate) fn check(works: &[Work], has_hooks: bool) -> Result<(), RunErrorKind> {
    if has_hooks {
        let rule = "hooks are called around the transaction of each migration".to_owned();
        return Err(RunErrorKind::NotInOne { path: None, position: None, rule });
    }
    works.iter().try_for_each(check_work)
}

fn check_work(work: &Work) -> Result<(), RunErrorKind> {
    let Script { path, statements, transaction, .. } = &work.script;
    let refused = |statement: Option<&Statement>, rule: &str| {
        let position = statement.map(|statement| statement.position);
        Err(RunErrorKind::NotInOne { path: Some(path.clone()), position, rule: rule.to_owned() })
    };
    if work.code.is_some() {
        return refused(None, "program code has a transaction of its own");
    }
    let of_its_own =
        |s: &&Statement| s.class.commits_implicitly || s.class.kind == StatementKind::TransactionControl;
    match (statements.iter().find(of_its_own), transaction) {
        (_, TransactionMode::None) if !statements.is_empty() => {
            refused(statements.first(), "`NO TRANSACTION` in its file keeps it out of any")
        }
        (Some(statement), _) if statement.class.kind == StatementKind::TransactionControl => {
            refused(Some(statement), "it begins or ends a transaction itself")
        }
        (Some(statement), _) => {
            refused(Some(statement), "the database commits before and after it by itself")
        }
        (None, _) => Ok(()),
    }
}
