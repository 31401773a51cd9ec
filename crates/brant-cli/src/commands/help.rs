//! `help [COMMAND]`, and the usage text

use std::fmt::Write as _;

use super::{COMMANDS, Command, Context, find, nearest};
use crate::env::VARIABLES;
use crate::failure::Failure;
use crate::flags::{FLAGS, Flag};
use crate::output::Console;
use crate::output::json::{self, Body};

pub(super) const COMMAND: Command = Command {
    name: "help",
    arguments: "[COMMAND]",
    summary: "show this text, or more about a command",
    details: "`brant COMMAND -h` is the same as `brant help COMMAND`.",
    example: "brant help up-to",
    needs_database: false,
    target: None,
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    let Some(name) = cx.arg() else {
        console.result(usage());
        return Ok(body(COMMANDS));
    };
    let Some(command) = find(name) else {
        let next = nearest(name).map_or_else(
            || "`brant help` lists the commands".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        return Err(Failure::plain("unknown_command", format!("no such command: `{name}`")).next(next));
    };
    console.result(about(command));
    Ok(body(&[command]))
}

/// What JSON tells about these commands.
pub(crate) fn body(commands: &[&Command]) -> Body {
    let help = |c: &&Command| json::Help {
        name: c.name,
        arguments: c.arguments,
        summary: c.summary,
        example: c.example,
    };
    Body { commands: Some(commands.iter().map(help).collect()), ..Body::default() }
}

/// All about one command.
pub(crate) fn about(command: &Command) -> String {
    let database = if command.needs_database { "DRIVER DBSTRING " } else { "" };
    let mut text = format!("Usage: brant [OPTIONS] {database}{} {}", command.name, command.arguments);
    text.truncate(text.trim_end().len());
    let _ = write!(text, "\n\n{}\n", sentence(command.summary));
    if !command.details.is_empty() {
        let _ = writeln!(text, "{}", wrap(command.details, 0, 90));
    }
    let _ = write!(text, "\nExample:\n    {}", command.example);
    text
}

/// The summary with a capital letter and a full stop.
pub(crate) fn sentence(summary: &str) -> String {
    let mut chars = summary.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars).chain(['.']).collect()
}

/// The text that `-h` shows.
pub(crate) fn usage() -> String {
    let mut text = String::from(
        "Usage: brant [OPTIONS] DRIVER DBSTRING COMMAND\n\
         \x20      brant [OPTIONS] COMMAND\n\
         \n\
         The second form is for commands that need no database, and for the others where one is named already:\n\
         by GOOSE_DRIVER and GOOSE_DBSTRING, by DATABASE_URL, or by `database` in brant.toml.\n\
         \n\
         Drivers:\n",
    );
    let drivers: Vec<&str> = brant_driver::DRIVERS.iter().flat_map(|d| d.names().first()).copied().collect();
    let _ = writeln!(text, "    {}", drivers.join(", "));
    let _ = write!(text, "\nExamples:\n    {}\n", EXAMPLES.join("\n    "));
    text.push_str("\nOptions (with one dash or two, anywhere):\n");
    for flag in FLAGS {
        entry(&mut text, &flag_head(flag), flag.help);
    }
    text.push_str("\nCommands:\n");
    for command in COMMANDS {
        let head = format!("{} {}", command.name, command.arguments);
        entry(&mut text, head.trim_end(), command.summary);
    }
    text.push_str("\nEnvironment:\n");
    for variable in VARIABLES {
        entry(&mut text, variable.name, variable.help);
    }
    text.truncate(text.trim_end().len());
    text
}

/// Whole command lines, one of each kind.
pub(crate) const EXAMPLES: &[&str] = &[
    "brant init",
    "brant create add_orders",
    "brant sqlite3 ./app.db up",
    r#"brant -dir db/migrations postgres "host=localhost user=app dbname=app sslmode=disable" status"#,
    r#"brant mysql "app:secret@tcp(localhost:3306)/app" down"#,
    "DATABASE_URL=postgres://app@localhost/app brant up",
];

fn flag_head(flag: &Flag) -> String {
    format!("-{} {}", flag.name, flag.value).trim_end().to_owned()
}

const HEAD_WIDTH: usize = 22;

fn entry(text: &mut String, head: &str, help: &str) {
    let help = wrap(help, HEAD_WIDTH + 5, 110);
    let _ = writeln!(text, "    {head:<HEAD_WIDTH$} {help}");
}

/// Breaks a text into lines of at most so many characters, with so many blanks before all but the first.
fn wrap(text: &str, indent: usize, width: usize) -> String {
    let mut wrapped = String::new();
    let mut column = indent;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > indent && column + 1 + length > width {
            let _ = write!(wrapped, "\n{:indent$}", "");
            column = indent;
        } else if column > indent {
            wrapped.push(' ');
            column += 1;
        }
        wrapped.push_str(word);
        column += length;
    }
    wrapped
}
