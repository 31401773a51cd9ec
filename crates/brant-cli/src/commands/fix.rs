//! `fix`

use brant_source::fix::{FixError, fix};

use super::{Command, Context};
use crate::config::Config;
use crate::failure::Failure;
use crate::files;
use crate::output::Console;
use crate::output::json::{Body, Renamed};

pub(super) const COMMAND: Command = Command {
    name: "fix",
    arguments: "",
    summary: "rename files with a time in their name to the next numbers",
    details: "For a project whose developers make files by time and whose releases number them. No database is \
              touched: rename before the files are applied anywhere that matters.",
    example: "brant -dir migrations fix",
    needs_database: false,
    target: None,
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    let renamings = fix(&cx.config.dirs()).map_err(|error| failure(&error, &cx.config))?;
    for renaming in &renamings {
        console.result(renaming);
    }
    let renamed = renamings
        .iter()
        .map(|r| Renamed { from: r.from.display().to_string(), to: r.to.display().to_string() })
        .collect();
    Ok(Body { renamed: Some(renamed), ..Body::default() })
}

fn failure(error: &FixError, config: &Config) -> Failure {
    let failure = Failure::plain("directory", error.to_string());
    match error {
        FixError::Dir(error) => files::failure(error, config),
        FixError::NoVersionLeft => failure.remedy("give the file with the highest number a lower one"),
        FixError::Exists(_) => failure.remedy("move one of the two out of the way"),
        FixError::Rename { .. } => failure.remedy("make the directory writable"),
    }
}
