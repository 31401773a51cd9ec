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
use crate::invocation::{self, Database};
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

impl Command {
    /// How many words may follow the name, as the usage text says.
    fn most_arguments(&self) -> usize {
        match self.arguments.trim_end_matches(']').ends_with("...") {
            true => usize::MAX,
            false => self.arguments.split_whitespace().count(),
        }
    }
}

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

/// goose's commands. It passes over arguments that it has no use for, and scripts may have come to rely on that.
const OF_GOOSE: &[&str] = &[
    "up",
    "up-by-one",
    "up-to",
    "down",
    "down-to",
    "redo",
    "reset",
    "status",
    "version",
    "create",
    "fix",
    "validate",
    "init",
    "env",
    "beta",
];

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

/// Refuses an argument that must not be ignored.
///
/// # Errors
///
/// When there are more than the command takes, and it is none of goose's.
pub(crate) fn check_arguments(command: &Command, args: &[String]) -> Result<(), Failure> {
    let surplus = args.get(command.most_arguments()).filter(|_| !OF_GOOSE.contains(&command.name));
    let Some(surplus) = surplus else { return Ok(()) };
    let form = format!("`brant {} {}", command.name, command.arguments);
    Err(Failure::arguments(format!("`{}` takes no argument `{}`", command.name, invocation::shown(surplus)))
        .next(format!("its form is {}`", form.trim_end())))
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
    use crate::failure::FailureKind;
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
    fn surplus_arguments_are_refused_but_behind_gooses_commands() {
        const OF_BRANT: &[(&str, &str)] = &[
            ("goto 3 x", "x"),
            ("resume x", "x"),
            ("plan up-to 3 x", ""),
            ("plan reset x", ""),
            ("apply p.json x", "x"),
            ("check x", "x"),
            ("mark applied 1 2 3", ""),
            ("baseline 1 2", "2"),
            ("show 1 2 3", "2"),
            ("repair 1 2", ""),
            ("lock status x", "x"),
            ("wait postgres://u:p@h/db", "***"),
            ("config x", "x"),
            ("drivers x", "x"),
            ("completions bash x", "x"),
            ("man x", "x"),
            ("help up x", "x"),
        ];
        for command in COMMANDS {
            let is_tried = OF_BRANT.iter().any(|(line, _)| line.split(' ').next() == Some(command.name));
            assert!(is_tried || OF_GOOSE.contains(&command.name), "{}", command.name);
        }
        let of_brant = OF_BRANT.iter().map(|(line, refused)| ((*line).to_owned(), *refused));
        let of_goose = OF_GOOSE.iter().map(|name| (format!("{name} 1 2 3 4"), ""));
        for (line, refused) in of_brant.chain(of_goose) {
            let mut words = line.split(' ').map(ToOwned::to_owned);
            let command = words.next().and_then(|name| find(&name)).unwrap();
            let found = match check_arguments(command, &words.collect::<Vec<_>>()) {
                Ok(()) => String::new(),
                Err(Failure { kind: FailureKind::Plain { message, .. }, .. }) => message,
                Err(failure) => panic!("{failure:?}"),
            };
            let wanted = format!("`{}` takes no argument `{refused}`", command.name);
            assert_eq!(found, if refused.is_empty() { "" } else { &wanted }, "{line}");
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
            assert!(check_arguments(command, &called.args).is_ok(), "{}", command.example);
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
