//! Whether a statement took effect, when the run that sent it did not live to hear the answer.
//!
//! One file a dialect reads the statement and says how to find out: from the catalog, by running it again where that
//! changes nothing, or not at all.

mod alter;
mod mysql;
pub(crate) mod parts;
mod postgres;
mod session;
mod sqlite;
mod words;

pub(crate) use mysql::{beyond_rollback, evidence as mysql, may_join_note};
pub(crate) use postgres::evidence as postgres;
pub(crate) use session::after_session;
pub(crate) use sqlite::evidence as sqlite;

pub use session::AfterSession;
pub use words::bare;

/// How to find out whether a statement took effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The catalog tells.
    Ask(Question),
    /// It may simply run again: twice is the same as once.
    Repeatable,
    /// It can't be found out, for this reason (which follows "since").
    Unknowable(&'static str),
}

/// A question to the catalog, and how to put the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What is looked for, as people say it: ``index `orders_by_total` ``.
    pub subject: String,
    /// What is to be said of it if the statement took effect: `exists`.
    pub if_done: &'static str,
    /// What is to be said of it if not: `does not exist`.
    pub if_not_done: &'static str,
    /// The question: one row with one text, which [`Finding::read`] understands.
    pub sql: String,
    /// What to do about something that is there and can't be used.
    pub repair: Option<Repair>,
    /// The statement does nothing where such a thing is there, so that it must be looked at after a success too.
    pub passes_over: bool,
}

/// What brings something that can't be used to an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repair {
    /// This statement takes it away; then the failed one can run again.
    Remove(String),
    /// This statement completes what the failed one began.
    Complete(String),
}

/// What the catalog says of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It took effect.
    Done,
    /// It did not.
    NotDone,
    /// It was begun, and what it left can't be used.
    Unusable,
    /// The catalog fits neither.
    Unclear,
}

impl Finding {
    const DONE: &'static str = "done";
    const NOT_DONE: &'static str = "not done";
    const UNUSABLE: &'static str = "unusable";

    /// Reads the answer to a [`Question`].
    #[must_use]
    pub fn read(answer: &str) -> Self {
        match answer {
            Self::DONE => Self::Done,
            Self::NOT_DONE => Self::NotDone,
            Self::UNUSABLE => Self::Unusable,
            _ => Self::Unclear,
        }
    }
}

const UNCLEAR: &str = "unclear";
const EXISTS: &str = "exists";
const DOES_NOT_EXIST: &str = "does not exist";

/// What changes rows leaves no trace in the catalog.
const ROWS: &str = "the catalog does not tell which rows a statement has changed";
const ANYTHING: &str = "it may do anything";
const SEVERAL: &str = "it holds several commands";
const SEVERAL_OBJECTS: &str = "it changes several things, and not all at once";
const NOT_UNDERSTOOD: &str = "brant does not know what it does";
const NAMELESS: &str = "what it makes has no name of its own";
const RIGHTS: &str = "taking a right away twice is an error";
const OVERLOADED: &str = "several routines can have one name";
const TEMPORARY: &str = "what it makes is gone with its session";

/// Something in the database, and the condition in SQL that it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Thing {
    what: &'static str,
    name: String,
    exists: String,
}

impl Thing {
    fn made(self) -> Evidence {
        let sql = cases(&[(&self.exists, Finding::DONE)], Finding::NOT_DONE);
        self.ask(EXISTS, DOES_NOT_EXIST, sql)
    }

    fn dropped(self) -> Evidence {
        let sql = cases(&[(&self.exists, Finding::NOT_DONE)], Finding::DONE);
        self.ask("is gone", "is still there", sql)
    }

    /// It was made from `old` by another name.
    fn renamed_from(self, old: &Self) -> Evidence {
        let (is, was) = (&self.exists, &old.exists);
        let (done, not_done) = (format!("{is} AND NOT {was}"), format!("{was} AND NOT {is}"));
        let sql = cases(&[(&done, Finding::DONE), (&not_done, Finding::NOT_DONE)], UNCLEAR);
        self.ask("has its new name", "does not exist under its new name", sql)
    }

    fn ask(self, if_done: &'static str, if_not_done: &'static str, sql: String) -> Evidence {
        Evidence::Ask(Question {
            subject: format!("{} `{}`", self.what, self.name),
            if_done,
            if_not_done,
            sql,
            repair: None,
            passes_over: false,
        })
    }
}

/// A question: the answer of the first condition that holds, or else the last.
fn cases(answers: &[(&str, &str)], otherwise: &str) -> String {
    let cases: String =
        answers.iter().map(|(condition, answer)| format!("WHEN {condition} THEN '{answer}' ")).collect();
    format!("SELECT CASE {cases}ELSE '{otherwise}' END")
}

/// `made` or `dropped`, or `Repeatable` where the statement minds neither.
fn unless_repeatable(repeatable: bool, evidence: impl FnOnce() -> Evidence) -> Evidence {
    if repeatable { Evidence::Repeatable } else { evidence() }
}
