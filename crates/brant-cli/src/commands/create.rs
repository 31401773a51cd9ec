//! `create NAME [TYPE]`

use std::path::Path;

use brant_source::Numbering;
use brant_source::create::{CreateError, CreateKind, create};
use jiff::Timestamp;

use super::{Command, Context};
use crate::failure::Failure;
use crate::output::Console;
use crate::output::json::Body;

pub(super) const COMMAND: Command = Command {
    name: "create",
    arguments: "NAME [sql|rust]",
    summary: "make a new migration file",
    details: "Its version is the time in UTC, or with -s the next number. The type is sql when none is given.",
    example: "brant -dir migrations create add_orders",
    needs_database: false,
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    let Some(name) = cx.arg() else {
        return Err(Failure::arguments("create must be of form: `brant [OPTIONS] create NAME [sql|rust]`"));
    };
    let kind = cx.args.get(1).map_or(Ok(CreateKind::Sql), |kind| kind.parse())?;
    let path = create(&cx.config.dir(), name, kind, numbering(cx), Timestamp::now())?;
    if kind == CreateKind::Rust {
        console.warn("this binary runs SQL: a Rust migration runs in the program that it is linked into");
    }
    Ok(created(console, &path))
}

/// How new files get their version.
pub(super) fn numbering(cx: &Context) -> Numbering {
    if cx.config.sequential { Numbering::Sequential } else { Numbering::Timestamp }
}

/// Tells of a new file.
pub(super) fn created(console: &mut Console, path: &Path) -> Body {
    console.result(format_args!("Created new file: {}", path.display()));
    Body { file: Some(path.display().to_string()), ..Body::default() }
}

impl From<CreateError> for Failure {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Dir(error) => error.into(),
            CreateError::GoUnsupported | CreateError::UnknownKind(_) => Failure::arguments(error.to_string()),
            CreateError::NoVersionLeft | CreateError::Exists(_) | CreateError::Write { .. } => {
                Failure::plain("directory", error.to_string())
            }
        }
    }
}
