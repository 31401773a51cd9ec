//! The nouns and the decisions of brant.
//!
//! This crate does no I/O, reads no clock, holds no SQL of its own and knows the name of no database and of no
//! other tool. What a run will do is decided here by pure functions over values ([`plan::plan`]); everything else
//! in brant either fills these values or acts on them.
//!
//! Internal crate of brant: it promises no stability of its own.

pub mod annotation;
pub mod blocker;
pub mod change;
pub mod check;
pub mod duration;
pub mod event;
pub mod group;
pub mod history;
pub mod hook;
pub mod late;
pub mod layout;
pub mod limits;
pub mod mark;
pub mod migration;
pub mod nearest;
pub mod plan;
pub mod progress;
pub mod report;
pub mod resume;
pub mod script;
pub mod status;

pub use annotation::{BadAnnotation, limits, unknown};
pub use blocker::Blocker;
pub use change::{AppliedContent, Change, Verdict, changes};
pub use check::{FindingKind, Findings, WayOn, check};
pub use duration::parse_duration;
pub use event::{Event, Observer, Silent};
pub use history::{Ending, History, Record, UnderWay, Unfinished};
pub use hook::{HookPoint, HookText};
pub use late::{OutOfOrder, plan_asking};
pub use layout::HistoryLayout;
pub use limits::Limits;
pub use mark::{MarkTarget, Marking, markings};
pub use migration::{Direction, Migration, MigrationKind, Version};
pub use nearest::nearest;
pub use plan::{Plan, PlanError, Policy, Step, Target, plan};
pub use progress::Progress;
pub use report::{Outcome, Report, StepReport};
pub use resume::{Answers, HalfDone, Obstacle};
pub use script::{
    Annotation, Content, Position, Script, Statement, StatementClass, StatementKind, TransactionMode,
};
pub use status::{Compatibility, Status, compatibility, statuses};
