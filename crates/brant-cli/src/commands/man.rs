//! `man`

use super::{Command, Context};
use crate::failure::Failure;
use crate::manual;
use crate::output::Console;
use crate::output::json::Body;

pub(super) const COMMAND: Command = Command {
    name: "man",
    arguments: "",
    summary: "write the manual page",
    details: "The page holds all flags, commands, variables and exit codes.",
    example: "brant man > /usr/local/share/man/man1/brant.1",
    needs_database: false,
    target: None,
    run,
};

fn run(_: &Context, console: &mut Console) -> Result<Body, Failure> {
    let page =
        manual::page().map_err(|e| Failure::plain("system", format!("failed to write the page: {e}")))?;
    console.result(page.trim_end());
    Ok(Body { text: Some(page), ..Body::default() })
}
