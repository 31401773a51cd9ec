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
use crate::config::Config;
use crate::failure::{Failure, Next};
use crate::origin::Origin;
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
        return Ok(with_code_of(read(cx, &cx.config.dirs(), console)?, &cx.linked));
    }
    let linked = cx.linked.clone();
    match cx.config.also_dirs() {
        None => Ok(linked),
        Some(dirs) => Ok(linked.merge(read(cx, &dirs, console)?)),
    }
}

fn read(cx: &Context, dirs: &Dirs, console: &mut Console) -> Result<Migrations, Failure> {
    let listing = dir::list(dirs).map_err(|error| failure(&error, &cx.config))?;
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
    let texts = hooks::read(dir).map_err(|mut error| {
        if error.path == *dir {
            error.remedy =
                Some(format!("name the directory of the hooks with {}", cx.config.setter("hooks")));
        }
        RunErrorKind::Script(script_error(error))
    })?;
    Ok(vec![Arc::new(SqlHooks::new(texts))])
}

/// A directory that can't be used, and what it is corrected with.
pub(crate) fn failure(error: &DirError, config: &Config) -> Failure {
    let setter = |dir: &Path| config.setter(config.setting_of_dir(dir));
    Failure::plain("directory", error.to_string()).with_next(match error {
        DirError::Missing(dir) => Next::Just(format!(
            "name the directory with {} (a relative one is looked for {}; `brant init` makes a new one)",
            setter(dir),
            match config.origin(config.setting_of_dir(dir)) {
                Some(Origin::File(_)) => "beside that file",
                _ => "where brant is started",
            }
        )),
        DirError::NotADirectory(dir) => {
            Next::Just(format!("name the directory with {}, and not a file", setter(dir)))
        }
        DirError::Unreadable { dir, .. } => Next::ThenAgain(format!(
            "make it a directory that can be read (`ls -ld {}` shows what it is)",
            dir.display()
        )),
        DirError::Name { .. } => rename(),
    })
}

/// What to do about a file whose name says no version.
pub(crate) fn rename() -> Next {
    Next::ThenAgain("rename it like `00001_add_orders.sql`, or move it out of the directory".to_owned())
}

fn script_error(ParseError { path, position, message, remedy }: ParseError) -> ScriptError {
    ScriptError { path, position, message, remedy }
}
