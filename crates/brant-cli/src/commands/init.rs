//! `init`

use brant_source::init::{InitError, init};
use jiff::Timestamp;

use super::{Command, Context, create};
use crate::config::Config;
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
    target: None,
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    let dir = cx.config.dir.clone().unwrap_or_default();
    let path =
        init(&dir, create::numbering(cx), Timestamp::now()).map_err(|error| failure(&error, &cx.config))?;
    Ok(create::created(console, &path))
}

fn failure(error: &InitError, config: &Config) -> Failure {
    let failure = Failure::plain("directory", error.to_string());
    match error {
        InitError::File(error) => create::failure(error, config),
        InitError::Exists(_) => failure.next("`brant create NAME` adds a file to it"),
        InitError::Directory { .. } => {
            failure.remedy(format!("name a directory that can be made with {}", config.setter("dir")))
        }
    }
}
