//! The environment: which variables brant reads, and where their values come from.

use std::collections::BTreeMap;
use std::{fs, io};

use crate::dotenv;
use crate::failure::Failure;

/// A variable that brant reads.
#[derive(Debug)]
pub(crate) struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it does, for the usage text and the reference.
    pub help: &'static str,
}

const fn variable(name: &'static str, help: &'static str) -> Variable {
    Variable { name, help }
}

/// See [`VARIABLES`].
pub(crate) const GOOSE_DRIVER: &str = "GOOSE_DRIVER";
/// See [`VARIABLES`].
pub(crate) const GOOSE_DBSTRING: &str = "GOOSE_DBSTRING";
/// See [`VARIABLES`].
pub(crate) const GOOSE_MIGRATION_DIR: &str = "GOOSE_MIGRATION_DIR";
/// See [`VARIABLES`].
pub(crate) const GOOSE_TABLE: &str = "GOOSE_TABLE";
/// See [`VARIABLES`].
pub(crate) const BRANT_HOOKS: &str = "BRANT_HOOKS";
/// See [`VARIABLES`].
pub(crate) const BRANT_CONFIG: &str = "BRANT_CONFIG";
/// See [`VARIABLES`].
pub(crate) const BRANT_ENVIRONMENT: &str = "BRANT_ENVIRONMENT";
/// See [`VARIABLES`].
pub(crate) const NO_COLOR: &str = "NO_COLOR";
/// See [`VARIABLES`].
pub(crate) const DATABASE_URL: &str = "DATABASE_URL";

/// Every variable that brant itself reads. An empty one counts as not set. Besides these, migrations read whatever
/// they name between `-- +goose ENVSUB ON` and `OFF`, and drivers what their servers' own tools read.
pub(crate) const VARIABLES: &[Variable] = &[
    variable(GOOSE_DRIVER, "the DRIVER; only DBSTRING COMMAND (or COMMAND) is typed then"),
    variable(GOOSE_DBSTRING, "the DBSTRING; only DRIVER COMMAND (or COMMAND) is typed then"),
    variable(GOOSE_MIGRATION_DIR, "the directory with migration files, where `-dir` is not given"),
    variable(GOOSE_TABLE, "the history table, where `-table` is not given"),
    variable(DATABASE_URL, "the database, where neither arguments nor the variables above name one"),
    variable(BRANT_HOOKS, "the directory with SQL that runs around migrations, where `--hooks` is not given"),
    variable(BRANT_CONFIG, "the file of settings, where `--config` is not given; `none`: no file"),
    variable(BRANT_ENVIRONMENT, "the environment of that file, where `--environment` is not given"),
    variable(NO_COLOR, "true: no colours"),
    variable("VISUAL, EDITOR", "the editor that `create --edit` opens new files in; VISUAL first"),
    variable(
        "PG*",
        "PGHOST, PGPORT, PGUSER, PGPASSWORD, PGSSLMODE, …: complete a PostgreSQL connection string",
    ),
    variable("SSL_CERT_FILE", "the authorities to trust for TLS to MySQL, instead of the system's"),
    variable("USER, HOSTNAME", "noted in the journal beside each step"),
];

/// The variables of the process and of the `.env` file, the process's own first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    variables: BTreeMap<String, String>,
    /// What is wrong with a `.env` file that nobody asked for by name.
    pub warning: Option<String>,
}

impl Environment {
    /// Reads the process's variables, then those of the file: `.env` if there is one, the given file (which must be
    /// readable), or none for the name `none`.
    ///
    /// # Errors
    ///
    /// When a file that was asked for can't be read or understood.
    pub(crate) fn load(file: Option<&str>) -> Result<Self, Failure> {
        let process =
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        let mut environment = Self { variables: process.collect(), warning: None };
        match file {
            Some("none") => {}
            Some(file) => {
                let variables = read(file).map_err(|why| {
                    Failure::config(format!("failed to load env file `{file}`: {why}"))
                        .next("correct the file, or the name after `-env`")
                })?;
                environment.add(variables.unwrap_or_default());
            }
            None => match read_if_present(".env") {
                Ok(variables) => environment.add(variables.unwrap_or_default()),
                Err(why) => environment.warning = Some(format!("`.env` is ignored: {why}")),
            },
        }
        Ok(environment)
    }

    /// Adds variables that are not there yet, not even as empty ones.
    fn add(&mut self, variables: BTreeMap<String, String>) {
        for (name, value) in variables {
            self.variables.entry(name).or_insert(value);
        }
    }

    /// The value of a variable; an empty one counts as not set.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// All of them, for drivers and migrations.
    pub(crate) fn all(&self) -> &BTreeMap<String, String> {
        &self.variables
    }

    /// `NO_COLOR` in Go's sense of true.
    pub(crate) fn no_color(&self) -> bool {
        self.get(NO_COLOR).and_then(crate::go::parse_bool).unwrap_or(false)
    }
}

#[cfg(test)]
impl Environment {
    /// An environment of these variables alone.
    pub(crate) fn of(variables: &[(&str, &str)]) -> Self {
        let variables = variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Self { variables, warning: None }
    }
}

fn read(file: &str) -> Result<Option<BTreeMap<String, String>>, String> {
    let text = fs::read_to_string(file).map_err(|e| e.to_string())?;
    dotenv::parse(&text).map(Some).map_err(|e| e.to_string())
}

fn read_if_present(file: &str) -> Result<Option<BTreeMap<String, String>>, String> {
    // A directory of this name is somebody's Python environment.
    match fs::metadata(file) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Ok(metadata) if metadata.is_dir() => Ok(None),
        _ => read(file),
    }
}
