//! A run as one script, for the database's own client.

use std::fmt::Write as _;
use std::ops::Range;

use brant_core::Migration;

use super::Preview;
use crate::Boundary;
use crate::boundary::{begins_transaction, leaves_transaction_open};

impl Preview {
    /// The first migration of the run that is program code, which no script can hold.
    #[must_use]
    pub fn code(&self) -> Option<&Migration> {
        let code = self.works.iter().position(|work| work.code.is_some())?;
        Some(&self.plan.steps[code].migration)
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
            match self.boundary(group.start) {
                Boundary::Statements => self.stepwise(&mut script, group.start),
                _ => self.transaction(&mut script, group),
            }
        }
        script
    }

    fn transaction(&self, script: &mut String, group: &Range<usize>) {
        script.push('\n');
        lines(script, ["BEGIN"]);
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
        script.push('\n');
        self.title(script, step);
        let work = &self.works[step].script;
        for (k, statement) in work.statements.iter().enumerate() {
            if begins_transaction(work, 0, k) {
                lines(script, ["BEGIN"]);
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
