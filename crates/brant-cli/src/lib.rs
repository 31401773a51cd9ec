//! The command line: arguments, environment, output and exit codes. What a migration is and what a run does is
//! decided in the other crates.
//!
//! As a library it gives an application a command line of its own, in which the application's migrations in Rust run:
//! see [`main`].

mod again;
mod approval_file;
mod args;
mod commands;
mod config;
mod confirm;
mod database;
mod dotenv;
mod env;
mod exit;
mod failure;
mod files;
mod flags;
mod go;
mod invocation;
mod manual;
mod marking;
mod origin;
mod output;
mod preview;
mod private_file;
mod protection;
mod settings;
mod signal;

use std::ffi::OsString;
use std::process::ExitCode;

use brant::Migrations;

use args::{Format, LowArgs, UsageError};
use commands::Context;
use config::Config;
use env::Environment;
use exit::Exit;
use failure::Failure;
use output::Console;
use output::json::Body;
use settings::Settings;

/// brant's version as it is shown.
const VERSION: &str = concat!("v", env!("CARGO_PKG_VERSION"));

/// The whole command line of `brant`, with these migrations linked in: reads the process's arguments, does what they ask
/// for, and returns how the process should end.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// fn main() -> ExitCode {
///     brant_cli::main(brant::Migrations::new()) // brant::embed!("migrations")
/// }
/// ```
///
/// What is linked in is what commands work on where no directory is named. With `-dir` (or `GOOSE_MIGRATION_DIR`) the
/// directory is read instead, so that its SQL may be newer than the program, and what is linked in gives its files of
/// Rust and Go their bodies, by version. `create`, `fix` and `init` work on files always.
#[must_use]
pub fn main(migrations: Migrations) -> ExitCode {
    let args: Result<Vec<String>, OsString> =
        std::env::args_os().skip(1).map(OsString::into_string).collect();
    match args {
        Ok(args) => run(&args, migrations).into(),
        Err(arg) => {
            let message = format!("an argument is not UTF-8 text: `{}`", arg.to_string_lossy());
            let next = Some("write it in UTF-8".to_owned());
            let failure = Failure::from(UsageError { message, next });
            finish(Console::new(Format::Text, false), None, &Err(failure), false).into()
        }
    }
}

/// One invocation: parse, merge, dispatch, tell.
fn run(args: &[String], linked: Migrations) -> Exit {
    let low = match args::parse(args) {
        Ok(low) => low,
        Err(error) => {
            let format = if args::wants_json(args) { Format::Json } else { Format::Text };
            return finish(Console::new(format, false), None, &Err(error.into()), false);
        }
    };
    let mut console = Console::new(low.format, !low.no_color);
    if low.quiet {
        console.quieten();
    }
    let mut name = None;
    let result = if low.version {
        console.result(format_args!("brant version: {VERSION}"));
        Ok(Body { brant: Some(VERSION), ..Body::default() })
    } else if low.help {
        let command = low.positionals.iter().find_map(|word| commands::find(word));
        console.result(command.map_or_else(commands::usage, commands::about));
        Ok(commands::help_body())
    } else if low.positionals.is_empty() {
        console.result(commands::usage());
        Err(Failure::arguments("no command was given").next("`brant help` lists the commands"))
    } else {
        dispatch(args, &low, linked, &mut console, &mut name)
    };
    let detailed = low.detailed_exit_codes || name.is_some_and(exit::is_told_in_detail);
    finish(console, name, &result, detailed)
}

fn finish(console: Console, name: Option<&str>, result: &Result<Body, Failure>, detailed: bool) -> Exit {
    console.finish(name, result, Exit::of(result, detailed))
}

fn dispatch(
    args: &[String],
    low: &LowArgs,
    linked: Migrations,
    console: &mut Console,
    name: &mut Option<&'static str>,
) -> Result<Body, Failure> {
    let mut environment = Environment::load(low.env_file.as_deref())?;
    if environment.no_color() {
        console.without_color();
    }
    if let Some(warning) = environment.warning.take() {
        console.warn(warning);
    }
    let settings = match Settings::load(low.config.as_deref(), low.environment.as_deref(), &environment) {
        // Who looks for help with a broken file shall find it.
        Err(_) if commands::is_about_brant(&low.positionals) => Settings::default(),
        settings => settings?,
    };
    let invocation = invocation::resolve(&low.positionals, &environment, &settings)?;
    *name = Some(invocation.command.name);
    commands::check_dry_run(invocation.command, low.dry_run)?;
    commands::check_arguments(invocation.command, &invocation.args)?;
    let config = Config::new(low, environment, settings);
    console.advise(again::commands(&again::program(), args, &invocation, &config));
    let context = Context { config, args: invocation.args, linked, database: invocation.database };
    preview::check_flags(&context, invocation.command)?;
    match invocation.command.target.filter(|_| context.config.dry_run) {
        Some(target) => {
            let command = [&[invocation.command.name.to_owned()], context.args.as_slice()].concat();
            preview::show(&context, console, &command, target(&context)?)
        }
        None => (invocation.command.run)(&context, console),
    }
}
