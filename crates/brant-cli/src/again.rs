//! The command line that advice tells to run: the user's own, without passwords.

use std::path::PathBuf;

use brant_engine::Commands;

use crate::args::known_flag;
use crate::config::Config;
use crate::env::Environment;
use crate::invocation::{Database, Invocation};

/// Flags that only the command which failed takes, or that would keep another one from showing what it is named for.
const NOT_FOR_OTHERS: &[&str] = &[
    "accept",
    "accept-changes",
    "allow",
    "allow-irreversible",
    "diff",
    "dry-run",
    "edit",
    "for",
    "out",
    "quiet",
    "reason",
    "s",
    "single-transaction",
    "sql",
    "statement-done",
    "without-file",
    "yes",
];

/// This program, as it was called.
pub(crate) fn program() -> String {
    let path = std::env::args_os().next().map(PathBuf::from).unwrap_or_default();
    path.file_stem().map_or_else(|| "brant".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// The command lines to name in advice about this invocation.
pub(crate) fn commands(program: &str, args: &[String], invocation: &Invocation, config: &Config) -> Commands {
    let database = invocation.database.as_ref();
    let word = |arg: &String| match database {
        Some(database) if *arg == database.dbstring => quoted(&shown(database, &config.environment)),
        _ => quoted(arg),
    };
    let line = |words: Vec<String>| format!("`{} {}`", quoted(program), words.join(" "));
    let instead = |name: &str| {
        let words = without_arguments(args, invocation.args.len()).into_iter();
        line(words.map(|arg| arg.map_or_else(|| name.to_owned(), word)).collect())
    };
    Commands {
        status: instead("status"),
        resume: instead("resume"),
        again: line(without_answer(args).into_iter().map(word).collect()),
        dir: config.setter("dir"),
        reverts_first: invocation.command.name == "redo",
    }
}

/// What was typed without the command's arguments and the flags that are for it alone; `None` stands where the command was.
fn without_arguments(args: &[String], n_arguments: usize) -> Vec<Option<&String>> {
    let (mut words, mut no_flags) = (Vec::new(), Vec::new());
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        let Some((flag, takes_next)) = known_flag(arg) else {
            no_flags.push(words.len());
            words.push(Some(arg));
            continue;
        };
        let value = if takes_next { rest.next() } else { None };
        if !NOT_FOR_OTHERS.contains(&flag.name) {
            words.push(Some(arg));
            words.extend(value.map(Some));
        }
    }
    // The command and its arguments are the last of what is no flag.
    let arguments = no_flags.split_off(no_flags.len().saturating_sub(n_arguments));
    if let Some(command) = no_flags.pop() {
        words[command] = None;
    }
    for argument in arguments.into_iter().rev() {
        words.remove(argument);
    }
    words
}

/// Without `--statement-done`: whoever repeats it would say it of another statement.
fn without_answer(args: &[String]) -> Vec<&String> {
    let mut words = Vec::new();
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match known_flag(arg) {
            Some((flag, takes_next)) if flag.name == "statement-done" => {
                if takes_next {
                    rest.next();
                }
            }
            _ => words.push(arg),
        }
    }
    words
}

/// As it was typed if that holds no password.
fn shown(database: &Database, environment: &Environment) -> String {
    match database.driver.parse(&database.dbstring, environment.all()) {
        Ok(endpoint) if endpoint.redacted().contains("***") => endpoint.redacted(),
        Ok(_) => database.dbstring.clone(),
        Err(_) => "DBSTRING".to_owned(),
    }
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(all(test, feature = "sqlite", feature = "postgres", feature = "mysql"))]
mod tests {
    use super::*;
    use crate::args::LowArgs;
    use crate::invocation;
    use crate::settings::Settings;

    fn lines(line: &[&str], positionals: &[&str], environment: &[(&str, &str)]) -> [String; 2] {
        let owned = |words: &[&str]| -> Vec<String> { words.iter().map(|w| (*w).to_owned()).collect() };
        let environment = Environment::of(environment);
        let settings = Settings::default();
        let Ok(invocation) = invocation::resolve(&owned(positionals), &environment, &settings) else {
            panic!("{line:?}")
        };
        let config = Config::new(&LowArgs::default(), environment, settings);
        let Commands { again, status, .. } = commands("brant", &owned(line), &invocation, &config);
        [again, status]
    }

    #[test]
    fn the_line_is_the_users_own() {
        let words = ["-dir", "my files", "sqlite3", "./a.db", "up-to", "3"];
        assert_eq!(
            lines(&words, &words[2..], &[]),
            [
                "`brant -dir 'my files' sqlite3 ./a.db up-to 3`",
                "`brant -dir 'my files' sqlite3 ./a.db status`"
            ]
        );
        let environment = [("GOOSE_DRIVER", "mysql"), ("GOOSE_DBSTRING", "u:geheim@/d")];
        assert_eq!(lines(&["up"], &["up"], &environment), ["`brant up`", "`brant status`"]);
    }

    #[test]
    fn another_command_is_named_without_what_is_not_for_it() {
        let words = "-dir 3 --table=t sqlite3 3 --out x.json --sql -dry-run up-to 3 --yes -reason why --quiet --format json";
        let words: Vec<&str> = words.split(' ').collect();
        let [_, status] = lines(&words, &["sqlite3", "3", "up-to", "3"], &[]);
        assert_eq!(status, "`brant -dir 3 --table=t sqlite3 3 status --format json`");
    }

    #[test]
    fn what_is_not_for_others_are_flags() {
        for name in NOT_FOR_OTHERS {
            assert!(known_flag(&format!("-{name}")).is_some(), "{name}");
        }
    }

    #[test]
    fn an_answer_is_not_given_twice() {
        for answer in [&["--statement-done=yes"][..], &["-statement-done", "no"]] {
            let words = [&["resume"], answer, &["-v"]].concat();
            assert_eq!(
                lines(&words, &["resume"], &[("DATABASE_URL", "sqlite:a.db")])[0],
                "`brant resume -v`"
            );
        }
    }

    #[test]
    fn passwords_are_masked() {
        for dbstring in ["postgres://u:geheim@h/d", "host=h password=geheim"] {
            let words = ["postgres", dbstring, "up"];
            let [again, _] = lines(&words, &words, &[]);
            assert!(again.contains("***") && !again.contains("geheim"), "{again}");
        }
        let words = ["mysql", "u:geheim@tcp(h)/d", "up"];
        assert_eq!(lines(&words, &words, &[])[0], "`brant mysql 'u:***@tcp(h)/d' up`");
    }
}
