//! `drivers`, and `beta drivers` as goose calls it

use brant_driver::DRIVERS;

use super::{Command, Context};
use crate::failure::Failure;
use crate::output::Console;
use crate::output::json::Body;

pub(super) const COMMAND: Command = Command {
    name: "drivers",
    arguments: "",
    summary: "show the drivers of this build",
    details: "Each line holds the names of one driver; any of them may stand for DRIVER.",
    example: "brant drivers",
    needs_database: false,
    target: None,
    run,
};

pub(super) const BETA: Command = Command {
    name: "beta",
    arguments: "drivers",
    summary: "the same as `drivers`, for goose's scripts",
    details: "goose keeps this command under `beta`.",
    example: "brant beta drivers",
    needs_database: false,
    target: None,
    run: run_beta,
};

fn run(_: &Context, console: &mut Console) -> Result<Body, Failure> {
    let mut drivers: Vec<Vec<&'static str>> = DRIVERS.iter().map(|d| d.names().to_vec()).collect();
    drivers.sort_unstable();
    console.result("Available drivers:");
    for names in &drivers {
        console.result(format_args!("  {}", names.join(", ")));
    }
    Ok(Body { drivers: Some(drivers), ..Body::default() })
}

fn run_beta(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    match cx.arg() {
        Some("drivers") => run(cx, console),
        Some(other) => {
            Err(Failure::arguments(format!("`beta` has no subcommand `{other}`"))
                .next("`brant beta drivers`"))
        }
        None => Err(Failure::arguments("`beta` needs a subcommand").next("`brant beta drivers`")),
    }
}
