//! Migrations that are program code: what they are, and how a step of one is carried out.

use std::any::Any;
use std::borrow::Cow;
use std::error::Error;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use brant_core::{Direction, Script, TransactionMode};
use brant_driver::{DriverError, ErrorKind};

use crate::context::{Context, StatementError};
use crate::error::{DatabaseState, RunErrorKind};
use crate::execute::Execution;
use crate::failure::failure;
use crate::guard::guarded;
use crate::limits::limits_of;
use crate::notes::Beginning;
use crate::stepwise::code_of;
use crate::watch::Desk;
use crate::{BoxError, StopReason};

/// The code of a migration.
#[async_trait]
pub trait Code: Send + Sync {
    /// Carries out one direction.
    ///
    /// # Errors
    ///
    /// Whatever went wrong: the step then fails, and is rolled back if it has a transaction.
    async fn run(&self, direction: Direction, context: &mut Context<'_>) -> Result<(), BoxError>;
}

/// What a step runs.
#[derive(Clone)]
pub struct Work {
    /// Its statements. Those of code are not known: its script holds none, and says which file it is, how it relates to
    /// transactions and whether there is anything for this direction.
    pub script: Script,
    /// Its code, if it is no SQL.
    pub code: Option<Arc<dyn Code>>,
}

impl From<Script> for Work {
    fn from(script: Script) -> Self {
        Self { script, code: None }
    }
}

impl Work {
    /// Nothing will be sent to the database.
    pub(crate) fn is_empty(&self) -> bool {
        self.code.is_none() && self.script.is_empty()
    }

    /// Whether it may share a transaction with other steps.
    pub(crate) fn can_share(&self) -> bool {
        self.code.is_none() && self.script.can_share_transaction() && !limits_of(&self.script).is_some()
    }
}

/// How the code of a step ended.
struct Ran {
    stopped: Option<StopReason>,
    took: Duration,
    /// Something was committed while the code ran, or may have been.
    left: bool,
}

impl Execution<'_> {
    /// Carries out a step that is code, and records it.
    pub(crate) async fn run_code(&mut self, i: usize, code: Arc<dyn Code>) -> Result<(), RunErrorKind> {
        self.announce(i);
        // Where a change can't be rolled back, the journal holds what was begun.
        let is_followed = !self.has_transaction(i) || !self.dialect.capabilities().transactional_ddl;
        self.begin_code(i, is_followed).await?;
        self.before_migration(i, self.has_transaction(i)).await?;
        let (result, ran) = self.call(i, &*code).await;
        match result {
            Ok(()) if is_followed => self.finish_code(i, &ran).await,
            Ok(()) => self.commit(i..i + 1, &[ran.took]).await,
            Err(error) => Err(self.code_failure(i, error, &ran, is_followed).await),
        }
    }

    fn has_transaction(&self, i: usize) -> bool {
        self.script(i).transaction == TransactionMode::PerMigration
    }

    async fn begin_code(&mut self, i: usize, is_followed: bool) -> Result<(), RunErrorKind> {
        let (step, script) = (&self.plan.steps[i], self.script(i));
        let mut parts = Vec::new();
        if is_followed {
            parts.extend(self.journal.begin(i + 1, step, script, &Beginning::of_code()));
        }
        if self.has_transaction(i) {
            self.observer.event(&brant_core::Event::TransactionBegun);
            parts.push(self.begin(i..i + 1));
        } else {
            parts.extend(self.stepwise_limit(i));
        }
        if parts.is_empty() {
            return Ok(());
        }
        self.connection.execute(&parts.join("; ")).await.map_err(|error| {
            failure(step, script, None, "begin the step", error, None, DatabaseState::RolledBack)
        })
    }

    /// Calls the code. A panic is an error, and a request to end cancels what runs on the server.
    async fn call(&mut self, i: usize, code: &dyn Code) -> (Result<(), BoxError>, Ran) {
        let step = &self.plan.steps[i];
        let has_transaction = self.has_transaction(i);
        let canceller = self.connection.canceller();
        let started = Instant::now();
        let mut left = !has_transaction;
        let mut context =
            Context::new(&mut *self.connection, self.dialect, Some(step), has_transaction, &mut left)
                .until(self.stop);
        let desk = Desk::new(&mut *self.observer, None);
        let path = Arc::clone(&canceller);
        let run = self.watcher.beside(&path, &desk, caught(code.run(step.direction, &mut context)));
        let guarded = guarded(self.stop.requested(), canceller, run).await;
        self.blockers = desk.into_blockers();
        let result = guarded.result.unwrap_or_else(|| {
            self.connection.give_up();
            Err("it did not end after it was asked to".into())
        });
        (result, Ran { stopped: guarded.stopped, took: started.elapsed(), left })
    }

    /// Records a step that the journal follows.
    async fn finish_code(&mut self, i: usize, ran: &Ran) -> Result<(), RunErrorKind> {
        let mut parts = self.records(i..i + 1);
        parts.extend(self.journal.finish(i + 1, "done", 0, ran.took, None));
        // Its own transaction may have been committed by a change of the schema.
        let begin = !self.has_transaction(i) || ran.left;
        if let Err(error) = self.connection.execute(&self.dialect.committed(begin, &parts)).await {
            let state = match error.kind {
                ErrorKind::Closed => self.commit_state(i..i + 1).await,
                _ => {
                    self.roll_back().await;
                    DatabaseState::CodeLeft
                }
            };
            if state == DatabaseState::Recorded {
                self.step_done(i, ran.took);
            }
            let state = if state == DatabaseState::RolledBack { DatabaseState::CodeLeft } else { state };
            let (step, script) = (&self.plan.steps[i], self.script(i));
            return Err(failure(step, script, None, "record the migration", error, None, state));
        }
        self.step_done(i, ran.took);
        Ok(())
    }

    async fn code_failure(
        &mut self,
        i: usize,
        error: BoxError,
        ran: &Ran,
        is_followed: bool,
    ) -> RunErrorKind {
        let is_gone = self.connection.is_closed();
        self.roll_back().await;
        let state = match self.has_transaction(i) && !ran.left {
            true => DatabaseState::RolledBack,
            false => DatabaseState::CodeLeft,
        };
        let told = told(&error, is_gone);
        // A step that left nothing is over; one that may have left something stays open in the journal.
        if is_followed
            && state == DatabaseState::RolledBack
            && let Some(note) = self.journal.finish(i + 1, "failed", 0, ran.took, Some(&code_of(&told)))
        {
            let _ = self.connection.execute(&note).await;
        }
        let doing = match error.downcast_ref::<StatementError>().and_then(StatementError::statement) {
            Some(statement) => Cow::Owned(format!("run its code, at `{statement}`")),
            None => Cow::Borrowed("run its code"),
        };
        let failure = failure(&self.plan.steps[i], self.script(i), None, doing, told, ran.stopped, state);
        with_cause(failure, error)
    }
}

/// Keeps the code's own error, for whoever wants to look at it.
fn with_cause(mut failure: RunErrorKind, cause: BoxError) -> RunErrorKind {
    if let RunErrorKind::Step(failure) = &mut failure {
        failure.cause = Some(cause.into());
    }
    failure
}

/// What the code's error says. What the server said of a statement is kept with its facts.
fn told(error: &BoxError, is_gone: bool) -> DriverError {
    if let Some(known) = said_by_server(&**error) {
        return known.clone();
    }
    let text = chain(&**error);
    let Some(known) = cause_of(&**error) else {
        let kind = if is_gone { ErrorKind::Closed } else { ErrorKind::Statement };
        return DriverError::new(kind, text);
    };
    // Its codes are shown behind the whole.
    let head = text.strip_suffix(&known.to_string());
    let message = head.map_or_else(|| text.clone(), |head| format!("{head}{}", known.message));
    DriverError { message, ..known.clone() }
}

/// What a server said, somewhere among the causes of an error.
fn cause_of<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e DriverError> {
    let cause = error.source()?;
    said_by_server(cause).or_else(|| cause_of(cause))
}

fn said_by_server<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e DriverError> {
    let of_statement = error.downcast_ref::<StatementError>().and_then(StatementError::driver);
    of_statement.or_else(|| error.downcast_ref::<DriverError>())
}

/// An error with its causes, outermost first.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        // Many errors say what their cause says.
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = error.source();
    }
    text
}

/// Does the work; a panic in it is an error.
pub(crate) async fn caught(work: impl Future<Output = Result<(), BoxError>>) -> Result<(), BoxError> {
    let mut work = pin!(work);
    std::future::poll_fn(|cx| {
        // What a panic may have left half changed is dropped: the future, the step's transaction.
        match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))) {
            Ok(poll) => poll,
            Err(panic) => Poll::Ready(Err(format!("it panicked: {}", panic_text(&*panic)).into())),
        }
    })
    .await
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without words")
}
