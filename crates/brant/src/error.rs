//! What goes wrong.

use std::fmt;

use brant_core::{PlanError, Position, Report};
use brant_driver::DriverError;
use brant_engine::{Commands, RunError, RunErrorKind};
use brant_source::ParseError;
use brant_source::dir::DirError;

/// A failure, with what was done before it, the state that the database is in, and what to do next.
pub struct Error(Box<Inner>);

enum Inner {
    Run(RunError),
    Source { message: String, position: Option<Position> },
    Config(String),
}

/// What sort of failure it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The connection string, an option, or where this was called from.
    Config,
    /// The migrations themselves: a name, a version, the content of a file.
    Source,
    /// The migrations and the history don't fit together. Nothing was changed.
    Plan,
    /// Another run holds the lock. Nothing was changed.
    Locked,
    /// The database can't be reached, or refused what brant itself asked.
    Database,
    /// A migration failed.
    Migration,
    /// The run was stopped, or a hook did not let it go on.
    Stopped,
}

impl Error {
    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self(Box::new(Inner::Config(message.into())))
    }

    pub(crate) fn source(message: impl Into<String>) -> Self {
        Self(Box::new(Inner::Source { message: message.into(), position: None }))
    }

    #[cfg(feature = "testing")]
    pub(crate) fn database(doing: &'static str, error: DriverError) -> Self {
        RunError { kind: RunErrorKind::Database { doing, error }, report: Report::default() }.into()
    }

    pub(crate) fn from_driver(error: DriverError) -> Self {
        match error.kind {
            brant_driver::ErrorKind::Config => Self::config(error.to_string()),
            _ => RunError {
                kind: RunErrorKind::Database { doing: "connect", error },
                report: Report::default(),
            }
            .into(),
        }
    }

    /// What sort of failure it was.
    ///
    /// ```
    /// # fn example(error: &brant::Error) {
    /// if error.kind() == brant::ErrorKind::Locked {
    ///     println!("another run is at work");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        let run = match &*self.0 {
            Inner::Config(_) => return ErrorKind::Config,
            Inner::Source { .. } => return ErrorKind::Source,
            Inner::Run(run) => run,
        };
        match &run.kind {
            RunErrorKind::Script(_)
            | RunErrorKind::Plan(PlanError::DuplicateVersion { .. } | PlanError::NoMigrations) => {
                ErrorKind::Source
            }
            RunErrorKind::Plan(_)
            | RunErrorKind::PlanMoved
            | RunErrorKind::NotAsApproved(_)
            | RunErrorKind::Changed(_)
            | RunErrorKind::HalfDone(_)
            | RunErrorKind::Irreversible(_)
            | RunErrorKind::NeedsNoTransaction { .. }
            | RunErrorKind::NotInOne { .. }
            | RunErrorKind::SessionSetting { .. } => ErrorKind::Plan,
            RunErrorKind::Locked { .. } => ErrorKind::Locked,
            RunErrorKind::Step(failure) if failure.stopped.is_none() => ErrorKind::Migration,
            RunErrorKind::Stopped(_) | RunErrorKind::Vetoed { .. } | RunErrorKind::Step(_) => {
                ErrorKind::Stopped
            }
            _ => ErrorKind::Database,
        }
    }

    /// What was done before the failure, and stays done.
    ///
    /// ```
    /// # fn example(error: &brant::Error) {
    /// let done = error.report().map_or(0, |report| report.steps.len());
    /// println!("{done} migrations were applied before it");
    /// # }
    /// ```
    #[must_use]
    pub fn report(&self) -> Option<&Report> {
        self.run().map(|run| &run.report)
    }

    /// The step that failed, where it was one.
    ///
    /// ```
    /// # fn example(error: &brant::Error) {
    /// if let Some(step) = error.failed_step() {
    ///     println!("{} stopped at statement {} of {}", step.migration.file_name(), step.number, step.total);
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn failed_step(&self) -> Option<&brant_engine::StatementFailure> {
        match &self.run()?.kind {
            RunErrorKind::Step(failure) => Some(failure),
            _ => None,
        }
    }

    /// Where in a file the failure lies, where that is known.
    ///
    /// ```
    /// # fn example(error: &brant::Error) {
    /// if let Some(position) = error.position() {
    ///     println!("line {}, column {}", position.line, position.column);
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        match &*self.0 {
            Inner::Source { position, .. } => *position,
            Inner::Config(_) => None,
            Inner::Run(run) => match &run.kind {
                RunErrorKind::Step(failure) => failure.position,
                RunErrorKind::Script(script) => script.position,
                RunErrorKind::SessionSetting { position, .. }
                | RunErrorKind::NeedsNoTransaction { position, .. } => Some(*position),
                RunErrorKind::NotInOne { position, .. } => *position,
                RunErrorKind::HalfDone(half_done) => half_done.position(),
                _ => None,
            },
        }
    }

    /// SQLSTATE, where the server gave one.
    ///
    /// ```
    /// # fn example(error: &brant::Error) {
    /// let is_lock_timeout = error.sqlstate() == Some("55P03");
    /// # }
    /// ```
    #[must_use]
    pub fn sqlstate(&self) -> Option<&str> {
        match &self.run()?.kind {
            RunErrorKind::Step(failure) => failure.error.sqlstate.as_deref(),
            RunErrorKind::Database { error, .. } => error.sqlstate.as_deref(),
            _ => None,
        }
    }

    /// The state that the database is in, as a sentence.
    ///
    /// ```
    /// # fn example(error: &brant::Error) {
    /// println!("state: {}", error.state());
    /// # }
    /// ```
    #[must_use]
    pub fn state(&self) -> String {
        self.run().map_or_else(|| "nothing was changed".to_owned(), RunError::state)
    }

    /// What to do next, as a sentence, where the message does not say it all.
    ///
    /// ```
    /// # fn example(error: &brant::Error) {
    /// if let Some(next) = error.next_step() {
    ///     println!("next: {next}");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn next_step(&self) -> Option<String> {
        self.run()?.next_step(&Commands {
            again: "the migrations again".to_owned(),
            resume: "`Migrator::resume` (or `brant resume`)".to_owned(),
            ..Commands::default()
        })
    }

    fn run(&self) -> Option<&RunError> {
        match &*self.0 {
            Inner::Run(run) => Some(run),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Inner::Run(run) => write!(f, "{run} ({})", run.state()),
            Inner::Source { message, .. } | Inner::Config(message) => f.write_str(message),
        }
    }
}

impl fmt::Debug for Error {
    /// What a `main` that returns it prints, so it says everything.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        match self.next_step() {
            Some(next) => write!(f, "; next: {next}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.run().and_then(std::error::Error::source)
    }
}

impl From<RunError> for Error {
    fn from(error: RunError) -> Self {
        Self(Box::new(Inner::Run(error)))
    }
}

impl From<RunErrorKind> for Error {
    fn from(kind: RunErrorKind) -> Self {
        RunError { kind, report: Report::default() }.into()
    }
}

impl From<PlanError> for Error {
    fn from(error: PlanError) -> Self {
        RunErrorKind::Plan(error).into()
    }
}

impl From<DirError> for Error {
    fn from(error: DirError) -> Self {
        Self::source(error.to_string())
    }
}

impl From<ParseError> for Error {
    fn from(error: ParseError) -> Self {
        let position = error.position;
        Self(Box::new(Inner::Source { message: error.to_string(), position }))
    }
}
