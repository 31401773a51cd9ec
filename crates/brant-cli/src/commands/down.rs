//! `down [N]`

use brant::Migrations;
use brant_core::{Direction, Report, Target, Version};

use super::{Command, Context, up};
use crate::failure::Failure;
use crate::output::Console;
use crate::output::json::Body;
use crate::{database, files};

pub(super) const COMMAND: Command = Command {
    name: "down",
    arguments: "[N]",
    summary: "revert the migration applied last, or the last N",
    details: "Migrations are reverted in the reverse of the order in which they were applied. A migration without a \
              Down section is not reverted, unless `--allow-irreversible` is given. N is a number of steps: one that is \
              also a version is refused, but for 1, and so is one that is more than there are.",
    example: "brant -dir migrations sqlite3 ./app.db down",
    needs_database: true,
    target: Some(target),
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    let report = database::migrate(cx, console, target(cx)?)?;
    unversioned_summary(cx, console, &report)?;
    Ok(Body::of_report(&report))
}

fn target(cx: &Context) -> Result<Target, Failure> {
    Ok(up::steps(cx, Direction::Down)?.map_or(Target::Down, Target::DownSteps))
}

/// goose's line for a run that found nothing to do, and for the end of `down-to`.
pub(super) fn nothing_to_run(console: &mut Console, report: &Report) {
    let current = report.version_after.or(report.version_before).unwrap_or(Version::ZERO);
    console.result(format_args!("goose: no migrations to run. current version: {current}"));
}

/// The line after the last result of a run downwards without versioning: the highest file below.
pub(super) fn unversioned_summary(
    cx: &Context,
    console: &mut Console,
    report: &Report,
) -> Result<(), Failure> {
    if cx.config.policy.versioning {
        return Ok(());
    }
    let version = highest_below(&files::list(cx, console)?, report);
    console.result(format_args!("goose: down to current file version: {version}"));
    Ok(())
}

fn highest_below(files: &Migrations, report: &Report) -> Version {
    let lowest = report.steps.iter().map(|s| s.migration.version).min();
    let versions = files.list_sources().into_iter().map(|source| Version(source.version));
    let below = versions.filter(|v| lowest.is_none_or(|lowest| *v < lowest));
    below.max().unwrap_or(Version::ZERO)
}
