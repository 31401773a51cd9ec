//! `version`

use brant_core::{PlanError, Version};
use brant_engine::RunErrorKind;

use super::{Command, Context};
use crate::failure::Failure;
use crate::output::Console;
use crate::output::json::Body;
use crate::{database, files};

pub(super) const COMMAND: Command = Command {
    name: "version",
    arguments: "",
    summary: "show the version applied last",
    details: "Changes nothing, and makes no table. With -no-versioning: the highest version of the files.",
    example: "brant sqlite3 ./app.db version",
    needs_database: true,
    target: None,
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    let version = if cx.config.policy.versioning {
        let history = database::history(cx, console, false)?;
        if history.is_emptied() {
            return Err(RunErrorKind::Plan(PlanError::HistoryEmptied).into());
        }
        console.result(format_args!("goose: version {}", history.last_applied()));
        history.last_applied()
    } else {
        let highest = files::list_sound(cx, console)?.last().map_or(Version::ZERO, |m| m.version);
        console.result(format_args!("goose: file version {highest}"));
        highest
    };
    Ok(Body { version: Some(version.0), ..Body::default() })
}
