//! `create NAME [TYPE]`

use std::path::Path;
use std::process;

use brant_source::Numbering;
use brant_source::create::{CreateError, CreateKind, create};
use jiff::Timestamp;

use super::{Command, Context};
use crate::config::Config;
use crate::failure::Failure;
use crate::files;
use crate::output::Console;
use crate::output::json::Body;

pub(super) const COMMAND: Command = Command {
    name: "create",
    arguments: "NAME [sql|rust]",
    summary: "make a new migration file",
    details: "Its version is the time in UTC, or with -s the next number. The type is sql when none is given. A file \
              `.brant-template` in the directory is copied into each new one. With --edit the new file is opened in \
              the editor that VISUAL or EDITOR names.",
    example: "brant -dir migrations create add_orders --edit",
    needs_database: false,
    target: None,
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    let Some(name) = cx.arg() else {
        let message = "create must be of form: `brant [OPTIONS] create NAME [sql|rust]`";
        return Err(Failure::arguments(message).next("add a name, as in `brant create add_orders`"));
    };
    let failed = |error| failure(&error, &cx.config);
    let kind = cx.args.get(1).map_or(Ok(CreateKind::Sql), |kind| kind.parse()).map_err(failed)?;
    let editor = if cx.config.edit { Some(editor(cx)?) } else { None };
    let path = create(&cx.config.dirs(), name, kind, numbering(cx), Timestamp::now()).map_err(failed)?;
    if kind == CreateKind::Rust {
        console.warn(
            "a Rust migration runs in a program that embeds its directory by `brant::embed!`; such a program gets this \
             whole command line from `brant_cli::main`",
        );
    }
    let body = created(console, &path);
    match editor.map_or(Ok(()), |editor| edit(editor, &path)) {
        Ok(()) => Ok(body),
        Err(failure) => Err(failure.with_body(body)),
    }
}

/// The user's editor. Asked for before anything is created.
fn editor(cx: &Context) -> Result<&str, Failure> {
    let named = ["VISUAL", "EDITOR"].iter().find_map(|name| cx.config.environment.get(name));
    named.ok_or_else(|| {
        Failure::config("`--edit` needs an editor, and neither VISUAL nor EDITOR names one")
            .next("set one of them, as in `EDITOR=vi`, or leave `--edit` out")
    })
}

/// Opens a file in the editor, and waits until it is closed.
fn edit(editor: &str, path: &Path) -> Result<(), Failure> {
    let failed = |why: String| {
        Failure::plain("system", format!("the editor `{editor}` {why}"))
            .next(format!("the new file is there: `{}`", path.display()))
    };
    match editor_command(editor).arg(path).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(failed(format!("ended with {status}"))),
        Err(error) => Err(failed(format!("cannot be started: {error}"))),
    }
}

/// The variable may hold arguments and quotes, as in `code --wait`: the shell takes it apart, as it does for others.
#[cfg(unix)]
fn editor_command(editor: &str) -> process::Command {
    let mut command = process::Command::new("sh");
    command.args(["-c", &format!("{editor} \"$@\""), "sh"]);
    command
}

/// The variable may hold arguments.
#[cfg(not(unix))]
fn editor_command(editor: &str) -> process::Command {
    let mut words = editor.split_whitespace();
    let mut command = process::Command::new(words.next().unwrap_or(editor));
    command.args(words);
    command
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

/// What keeps a new file from being made, and what to do about it.
pub(super) fn failure(error: &CreateError, config: &Config) -> Failure {
    match error {
        CreateError::Dir(error) => files::failure(error, config),
        CreateError::GoUnsupported | CreateError::UnknownKind(_) => {
            Failure::arguments(error.to_string()).next("`brant create NAME [sql|rust]`")
        }
        CreateError::NoVersionLeft => directory(error).remedy("leave `-s` out"),
        CreateError::Exists(_) => directory(error).next("choose another name"),
        CreateError::Template { .. } => directory(error).remedy("make it readable, or remove it"),
        CreateError::Write { .. } => directory(error)
            .remedy(format!("make the directory writable, or name another with {}", config.setter("dir"))),
    }
}

fn directory(error: &CreateError) -> Failure {
    Failure::plain("directory", error.to_string())
}
