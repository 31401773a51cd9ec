//! What the arguments mean: flags, environment, `brant.toml` and defaults merged, once.

use std::path::{Path, PathBuf};
use std::time::Duration;

use brant_core::{Answers, Limits, OutOfOrder, Policy};
use brant_driver::TlsFiles;
use brant_engine::LockMode;
use brant_source::dir::Dirs;
use brant_source::formats::goose::LAYOUT;

use crate::args::LowArgs;
use crate::env::{BRANT_HOOKS, Environment, GOOSE_MIGRATION_DIR, GOOSE_TABLE};
use crate::go;
use crate::origin::Origin;
use crate::settings::{Located, Settings};

/// How long to wait for another run when `-lock-wait` is not given: longer than an ordinary deployment's no-op,
/// shorter than anybody's patience.
const LOCK_WAIT: Duration = Duration::from_secs(15);

/// How long `wait` waits when `-for` is not given: a database server in a container starts within that time.
const WAIT_FOR: Duration = Duration::from_secs(60);

/// What the arguments mean.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// The directory that the user named.
    pub dir: Option<PathBuf>,
    /// Further directories.
    pub also: Vec<PathBuf>,
    /// Read the directories in the directories too.
    pub recursive: bool,
    /// The history table that the user named.
    pub table: Option<String>,
    /// The schema that the user wants the history in.
    pub schema: Option<String>,
    /// The directory of hooks that the user named.
    pub hooks: Option<PathBuf>,
    /// Show each transaction and statement.
    pub verbose: bool,
    /// Number new files instead of stamping them.
    pub sequential: bool,
    /// Open new files in the editor.
    pub edit: bool,
    /// The sorts of findings that `check` shall not count, as they were typed.
    pub allow: Vec<String>,
    /// Versions whose edited files are taken as they are.
    pub accept: Vec<String>,
    /// What was edited is shown.
    pub diff: bool,
    /// Why a person changes something, for the journal.
    pub reason: Option<String>,
    /// Show what would be done, and do nothing.
    pub dry_run: bool,
    /// Versions without a file may be marked.
    pub without_file: bool,
    /// What would be asked is answered with yes.
    pub yes: bool,
    /// What the user allows.
    pub policy: Policy,
    /// What was edited after it was applied is refused.
    pub strict: bool,
    /// All steps of a run are one transaction.
    pub single_transaction: bool,
    /// What the user knows of a half-done migration.
    pub answers: Answers,
    /// Whether to lock.
    pub lock: LockMode,
    /// How long statements may keep others waiting.
    pub limits: Limits,
    /// Files for TLS.
    pub tls: TlsFiles,
    /// Show what would be done as a script.
    pub sql: bool,
    /// The file to show it in.
    pub out: Option<PathBuf>,
    /// How long `wait` waits.
    pub wait_for: Duration,
    /// The time for the whole run.
    pub timeout: Option<Duration>,
    /// Ask before anything is reverted.
    pub protected: bool,
    /// Variables of the process and the `.env` file.
    pub environment: Environment,
    /// What `brant.toml` says.
    pub settings: Settings,
    /// Each setting that `brant.toml` may hold, and who had the last word on it.
    pub effective: Vec<Effective>,
}

/// A setting as it is in effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Effective {
    /// Its key in `brant.toml`.
    pub name: &'static str,
    /// Its value, as `brant.toml` would hold it; `None` where nobody set it.
    pub value: Option<String>,
    /// Where it is from: a flag, a variable, a line of `brant.toml`, or the default.
    pub origin: Origin,
}

impl Config {
    /// Merges: a flag wins over the environment, which wins over `brant.toml`, which wins over the default.
    pub(crate) fn new(args: &LowArgs, environment: Environment, settings: Settings) -> Self {
        let mut merge = Merge { environment: &environment, settings: &settings, effective: Vec::new() };
        let s = &settings;
        let dir = merge.text("dir", "-dir", args.dir.as_ref(), Some(GOOSE_MIGRATION_DIR), s.dir.as_ref());
        let also = merge.pick("also", "--also", Some(&args.also).filter(|a| !a.is_empty()), s.also.as_ref());
        let recursive = merge.pick("recursive", "--recursive", args.recursive.as_ref(), s.recursive.as_ref());
        // goose takes an empty `-table` for none.
        let table = args.table.as_ref().filter(|table| !table.is_empty());
        let table = merge.text("table", "-table", table, Some(GOOSE_TABLE), s.table.as_ref());
        let schema = merge.text("schema", "--schema", args.schema.as_ref(), None, s.schema.as_ref());
        let hooks = merge.text("hooks", "--hooks", args.hooks.as_ref(), Some(BRANT_HOOKS), s.hooks.as_ref());
        let locks = merge.pick("lock", "--no-lock", args.no_lock.map(|no| !no).as_ref(), s.lock.as_ref());
        let wait = merge.pick("lock_wait", "--lock-wait", args.lock_wait.as_ref(), s.lock_wait.as_ref());
        let limits = merge.limits(args);
        let timeout = merge.pick("timeout", "-timeout", args.timeout.as_ref(), s.timeout.as_ref());
        let allows =
            args.allow_out_of_order.map(|allow| if allow { OutOfOrder::Apply } else { OutOfOrder::Error });
        let late =
            merge.pick("out_of_order", "--allow-out-of-order", allows.as_ref(), s.out_of_order.as_ref());
        let strict = merge.pick("strict", "--strict", args.strict.as_ref(), s.strict.as_ref());
        let protected = merge.pick("protected", "", None, s.protected.as_ref());
        let effective = merge.effective;
        Self {
            dir: dir.map(PathBuf::from),
            also: also.unwrap_or_default().iter().map(PathBuf::from).collect(),
            recursive: recursive.unwrap_or(false),
            table,
            schema,
            hooks: hooks.map(PathBuf::from),
            verbose: args.verbose,
            sequential: args.sequential,
            edit: args.edit,
            allow: args.allow.clone(),
            accept: args.accept.clone(),
            diff: args.diff,
            reason: args.reason.clone(),
            dry_run: args.dry_run,
            without_file: args.without_file,
            yes: args.yes,
            policy: Policy {
                out_of_order: late.unwrap_or_default(),
                allow_irreversible: args.allow_irreversible,
                versioning: !args.no_versioning,
            },
            strict: strict.unwrap_or(false),
            single_transaction: args.single_transaction,
            answers: Answers { statement_done: args.statement_done, accept_changes: args.accept_changes },
            lock: match locks.unwrap_or(true) {
                true => LockMode::Wait(wait.unwrap_or(LOCK_WAIT)),
                false => LockMode::Off,
            },
            limits,
            tls: TlsFiles {
                authorities: args.certfile.as_ref().map(PathBuf::from),
                client_certificate: args.ssl_cert.as_ref().map(PathBuf::from),
                client_key: args.ssl_key.as_ref().map(PathBuf::from),
            },
            sql: args.sql,
            out: args.out.as_ref().map(PathBuf::from),
            wait_for: args.wait_for.unwrap_or(WAIT_FOR),
            timeout: timeout.filter(|limit| !limit.is_zero()),
            protected: protected.unwrap_or(false),
            effective,
            environment,
            settings,
        }
    }

    /// The directory to read: the one that was named, else `.` if it holds a migration, else `migrations`.
    pub(crate) fn dir(&self) -> PathBuf {
        self.dir.clone().unwrap_or_else(crate::files::default_dir)
    }

    /// What a setting is corrected with: the flag, the variable or the line that it is from.
    pub(crate) fn setter(&self, name: &str) -> String {
        self.origin(name).map_or_else(|| format!("`{name}`"), |origin| origin.setter(name))
    }

    /// Who had the last word on a setting.
    pub(crate) fn origin(&self, name: &str) -> Option<&Origin> {
        Some(&self.effective.iter().find(|effective| effective.name == name)?.origin)
    }

    /// The setting that names this directory.
    pub(crate) fn setting_of_dir(&self, dir: &Path) -> &'static str {
        if self.also.iter().any(|also| also == dir) { "also" } else { "dir" }
    }

    /// All that is to be read.
    pub(crate) fn dirs(&self) -> Dirs {
        Dirs { first: self.dir(), also: self.also.clone(), recursive: self.recursive }
    }

    /// The further directories alone, if there are any.
    pub(crate) fn also_dirs(&self) -> Option<Dirs> {
        let (first, also) = self.also.split_first()?;
        Some(Dirs { first: first.clone(), also: also.to_vec(), recursive: self.recursive })
    }
}

/// What counts where nobody set it, as `config` shows it.
pub(crate) fn default_of(name: &str) -> Option<String> {
    Some(match name {
        "dir" => crate::files::default_dir().display().to_string().shown(),
        "also" => Vec::<String>::new().shown(),
        "recursive" | "strict" | "protected" => false.shown(),
        "table" => LAYOUT.default_table.to_owned().shown(),
        "lock" => true.shown(),
        "lock_wait" => LOCK_WAIT.shown(),
        "retry_for" => Limits::RETRY_FOR.shown(),
        "out_of_order" => OutOfOrder::default().shown(),
        _ => return None,
    })
}

/// Picks the value that counts, and remembers where it is from.
struct Merge<'a> {
    environment: &'a Environment,
    settings: &'a Settings,
    effective: Vec<Effective>,
}

impl Merge<'_> {
    fn limits(&mut self, args: &LowArgs) -> Limits {
        let s = self.settings;
        let mut pick = |name, flag, given: &Option<Duration>, set| self.pick(name, flag, given.as_ref(), set);
        Limits {
            lock: pick("lock_timeout", "--lock-timeout", &args.lock_timeout, s.lock_timeout.as_ref()),
            statement: pick(
                "statement_timeout",
                "--statement-timeout",
                &args.statement_timeout,
                s.statement_timeout.as_ref(),
            ),
            retry_for: pick("retry_for", "--retry-for", &args.retry_for, s.retry_for.as_ref()),
        }
    }

    fn pick<T: Shown>(
        &mut self,
        name: &'static str,
        flag: &'static str,
        given: Option<&T>,
        set: Option<&Located<T>>,
    ) -> Option<T> {
        let of_flag = given.map(|value| (value, Origin::Flag(flag)));
        let of_file = set.map(|set| (&set.value, self.settings.origin(set)));
        self.keep(name, flag, of_flag.or(of_file))
    }

    /// The same, for what a variable may hold too.
    fn text(
        &mut self,
        name: &'static str,
        flag: &'static str,
        given: Option<&String>,
        variable: Option<&'static str>,
        set: Option<&Located<String>>,
    ) -> Option<String> {
        let value = variable.and_then(|name| Some((name, self.environment.get(name)?.to_owned())));
        match (given, value) {
            (None, Some((variable, value))) => {
                self.keep(name, flag, Some((&value, Origin::Variable(variable))))
            }
            _ => self.pick(name, flag, given, set),
        }
    }

    fn keep<T: Shown>(
        &mut self,
        name: &'static str,
        flag: &'static str,
        found: Option<(&T, Origin)>,
    ) -> Option<T> {
        let (value, origin) = match &found {
            Some((value, origin)) => (Some(value.shown()), origin.clone()),
            None => (None, Origin::Default(flag)),
        };
        self.effective.push(Effective { name, value, origin });
        found.map(|(value, _)| value.clone())
    }
}

/// A value that can be written as in `brant.toml`.
trait Shown: Clone {
    fn shown(&self) -> String;
}

impl Shown for String {
    fn shown(&self) -> String {
        format!("{self:?}")
    }
}

impl Shown for Vec<String> {
    fn shown(&self) -> String {
        format!("{self:?}")
    }
}

impl Shown for bool {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Shown for Duration {
    fn shown(&self) -> String {
        format!("{:?}", go::format_duration(*self))
    }
}

impl Shown for OutOfOrder {
    fn shown(&self) -> String {
        format!("{:?}", self.name())
    }
}

#[cfg(test)]
mod tests;
