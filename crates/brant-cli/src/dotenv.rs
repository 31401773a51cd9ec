//! `.env` files, in the dialect that goose's users write them in (that of godotenv 1.5.1, oddities included).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// What is wrong with an `.env` file, and on which line. Never holds text of the file: it is full of passwords.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DotenvError {
    line: usize,
    what: Problem,
}

#[derive(Debug, PartialEq, Eq)]
enum Problem {
    Character(char),
    Unterminated,
}

impl fmt::Display for DotenvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        match self.what {
            Problem::Character(c) => write!(f, "unexpected character {c:?} in a variable name"),
            Problem::Unterminated => f.write_str("a quoted value is not terminated"),
        }
    }
}

/// Reads the variables of a file; the last of several with one name counts.
///
/// # Errors
///
/// The first line that can't be understood. The whole file is void then.
pub(crate) fn parse(text: &str) -> Result<BTreeMap<String, String>, DotenvError> {
    let text: Cow<'_, str> =
        if text.contains("\r\n") { text.replace("\r\n", "\n").into() } else { text.into() };
    let mut variables = BTreeMap::new();
    let mut rest: &str = &text;
    let line_of = |rest: &str| text[..text.len() - rest.len()].matches('\n').count() + 1;
    while let Some(start) = statement_start(rest) {
        let (name, after) = take_name(start).map_err(|(what, at)| DotenvError { line: line_of(at), what })?;
        let (value, after) = take_value(after, &variables)
            .ok_or_else(|| DotenvError { line: line_of(after), what: Problem::Unterminated })?;
        // A last line without a separator is a value without a name: nobody can ask for it.
        if !name.is_empty() {
            variables.insert(name.to_owned(), value);
        }
        rest = after;
    }
    Ok(variables)
}

/// Passes over blanks, empty lines and comment lines.
fn statement_start(mut text: &str) -> Option<&str> {
    loop {
        text = text.trim_start();
        if text.is_empty() {
            return None;
        }
        if !text.starts_with('#') {
            return Some(text);
        }
        text = &text[text.find('\n')?..];
    }
}

/// Blanks within a line.
fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{a0}')
}

/// Takes `NAME =` or `export NAME:`; the rest begins with the value.
fn take_name(mut text: &str) -> Result<(&str, &str), (Problem, &str)> {
    if let Some(after) = text.strip_prefix("export").filter(|after| after.starts_with(is_blank)) {
        text = after.trim_start_matches(is_blank);
    }
    for (i, c) in text.char_indices() {
        match c {
            '=' | ':' => return Ok((text[..i].trim_end(), text[i + 1..].trim_start_matches(is_blank))),
            '_' | '.' => {}
            c if c.is_alphanumeric() || is_blank(c) => {}
            c => return Err((Problem::Character(c), &text[i..])),
        }
    }
    Ok(("", text))
}

/// Takes a value; `None` if it is quoted and the closing quote is missing.
fn take_value<'a>(text: &'a str, variables: &BTreeMap<String, String>) -> Option<(String, &'a str)> {
    match text.chars().next() {
        Some(quote @ ('"' | '\'')) => take_quoted(text, quote, variables),
        _ => Some(take_bare(text, variables)),
    }
}

fn take_bare<'a>(text: &'a str, variables: &BTreeMap<String, String>) -> (String, &'a str) {
    let (line, rest) = text.split_at(text.find(['\n', '\r']).unwrap_or(text.len()));
    // The last `#` that follows a blank begins a comment.
    let comment = line
        .char_indices()
        .zip(line.char_indices().skip(1))
        .filter(|((_, before), (_, c))| *c == '#' && is_blank(*before))
        .map(|(_, (i, _))| i)
        .last();
    let value = &line[..comment.unwrap_or(line.len())];
    (expand_variables(value.trim_matches(is_blank), variables), rest)
}

fn take_quoted<'a>(
    text: &'a str,
    quote: char,
    variables: &BTreeMap<String, String>,
) -> Option<(String, &'a str)> {
    let bytes = text.as_bytes();
    // Quotes are ASCII, so looking at single bytes can't split a character.
    let end = (1..bytes.len()).find(|&i| char::from(bytes[i]) == quote && bytes[i - 1] != b'\\')?;
    let value = text[..end].trim_matches(quote);
    let value =
        if quote == '"' { expand_variables(&expand_escapes(value), variables) } else { value.to_owned() };
    Some((value, &text[end + 1..]))
}

/// `\n` and `\r` are what they are everywhere; any other escaped character stands for itself, but `\$` stays for
/// [`expand_variables`].
fn expand_escapes(text: &str) -> String {
    let mut expanded = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            expanded.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => expanded.push('\n'),
            Some('r') => expanded.push('\r'),
            Some('$') => expanded.push_str("\\$"),
            Some(other) => expanded.push(other),
            None => expanded.push('\\'),
        }
    }
    expanded
}

/// Replaces `$NAME` and `${NAME}` (names of capitals, digits and underscores) by the variables set so far.
fn expand_variables(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(i) = rest.find('$') {
        let escaped = rest[..i].ends_with('\\');
        expanded.push_str(&rest[..i - usize::from(escaped)]);
        let (length, name) = reference(&rest[i..]);
        if !escaped && !name.is_empty() {
            expanded.push_str(variables.get(name).map_or("", String::as_str));
        } else {
            expanded.push_str(&rest[i..i + length]);
        }
        rest = &rest[i + length..];
    }
    expanded + rest
}

/// The length of a reference and the name in it, at a `$`: the dollar, perhaps `(`, perhaps `{`, perhaps a name,
/// perhaps `}`. Nothing has to be balanced.
fn reference(text: &str) -> (usize, &str) {
    let mut start = 1;
    for opening in ['(', '{'] {
        start += usize::from(text[start..].starts_with(opening));
    }
    let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let end = text[start..].find(|c| !is_name(c)).map_or(text.len(), |n| start + n);
    (end + usize::from(text[end..].starts_with('}')), &text[start..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Option<String> {
        parse(text).ok()?.remove("K")
    }

    #[test]
    fn reads_values() {
        for (text, value) in [
            ("K=v", "v"),
            ("K: v\n", "v"),
            ("export K=v", "v"),
            ("  K  =  v  ", "v"),
            ("K=", ""),
            ("K=\nB=1", ""),
            ("K=a b", "a b"),
            ("K=a # b", "a"),
            ("K=a#b", "a#b"),
            ("K=a # b # c", "a # b"),
            ("K=#x", "#x"),
            ("K= #x", "#x"),
            ("K='a $B # \\n'", "a $B # \\n"),
            ("K=\"a\\nb\"", "a\nb"),
            ("K=\"\\t\"", "t"),
            ("K=\"a\nb\"", "a\nb"),
            ("K=\"say \\\"hi\\\".\"", "say \"hi\"."),
            ("K=1\r\nB=2\r\n", "1"),
            ("K=1\nK=2", "2"),
            ("# K=1\n\nK=2", "2"),
            ("K='v'\n# a comment\nB=1", "v"),
            ("exportK=1\nK=2", "2"),
            ("K=postgres://u:p@h/db?a=b", "postgres://u:p@h/db?a=b"),
        ] {
            assert_eq!(one(text).as_deref(), Some(value), "{text:?}");
        }
    }

    #[test]
    fn expands_variables_set_before() {
        for (text, value) in [
            ("X=1\nK=a$X", "a1"),
            ("X=1\nK=a${X}b", "a1b"),
            ("X=1\nK=\"a${X}b\"", "a1b"),
            ("X=1\nK=a${X", "a1"),
            ("X=1\nK=\\$X", "$X"),
            ("X=1\nK=\"\\$X\"", "$X"),
            ("K=$x", "$x"),
            ("K=a$1b", "ab"),
            ("K=$$", "$$"),
            ("K=$(ls)", "$(ls)"),
            ("K=$HOME", ""),
        ] {
            assert_eq!(one(text).as_deref(), Some(value), "{text:?}");
        }
    }

    #[test]
    fn one_bad_line_voids_the_file() {
        for (text, line, what) in [
            ("K=1\nbad line\n", 2, Problem::Character('\n')),
            ("K=1\n\u{feff}B=2", 2, Problem::Character('\u{feff}')),
            ("K='a'b\n", 1, Problem::Character('\n')),
            ("K=\"x\"y\n", 1, Problem::Character('\n')),
            ("K='it''s'\n", 1, Problem::Character('\'')),
            ("A=1\nK=\"a\\\"", 2, Problem::Unterminated),
            ("A=1\nK-L=1", 2, Problem::Character('-')),
        ] {
            assert_eq!(parse(text), Err(DotenvError { line, what }), "{text:?}");
        }
        // A last line without separator and line end is passed over.
        assert_eq!(one("K=1\nbad line").as_deref(), Some("1"));
    }

    #[test]
    fn errors_never_quote_the_file() {
        let message = parse("PASSWORD geheim\n").unwrap_err().to_string();
        assert_eq!(message, "line 1: unexpected character '\\n' in a variable name");
    }
}
