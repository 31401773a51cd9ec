//! `baseline VERSION`

use brant_core::MarkTarget;

use super::{Command, Context};
use crate::failure::Failure;
use crate::marking;
use crate::output::Console;
use crate::output::json::Body;

pub(super) const COMMAND: Command = Command {
    name: "baseline",
    arguments: "VERSION",
    summary: "adopt a database that is there: record everything up to VERSION as applied",
    details: "For a database that was made in another way and is what the files up to VERSION make. Nothing is run, and \
              nothing but the history is written. Asks first, or takes `--yes`; `--dry-run` shows what would be written. A \
              database in which something is applied already is refused: `mark` corrects such a history.",
    example: "brant baseline 20260131120000 --dry-run",
    needs_database: true,
    target: None,
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    let Some(text) = cx.arg() else {
        return Err(Failure::arguments("`baseline` takes the version that the database is at")
            .next("`brant validate -v` lists the files"));
    };
    marking::run(cx, console, MarkTarget::Baseline(marking::version(text)?))
}
