//! `goto VERSION`

use brant_core::Target;

use super::{Command, Context, down, up_to};
use crate::database;
use crate::failure::Failure;
use crate::output::Console;
use crate::output::json::Body;

pub(super) const COMMAND: Command = Command {
    name: "goto",
    arguments: "VERSION",
    summary: "go up or down to exactly VERSION",
    details: "What is applied above VERSION is reverted, then what is pending up to VERSION is applied. VERSION is one \
              that exists, or 0 for an empty database. What is pending below the highest applied version is refused, \
              unless `--allow-out-of-order` is given.",
    example: "brant -dir migrations sqlite3 ./app.db goto 20260131120000",
    needs_database: true,
    target: Some(target),
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    let version = up_to::version(cx, "goto")?;
    let report = database::migrate(cx, console, target(cx)?)?;
    if report.steps.is_empty() {
        down::nothing_to_run(console, &report);
    } else {
        console.result(format_args!("goose: successfully migrated database to version: {version}"));
    }
    Ok(Body::of_report(&report))
}

fn target(cx: &Context) -> Result<Target, Failure> {
    up_to::version(cx, "goto").map(Target::GoTo)
}
