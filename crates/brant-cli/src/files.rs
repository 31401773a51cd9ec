//! The migrations that a command works on: files of directories, and what is linked in.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use brant::__command_line::{identities, of_files, with_code_of};
use brant::Migrations;
use brant_core::{Migration, PlanError, plan};
use brant_engine::{RunErrorKind, ScriptError, SharedHooks, SqlHooks};
use brant_source::dir::{self, DirError, Dirs};
use brant_source::{ParseError, hooks};

use crate::commands::Context;
use crate::failure::{Failure, Next};
use crate::output::Console;

/// The directory to read where none was named.
pub(crate) fn default_dir() -> PathBuf {
    dir::default_dir(Path::new(".")).to_owned()
}

/// What the command works on, by version: what is linked in where no directory was named, else the files, those of code
/// with their linked-in bodies. What was passed over is warned of.
///
/// # Errors
///
/// When there is no such directory, or it can't be read, or a file in it has no proper name.
pub(crate) fn list(cx: &Context, console: &mut Console) -> Result<Migrations, Failure> {
    if !cx.is_on_linked() {
        return Ok(with_code_of(read(&cx.config.dirs(), console)?, &cx.linked));
    }
    let linked = cx.linked.clone();
    match cx.config.also_dirs() {
        None => Ok(linked),
        Some(dirs) => Ok(linked.merge(read(&dirs, console)?)),
    }
}

fn read(dirs: &Dirs, console: &mut Console) -> Result<Migrations, Failure> {
    let listing = dir::list(dirs)?;
    for warning in listing.warnings {
        console.warn(warning);
    }
    Ok(of_files(listing.migrations))
}

/// The same, for commands that make no plan: refuses what no plan could be made of.
///
/// # Errors
///
/// Also when the directory holds no migration, or two with one version.
pub(crate) fn list_sound(cx: &Context, console: &mut Console) -> Result<Vec<Migration>, Failure> {
    sound(&list(cx, console)?)
}

/// The migrations, by version.
///
/// # Errors
///
/// When there are none, or two with one version.
pub(crate) fn sound(migrations: &Migrations) -> Result<Vec<Migration>, Failure> {
    let migrations = identities(migrations);
    if migrations.is_empty() {
        return Err(RunErrorKind::Plan(PlanError::NoMigrations).into());
    }
    plan::sorted(&migrations).map_err(RunErrorKind::Plan)?;
    Ok(migrations)
}

/// The hooks that the user asked for.
///
/// # Errors
///
/// When they can't be read.
pub(crate) fn hooks(cx: &Context) -> Result<Vec<SharedHooks>, Failure> {
    let Some(dir) = &cx.config.hooks else { return Ok(Vec::new()) };
    let texts = hooks::read(dir).map_err(|error| RunErrorKind::Script(script_error(error)))?;
    Ok(vec![Arc::new(SqlHooks::new(texts))])
}

impl From<DirError> for Failure {
    fn from(error: DirError) -> Self {
        Failure::plain("directory", error.to_string()).with_next(next(&error))
    }
}

/// What to do about a directory.
pub(crate) fn next(error: &DirError) -> Next {
    match error {
        DirError::Missing(_) => Next::Just(
            "name the directory with `-dir` (a relative one is looked for where brant is started; `brant init` makes a \
             new one)"
                .to_owned(),
        ),
        DirError::NotADirectory(_) => Next::Just("name the directory with `-dir`, and not a file".to_owned()),
        DirError::Unreadable { dir, .. } => Next::ThenAgain(format!(
            "make it a directory that can be read (`ls -ld {}` shows what it is)",
            dir.display()
        )),
        DirError::Name { .. } => rename(),
    }
}

/// What to do about a file whose name says no version.
pub(crate) fn rename() -> Next {
    Next::ThenAgain("rename it like `00001_add_orders.sql`, or move it out of the directory".to_owned())
}

fn script_error(ParseError { path, position, message, remedy }: ParseError) -> ScriptError {
    ScriptError { path, position, message, remedy }
}
