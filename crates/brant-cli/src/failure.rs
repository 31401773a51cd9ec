//! Why a command failed.

use brant_engine::{Commands, RunError, RunErrorKind};
use brant_source::validate::ValidateError;

use crate::args::UsageError;
use crate::output::json::Body;

/// A failed command, with the part of its result that stands.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What failed.
    pub kind: FailureKind,
    /// What was done all the same, for JSON.
    pub body: Box<Body>,
}

/// What failed.
#[derive(Debug)]
pub(crate) enum FailureKind {
    /// A flag is unknown or malformed.
    Usage(UsageError),
    /// Something that brant itself found wrong before it reached the database.
    Plain {
        /// The kind, as JSON names it.
        kind: &'static str,
        /// What is wrong.
        message: String,
        /// What to do.
        next: Option<Next>,
    },
    /// Files that no run could use.
    Problems(Vec<ValidateError>),
    /// The engine stopped.
    Run(Box<RunError>),
}

/// The kind of what a signal ended at a question.
pub(crate) const INTERRUPTED: &str = "interrupted";

/// What to do about a failure.
#[derive(Clone, Debug)]
pub(crate) enum Next {
    /// This.
    Just(String),
    /// This, and then the same command once more.
    ThenAgain(String),
}

impl Next {
    /// Without the command.
    pub(crate) fn bare(&self) -> &str {
        let (Self::Just(advice) | Self::ThenAgain(advice)) = self;
        advice
    }

    /// As a sentence that names the command.
    pub(crate) fn text(&self, commands: &Commands) -> String {
        match self {
            Self::Just(advice) => advice.clone(),
            Self::ThenAgain(remedy) => format!("{remedy}, then run {}", commands.again),
        }
    }
}

impl Failure {
    /// A failure of this kind.
    pub(crate) fn plain(kind: &'static str, message: impl Into<String>) -> Self {
        FailureKind::Plain { kind, message: message.into(), next: None }.into()
    }

    /// Something is wrong with the configuration: environment, connection string, table.
    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::plain("config", message)
    }

    /// A command's arguments make no sense.
    pub(crate) fn arguments(message: impl Into<String>) -> Self {
        Self::plain("arguments", message)
    }

    /// The same, with advice.
    pub(crate) fn next(self, advice: impl Into<String>) -> Self {
        self.with_next(Next::Just(advice.into()))
    }

    /// The same, with what is to be done before the same command can go through.
    pub(crate) fn remedy(self, remedy: impl Into<String>) -> Self {
        self.with_next(Next::ThenAgain(remedy.into()))
    }

    /// The same, with either.
    pub(crate) fn with_next(mut self, advice: Next) -> Self {
        if let FailureKind::Plain { next, .. } = &mut self.kind {
            *next = Some(advice);
        }
        self
    }

    /// The same, with the part of the result that stands.
    pub(crate) fn with_body(mut self, body: Body) -> Self {
        self.body = Box::new(body);
        self
    }
}

impl From<FailureKind> for Failure {
    fn from(kind: FailureKind) -> Self {
        Self { kind, body: Box::default() }
    }
}

impl From<UsageError> for Failure {
    fn from(error: UsageError) -> Self {
        FailureKind::Usage(error).into()
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let body = Box::new(Body::of_report(&error.report));
        Self { kind: FailureKind::Run(Box::new(error)), body }
    }
}

impl From<RunErrorKind> for Failure {
    fn from(kind: RunErrorKind) -> Self {
        RunError { kind, report: brant_core::Report::default() }.into()
    }
}
