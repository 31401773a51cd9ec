//! The commands: one file each, one table.

mod apply;
mod baseline;
mod check;
mod completions;
mod config;
mod create;
mod down;
mod down_to;
mod drivers;
mod env;
mod fix;
mod goto;
mod help;
mod init;
mod lock;
mod man;
mod mark;
mod plan;
mod redo;
mod repair;
mod reset;
mod resume;
mod show;
mod status;
mod up;
mod up_by_one;
mod up_to;
mod validate;
mod version;
mod wait;

use brant::Migrations;
use brant_core::Target;

use crate::config::Config;
use crate::failure::Failure;
use crate::invocation::Database;
use crate::output::Console;
use crate::output::json::Body;

pub(crate) use help::{EXAMPLES, about, sentence, usage};

/// What JSON tells for the usage text.
pub(crate) fn help_body() -> Body {
    help::body(COMMANDS)
}

/// A command, with all that is known of it: dispatch and help are made from here.
pub(crate) struct Command {
    /// Its name.
    pub name: &'static str,
    /// What follows the name.
    pub arguments: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// What else there is to know.
    pub details: &'static str,
    /// A whole command line that can be tried.
    pub example: &'static str,
    /// It works on a database.
    pub needs_database: bool,
    /// Where a run of it goes, if it changes the database: what `plan` and `--dry-run` show.
    pub target: Option<FindTarget>,
    /// Does it. Text results go to the console on the way; the returned body is for JSON.
    pub run: fn(&Context, &mut Console) -> Result<Body, Failure>,
}

/// Reads the arguments of a command that changes the database.
pub(crate) type FindTarget = fn(&Context) -> Result<Target, Failure>;

impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// What a command is told.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// What flags and environment mean.
    pub config: Config,
    /// What follows the command's name.
    pub args: Vec<String>,
    /// The migrations that are linked into this program.
    pub linked: Migrations,
    /// The database, if one was named.
    pub database: Option<Database>,
}

impl Context {
    /// Whether the command works on what is linked in, rather than on a directory.
    pub(crate) fn is_on_linked(&self) -> bool {
        self.config.dir.is_none() && !self.linked.list_sources().is_empty()
    }

    /// The database, for commands that are only called with one.
    pub(crate) fn named_database(&self) -> &Database {
        match &self.database {
            Some(database) => database,
            None => unreachable!("a command that needs a database is only called with one"),
        }
    }

    /// The first argument.
    pub(crate) fn arg(&self) -> Option<&str> {
        self.args.first().map(String::as_str)
    }
}

/// Every command, in the order of the usage text.
pub(crate) const COMMANDS: &[&Command] = &[
    &up::COMMAND,
    &up_by_one::COMMAND,
    &up_to::COMMAND,
    &down::COMMAND,
    &down_to::COMMAND,
    &goto::COMMAND,
    &redo::COMMAND,
    &reset::COMMAND,
    &resume::COMMAND,
    &plan::COMMAND,
    &apply::COMMAND,
    &status::COMMAND,
    &check::COMMAND,
    &mark::COMMAND,
    &baseline::COMMAND,
    &show::COMMAND,
    &repair::COMMAND,
    &version::COMMAND,
    &create::COMMAND,
    &fix::COMMAND,
    &validate::COMMAND,
    &lock::COMMAND,
    &wait::COMMAND,
    &init::COMMAND,
    &config::COMMAND,
    &env::COMMAND,
    &drivers::COMMAND,
    &drivers::BETA,
    &completions::COMMAND,
    &man::COMMAND,
    &help::COMMAND,
];

/// Commands that can show what they would do (`-dry-run`), beside those that a plan can be made of. The others refuse that
/// flag rather than ignore it.
const DRY: &[&str] = &["plan", "mark", "baseline", "repair", "lock"];

/// Commands that tell of brant itself, and so need no settings.
const ABOUT_BRANT: &[&str] = &["help", "man", "completions", "drivers", "beta"];

/// Whether these words name a command that tells of brant itself.
pub(crate) fn is_about_brant(words: &[String]) -> bool {
    words.first().is_some_and(|word| ABOUT_BRANT.contains(&word.as_str()))
}

/// Refuses a flag that must not be ignored.
///
/// # Errors
///
/// When the command has no dry run, and one is wanted.
pub(crate) fn check_dry_run(command: &Command, wanted: bool) -> Result<(), Failure> {
    let dry = |command: &Command| command.target.is_some() || DRY.contains(&command.name);
    match !wanted || dry(command) {
        true => Ok(()),
        false => Err(Failure::arguments(format!("`{}` has no dry run: nothing was done", command.name))
            .next(format!("these have: {}", names_of(dry).join(", ")))),
    }
}

fn names_of(wanted: impl Fn(&Command) -> bool) -> Vec<&'static str> {
    COMMANDS.iter().filter(|command| wanted(command)).map(|command| command.name).collect()
}

/// The command of this name.
pub(crate) fn find(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|c| c.name == name).copied()
}

/// The command whose name is a typing error away from this.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    brant_core::nearest(name, COMMANDS.iter().map(|c| c.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    #[test]
    fn names_are_unique() {
        for (i, command) in COMMANDS.iter().enumerate() {
            assert!(COMMANDS[..i].iter().all(|c| c.name != command.name), "{}", command.name);
        }
    }

    #[test]
    fn what_tells_of_brant_needs_no_database() {
        for name in ABOUT_BRANT {
            assert!(find(name).is_some_and(|command| !command.needs_database), "{name}");
        }
    }

    #[test]
    fn every_command_has_an_example_that_calls_it() {
        let environment = crate::env::Environment::of(&[("DATABASE_URL", "sqlite://app.db")]);
        for command in COMMANDS {
            assert!(!command.summary.is_empty() && !command.details.is_empty(), "{}", command.name);
            let line = command.example.split(&['>', '&'][..]).next().unwrap_or_default();
            let words: Vec<String> = line.split_whitespace().skip(1).map(ToOwned::to_owned).collect();
            let low = crate::args::parse(&words).unwrap();
            let called =
                crate::invocation::resolve(&low.positionals, &environment, &Settings::default()).unwrap();
            assert_eq!(called.command.name, command.name);
        }
    }

    #[test]
    fn the_page_of_commands_has_every_command_and_flag_in_an_example() {
        let page = include_str!("../../../docs/commands.md");
        let examples: Vec<&str> =
            page.split('`').skip(1).step_by(2).filter(|s| s.starts_with("brant ")).collect();
        let is_shown = |word: &str| {
            examples.iter().any(|e| e.split_whitespace().any(|w| w.trim_start_matches('-') == word))
        };
        for command in COMMANDS {
            assert!(is_shown(command.name), "{}", command.name);
        }
        for flag in crate::flags::FLAGS {
            assert!(is_shown(flag.name), "-{}", flag.name);
        }
    }

    #[test]
    fn every_command_is_listed_and_every_file_is_a_command() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/commands");
        for entry in std::fs::read_dir(folder).unwrap() {
            let file = entry.unwrap().file_name().into_string().unwrap();
            let name = file.trim_end_matches(".rs").replace('_', "-");
            assert!(find(&name).is_some(), "src/commands/{file} is not in COMMANDS");
        }
    }
}
