//! What was typed: flags in Go's syntax, and the arguments between them.
//!
//! Go's flags differ from everybody else's: one dash or two, `-dir x` or `-dir=x`, truth values only as `-v` or
//! `-v=false`, anywhere among the arguments. [`normalise`] brings them into the one form that clap understands.

use std::time::Duration;

use brant_core::nearest;
use clap::builder::ValueParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};

use crate::flags::{Check, FLAGS, Flag};
use crate::go;

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// Lines for people and for scripts that read goose's lines.
    #[default]
    Text,
    /// One object.
    Json,
}

/// What was typed, checked flag by flag, and not yet merged with anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LowArgs {
    /// `-dir`
    pub dir: Option<String>,
    /// `-also`, each of them
    pub also: Vec<String>,
    /// `-recursive`
    pub recursive: Option<bool>,
    /// `-table`
    pub table: Option<String>,
    /// `-schema`
    pub schema: Option<String>,
    /// `-hooks`
    pub hooks: Option<String>,
    /// `-v`
    pub verbose: bool,
    /// `-quiet`
    pub quiet: bool,
    /// `-detailed-exit-codes`
    pub detailed_exit_codes: bool,
    /// `-h`
    pub help: bool,
    /// `-version`
    pub version: bool,
    /// `-s`
    pub sequential: bool,
    /// `-edit`
    pub edit: bool,
    /// `-allow-missing`
    pub allow_out_of_order: Option<bool>,
    /// `-allow`, each of them
    pub allow: Vec<String>,
    /// `-strict`
    pub strict: Option<bool>,
    /// `-allow-irreversible`
    pub allow_irreversible: bool,
    /// `-single-transaction`
    pub single_transaction: bool,
    /// `-statement-done`
    pub statement_done: Option<bool>,
    /// `-accept-changes`
    pub accept_changes: bool,
    /// `-no-versioning`
    pub no_versioning: bool,
    /// `-no-color`
    pub no_color: bool,
    /// `-accept`, each of them
    pub accept: Vec<String>,
    /// `-diff`
    pub diff: bool,
    /// `-reason`
    pub reason: Option<String>,
    /// `-dry-run`
    pub dry_run: bool,
    /// `-without-file`
    pub without_file: bool,
    /// `-yes`
    pub yes: bool,
    /// `-no-lock`
    pub no_lock: Option<bool>,
    /// `-lock-wait`
    pub lock_wait: Option<Duration>,
    /// `-sql`
    pub sql: bool,
    /// `-out`
    pub out: Option<String>,
    /// `-for`
    pub wait_for: Option<Duration>,
    /// `-lock-timeout`
    pub lock_timeout: Option<Duration>,
    /// `-statement-timeout`
    pub statement_timeout: Option<Duration>,
    /// `-retry-for`
    pub retry_for: Option<Duration>,
    /// `-timeout`; zero is no limit.
    pub timeout: Option<Duration>,
    /// `-config`
    pub config: Option<String>,
    /// `-environment`
    pub environment: Option<String>,
    /// `-env`
    pub env_file: Option<String>,
    /// `-certfile`
    pub certfile: Option<String>,
    /// `-ssl-cert`
    pub ssl_cert: Option<String>,
    /// `-ssl-key`
    pub ssl_key: Option<String>,
    /// `-format`
    pub format: Format,
    /// Everything that is not a flag.
    pub positionals: Vec<String>,
}

/// A flag that is unknown or malformed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UsageError {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub next: Option<String>,
}

impl UsageError {
    fn new(message: String) -> Self {
        Self { message, next: None }
    }
}

/// Reads the arguments after the program's own name.
///
/// # Errors
///
/// The first flag that is unknown, malformed or not supported.
pub(crate) fn parse(args: &[String]) -> Result<LowArgs, UsageError> {
    let matches = command().try_get_matches_from(normalise(args)?).map_err(|e| explain(&e))?;
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let texts = |name: &str| matches.get_many::<String>(name).unwrap_or_default().cloned().collect();
    // goose takes an empty name for none.
    let file = |name: &str| text(name).filter(|file| !file.is_empty());
    let said = |name: &str| matches.get_one::<bool>(name).copied();
    let truth = |name: &str| said(name).unwrap_or(false);
    if truth("v") && truth("quiet") {
        return Err(UsageError::new("flags `-v` and `-quiet` ask for opposite things".to_owned()));
    }
    let duration = |name: &str| matches.get_one::<Duration>(name).copied();
    Ok(LowArgs {
        dir: text("dir"),
        also: texts("also"),
        allow: texts("allow"),
        recursive: said("recursive"),
        table: text("table"),
        schema: text("schema"),
        hooks: file("hooks"),
        verbose: truth("v"),
        quiet: truth("quiet"),
        detailed_exit_codes: truth("detailed-exit-codes"),
        help: truth("h"),
        version: truth("version"),
        sequential: truth("s"),
        edit: truth("edit"),
        allow_out_of_order: said("allow-out-of-order"),
        allow_irreversible: truth("allow-irreversible"),
        strict: said("strict"),
        single_transaction: truth("single-transaction"),
        statement_done: matches.get_one::<bool>("statement-done").copied(),
        accept_changes: truth("accept-changes"),
        no_versioning: truth("no-versioning"),
        no_color: truth("no-color"),
        accept: matches.get_many::<String>("accept").unwrap_or_default().cloned().collect(),
        diff: truth("diff"),
        reason: file("reason"),
        dry_run: truth("dry-run"),
        without_file: truth("without-file"),
        yes: truth("yes"),
        no_lock: said("no-lock"),
        lock_wait: duration("lock-wait"),
        lock_timeout: duration("lock-timeout"),
        statement_timeout: duration("statement-timeout"),
        retry_for: duration("retry-for"),
        sql: truth("sql"),
        out: file("out"),
        wait_for: duration("for"),
        timeout: duration("timeout"),
        config: file("config"),
        environment: file("environment"),
        env_file: file("env"),
        certfile: file("certfile"),
        ssl_cert: file("ssl-cert"),
        ssl_key: file("ssl-key"),
        format: matches.get_one("format").copied().unwrap_or_default(),
        positionals: matches.get_many::<String>(POSITIONALS).unwrap_or_default().cloned().collect(),
    })
}

/// Whether JSON is wanted, for the answer to arguments that [`parse`] refuses.
pub(crate) fn wants_json(args: &[String]) -> bool {
    let is_flag = |arg: &str| matches!(arg, "-format" | "--format");
    args.iter().any(|arg| matches!(arg.as_str(), "-format=json" | "--format=json"))
        || args.windows(2).any(|pair| is_flag(&pair[0]) && pair[1] == "json")
}

const POSITIONALS: &str = "arguments";

/// The parser behind the normaliser.
fn command() -> Command {
    let flags = FLAGS.iter().map(|flag| {
        let arg = Arg::new(flag.name).long(flag.name).require_equals(true).aliases(flag.alias);
        match flag.check {
            Check::Bool => arg.num_args(0..=1).default_missing_value("true").value_parser(bool_value),
            Check::Text => arg.num_args(1).value_parser(ValueParser::string()),
            Check::Texts => arg.num_args(1).action(ArgAction::Append).value_parser(ValueParser::string()),
            Check::Duration => arg.num_args(1).value_parser(duration_value),
            Check::Format => arg.num_args(1).value_parser(format_value),
            Check::YesNo => arg.num_args(1).value_parser(yes_or_no),
        }
    });
    Command::new("brant")
        .no_binary_name(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .args_override_self(true)
        .args(flags)
        .arg(Arg::new(POSITIONALS).num_args(0..).value_parser(ValueParser::string()))
}

fn bool_value(text: &str) -> Result<bool, &'static str> {
    go::parse_bool(text).ok_or("it is `true` or `false`")
}

fn yes_or_no(text: &str) -> Result<bool, &'static str> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("it is `yes` or `no`"),
    }
}

fn duration_value(text: &str) -> Result<Duration, &'static str> {
    go::parse_duration(text).ok_or("a duration is a number with a unit, as in `500ms`, `90s` or `1h30m`")
}

fn format_value(text: &str) -> Result<Format, &'static str> {
    match text {
        "text" => Ok(Format::Text),
        "json" => Ok(Format::Json),
        _ => Err("it is `text` or `json`"),
    }
}

/// Brings Go's flag syntax into clap's: `--name=value` first, then `--`, then everything else.
fn normalise(args: &[String]) -> Result<Vec<String>, UsageError> {
    let mut flags = Vec::new();
    let mut positionals = Vec::new();
    let mut args = args.iter();
    // Go drops a `--` that stands where it looks for a flag: at the start, and after a flag.
    let mut drops_dashes = true;
    while let Some(arg) = args.next() {
        if arg == "--" && drops_dashes {
            drops_dashes = false;
        } else if arg == "--" {
            positionals.push(arg.clone());
            positionals.extend(args.by_ref().cloned());
        } else if arg.len() > 1 && arg.starts_with('-') {
            flags.push(normalise_flag(arg, &mut args)?);
            drops_dashes = true;
        } else {
            positionals.push(arg.clone());
            drops_dashes = false;
        }
    }
    flags.push("--".to_owned());
    flags.append(&mut positionals);
    Ok(flags)
}

fn normalise_flag<'a>(arg: &str, rest: &mut impl Iterator<Item = &'a String>) -> Result<String, UsageError> {
    let bare = arg.strip_prefix("--").or_else(|| arg.strip_prefix('-')).unwrap_or(arg);
    if bare.starts_with(['-', '=']) {
        return Err(UsageError::new(format!("bad flag syntax: `{arg}`")));
    }
    if !known_flag(arg).is_some_and(|(_, takes_next)| takes_next) {
        return Ok(format!("--{bare}"));
    }
    match rest.next() {
        Some(value) => Ok(format!("--{bare}={value}")),
        None => Err(UsageError::new(format!("flag `-{bare}` needs a value"))),
    }
}

/// The flag that this argument gives, if there is such a flag, and whether the argument behind it is its value.
pub(crate) fn known_flag(arg: &str) -> Option<(&'static Flag, bool)> {
    let bare = arg.strip_prefix("--").or_else(|| arg.strip_prefix('-'))?;
    let (name, has_value) = bare.split_once('=').map_or((bare, false), |(name, _)| (name, true));
    let flag = FLAGS.iter().find(|flag| flag.name == name || flag.alias == Some(name))?;
    Some((flag, !has_value && flag.check != Check::Bool))
}

/// Says in brant's words what clap found.
fn explain(error: &clap::Error) -> UsageError {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.first().cloned().unwrap_or_default(),
        _ => String::new(),
    };
    // clap shows flags as `--dir=<dir>`; brant shows them as goose's users write them.
    let shown = |text: String| {
        let bare = text.trim_start_matches('-');
        format!("-{}", bare.split(['=', '[', ' ']).next().unwrap_or(bare))
    };
    let flag = shown(context(ContextKind::InvalidArg));
    match error.kind() {
        ErrorKind::UnknownArgument => {
            let names = FLAGS.iter().flat_map(|f| [Some(f.name), f.alias]).flatten();
            let near = nearest(flag.trim_start_matches('-'), names);
            UsageError {
                message: format!("unknown flag `{flag}`"),
                next: near.map(|near| format!("did you mean `-{near}`?")),
            }
        }
        ErrorKind::ValueValidation | ErrorKind::InvalidValue => {
            let value = context(ContextKind::InvalidValue);
            let why = std::error::Error::source(error).map(ToString::to_string);
            UsageError { message: format!("invalid value `{value}` for flag `{flag}`"), next: why }
        }
        _ => UsageError::new(format!("flag `{flag}`: {}", error.kind())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn low(line: &str) -> LowArgs {
        try_low(line).unwrap()
    }

    fn try_low(line: &str) -> Result<LowArgs, UsageError> {
        parse(&line.split_whitespace().map(ToOwned::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn flags_stand_anywhere_in_any_form() {
        for line in [
            "-dir x sqlite3 a.db up",
            "-dir=x sqlite3 a.db up",
            "--dir x sqlite3 a.db up",
            "sqlite3 --dir=x a.db up",
            "sqlite3 a.db up -dir x",
            "-dir y sqlite3 a.db up -dir x",
            "-- sqlite3 a.db up -dir x",
        ] {
            let args = low(line);
            assert_eq!(args.dir.as_deref(), Some("x"), "{line}");
            assert_eq!(args.positionals, ["sqlite3", "a.db", "up"], "{line}");
        }
    }

    #[test]
    fn of_some_flags_every_value_counts() {
        let args = low("--also a -dir x sqlite3 -also=b a.db up -dir y");
        assert_eq!((args.dir.as_deref(), args.also), (Some("y"), vec!["a".to_owned(), "b".to_owned()]));
    }

    #[test]
    fn truth_values_take_no_separate_argument() {
        assert!(low("-v up").verbose);
        assert!(!low("-v=false up").verbose);
        assert!(!low("-v -v=0 up").verbose);
        assert_eq!(low("-v false").positionals, ["false"]);
        assert_eq!(low("--allow-missing").allow_out_of_order, Some(true));
        assert_eq!(low("-allow-out-of-order=T").allow_out_of_order, Some(true));
        assert_eq!(low("-allow-missing -allow-out-of-order=false").allow_out_of_order, Some(false));
        assert!(low("-help").help && low("--h").help);
    }

    #[test]
    fn two_dashes_after_an_argument_end_the_flags_and_stay() {
        assert_eq!(low("up-to -- -1").positionals, ["up-to", "--", "-1"]);
        assert_eq!(low("up -").positionals, ["up", "-"]);
        assert_eq!(low("a -- -- -v").positionals, ["a", "--", "--", "-v"]);
    }

    #[test]
    fn a_value_may_look_like_a_flag() {
        assert_eq!(low("-dir -v up").dir.as_deref(), Some("-v"));
        assert_eq!(low("-dir= up").dir.as_deref(), Some(""));
        assert_eq!(low("-table=a=b").table.as_deref(), Some("a=b"));
    }

    #[test]
    fn an_empty_file_is_none() {
        let args = low("-certfile= -ssl-cert c.pem -ssl-key=k.pem up");
        assert_eq!((args.certfile, args.ssl_cert.as_deref()), (None, Some("c.pem")));
        assert_eq!(args.ssl_key.as_deref(), Some("k.pem"));
    }

    #[test]
    fn durations_are_gos() {
        assert_eq!(low("-timeout 1m30s").timeout, Some(Duration::from_secs(90)));
        assert_eq!(low("-timeout 0").timeout, Some(Duration::ZERO));
        assert_eq!(low("--lock-wait=0s").lock_wait, Some(Duration::ZERO));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, message, next) in [
            ("-nosuchflag", "unknown flag `-nosuchflag`", ""),
            ("--time=5s", "unknown flag `-time`", "did you mean `-timeout`?"),
            ("up-to -1", "unknown flag `-1`", ""),
            ("up -dir", "flag `-dir` needs a value", ""),
            ("---dir x", "bad flag syntax: `---dir`", ""),
            ("-=x", "bad flag syntax: `-=x`", ""),
            (
                "-timeout 5",
                "invalid value `5` for flag `-timeout`",
                "a duration is a number with a unit, as in `500ms`, `90s` or `1h30m`",
            ),
            ("-v --quiet up", "flags `-v` and `-quiet` ask for opposite things", ""),
            ("-v=maybe", "invalid value `maybe` for flag `-v`", "it is `true` or `false`"),
            ("-format xml", "invalid value `xml` for flag `-format`", "it is `text` or `json`"),
        ] {
            let error = try_low(line).unwrap_err();
            assert_eq!(
                (error.message.as_str(), error.next.as_deref().unwrap_or("")),
                (message, next),
                "{line}"
            );
        }
    }

    #[test]
    fn json_is_noticed_even_in_arguments_that_are_refused() {
        let words = |line: &str| line.split(' ').map(ToOwned::to_owned).collect::<Vec<_>>();
        assert!(wants_json(&words("up -nosuch -format json")));
        assert!(wants_json(&words("up --format=json -nosuch")));
        assert!(!wants_json(&words("create json")));
    }
}
