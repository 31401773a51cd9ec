//! A run as one script, for the database's own client.

use std::fmt::Write as _;
use std::ops::Range;

use brant_core::Migration;

use super::Preview;
use crate::Boundary;
use crate::boundary::{begins_transaction, leaves_transaction_open};
use crate::limits::LockLimits;

impl Preview {
    /// The first migration of the run that is program code, which no script can hold.
    #[must_use]
    pub fn code(&self) -> Option<&Migration> {
        let code = self.works.iter().position(|work| work.code.is_some())?;
        Some(&self.plan.steps[code].migration)
    }

    /// The first migration of the run that an earlier one left half done: no script knows where to go on.
    #[must_use]
    pub fn half_done(&self) -> Option<&Migration> {
        let (step, _) = self.starts.first_key_value()?;
        Some(&self.plan.steps[*step].migration)
    }

    /// The values of variables that the script holds.
    #[must_use]
    pub fn holds_values(&self) -> bool {
        self.works.iter().any(|work| !work.script.substituted.is_empty())
    }

    /// The run as one script, with its records: for a plan without program code.
    #[must_use]
    pub fn script(&self) -> String {
        let mut script = self.dialect.client_script_head().to_owned();
        if self.makes_history() {
            script.push_str("\n-- the history table\n");
            let begin = std::iter::once("BEGIN");
            lines(&mut script, begin.chain(self.setup.iter().map(String::as_str)).chain(["COMMIT"]));
        }
        for group in &self.groups {
            script.push('\n');
            let limit = self.lock_limits().of(group.clone());
            let around = limit.and_then(|limit| self.lock_limits().around(limit));
            lines(&mut script, around.iter().map(|(set, _)| set.as_str()));
            match self.boundary(group.start) {
                Boundary::Statements => self.stepwise(&mut script, group.start),
                _ => self.transaction(&mut script, group),
            }
            lines(&mut script, around.iter().map(|(_, reset)| reset.as_str()));
        }
        script
    }

    /// Those that the run itself would keep to.
    fn lock_limits(&self) -> LockLimits<'_> {
        let Self { works, dialect, server, limits, .. } = self;
        LockLimits { works, dialect: *dialect, server, limits: *limits }
    }

    fn begin(&self, script: &mut String, steps: Range<usize>) {
        let limit = self.lock_limits().of(steps).and_then(|limit| self.lock_limits().in_transaction(limit));
        lines(script, ["BEGIN"].into_iter().chain(limit.as_deref()));
    }

    fn transaction(&self, script: &mut String, group: &Range<usize>) {
        self.begin(script, group.clone());
        for step in group.clone() {
            self.title(script, step);
            for statement in &self.works[step].script.statements {
                self.statement(script, &statement.sql);
            }
            lines(script, self.records[step].iter().map(String::as_str));
        }
        lines(script, ["COMMIT"]);
    }

    fn stepwise(&self, script: &mut String, step: usize) {
        self.title(script, step);
        let work = &self.works[step].script;
        for (k, statement) in work.statements.iter().enumerate() {
            if begins_transaction(work, 0, k) {
                self.begin(script, step..step + 1);
            }
            if let Some(limit) = self.lock_limits().beside(step, k) {
                script.push_str(&self.dialect.client_beside(&limit));
                script.push('\n');
            }
            self.statement(script, &statement.sql);
        }
        lines(script, self.records[step].iter().map(String::as_str));
        if leaves_transaction_open(work) {
            lines(script, ["COMMIT"]);
        }
    }

    fn title(&self, script: &mut String, step: usize) {
        let step = &self.plan.steps[step];
        let _ = writeln!(script, "-- {} ({})", step.migration.file_name(), step.direction);
    }

    fn statement(&self, script: &mut String, sql: &str) {
        script.push_str(&self.dialect.client_statement(sql));
        script.push('\n');
    }
}

fn lines<'a>(script: &mut String, statements: impl IntoIterator<Item = &'a str>) {
    for statement in statements {
        let _ = writeln!(script, "{statement};");
    }
}
