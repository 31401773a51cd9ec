//! `reset`

use brant_core::Target;

use super::{Command, Context, down};
use crate::database;
use crate::failure::Failure;
use crate::output::Console;
use crate::output::json::Body;

pub(super) const COMMAND: Command = Command {
    name: "reset",
    arguments: "",
    summary: "revert every migration",
    details: "Migrations are reverted in the reverse of the order in which they were applied. Those whose file is \
              missing are passed over. Refused while an `up` is half done: something would be left.",
    example: "brant -dir migrations sqlite3 ./app.db reset",
    needs_database: true,
    target: Some(|_| Ok(Target::Reset)),
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    let report = database::migrate(cx, console, Target::Reset)?;
    down::unversioned_summary(cx, console, &report)?;
    Ok(Body::of_report(&report))
}
