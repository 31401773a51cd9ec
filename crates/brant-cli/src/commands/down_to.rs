//! `down-to VERSION`

use brant_core::Target;

use super::{Command, Context, down, up_to};
use crate::database;
use crate::failure::Failure;
use crate::output::Console;
use crate::output::json::Body;

pub(super) const COMMAND: Command = Command {
    name: "down-to",
    arguments: "VERSION",
    summary: "revert migrations until the last applied is VERSION or below",
    details: "`down-to 0` reverts everything. Nothing is reverted before every file of the plan was read and \
              understood.",
    example: "brant -dir migrations sqlite3 ./app.db down-to 20260131120000",
    needs_database: true,
    target: Some(target),
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    let report = database::migrate(cx, console, target(cx)?)?;
    if cx.config.policy.versioning {
        // goose writes this line always, also after it has reverted something.
        down::nothing_to_run(console, &report);
    }
    down::unversioned_summary(cx, console, &report)?;
    Ok(Body::of_report(&report))
}

fn target(cx: &Context) -> Result<Target, Failure> {
    up_to::version(cx, "down-to").map(Target::DownTo)
}
