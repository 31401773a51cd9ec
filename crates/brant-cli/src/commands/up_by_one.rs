//! `up-by-one`

use brant_core::Target;

use super::{Command, Context, down, up};
use crate::database;
use crate::failure::Failure;
use crate::output::Console;
use crate::output::json::Body;

pub(super) const COMMAND: Command = Command {
    name: "up-by-one",
    arguments: "",
    summary: "apply the next pending migration",
    details: "Fails when nothing is pending, so that a script can go on until it does.",
    example: "brant -dir migrations sqlite3 ./app.db up-by-one",
    needs_database: true,
    target: Some(|_| Ok(Target::UpByOne)),
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    let report = database::migrate(cx, console, Target::UpByOne)?;
    if !cx.config.policy.versioning {
        up::summary(cx, console, &report);
    } else if report.steps.is_empty() {
        down::nothing_to_run(console, &report);
        return Err(Failure::plain("nothing_pending", "nothing is pending: no next version found")
            .with_body(Body::of_report(&report)));
    }
    Ok(Body::of_report(&report))
}
