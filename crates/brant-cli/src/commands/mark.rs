//! `mark applied|pending VERSION...`

use brant_core::{MarkTarget, Version};

use super::{Command, Context};
use crate::failure::Failure;
use crate::marking;
use crate::output::Console;
use crate::output::json::Body;

pub(super) const COMMAND: Command = Command {
    name: "mark",
    arguments: "applied|pending VERSION...",
    summary: "record versions as applied or pending, without running them",
    details: "For what was done or undone by hand, also what an earlier run left half done. Asks first, or takes `--yes`; \
              `--dry-run` shows what would be written. `--reason TEXT` is kept in the journal. A version that stands so \
              already is refused, and so is one without a file, unless it is taken off the history or `--without-file` is \
              given.",
    example: "brant mark applied 20260131120000 --reason finished-by-hand",
    needs_database: true,
    target: None,
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    let (state, versions) = match cx.args.split_first() {
        Some((state, versions)) if !versions.is_empty() => (state.as_str(), versions),
        _ => return Err(usage("`mark` takes a state and versions")),
    };
    let versions: Result<Vec<Version>, Failure> =
        versions.iter().map(|text| marking::version(text)).collect();
    let target = match state {
        "applied" => MarkTarget::Applied(versions?),
        "pending" => MarkTarget::Pending(versions?),
        _ => return Err(usage("`mark` takes a state first")),
    };
    marking::run(cx, console, target)
}

fn usage(message: &str) -> Failure {
    Failure::arguments(message).next("`brant mark applied VERSION...` or `brant mark pending VERSION...`")
}
