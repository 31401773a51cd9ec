//! Patterns of SQL: what the rules on commands and on their effects are written in.
//!
//! A pattern is blank-separated atoms:
//!
//! | atom | fits |
//! |---|---|
//! | `WORD` | this word, number or symbol, in any letter case |
//! | `A\|B` | one of them |
//! | `A\|;` | `A`, or the end |
//! | `WORD?` | it, or nothing where it does not stand |
//! | `!A\\|B` | a word or a name that is none of them |
//! | `()` | a group in parentheses, or nothing |
//! | `*` | anything, also nothing |
//! | `_` | a name, perhaps with its schema |
//! | `@` | such a name, which the caller wants |
//! | `@,` | one or several of them, with commas between |
//! | `#` | another such name, which the caller wants |
//! | `%` | a number |
//! | `;` | the end |

use std::ops::Range;

use crate::Lexis;
use crate::lexer::{Lexer, Token, TokenKind};

/// A token that means something, with its text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lexeme<'a> {
    pub(crate) kind: TokenKind,
    pub(crate) text: &'a str,
}

impl<'a> Lexeme<'a> {
    /// This token of a text.
    pub(crate) fn of(token: Token, text: &'a str) -> Self {
        Self { kind: token.kind, text: &text[token.start..token.end] }
    }

    /// It is this keyword. `keyword` may be in any letter case.
    pub(crate) fn is_word(&self, keyword: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(keyword)
    }

    /// It is one of these keywords.
    pub(crate) fn is_one_of(&self, keywords: &[&str]) -> bool {
        self.kind == TokenKind::Word && keywords.iter().any(|k| self.text.eq_ignore_ascii_case(k))
    }

    /// It is this character.
    pub(crate) fn is_symbol(&self, symbol: u8) -> bool {
        self.kind == TokenKind::Symbol(symbol)
    }

    /// It is a part of a pattern.
    pub(crate) fn is_atom(&self, atom: &[u8]) -> bool {
        matches!(self.kind, TokenKind::Word | TokenKind::Number | TokenKind::Symbol(_))
            && self.text.as_bytes().eq_ignore_ascii_case(atom)
    }
}

/// All that means something in a text; `None` where it can't be read.
pub(crate) fn lexemes<'a>(sql: &'a str, lexis: &'static Lexis) -> Option<Vec<Lexeme<'a>>> {
    let mut lexer = Lexer::new(sql, lexis);
    let mut lexemes = Vec::new();
    while let Some(token) = lexer.next_token(false).ok()? {
        if !matches!(token.kind, TokenKind::Blank | TokenKind::Comment | TokenKind::Hint) {
            lexemes.push(Lexeme::of(token, sql));
        }
    }
    Some(lexemes)
}

/// What a pattern found, as ranges of lexemes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// The names at `@`.
    pub(crate) subjects: Vec<Range<usize>>,
    /// The names at `#`.
    pub(crate) others: Vec<Range<usize>>,
    /// Where the pattern ends.
    pub(crate) end: usize,
}

/// The lexemes begin as the pattern says.
pub(crate) fn fits(pattern: &str, lexemes: &[Lexeme<'_>]) -> bool {
    find(pattern, lexemes).is_some()
}

/// What the pattern finds at the beginning of the lexemes.
pub(crate) fn find(pattern: &str, lexemes: &[Lexeme<'_>]) -> Option<Found> {
    let mut found = match_from(pattern, lexemes, 0)?;
    found.subjects.reverse();
    found.others.reverse();
    Some(found)
}

/// Goes as deep as the pattern has parts; the patterns are ours and short. Names are collected on the way back.
fn match_from(pattern: &str, all: &[Lexeme<'_>], at: usize) -> Option<Found> {
    let (atom, further) = next_atom(pattern);
    let rest = &all[at..];
    let go_on = |length: usize| match_from(further, all, at + length);
    match atom {
        "" => Some(Found { end: at, ..Found::default() }),
        ";" => rest.is_empty().then(|| Found { end: at, ..Found::default() }),
        "*" => {
            let (next, _) = next_atom(further);
            // Most places are passed over by one look.
            let is_word = !next.is_empty() && next.bytes().all(|byte| byte.is_ascii_alphabetic());
            let may_go_on = |length: &usize| {
                !is_word || rest.get(*length).is_some_and(|lexeme| lexeme.is_atom(next.as_bytes()))
            };
            (0..=rest.len()).filter(may_go_on).find_map(go_on)
        }
        "()" => go_on(group_length(rest)),
        "%" => rest.first().filter(|l| l.kind == TokenKind::Number).and_then(|_| go_on(1)),
        "_" => go_on(name_length(rest)?),
        "@" => {
            let length = name_length(rest)?;
            let mut found = go_on(length)?;
            found.subjects.push(at..at + length);
            Some(found)
        }
        "@," => {
            let names = names(rest);
            let mut found = go_on(names.last()?.end)?;
            found.subjects.extend(names.iter().rev().map(|name| at + name.start..at + name.end));
            Some(found)
        }
        "#" => {
            let length = name_length(rest)?;
            let mut found = go_on(length)?;
            found.others.push(at..at + length);
            Some(found)
        }
        _ if atom.starts_with('!') => {
            let other = name_length(rest).is_some() && !begins_with(rest, &atom[1..]);
            other.then(|| go_on(1)).flatten()
        }
        _ => match atom.strip_suffix('?') {
            Some(atom) => go_on(usize::from(begins_with(rest, atom))),
            None if begins_with(rest, atom) => go_on(1),
            None => (rest.is_empty() && atom.ends_with("|;")).then(|| go_on(0)).flatten(),
        },
    }
}

/// An atom, and what comes behind the blank after it. Bytes are looked at one by one: atoms are short, and searches take
/// long to set up.
fn next_atom(pattern: &str) -> (&str, &str) {
    match pattern.bytes().position(|byte| byte == b' ') {
        Some(blank) => (&pattern[..blank], &pattern[blank + 1..]),
        None => (pattern, ""),
    }
}

fn begins_with(lexemes: &[Lexeme<'_>], alternatives: &str) -> bool {
    let mut atoms = alternatives.as_bytes().split(|byte| *byte == b'|');
    lexemes.first().is_some_and(|lexeme| atoms.any(|atom| lexeme.is_atom(atom)))
}

/// How many lexemes a name has, with its schema, if one stands at the beginning.
fn name_length(lexemes: &[Lexeme<'_>]) -> Option<usize> {
    let is_name =
        |i: usize| lexemes.get(i).is_some_and(|l| matches!(l.kind, TokenKind::Word | TokenKind::QuotedName));
    let has_more = |i: usize| lexemes.get(i).is_some_and(|l| l.is_symbol(b'.')) && is_name(i + 1);
    is_name(0).then(|| {
        let mut length = 1;
        while has_more(length) {
            length += 2;
        }
        length
    })
}

/// The names of a list with commas.
fn names(lexemes: &[Lexeme<'_>]) -> Vec<Range<usize>> {
    let mut names: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while let Some(length) = name_length(&lexemes[at..]) {
        names.push(at..at + length);
        at += length;
        match lexemes.get(at) {
            Some(comma) if comma.is_symbol(b',') => at += 1,
            _ => break,
        }
    }
    names
}

/// How many lexemes a group in parentheses at the beginning has; 0 without one.
fn group_length(lexemes: &[Lexeme<'_>]) -> usize {
    let mut depth = 0_usize;
    for (index, lexeme) in lexemes.iter().enumerate() {
        if lexeme.is_symbol(b'(') {
            depth += 1;
        } else if lexeme.is_symbol(b')') {
            depth = depth.saturating_sub(1);
        }
        if depth == 0 {
            return if index == 0 { 0 } else { index + 1 };
        }
    }
    0
}

/// The parts of a list with commas, those inside of parentheses left alone.
pub(crate) fn parts<'l, 'a>(lexemes: &'l [Lexeme<'a>]) -> Vec<&'l [Lexeme<'a>]> {
    let mut depth = 0_usize;
    let ends_part = |lexeme: &Lexeme<'_>| {
        if lexeme.is_symbol(b'(') {
            depth += 1;
        } else if lexeme.is_symbol(b')') {
            depth = depth.saturating_sub(1);
        }
        depth == 0 && lexeme.is_symbol(b',')
    };
    lexemes.split(ends_part).collect()
}
