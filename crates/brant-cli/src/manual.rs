//! What other programs show of brant: shells complete it, `man` explains it. Made from the tables of flags and commands,
//! and only when it is asked for.

use std::io;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command, ValueHint};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::commands::{self, COMMANDS};
use crate::env::VARIABLES;
use crate::exit;
use crate::flags::{Check, FLAGS, Flag};

/// brant as clap describes programs. Commands stand where subcommands would; that a driver and a connection string may
/// stand before them is nothing that a shell could complete.
pub(crate) fn command() -> Command {
    Command::new("brant")
        .about("database schema migrations, a drop-in for goose")
        .override_usage("brant [OPTIONS] DRIVER DBSTRING COMMAND\n       brant [OPTIONS] COMMAND")
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .disable_version_flag(true)
        .args(FLAGS.iter().map(arg))
        .subcommands(COMMANDS.iter().map(|command| subcommand(command)))
}

fn arg(flag: &'static Flag) -> Arg {
    let arg = Arg::new(flag.name).long(flag.name).help(flag.help).global(true);
    let arg = match flag.alias {
        Some(alias) => arg.visible_alias(alias),
        None => arg,
    };
    match flag.check {
        Check::Bool => arg.action(ArgAction::SetTrue),
        Check::YesNo => arg.value_name(flag.value).value_parser(PossibleValuesParser::new(["yes", "no"])),
        Check::Format => arg.value_name(flag.value).value_parser(PossibleValuesParser::new(["text", "json"])),
        _ => arg.value_name(flag.value).value_hint(match flag.value {
            "DIR" => ValueHint::DirPath,
            "FILE" => ValueHint::FilePath,
            _ => ValueHint::Other,
        }),
    }
}

/// The words that a command takes, as far as they are known beforehand.
fn subcommand(command: &'static commands::Command) -> Command {
    let words: Vec<&'static str> = match command.name {
        "help" => COMMANDS.iter().map(|c| c.name).collect(),
        "completions" => vec!["bash", "elvish", "fish", "powershell", "zsh"],
        "beta" => vec!["drivers"],
        _ => Vec::new(),
    };
    let subcommand = Command::new(command.name).about(command.summary);
    match (words.is_empty(), command.arguments) {
        (_, "") => subcommand,
        (false, _) => subcommand.arg(Arg::new("WORD").value_parser(PossibleValuesParser::new(words))),
        (true, arguments) => subcommand
            .arg(Arg::new("ARGUMENTS").value_name(arguments).num_args(0..).value_hint(ValueHint::Other)),
    }
}

/// The manual page, in the language of `man`.
///
/// # Errors
///
/// Never, in effect: it is written into memory.
pub(crate) fn page() -> io::Result<String> {
    let man = Man::new(command()).source(format!("brant {}", crate::VERSION)).manual("brant");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    sections().to_writer(&mut page)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

fn sections() -> Roff {
    let mut page = Roff::new();
    page.control("SH", ["SYNOPSIS"]);
    page.text([bold("brant"), roman(" [OPTIONS] DRIVER DBSTRING COMMAND")]);
    page.control("br", []);
    page.text([bold("brant"), roman(" [OPTIONS] COMMAND")]);
    page.control("SH", ["DESCRIPTION"]);
    page.text([roman(DESCRIPTION)]);
    page.control("SH", ["COMMANDS"]);
    for command in COMMANDS {
        let text = format!("{} {}", commands::sentence(command.summary), command.details);
        entry(&mut page, command.name, command.arguments, text.trim_end());
        page.control("IP", []);
        page.text([roman(format!("Example: {}", command.example))]);
    }
    page.control("SH", ["OPTIONS"]);
    page.text([roman("With one dash or two, before or after the command.")]);
    for flag in FLAGS {
        entry(&mut page, &format!("-{}", flag.name), flag.value, flag.help);
    }
    page.control("SH", ["ENVIRONMENT"]);
    for variable in VARIABLES {
        entry(&mut page, variable.name, "", variable.help);
    }
    page.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in exit::MEANINGS {
        entry(&mut page, &code.to_string(), "", meaning);
    }
    page.control("SH", ["EXAMPLES"]);
    for example in commands::EXAMPLES {
        page.control("PP", []);
        page.text([roman(*example)]);
    }
    page
}

const DESCRIPTION: &str = "Brings a database to a version of its schema. Migrations are SQL files with a number in their \
                           name and the sections `-- +goose Up` and `-- +goose Down`; what was applied is recorded in \
                           the database, in goose's table.";

fn entry(page: &mut Roff, head: &str, rest: &str, text: &str) {
    page.control("TP", []);
    page.text([bold(head), roman(format!(" {rest}").trim_end().to_owned())]);
    page.text([roman(text)]);
}

#[cfg(test)]
mod tests {
    #[test]
    fn clap_finds_no_fault_with_the_description() {
        super::command().debug_assert();
    }

    #[test]
    fn the_page_holds_everything() {
        let page = super::page().unwrap().replace("\\-", "-");
        for command in crate::commands::COMMANDS {
            assert!(page.contains(&format!("\\fB{}\\fR", command.name)), "{}", command.name);
            assert!(page.contains(command.example), "{}", command.name);
        }
        for flag in crate::flags::FLAGS {
            assert!(page.contains(&format!("\\fB-{}\\fR", flag.name)), "{}", flag.name);
        }
    }
}
