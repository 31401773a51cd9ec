//! What `validate` finds wrong: each problem as a run would tell it.

use brant_engine::Commands;
use brant_source::dir::DirError;
use brant_source::validate::ValidateError;

use super::error::with_next;
use super::excerpt;
use super::json::Problem;
use crate::failure::Next;
use crate::files;

/// All problems for people. One has all that is to be done in one line; of several, each has its own, and the command
/// stands at the end.
pub(super) fn text(errors: &[ValidateError], commands: &Commands, color: bool) -> String {
    let next = next(errors, commands);
    if let [error] = errors {
        return with_next(format!("brant: {error}\n{}", excerpt(error, color)), Some(&next));
    }
    let each = errors.iter().map(|error| {
        let own = own_next(error);
        with_next(format!("{error}\n{}", excerpt(error, color)), own.as_ref().map(Next::bare)) + "\n"
    });
    with_next(format!("brant: {} errors:\n\n{}", errors.len(), each.collect::<String>()), Some(&next))
}

/// All problems in a few lines, for machines.
pub(super) fn message(errors: &[ValidateError]) -> String {
    let list: Vec<String> = errors.iter().map(ToString::to_string).collect();
    match list.len() {
        1 => list.concat(),
        n => format!("{n} errors:\n{}", list.join("\n")),
    }
}

/// What to do about all of them.
pub(super) fn next(errors: &[ValidateError], commands: &Commands) -> String {
    let own = if let [error] = errors { own_next(error) } else { None };
    let words = if errors.len() == 1 { "correct the file" } else { "correct these" };
    own.unwrap_or_else(|| Next::ThenAgain(words.to_owned())).text(commands)
}

/// What to do about one of them, where it is not just to correct the file.
fn own_next(error: &ValidateError) -> Option<Next> {
    match error {
        ValidateError::Parse(error) => error.remedy.clone().map(Next::ThenAgain),
        ValidateError::Dir(_) | ValidateError::Name { .. } => Some(files::rename()),
        ValidateError::Duplicate { .. } => {
            Some(Next::ThenAgain("give one of the two files another version".to_owned()))
        }
    }
}

fn excerpt(error: &ValidateError, color: bool) -> String {
    match error {
        ValidateError::Parse(error) => excerpt::of_file(&error.path, error.position, color),
        _ => String::new(),
    }
}

impl Problem {
    /// The same, as JSON has it.
    pub(crate) fn of(error: &ValidateError) -> Self {
        let (file, position) = match error {
            ValidateError::Parse(error) => (Some(&error.path), error.position),
            ValidateError::Name { path, .. }
            | ValidateError::Dir(DirError::Name { path, .. })
            | ValidateError::Duplicate { second: path, .. } => (Some(path), None),
            ValidateError::Dir(_) => (None, None),
        };
        Self {
            message: error.to_string(),
            file: file.map(|path| path.display().to_string()),
            line: position.map(|p| p.line),
            column: position.map(|p| p.column),
            next: own_next(error).map(|next| next.bare().to_owned()),
        }
    }
}
