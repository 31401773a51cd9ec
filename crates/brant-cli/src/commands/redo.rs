//! `redo`

use brant_core::Target;

use super::{Command, Context};
use crate::database;
use crate::failure::Failure;
use crate::output::Console;
use crate::output::json::Body;

pub(super) const COMMAND: Command = Command {
    name: "redo",
    arguments: "",
    summary: "revert the migration applied last and apply it again",
    details: "To try out a migration that is being written: its Down section, then its Up section.",
    example: "brant -dir migrations sqlite3 ./app.db redo",
    needs_database: true,
    target: Some(|_| Ok(Target::Redo)),
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    Ok(Body::of_report(&database::migrate(cx, console, Target::Redo)?))
}
