//! Why a command failed.

use brant_engine::{RunError, RunErrorKind};

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
        next: Option<String>,
    },
    /// The engine stopped.
    Run(Box<RunError>),
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
    pub(crate) fn next(mut self, advice: impl Into<String>) -> Self {
        if let FailureKind::Plain { next, .. } = &mut self.kind {
            *next = Some(advice.into());
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
