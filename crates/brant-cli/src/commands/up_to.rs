//! `up-to VERSION`

use std::num::{IntErrorKind, ParseIntError};

use brant_core::{Target, Version};

use super::{Command, Context, up};
use crate::database;
use crate::failure::Failure;
use crate::output::Console;
use crate::output::json::Body;

pub(super) const COMMAND: Command = Command {
    name: "up-to",
    arguments: "VERSION",
    summary: "apply every pending migration up to VERSION",
    details: "What lies below the highest applied version is refused, unless `--allow-out-of-order` is given.",
    example: "brant -dir migrations sqlite3 ./app.db up-to 20260131120000",
    needs_database: true,
    target: Some(target),
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    let report = database::migrate(cx, console, target(cx)?)?;
    up::summary(cx, console, &report);
    Ok(Body::of_report(&report))
}

fn target(cx: &Context) -> Result<Target, Failure> {
    version(cx, "up-to").map(Target::UpTo)
}

/// The version after `up-to`, `down-to` or `goto`.
pub(super) fn version(cx: &Context, command: &str) -> Result<Version, Failure> {
    let form = format!("`brant [OPTIONS] DRIVER DBSTRING {command} VERSION`");
    let text = cx.arg().ok_or_else(|| {
        Failure::arguments(format!("{command} must be of form: {form}"))
            .next("add the version; `brant status` lists them")
    })?;
    let version = text.parse().map(Version);
    version.map_err(|error: ParseIntError| {
        let number = match error.kind() {
            IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => "a number of at most 63 bits",
            _ => "a number",
        };
        Failure::arguments(format!("version must be {number} (got `{text}`)")).next(form)
    })
}
