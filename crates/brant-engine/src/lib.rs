//! The run: lock, history, journal, and the execution of a plan, one step at a time.
//!
//! The engine reads no files, prints nothing, and never asks which database it has: what differs between databases
//! is data on the [`brant_sql::Dialect`] or behaviour of the [`brant_driver::Connection`].
//!
//! Internal crate of brant: it promises no stability of its own.

mod advice;
mod aftermath;
mod ahead;
mod approval;
mod around;
mod blockers;
mod boundary;
mod code;
mod contents;
mod context;
mod error;
mod execute;
mod failure;
mod guard;
mod hooked;
mod hooks;
mod journal;
mod limits;
mod lock;
mod lock_holder;
mod look_again;
mod mark;
mod notes;
mod options;
mod pooler;
mod preview;
mod record;
mod resume;
mod retry;
mod row;
mod session;
mod single;
mod sql_hooks;
mod stepwise;
mod stop;
mod under_way;
mod watch;

pub use advice::Commands;
pub use approval::{Approval, ApprovedStep};
pub use boundary::Boundary;
pub use code::{Code, Work};
pub use contents::LogEntry;
pub use context::{Context, NativeError, StatementError, Values};
pub use error::{DatabaseState, RunError, RunErrorKind, StatementFailure};
pub use hooks::{Hooks, RunOutcome, SharedHooks, StatementInfo, StatementOutcome, StepInfo, StepOutcome};
pub use lock_holder::LockHolder;
pub use mark::MarkOrder;
pub use options::{LockMode, Options, ScriptError, Scripts};
pub use preview::{Preview, TableSize};
pub use row::{Column, FromValue, Raw, Row, RowError, Unfit};
pub use session::Session;
pub use sql_hooks::{SqlHookError, SqlHooks};
pub use stop::{Stop, StopReason, Stopper};

/// Whatever a migration's code, or a hook, can fail with.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
