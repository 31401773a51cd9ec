//! The facts that a run tells while it goes on; display is one consumer of them among others.

use std::time::Duration;

use crate::{Direction, Migration, Plan, Report, Statement, StepReport};

/// A fact emitted during a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Another run holds the lock; waiting for it.
    LockWaiting {
        /// Who holds it, as far as the server tells.
        holder: &'a str,
        /// How long this run has waited so far.
        waited: Duration,
    },
    /// The plan is made and checked; nothing has run yet.
    Planned(&'a Plan),
    /// A step begins.
    StepStarted {
        /// The migration.
        migration: &'a Migration,
        /// Up or down.
        direction: Direction,
        /// The step's number in the plan, from 1.
        number: usize,
        /// How many steps the plan has.
        total: usize,
    },
    /// A transaction begins.
    TransactionBegun,
    /// A statement is about to be sent.
    StatementStarted {
        /// The statement; show its `source`, never its `sql`.
        statement: &'a Statement,
    },
    /// A statement was carried out.
    StatementFinished {
        /// The statement; show its `source`, never its `sql`.
        statement: &'a Statement,
        /// How long the server took, with the way there and back.
        duration: Duration,
    },
    /// The transaction was committed.
    TransactionCommitted,
    /// The transaction was rolled back.
    TransactionRolledBack,
    /// A step is done and durable.
    StepFinished(&'a StepReport),
    /// Something that a person should know and that stops nothing.
    Warning(&'a str),
    /// The run is over.
    RunFinished(&'a Report),
}

/// What receives the events of a run.
pub trait Observer: Send {
    /// Called for each event, in order. It can't change the run.
    fn event(&mut self, event: &Event<'_>);
}

/// An observer that ignores everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn event(&mut self, _: &Event<'_>) {}
}
