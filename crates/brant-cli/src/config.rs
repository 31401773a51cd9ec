//! What the arguments mean: flags, environment and defaults merged, once.

use std::path::PathBuf;
use std::time::Duration;

use brant_core::Policy;
use brant_driver::TlsFiles;
use brant_engine::LockMode;
use brant_source::dir::Dirs;

use crate::args::LowArgs;
use crate::env::{BRANT_HOOKS, Environment, GOOSE_MIGRATION_DIR, GOOSE_TABLE};

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
    /// What would be asked is answered with yes.
    pub yes: bool,
    /// What the user allows.
    pub policy: Policy,
    /// Whether to lock.
    pub lock: LockMode,
    /// Files for TLS.
    pub tls: TlsFiles,
    /// How long `wait` waits.
    pub wait_for: Duration,
    /// The time for the whole run.
    pub timeout: Option<Duration>,
    /// Variables of the process and the `.env` file.
    pub environment: Environment,
}

impl Config {
    /// Merges: a flag wins over the environment, which wins over the default.
    pub(crate) fn new(args: &LowArgs, environment: Environment) -> Self {
        let named = |flag: &Option<String>, variable: &str| {
            flag.clone().or_else(|| environment.get(variable).map(ToOwned::to_owned))
        };
        Self {
            dir: named(&args.dir, GOOSE_MIGRATION_DIR).map(PathBuf::from),
            also: args.also.iter().map(PathBuf::from).collect(),
            recursive: args.recursive,
            // goose takes an empty `-table` for none.
            table: named(&args.table.clone().filter(|t| !t.is_empty()), GOOSE_TABLE),
            schema: args.schema.clone(),
            hooks: named(&args.hooks, BRANT_HOOKS).map(PathBuf::from),
            verbose: args.verbose,
            sequential: args.sequential,
            edit: args.edit,
            yes: args.yes,
            policy: Policy {
                allow_out_of_order: args.allow_out_of_order,
                allow_irreversible: args.allow_irreversible,
                versioning: !args.no_versioning,
            },
            lock: match args.no_lock {
                true => LockMode::Off,
                false => LockMode::Wait(args.lock_wait.unwrap_or(LOCK_WAIT)),
            },
            tls: TlsFiles {
                authorities: args.certfile.as_ref().map(PathBuf::from),
                client_certificate: args.ssl_cert.as_ref().map(PathBuf::from),
                client_key: args.ssl_key.as_ref().map(PathBuf::from),
            },
            wait_for: args.wait_for.unwrap_or(WAIT_FOR),
            timeout: args.timeout,
            environment,
        }
    }

    /// The directory to read: the one that was named, else `.` if it holds a migration, else `migrations`.
    pub(crate) fn dir(&self) -> PathBuf {
        self.dir.clone().unwrap_or_else(crate::files::default_dir)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_wins_over_the_environment() {
        let environment = Environment::of(&[(GOOSE_MIGRATION_DIR, "from-env"), (GOOSE_TABLE, "t")]);
        let args = LowArgs { dir: Some(".".into()), table: Some(String::new()), ..LowArgs::default() };
        let config = Config::new(&args, environment.clone());
        assert_eq!(config.dir(), PathBuf::from("."));
        assert_eq!(config.table.as_deref(), Some("t"));
        assert_eq!(Config::new(&LowArgs::default(), environment).dir(), PathBuf::from("from-env"));
    }
}
