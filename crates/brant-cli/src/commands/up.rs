//! `up [N]`

use brant_core::{Direction, Report, Target, Version};

use super::{Command, Context, down};
use crate::database;
use crate::failure::Failure;
use crate::output::Console;
use crate::output::json::Body;

pub(super) const COMMAND: Command = Command {
    name: "up",
    arguments: "[N]",
    summary: "apply every pending migration, or the next N",
    details: "Each migration runs in a transaction of its own, together with its record in the history, unless the \
              file says otherwise. Nothing runs before every file of the plan was read and understood. N is a number \
              of steps: one that is also a version is refused, but for 1, and so is one that is more than there are.",
    example: "brant -dir migrations sqlite3 ./app.db up",
    needs_database: true,
    target: Some(target),
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    let report = database::migrate(cx, console, target(cx)?)?;
    summary(cx, console, &report);
    Ok(Body::of_report(&report))
}

fn target(cx: &Context) -> Result<Target, Failure> {
    Ok(steps(cx, Direction::Up)?.map_or(Target::Latest, Target::UpSteps))
}

/// The number of steps after `up` or `down`.
pub(super) fn steps(cx: &Context, direction: Direction) -> Result<Option<usize>, Failure> {
    let Some(text) = cx.arg() else { return Ok(None) };
    match text.parse() {
        Ok(n) if n > 0 => Ok(Some(n)),
        _ => Err(Failure::arguments(format!("`{direction}` takes a number of steps from 1 (got `{text}`)"))
            .next(format!("`{direction}-to VERSION` goes to a version"))),
    }
}

/// The line after the last result of an `up`.
pub(super) fn summary(cx: &Context, console: &mut Console, report: &Report) {
    if !cx.config.policy.versioning {
        let last = report.steps.last().map_or(Version::ZERO, |s| s.migration.version);
        return console.result(format_args!("goose: up to current file version: {last}"));
    }
    match report.steps.last() {
        Some(step) => console.result(format_args!(
            "goose: successfully migrated database to version: {}",
            step.migration.version
        )),
        None => down::nothing_to_run(console, report),
    }
}
