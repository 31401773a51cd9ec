//! Where to go on with a migration that an earlier run left half done. Pure functions.

use std::fmt;

use crate::{Direction, Ending, History, Migration, PlanError, Position, Script, Step, Target, Unfinished};

/// What a person knows of a half-done migration that brant can't find out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// Whether the statement that failed, or is in doubt, is done: carried out after all, or by hand since.
    pub statement_done: Option<bool>,
    /// Statements that are done may read otherwise than they did: the database is as the file says now.
    pub accept_changes: bool,
}

/// The first statement that is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// This one, counted from 0.
    At(usize),
    /// Whether this one was carried out must be found out; `hopeless` says why nothing can be asked about it.
    InDoubt {
        /// Counted from 0.
        at: usize,
        /// Why it can't be found out, to follow "since".
        hopeless: Option<&'static str>,
    },
}

/// Why a half-done migration is not gone on with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Obstacle {
    /// The file has a transaction now.
    Transactional,
    /// The file has fewer statements than are done.
    Shorter {
        /// How many it has.
        total: usize,
    },
    /// A statement that is done reads otherwise now.
    Changed {
        /// Its number, from 1.
        number: usize,
        /// Where it stands now.
        position: Position,
    },
    /// The file's transaction was rolled back, and not all of it could be.
    Kept,
    /// Whether a statement was carried out can't be found out.
    InDoubt {
        /// Its number, from 1.
        number: usize,
        /// Where it stands; `None` if it is not in the file any more.
        position: Option<Position>,
        /// Why not, to follow "since".
        why: String,
    },
    /// What a statement did that is done is not there any more.
    Undone {
        /// Its number, from 1.
        number: usize,
        /// Where it stands.
        position: Position,
        /// What was found: "table `t` does not exist".
        found: String,
    },
    /// What a done statement had set is gone with its session.
    SessionLost {
        /// Its number, from 1.
        number: usize,
        /// Where it stands.
        position: Position,
        /// What is lost.
        why: &'static str,
    },
}

/// A half-done migration that needs a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HalfDone {
    /// The migration.
    pub migration: Migration,
    /// Up or down.
    pub direction: Direction,
    /// How many of its statements are known to be done.
    pub done: usize,
    /// What is in the way.
    pub obstacle: Obstacle,
}

impl HalfDone {
    /// Where in the file the obstacle lies, where it has a place.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        match &self.obstacle {
            Obstacle::Changed { position, .. }
            | Obstacle::Undone { position, .. }
            | Obstacle::SessionLost { position, .. } => Some(*position),
            Obstacle::InDoubt { position, .. } => *position,
            Obstacle::Transactional | Obstacle::Shorter { .. } | Obstacle::Kept => None,
        }
    }
}

impl fmt::Display for HalfDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.migration.path.display())?;
        if let Some(Position { line, column }) = self.position() {
            write!(f, ":{line}:{column}")?;
        }
        let done = self.done;
        match &self.obstacle {
            Obstacle::Transactional => write!(
                f,
                ": an earlier run carried out {} outside of a transaction, and now the file has one",
                statements(done)
            ),
            Obstacle::Shorter { total } => {
                write!(f, ": an earlier run carried out {}, and now the file has {total}", statements(done))
            }
            Obstacle::Changed { number, .. } => write!(
                f,
                ": statement {number} is not what an earlier run carried out (of this file it did {})",
                statements(done)
            ),
            Obstacle::Kept => {
                write!(f, ": an earlier run of it failed, and not all of it could be rolled back")
            }
            Obstacle::InDoubt { number, why, .. } => write!(
                f,
                ": an earlier run ended at statement {number}, and whether it was carried out cannot be found out, since \
                 {why}"
            ),
            Obstacle::Undone { number, found, .. } => {
                write!(f, ": statement {number} was done by an earlier run, and {found}")
            }
            Obstacle::SessionLost { number, why, .. } => {
                write!(f, ": statement {number} was done by an earlier run, and {why}")
            }
        }
    }
}

fn statements(n: usize) -> String {
    if n == 1 { "1 statement".to_owned() } else { format!("{n} statements") }
}

/// Where to go on. `hashes` are those of the script's statements as they read now, and `in_steps` says that the script
/// would still be carried out statement by statement.
///
/// # Errors
///
/// What is in the way.
pub fn start(
    left: &Unfinished,
    script: &Script,
    hashes: &[String],
    in_steps: bool,
    answers: Answers,
) -> Result<Start, Obstacle> {
    if left.ending == Ending::Kept {
        let is_undone = answers.statement_done == Some(false);
        return if is_undone { Ok(Start::At(0)) } else { Err(Obstacle::Kept) };
    }
    let (done, total) = (left.statements_done, script.statements.len());
    let in_doubt = left.ending.is_in_doubt() && done < left.statements_total;
    if done == 0 && !in_doubt {
        return Ok(Start::At(usize::from(answers.statement_done == Some(true) && total > 0)));
    }
    if done > total {
        return Err(Obstacle::Shorter { total });
    }
    if !in_steps {
        return Err(Obstacle::Transactional);
    }
    let is_same = |k: usize| left.statement_hashes.get(k) == hashes.get(k);
    if let Some(k) = (0..done).find(|k| !is_same(*k) && !answers.accept_changes) {
        return Err(Obstacle::Changed { number: k + 1, position: script.statements[k].position });
    }
    match answers.statement_done {
        Some(is_done) => Ok(Start::At((done + usize::from(is_done)).min(total))),
        None if !in_doubt => Ok(Start::At(done)),
        None if done == total => Err(Obstacle::InDoubt {
            number: done + 1,
            position: None,
            why: "the file does not hold it any more".to_owned(),
        }),
        None if !is_same(done) => {
            Ok(Start::InDoubt { at: done, hopeless: Some("it reads otherwise now than it did then") })
        }
        None => Ok(Start::InDoubt { at: done, hopeless: left.ending.hopeless() }),
    }
}

/// Whether a plan may be carried out while migrations are half done: none goes the other way before the half-done one
/// is brought to its end, nothing runs while it has no file, since that may have got another version, and the promise to
/// leave nothing above a version, or everything up to one applied, is not kept by a plan without steps.
pub(crate) fn check(
    history: &History,
    files: &[&Migration],
    steps: &[Step],
    target: Target,
) -> Result<(), PlanError> {
    for left in history.unfinished() {
        let is_up = left.direction == "up";
        let (opposite, is_in_the_way) = match is_up {
            true => (Direction::Down, target.floor().is_some_and(|floor| left.version > floor)),
            false => (Direction::Up, target.ceiling().is_some_and(|ceiling| left.version <= ceiling)),
        };
        let is_gone = is_up && files.iter().all(|file| file.version != left.version);
        if is_gone && (is_in_the_way || !steps.is_empty()) {
            return Err(PlanError::HalfDoneWithoutFile { left: Box::new(left.clone()) });
        }
        let own = |step: &Step| {
            step.migration.version == left.version && step.direction.to_string() == left.direction
        };
        let before = steps.iter().position(own).unwrap_or(steps.len());
        let other = steps[..before].iter().map(|step| step.direction).find(|d| d.as_str() != left.direction);
        if let Some(direction) = other.or(is_in_the_way.then_some(opposite)) {
            return Err(PlanError::HalfDone { left: Box::new(left.clone()), direction });
        }
    }
    Ok(())
}

/// "1 and 2", "1 to 5".
#[must_use]
pub fn numbers(n: usize) -> String {
    match n {
        0 => String::new(),
        1 => "1".to_owned(),
        2 => "1 and 2".to_owned(),
        _ => format!("1 to {n}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Statement, StatementClass, StatementKind, TransactionMode, Version};

    fn script(n: usize) -> Script {
        let statement = |line: usize| Statement {
            sql: String::new(),
            source: String::new(),
            position: Position { line, column: 1 },
            bytes: 0..0,
            class: StatementClass::plain(StatementKind::Ddl),
            block: false,
        };
        Script {
            path: "1_a.sql".into(),
            statements: (1..=n).map(statement).collect(),
            transaction: TransactionMode::None,
            section_present: true,
            annotations: vec![],
            content: crate::Content::default(),
            substituted: vec![],
        }
    }

    fn hashes(words: &str) -> Vec<String> {
        words.chars().map(|c| c.to_string()).collect()
    }

    #[test]
    fn the_first_statement_that_is_not_done_is_found() {
        use Ending::{CutOff, Failed, InDoubt, InParts, Kept};
        let changed =
            |number| Err(Obstacle::Changed { number, position: Position { line: number, column: 1 } });
        let doubt = |at, hopeless| Ok(Start::InDoubt { at, hopeless });
        let otherwise = Some("it reads otherwise now than it did then");
        // What the statements were, how many were done and how it ended; what they are now; answers.
        for (was, done, ending, now, answer, accept, wanted) in [
            ("abc", 1, Failed, "abc", None, false, Ok(Start::At(1))),
            ("abc", 1, Failed, "axyz", None, false, Ok(Start::At(1))),
            ("abc", 1, Failed, "abc", Some(true), false, Ok(Start::At(2))),
            ("abc", 2, CutOff, "abc", None, false, Ok(Start::At(2))),
            ("abc", 3, CutOff, "abc", None, false, Ok(Start::At(3))),
            ("abc", 0, Failed, "", None, false, Ok(Start::At(0))),
            ("abc", 2, Failed, "axc", None, false, changed(2)),
            ("abc", 2, Failed, "axc", None, true, Ok(Start::At(2))),
            ("abc", 2, Failed, "a", None, true, Err(Obstacle::Shorter { total: 1 })),
            ("abc", 1, InDoubt, "abc", None, false, doubt(1, None)),
            ("abc", 0, InDoubt, "abc", None, false, doubt(0, None)),
            ("abc", 1, InDoubt, "axc", None, false, doubt(1, otherwise)),
            ("abc", 1, InDoubt, "abc", Some(true), false, Ok(Start::At(2))),
            ("abc", 1, InDoubt, "abc", Some(false), false, Ok(Start::At(1))),
            ("abc", 1, InParts, "abc", None, false, doubt(1, InParts.hopeless())),
            ("abc", 1, InParts, "abc", Some(false), false, Ok(Start::At(1))),
            ("abc", 0, Kept, "abc", None, false, Err(Obstacle::Kept)),
            ("abc", 0, Kept, "abc", Some(true), false, Err(Obstacle::Kept)),
            ("abc", 0, Kept, "axyz", Some(false), false, Ok(Start::At(0))),
        ] {
            let left = Unfinished {
                version: Version(1),
                name: "1_a.sql".to_owned(),
                direction: "up".to_owned(),
                statements_done: done,
                statements_total: was.len(),
                ending,
                statement_hashes: hashes(was),
            };
            let answers = Answers { statement_done: answer, accept_changes: accept };
            let found = start(&left, &script(now.len()), &hashes(now), true, answers);
            assert_eq!(found, wanted, "{was} {done} {ending:?} {now} {answers:?}");
        }
    }
}
