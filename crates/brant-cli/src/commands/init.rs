//! `init`

use brant_source::init::init;
use jiff::Timestamp;

use super::{Command, Context, create};
use crate::failure::Failure;
use crate::output::Console;
use crate::output::json::Body;

pub(super) const COMMAND: Command = Command {
    name: "init",
    arguments: "",
    summary: "make a directory with a first migration file",
    details: "The directory is the one given with -dir, or `migrations`. It must not exist yet.",
    example: "brant init",
    needs_database: false,
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    let dir = cx.config.dir.clone().unwrap_or_default();
    let path = init(&dir, create::numbering(cx), Timestamp::now())
        .map_err(|e| Failure::plain("directory", e.to_string()))?;
    Ok(create::created(console, &path))
}
