//! Environment substitution (`-- +goose ENVSUB ON`): the variables in one line.
//!
//! | Form | Result |
//! |---|---|
//! | `$NAME`, `${NAME}` | the value, or nothing when unset |
//! | `${NAME-word}` | `word` when unset |
//! | `${NAME:-word}` | `word` when unset or empty |
//! | `${NAME:offset}`, `${NAME:offset:length}` | some bytes of the value; negative numbers count from its end |
//! | `${NAME?message}` | the value, or an error when unset |
//! | `$$`, `\$` | a dollar sign |
//! | `\\`, `$(`, a `$` that ends the line | themselves |
//!
//! A name is a letter, then letters, digits and `_`. `word` and `message` may hold further forms. What a variable
//! holds is not looked at again.

use std::ops::Range;

use crate::formats::Env;

/// A line after substitution.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Substituted {
    /// The text.
    pub(super) text: String,
    /// What was replaced, in order.
    pub(super) expansions: Vec<Expansion>,
}

/// One replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expansion {
    /// Its bytes in the line of the file.
    pub(super) raw: Range<usize>,
    /// Its bytes in the text after substitution.
    pub(super) out: Range<usize>,
}

impl Substituted {
    /// What was put in and does not stand in the line anyway, as a default or a dollar sign does.
    pub(super) fn values<'a>(&'a self, line: &'a str) -> impl Iterator<Item = String> + 'a {
        let put_in = self.expansions.iter().map(|e| (&line[e.raw.clone()], &self.text[e.out.clone()]));
        put_in.filter(|(raw, value)| !raw.contains(value)).map(|(_, value)| value.to_owned())
    }
}

/// Why a line can't be substituted.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct EnvsubError {
    /// The byte of the line at which it went wrong.
    pub(super) at: usize,
    pub(super) message: String,
    /// The variable that must be set and is not.
    pub(super) missing: Option<String>,
}

/// Replaces the variables of a line.
pub(super) fn substitute(line: &str, env: Env<'_>) -> Result<Substituted, EnvsubError> {
    let mut reader = Reader { line, at: 0, env, expansions: Vec::new() };
    let text = reader.text(None, 0, true)?;
    Ok(Substituted { text, expansions: reader.expansions })
}

/// So deep may words hold words: far beyond any use, and far from the end of the stack.
const DEPTH_MAX: usize = 64;

/// Reads and evaluates in one pass. What stands in a word that is not needed is read, for its errors of form, with
/// `wanted` false: then no variable can be missing.
struct Reader<'a> {
    line: &'a str,
    at: usize,
    env: Env<'a>,
    expansions: Vec<Expansion>,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.line[self.at..]
    }

    fn fail<T>(&self, at: usize, message: impl Into<String>) -> Result<T, EnvsubError> {
        Err(EnvsubError { at, message: message.into(), missing: None })
    }

    /// The character that comes next, as a message names it.
    fn found(&self) -> String {
        self.rest()
            .chars()
            .next()
            .map_or_else(|| "the end of the line".to_owned(), |c| format!("`{}`", c.escape_debug()))
    }

    /// Text and forms up to the end of the line, or up to (not including) the character `end`.
    fn text(&mut self, end: Option<char>, depth: usize, wanted: bool) -> Result<String, EnvsubError> {
        let mut out = String::new();
        while let Some(c) = self.rest().chars().next().filter(|c| Some(*c) != end) {
            let start = self.at;
            let literal = match self.rest().as_bytes() {
                [b'\\', b'\\', ..] => Some((2, r"\\")),
                [b'\\' | b'$', b'$', ..] => Some((2, "$")),
                [b'$', b'(', ..] => Some((2, "$(")),
                [b'$'] => Some((1, "$")),
                _ => None,
            };
            let piece = match literal {
                Some((n, text)) => {
                    self.at += n;
                    text.to_owned()
                }
                None if c == '$' => self.expansion(depth, wanted)?,
                None => {
                    self.at += c.len_utf8();
                    out.push(c);
                    continue;
                }
            };
            let before = out.len();
            out.push_str(&piece);
            if depth == 0 && self.line[start..self.at] != piece {
                self.expansions.push(Expansion { raw: start..self.at, out: before..out.len() });
            }
        }
        Ok(out)
    }

    /// `$NAME` or `${…}`.
    fn expansion(&mut self, depth: usize, wanted: bool) -> Result<String, EnvsubError> {
        let start = self.at;
        self.at += 1;
        if !self.rest().starts_with('{') {
            let name = self.name("`$`")?;
            return Ok((self.env)(&name).unwrap_or_default());
        }
        if depth == DEPTH_MAX {
            return self
                .fail(start, format!("variables stand inside one another more than {DEPTH_MAX} deep"));
        }
        self.at += 1;
        let name = self.name("`${`")?;
        let value = (self.env)(&name);
        let result = self.operation(start, &name, value, depth, wanted)?;
        if !self.rest().starts_with('}') {
            return self
                .fail(start, format!("`${{{name}` is not closed: expected `}}`, found {}", self.found()));
        }
        self.at += 1;
        Ok(result)
    }

    /// What stands between the name and the closing brace.
    fn operation(
        &mut self,
        start: usize,
        name: &str,
        value: Option<String>,
        depth: usize,
        wanted: bool,
    ) -> Result<String, EnvsubError> {
        let rest = self.rest();
        if rest.starts_with('}') {
            return Ok(value.unwrap_or_default());
        }
        if rest.starts_with(":-") {
            self.at += 2;
            let value = value.filter(|v| !v.is_empty());
            let word = self.text(Some('}'), depth + 1, wanted && value.is_none())?;
            return Ok(value.unwrap_or(word));
        }
        if rest.starts_with('-') {
            self.at += 1;
            let word = self.text(Some('}'), depth + 1, wanted && value.is_none())?;
            return Ok(value.unwrap_or(word));
        }
        if rest.starts_with('?') {
            self.at += 1;
            let from = self.at;
            self.text(Some('}'), depth + 1, wanted && value.is_none())?;
            return match value {
                None if wanted && self.rest().starts_with('}') => {
                    // As it stands in the file: the value of a variable in it must not be shown.
                    let message = &self.line[from..self.at];
                    let message = if message.is_empty() { "not set" } else { message };
                    let message = format!("${name}: {message}");
                    Err(EnvsubError { at: start, message, missing: Some(name.to_owned()) })
                }
                value => Ok(value.unwrap_or_default()),
            };
        }
        if rest.starts_with(':') {
            self.at += 1;
            return self.slice(start, name, &value.unwrap_or_default());
        }
        let (at, found) = (self.at, self.found());
        self.fail(at, format!("expected `-`, `:-`, `?`, `:` or `}}` after the name `{name}`, found {found}"))
    }

    /// The offset and the length of a slice, and the slice.
    fn slice(&mut self, start: usize, name: &str, value: &str) -> Result<String, EnvsubError> {
        let offset = self.number("offset", &[':', '}'])?;
        let mut length = None;
        if !self.rest().starts_with('}') {
            self.at += usize::from(self.rest().starts_with(':'));
            length = Some(self.number("length", &['}'])?);
        }
        let range = slice_range(value.len(), offset, length);
        match value.get(range) {
            Some(slice) => Ok(slice.to_owned()),
            None => self.fail(
                start,
                format!(
                    "offset and length count bytes, and here they cut a character of `{name}` in two: choose others"
                ),
            ),
        }
    }

    fn number(&mut self, what: &str, ends: &[char]) -> Result<i64, EnvsubError> {
        let rest = self.rest();
        let text = &rest[..rest.find(ends).unwrap_or(rest.len())];
        let (at, next) = (self.at, self.at + text.len());
        match text.trim().parse() {
            Ok(number) => {
                self.at = next;
                Ok(number)
            }
            Err(_) => {
                let shown = text.trim();
                let found = if shown.is_empty() { self.found() } else { format!("`{shown}`") };
                self.fail(at, format!("unable to parse {what}: expected a whole number, found {found}"))
            }
        }
    }

    fn name(&mut self, after: &str) -> Result<String, EnvsubError> {
        let rest = self.rest();
        if !rest.starts_with(char::is_alphabetic) {
            let message = format!(
                "expected a name that begins with a letter after {after}, found {}: write `$$` for a dollar sign, or \
                 put `-- +goose ENVSUB OFF` before this line",
                self.found()
            );
            return self.fail(self.at, message);
        }
        let end =
            rest.find(|c: char| !c.is_alphabetic() && !c.is_numeric() && c != '_').unwrap_or(rest.len());
        let name = rest[..end].to_owned();
        self.at += end;
        Ok(name)
    }
}

/// The bytes that offset and length select, cut back to those that exist.
fn slice_range(len: usize, offset: i64, length: Option<i64>) -> Range<usize> {
    let from = index(len, offset);
    let to = match length {
        None => len,
        Some(length) if length < 0 => index(len, length).max(from),
        Some(length) => from.saturating_add(usize::try_from(length).unwrap_or(usize::MAX)).min(len),
    };
    from..to
}

/// A number as an index, counted from the end when it is negative.
fn index(len: usize, n: i64) -> usize {
    let distance = usize::try_from(n.unsigned_abs()).unwrap_or(usize::MAX);
    if n < 0 { len.saturating_sub(distance) } else { distance.min(len) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(name: &str) -> Option<String> {
        match name {
            "NAME" | "Größe" => Some("goose".to_owned()),
            "a1_" => Some("$NAME".to_owned()),
            "EMPTY" => Some(String::new()),
            "ACCENT" => Some("né".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn every_form() {
        for (line, result) in [
            ("", ""),
            ("no variable", "no variable"),
            ("$NAME", "goose"),
            ("$NAME.x", "goose.x"),
            ("${NAME}s", "gooses"),
            ("$Größe", "goose"),
            ("<$UNSET>", "<>"),
            ("<${UNSET}>", "<>"),
            ("${NAME-word}", "goose"),
            ("${EMPTY-word}", ""),
            ("${UNSET-word}", "word"),
            ("${UNSET-}", ""),
            ("${NAME:-word}", "goose"),
            ("${EMPTY:-word}", "word"),
            ("${UNSET:-word}", "word"),
            ("${UNSET:-it's {odd}", "it's {odd"),
            ("${UNSET:-${NAME}}", "goose"),
            ("${UNSET:-a$NAME-${EMPTY:-b}c}", "agoose-bc"),
            ("${UNSET-${UNSET?not needed}}x${NAME:-${UNSET?not needed}}", "!$UNSET: not needed"),
            ("${NAME:-${UNSET?not needed}}", "goose"),
            ("${NAME:1}", "oose"),
            ("${NAME:1:2}", "oo"),
            ("${NAME: -3}", "ose"),
            ("${NAME: -3:2}", "os"),
            ("${NAME: -30}", "goose"),
            ("${NAME:1:-1}", "oos"),
            ("${NAME:3:-4}", ""),
            ("${NAME:99}", ""),
            ("${NAME:0:99}", "goose"),
            ("${NAME:+1}", "oose"),
            (
                "${NAME:99999999999999999999}",
                "!unable to parse offset: expected a whole number, found `99999999999999999999`",
            ),
            ("${UNSET:1:2}", ""),
            ("${ACCENT:0:1}", "n"),
            ("${ACCENT:1}", "é"),
            ("${NAME?message}", "goose"),
            ("${EMPTY?message}", ""),
            (r"\$NAME", "$NAME"),
            ("$$NAME", "$NAME"),
            ("$$ body $$", "$ body $"),
            (r"\\$NAME", r"\\goose"),
            (r"a\b", r"a\b"),
            ("$(date)", "$(date)"),
            ("costs 5$", "costs 5$"),
            ("$a1_", "$NAME"),
            (
                "${UNSET:-$}",
                "!expected a name that begins with a letter after `$`, found `}`: write `$$` for a dollar sign, or put `-- +goose ENVSUB OFF` before this line",
            ),
        ] {
            let got = substitute(line, &env).map_or_else(|e| format!("!{}", e.message), |s| s.text);
            assert_eq!(got, result, "{line}");
        }
    }

    #[test]
    fn every_error() {
        let all: String = [
            "x $1",
            "$_$",
            "$ x",
            "${}",
            "${1}",
            "${",
            "${NAME",
            "${NAME+word}",
            "${NAME!}",
            "${NAME-w",
            "${UNSET:-w ${",
            "${NAME:?m}",
            "${NAME:+w}",
            "${NAME:}",
            "${NAME:",
            "${NAME:1:x}",
            "${NAME:1",
            "${NAME:1:2",
            "${UNSET?say why}",
            "${UNSET?}",
            "${UNSET?say $NAME}",
            "${UNSET?open",
            "${ACCENT:2}",
            "${ACCENT:0:2}",
        ]
        .map(|line| {
            let e = substitute(line, &env).unwrap_err();
            format!("{line}\n{}^ {}\n", " ".repeat(e.at), e.message)
        })
        .concat();
        insta::assert_snapshot!(all);
    }

    #[test]
    fn depth_has_a_bound() {
        let line = format!("{}{}", "${X-".repeat(100_000), "}".repeat(100_000));
        assert!(substitute(&line, &env).unwrap_err().message.contains("more than 64 deep"));
    }

    #[test]
    fn replacements_are_located() {
        let s = substitute("é $NAME $$ ${UNSET-${NAME}} $(", &env).unwrap();
        assert_eq!(s.text, "é goose $ goose $(");
        let pairs: Vec<_> = s.expansions.iter().map(|e| (e.raw.clone(), e.out.clone())).collect();
        assert_eq!(pairs, [(3..8, 3..8), (9..11, 9..10), (12..28, 11..16)]);
    }
}
