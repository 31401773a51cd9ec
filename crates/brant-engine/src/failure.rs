//! The failure of a step as it is told: its place in the file, what it may have left, and nothing that must not be shown.

use std::borrow::Cow;

use brant_core::{Blocker, Script, Statement, StatementKind, Step};
use brant_driver::DriverError;
use brant_sql::{mask_passwords, mask_values, password_literals};

use crate::error::{DatabaseState, RunErrorKind, StatementFailure};
use crate::execute::{Execution, Owner};
use crate::notes::Sending;
use crate::retry::is_contention;
use crate::stepwise::WRITING_JOURNAL;
use crate::{StopReason, Work};

impl Execution<'_> {
    /// Places the failure in its file where the server told the place in words, and makes it fit to be shown.
    pub(crate) fn explain(&mut self, failure: &mut StatementFailure) {
        if failure.stopped != Some(StopReason::Vetoed) {
            failure.in_parts = self.in_parts(failure);
            self.place(failure);
        }
        failure.kept = self.kept;
        self.mask(&mut failure.error);
        if failure.blockers.is_empty() && is_contention(&failure.error) {
            failure.blockers = self.masked_blockers();
        }
        failure.followed = self.journal.is_on() && failure.doing != WRITING_JOURNAL;
        let secrets = secrets(self.works);
        for left in &mut failure.left_unusable {
            *left = mask_values(left, &secrets);
        }
        failure.cause = failure.cause.take().or_else(|| self.refused_by.take());
    }

    /// Why part of the failed statement may be done, where those before it are.
    fn in_parts(&self, failure: &StatementFailure) -> Option<&'static str> {
        let (DatabaseState::PartlyDone { done } | DatabaseState::InDoubt { done }) = failure.state else {
            return None;
        };
        let statement = failure.statement.as_ref().filter(|_| done + 1 == failure.number)?;
        self.parts_of(done, statement, &failure.error)
    }

    /// Why statement `k`, which failed so, may have left part of what it does.
    pub(crate) fn parts_of(
        &self,
        k: usize,
        statement: &Statement,
        error: &DriverError,
    ) -> Option<&'static str> {
        // Whoever waits for the tables of a list has none of them; and what could not be read was not begun.
        let is_before =
            is_contention(error) && statement.class.kind == StatementKind::Ddl || error.offset.is_some();
        let is_whole = self.sendings.get(k) == Some(&Sending::Together);
        self.dialect.fails_in_parts(&statement.sql).filter(|_| !is_before && !is_whole)
    }

    /// Finds out what the server tells of a statement in words alone.
    fn place(&self, failure: &mut StatementFailure) {
        if let Some(statement) = &failure.statement
            && failure.error.offset.is_none()
            && let Some(offset) = self.dialect.error_offset(&statement.sql, &failure.error.message)
        {
            failure.error.offset = Some(offset);
            failure.position = Some(statement.position_at(offset));
        }
    }

    /// Takes out of a server's words what must not be shown.
    pub(crate) fn mask(&self, error: &mut DriverError) {
        let secrets = secrets(self.works);
        let DriverError { message, detail, hint, context, .. } = error;
        if let Some(context) = context {
            // It quotes statements that functions put together, which are in no file.
            *context = mask_passwords(context);
        }
        for text in [Some(message), detail.as_mut(), hint.as_mut(), context.as_mut()].into_iter().flatten() {
            *text = mask_values(text, &secrets);
        }
    }

    /// Who kept the last statement waiting, without what must not be shown.
    fn masked_blockers(&mut self) -> Vec<Blocker> {
        let secrets = secrets(self.works);
        let mut blockers = std::mem::take(&mut self.blockers);
        for query in blockers.iter_mut().filter_map(|blocker| blocker.query.as_mut()) {
            *query = mask_values(query, &secrets);
        }
        blockers
    }

    pub(crate) fn failure(
        &self,
        owner: Owner,
        doing: &'static str,
        error: DriverError,
        stopped: Option<StopReason>,
        state: DatabaseState,
    ) -> RunErrorKind {
        let (step, script) = (&self.plan.steps[owner.step], self.script(owner.step));
        failure(step, script, owner.statement, doing, error, stopped, state)
    }
}

/// What must not be shown. A later migration may trip over what an earlier one wrote, so the secrets of all count.
pub(crate) fn secrets(works: &[Work]) -> Vec<String> {
    let mut secrets: Vec<String> = Vec::new();
    for Work { script, .. } in works {
        secrets.extend(script.substituted.iter().cloned());
        for Statement { sql, .. } in &script.statements {
            secrets.extend(password_literals(sql).into_iter().map(|literal| sql[literal].to_owned()));
        }
    }
    secrets.sort_unstable();
    secrets.dedup();
    secrets
}

/// Describes the failure of a step, at one of its statements or (`None`) around them.
pub(crate) fn failure(
    step: &Step,
    script: &Script,
    statement: Option<usize>,
    doing: impl Into<Cow<'static, str>>,
    error: DriverError,
    stopped: Option<StopReason>,
    state: DatabaseState,
) -> RunErrorKind {
    let failed = statement.map(|i| script.statements[i].clone());
    let position = failed.as_ref().map(|s| error.offset.map_or(s.position, |offset| s.position_at(offset)));
    RunErrorKind::Step(Box::new(StatementFailure {
        migration: step.migration.clone(),
        direction: step.direction,
        statement: failed,
        number: statement.map_or(script.statements.len(), |i| i + 1),
        total: script.statements.len(),
        position,
        doing: doing.into(),
        error,
        cause: None,
        blockers: Vec::new(),
        tries: 1,
        stopped,
        state,
        in_parts: None,
        kept: None,
        whole_run: false,
        left_unusable: Vec::new(),
        followed: false,
        with_next: false,
    }))
}
