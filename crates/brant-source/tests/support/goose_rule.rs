//! goose's own way to cut a file into statements, kept to the letter, quirks included: line by line, without a lexer.
//!
//! The measure for what brant does differently. It leaves out substitution of variables: no text that is compared
//! with it uses them.

/// goose's states, by its names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Up,
    BeginUp,
    EndUp,
    Down,
    BeginDown,
    EndDown,
}

use State::{BeginDown, BeginUp, Down, EndDown, EndUp, Start, Up};

/// The statements of one direction, or what goose says is wrong (shortened).
pub(crate) fn statements(text: &str, up: bool) -> Result<Vec<String>, String> {
    let mut state = Start;
    let mut buffer = String::new();
    let mut statements = Vec::new();
    let mut lines: Vec<&str> = text.split('\n').collect();
    if lines.last() == Some(&"") {
        lines.pop();
    }
    for line in lines.into_iter().map(|l| l.strip_suffix('\r').unwrap_or(l)) {
        if state == Start && line.trim().is_empty() {
            continue;
        }
        if line.trim().starts_with("--") && line.contains("+goose") {
            let name = annotation(line)?;
            state = next(state, &name, &buffer)?;
            if name != "statementend" {
                continue;
            }
        }
        if buffer.is_empty() && (line.trim().starts_with("--") || line.is_empty()) {
            continue;
        }
        if !matches!(state, EndUp | EndDown) {
            buffer.push_str(line);
            buffer.push('\n');
        }
        let in_up = matches!(state, Up | BeginUp | EndUp);
        if state == Start {
            return Err("unexpected state 0".to_owned());
        } else if in_up != up {
            buffer.clear();
            continue;
        }
        let complete = match state {
            Up | Down => ends_with_semicolon(line),
            EndUp | EndDown => true,
            _ => false,
        };
        if complete {
            statements.push(buffer.trim().to_owned());
            buffer.clear();
            state = if in_up { Up } else { Down };
        }
    }
    match state {
        Start => Err("must start with Up".to_owned()),
        BeginUp | BeginDown => Err("missing StatementEnd".to_owned()),
        _ if !buffer.trim().is_empty() => Err("missing semicolon".to_owned()),
        _ => Ok(statements),
    }
}

/// The annotation in lower case.
fn annotation(line: &str) -> Result<String, String> {
    if line.starts_with([' ', '\t']) {
        return Err("leading whitespace".to_owned());
    }
    let rest = line.replace("--", "").replacen("+goose", "", 1);
    if rest.contains("+goose") {
        return Err("multiple annotations".to_owned());
    }
    let name = rest.trim().to_lowercase();
    match name.as_str() {
        "up" | "down" | "statementbegin" | "statementend" | "no transaction" | "envsub on" | "envsub off" => {
            Ok(name)
        }
        _ => Err("unsupported annotation".to_owned()),
    }
}

fn next(state: State, name: &str, buffer: &str) -> Result<State, String> {
    Ok(match (name, state) {
        ("up", Start) => Up,
        ("down", Up | EndUp) if !buffer.trim().is_empty() => return Err("missing semicolon".to_owned()),
        ("down", Up | EndUp) => Down,
        ("statementbegin", Up | EndUp) => BeginUp,
        ("statementbegin", Down | EndDown) => BeginDown,
        ("statementend", BeginUp) => EndUp,
        ("statementend", BeginDown) => EndDown,
        ("no transaction" | "envsub on" | "envsub off", state) => state,
        _ => return Err(format!("misplaced {name}")),
    })
}

fn ends_with_semicolon(line: &str) -> bool {
    let words = line.split_whitespace().take_while(|word| !word.starts_with("--"));
    words.last().is_some_and(|word| word.ends_with(';'))
}
