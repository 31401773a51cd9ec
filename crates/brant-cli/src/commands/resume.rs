//! `resume`

use brant_core::Target;

use super::{Command, Context};
use crate::database;
use crate::failure::Failure;
use crate::output::Console;
use crate::output::json::Body;

pub(super) const COMMAND: Command = Command {
    name: "resume",
    arguments: "",
    summary: "bring the migration to its end that an earlier run left half done",
    details: "Goes on at the first statement that is not done, up or down, and does nothing else (`up` and `down` do the \
              same on their way). Where it cannot be found out whether a statement was carried out, --statement-done=yes \
              or =no says so; --accept-changes says that statements which are done may read otherwise now.",
    example: "brant -dir migrations sqlite3 ./app.db resume --statement-done=no",
    needs_database: true,
    target: Some(|_| Ok(Target::Resume)),
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    let report = database::migrate(cx, console, Target::Resume)?;
    if report.steps.is_empty() {
        console.result("brant: nothing is half done");
    }
    Ok(Body::of_report(&report))
}
