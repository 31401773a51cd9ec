//! `brant.toml`: what is set for a project, and for each of its environments.

mod expand;

use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use brant_core::{OutOfOrder, nearest};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::env::{BRANT_CONFIG, BRANT_ENVIRONMENT, Environment};
use crate::failure::Failure;
use crate::go;
use crate::origin::Origin;

pub(crate) use expand::expand;

/// The file that is read where none is named.
const DEFAULT_FILE: &str = "brant.toml";

/// The table that holds a table for each environment.
const ENVIRONMENTS: &str = "environments";

/// A value, and the line that it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Located<T> {
    /// The value.
    pub value: T,
    /// Its line, from 1.
    pub line: usize,
}

/// What the file says for the environment that was chosen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    /// The file, as people know it.
    file: PathBuf,
    /// The environment that was chosen.
    pub environment: Option<String>,
    /// See [`KEYS`], here and below.
    pub driver: Option<Located<String>>,
    /// As it stands in the file: variables are put in where it is used.
    pub database: Option<Located<String>>,
    pub dir: Option<Located<String>>,
    pub also: Option<Located<Vec<String>>>,
    pub recursive: Option<Located<bool>>,
    pub table: Option<Located<String>>,
    pub schema: Option<Located<String>>,
    pub hooks: Option<Located<String>>,
    pub lock: Option<Located<bool>>,
    pub lock_wait: Option<Located<Duration>>,
    pub lock_timeout: Option<Located<Duration>>,
    pub statement_timeout: Option<Located<Duration>>,
    pub retry_for: Option<Located<Duration>>,
    pub timeout: Option<Located<Duration>>,
    pub out_of_order: Option<Located<OutOfOrder>>,
    pub strict: Option<Located<bool>>,
    pub protected: Option<Located<bool>>,
}

/// A key of the file.
pub(crate) struct Key {
    /// Its name.
    pub name: &'static str,
    /// Reads its value.
    set: fn(&mut Settings, &Found<'_>) -> Result<(), Wrong>,
}

/// Every key, at the top of the file and in an environment alike; explained in `docs/configuration.md`.
pub(crate) const KEYS: &[Key] = &[
    Key { name: "driver", set: |s, found| put(&mut s.driver, found.text()) },
    Key { name: "database", set: |s, found| put(&mut s.database, found.text()) },
    Key { name: "dir", set: |s, found| put(&mut s.dir, found.path()) },
    Key { name: "also", set: |s, found| put(&mut s.also, found.paths()) },
    Key { name: "recursive", set: |s, found| put(&mut s.recursive, found.truth()) },
    Key { name: "table", set: |s, found| put(&mut s.table, found.text()) },
    Key { name: "schema", set: |s, found| put(&mut s.schema, found.text()) },
    Key { name: "hooks", set: |s, found| put(&mut s.hooks, found.path()) },
    Key { name: "lock", set: |s, found| put(&mut s.lock, found.truth()) },
    Key { name: "lock_wait", set: |s, found| put(&mut s.lock_wait, found.duration()) },
    Key { name: "lock_timeout", set: |s, found| put(&mut s.lock_timeout, found.duration()) },
    Key { name: "statement_timeout", set: |s, found| put(&mut s.statement_timeout, found.duration()) },
    Key { name: "retry_for", set: |s, found| put(&mut s.retry_for, found.duration()) },
    Key { name: "timeout", set: |s, found| put(&mut s.timeout, found.duration()) },
    Key { name: "out_of_order", set: |s, found| put(&mut s.out_of_order, found.out_of_order()) },
    Key { name: "strict", set: |s, found| put(&mut s.strict, found.truth()) },
    Key { name: "protected", set: |s, found| put(&mut s.protected, found.truth()) },
];

fn put<T>(slot: &mut Option<Located<T>>, value: Result<Located<T>, Wrong>) -> Result<(), Wrong> {
    *slot = Some(value?);
    Ok(())
}

impl Settings {
    /// Reads the file: the one that is named (`none`: no file), else `brant.toml` if there is one. Then chooses the
    /// environment.
    ///
    /// # Errors
    ///
    /// When a file that was asked for can't be read, when it is malformed anywhere, or when it has no such environment.
    pub(crate) fn load(
        file: Option<&str>,
        chosen: Option<&str>,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let (file, file_origin) = of(file, "--config", BRANT_CONFIG, environment);
        let (chosen, chosen_origin) = of(chosen, "--environment", BRANT_ENVIRONMENT, environment);
        let unreadable = |path: &Path, why: &io::Error| unreadable(path, why, &file_origin);
        let path = Path::new(file.unwrap_or(DEFAULT_FILE));
        let text = match file {
            Some("none") => None,
            Some(_) => Some(fs::read_to_string(path).map_err(|why| unreadable(path, &why))?),
            None => match fs::read_to_string(path) {
                Err(why) if why.kind() == io::ErrorKind::NotFound => None,
                read => Some(read.map_err(|why| unreadable(path, &why))?),
            },
        };
        match (text, chosen) {
            (Some(text), chosen) => Self::parse(path, &text, chosen.map(|name| (name, &chosen_origin))),
            (None, None) => Ok(Self::default()),
            (None, Some(chosen)) => Err(Failure::config(format!(
                "the environment `{chosen}`{} is not known: there is no `{DEFAULT_FILE}` here",
                chosen_origin.aside()
            ))
            .next("name the file with `--config`, or leave the environment out")),
        }
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// When it is malformed, or has no such environment.
    pub(crate) fn parse(path: &Path, text: &str, chosen: Option<(&str, &Origin)>) -> Result<Self, Failure> {
        let told = |wrong: Wrong| wrong.told(path, text);
        let document = DeTable::parse(text)
            .map_err(|error| told(Wrong::at(error.span().unwrap_or_default(), error.message().to_owned())))?;
        let mut settings = Self { file: path.to_owned(), ..Self::default() };
        let top = document.get_ref();
        settings.take(top, text, true).map_err(told)?;
        let environments = environments(top).map_err(told)?;
        let mut found = None;
        for (name, table) in &environments {
            // All of them are read, so that a typing error is found before the day it matters.
            let mut candidate = settings.clone();
            candidate.take(table, text, false).map_err(told)?;
            if Some(*name) == chosen.map(|(name, _)| name) {
                found = Some(Self { environment: Some((*name).to_owned()), ..candidate });
            }
        }
        let Some(chosen) = chosen else { return Ok(settings) };
        found.ok_or_else(|| unknown_environment(path, chosen, environments.iter().map(|(name, _)| *name)))
    }

    /// Takes the values of a table on top of those that are there.
    fn take(&mut self, table: &DeTable<'_>, text: &str, is_top: bool) -> Result<(), Wrong> {
        let folder = self.file.parent().unwrap_or(Path::new("")).to_owned();
        for (name, value) in table {
            if is_top && name.get_ref() == ENVIRONMENTS {
                continue;
            }
            let Some(key) = KEYS.iter().find(|key| key.name == name.get_ref()) else {
                return Err(unknown_key(name));
            };
            (key.set)(self, &Found { name: key.name, value, text, folder: &folder })?;
        }
        Ok(())
    }

    /// The file, as people know it.
    pub(crate) fn file(&self) -> String {
        self.file.display().to_string()
    }

    /// The same, as a setting remembers it.
    pub(crate) fn origin<T>(&self, value: &Located<T>) -> Origin {
        Origin::File(self.place(value))
    }

    /// Where a value stands, for people.
    pub(crate) fn place<T>(&self, value: &Located<T>) -> String {
        format!("{}:{}", self.file.display(), value.line)
    }
}

type Environments<'t, 'i> = Vec<(&'t str, &'t DeTable<'i>)>;

fn environments<'t, 'i>(top: &'t DeTable<'i>) -> Result<Environments<'t, 'i>, Wrong> {
    let Some(value) = top.get(ENVIRONMENTS) else { return Ok(Vec::new()) };
    let tables = as_table(value, ENVIRONMENTS)?;
    tables.iter().map(|(name, value)| Ok((&**name.get_ref(), as_table(value, name.get_ref())?))).collect()
}

fn as_table<'t, 'i>(value: &'t Spanned<DeValue<'i>>, name: &str) -> Result<&'t DeTable<'i>, Wrong> {
    value.get_ref().as_table().ok_or_else(|| {
        let next = format!("write `[{ENVIRONMENTS}.NAME]` above the settings of an environment");
        Wrong { next: Some(next), ..Wrong::at(value.span(), format!("`{name}` is a table")) }
    })
}

/// What a flag gives, else a variable, and which of them.
fn of<'a>(
    given: Option<&'a str>,
    flag: &'static str,
    variable: &'static str,
    environment: &'a Environment,
) -> (Option<&'a str>, Origin) {
    match (given, environment.get(variable)) {
        (Some(given), _) => (Some(given), Origin::Flag(flag)),
        (None, Some(value)) => (Some(value), Origin::Variable(variable)),
        (None, None) => (None, Origin::Default(flag)),
    }
}

fn unreadable(path: &Path, why: &io::Error, origin: &Origin) -> Failure {
    Failure::config(format!("failed to read `{}`: {why}", path.display()))
        .next(format!("correct the file, or name another with {}", origin.setter("config")))
}

fn unknown_key(name: &Spanned<std::borrow::Cow<'_, str>>) -> Wrong {
    let names = KEYS.iter().map(|key| key.name).chain([ENVIRONMENTS]);
    // A flag is written with a dash where its key has none.
    let near = nearest(&name.get_ref().replace('-', "_"), names);
    let next = match near {
        Some(near) => format!("did you mean `{near}`?"),
        // `config` would fail by the same key.
        None => format!("there are {}", KEYS.iter().map(|key| key.name).collect::<Vec<_>>().join(", ")),
    };
    Wrong { next: Some(next), ..Wrong::at(name.span(), format!("unknown key `{}`", name.get_ref())) }
}

fn unknown_environment<'a>(
    path: &Path,
    (chosen, origin): (&str, &Origin),
    names: impl Iterator<Item = &'a str> + Clone,
) -> Failure {
    let failure =
        Failure::config(format!("`{}` has no environment `{chosen}`{}", path.display(), origin.aside()));
    let listed: Vec<String> = names.clone().map(|name| format!("`{name}`")).collect();
    match nearest(chosen, names) {
        Some(near) => failure.next(format!("did you mean `{near}`?")),
        None if listed.is_empty() => {
            failure.next(format!("write `[{ENVIRONMENTS}.{chosen}]` and its settings"))
        }
        None => failure.next(format!("there are {}", listed.join(", "))),
    }
}

/// What is wrong with the file, and where.
struct Wrong {
    span: Range<usize>,
    message: String,
    next: Option<String>,
}

impl Wrong {
    fn at(span: Range<usize>, message: String) -> Self {
        Self { span, message, next: None }
    }

    fn told(self, path: &Path, text: &str) -> Failure {
        let before = &text[..text.floor_char_boundary(self.span.start)];
        let (line, column) =
            (line_of(text, self.span.start), before.chars().rev().take_while(|c| *c != '\n').count() + 1);
        let failure = Failure::config(format!("{}:{line}:{column}: {}", path.display(), self.message));
        match self.next {
            Some(next) => failure.next(next),
            None => failure.remedy("correct the file"),
        }
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// A value that stands in the file.
struct Found<'a> {
    name: &'static str,
    value: &'a Spanned<DeValue<'a>>,
    text: &'a str,
    /// Where the file lies: relative paths are meant from there.
    folder: &'a Path,
}

impl Found<'_> {
    fn located<T>(&self, value: T) -> Located<T> {
        Located { value, line: line_of(self.text, self.value.span().start) }
    }

    fn wrong(&self, wanted: &str) -> Wrong {
        Wrong::at(self.value.span(), format!("`{}` is {wanted}", self.name))
    }

    fn text(&self) -> Result<Located<String>, Wrong> {
        match self.value.get_ref() {
            DeValue::String(text) if !text.is_empty() => Ok(self.located(text.to_string())),
            _ => Err(self.wrong("a text in quotes")),
        }
    }

    fn truth(&self) -> Result<Located<bool>, Wrong> {
        match self.value.get_ref() {
            DeValue::Boolean(truth) => Ok(self.located(*truth)),
            _ => Err(self.wrong("`true` or `false`")),
        }
    }

    fn path(&self) -> Result<Located<String>, Wrong> {
        let text = self.text()?;
        Ok(self.located(self.joined(&text.value)))
    }

    fn paths(&self) -> Result<Located<Vec<String>>, Wrong> {
        let wrong = || self.wrong("a list of directories: `[\"one\", \"two\"]`");
        let DeValue::Array(items) = self.value.get_ref() else { return Err(wrong()) };
        let paths: Option<Vec<String>> =
            items.iter().map(|item| Some(self.joined(item.get_ref().as_str()?))).collect();
        Ok(self.located(paths.ok_or_else(wrong)?))
    }

    fn joined(&self, path: &str) -> String {
        self.folder.join(path).display().to_string()
    }

    fn duration(&self) -> Result<Located<Duration>, Wrong> {
        let parsed = self.value.get_ref().as_str().and_then(go::parse_duration);
        let wanted =
            "a duration in quotes: a number with a unit, as in `\"500ms\"`, `\"90s\"` or `\"1h30m\"`";
        parsed.map(|duration| self.located(duration)).ok_or_else(|| self.wrong(wanted))
    }

    fn out_of_order(&self) -> Result<Located<OutOfOrder>, Wrong> {
        let parsed = self.value.get_ref().as_str().and_then(OutOfOrder::from_name);
        parsed
            .map(|policy| self.located(policy))
            .ok_or_else(|| self.wrong("`\"error\"`, `\"warn\"` or `\"apply\"`"))
    }
}

#[cfg(test)]
mod tests;
