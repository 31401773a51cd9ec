//! A command, read word by word.

use std::collections::BTreeSet;

use crate::identifier::stored_name;
use crate::lexer::{Lexer, TokenKind};
use crate::pattern::{self, Lexeme};
use crate::{Dialect, Lexis, count_commands};

use super::{Evidence, NOT_UNDERSTOOD, SEVERAL};

/// A command of which some words are read already.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    rest: &'a [Lexeme<'a>],
    pub(super) dialect: &'a dyn Dialect,
}

/// The name of something in a schema, as the server stores both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) schema: Option<String>,
    pub(super) name: String,
}

impl Name {
    /// As people write it.
    pub(super) fn shown(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{schema}.{}", self.name),
            None => self.name.clone(),
        }
    }

    /// Ready to be put into a statement.
    pub(super) fn sql(&self, dialect: &dyn Dialect) -> String {
        let name = dialect.identifier(&self.name);
        self.schema.as_ref().map_or(name.clone(), |schema| format!("{}.{name}", dialect.identifier(schema)))
    }
}

/// The names and words of a text, each once; none of a text that can't be read.
pub(super) fn names(sql: &str, dialect: &dyn Dialect) -> BTreeSet<String> {
    let lexemes = lexemes(sql, dialect.lexis()).unwrap_or_default();
    let could_name = |lexeme: &&Lexeme<'_>| matches!(lexeme.kind, TokenKind::Word | TokenKind::QuotedName);
    lexemes.iter().filter(could_name).filter_map(|lexeme| stored_name(lexeme.text, dialect)).collect()
}

/// Reads one command, or says why not.
pub(super) fn read(sql: &str, dialect: &dyn Dialect, evidence: impl Fn(Words<'_>) -> Evidence) -> Evidence {
    if count_commands(sql, dialect) > 1 {
        return Evidence::Unknowable(SEVERAL);
    }
    let Some(lexemes) = lexemes(sql, dialect.lexis()) else { return Evidence::Unknowable(NOT_UNDERSTOOD) };
    evidence(Words::new(&lexemes, dialect))
}

/// The words of a text that is one command.
pub(super) fn lexemes_of_one<'a>(sql: &'a str, dialect: &dyn Dialect) -> Option<Vec<Lexeme<'a>>> {
    if count_commands(sql, dialect) > 1 { None } else { lexemes(sql, dialect.lexis()) }
}

/// A command without what ends it: another one can follow behind a semicolon.
#[must_use]
pub fn bare<'a>(sql: &'a str, dialect: &dyn Dialect) -> &'a str {
    let mut lexer = Lexer::new(sql, dialect.lexis());
    let mut end = 0;
    while let Ok(Some(token)) = lexer.next_token(false) {
        match token.kind {
            TokenKind::Blank | TokenKind::Comment | TokenKind::Symbol(b';') => {}
            _ => end = token.end,
        }
    }
    &sql[..end]
}

/// The words of a text up to its semicolon; `None` where a comment decides what is carried out.
pub(super) fn lexemes<'a>(sql: &'a str, lexis: &'static Lexis) -> Option<Vec<Lexeme<'a>>> {
    use TokenKind::{Delimiter, ExecutableClose, ExecutableOpen};
    let mut lexemes = pattern::lexemes(sql, lexis)?;
    let decides = |lexeme: &Lexeme<'_>| matches!(lexeme.kind, ExecutableOpen | ExecutableClose | Delimiter);
    if lexemes.iter().any(decides) {
        return None;
    }
    while lexemes.last().is_some_and(|last| last.is_symbol(b';')) {
        lexemes.pop();
    }
    Some(lexemes)
}

impl<'a> Words<'a> {
    pub(super) fn new(rest: &'a [Lexeme<'a>], dialect: &'a dyn Dialect) -> Self {
        Self { rest, dialect }
    }

    /// Takes these words, or none of them.
    pub(super) fn take(&mut self, words: &str) -> bool {
        let mut rest = self.rest;
        for word in words.split(' ') {
            match rest.split_first() {
                Some((first, after)) if first.is_word(word) => rest = after,
                _ => return false,
            }
        }
        self.rest = rest;
        true
    }

    /// Takes one of these words, and says which.
    pub(super) fn take_one(&mut self, words: &[&'static str]) -> Option<&'static str> {
        words.iter().copied().find(|word| self.take(word))
    }

    pub(super) fn take_symbol(&mut self, symbol: u8) -> bool {
        match self.rest.split_first() {
            Some((first, after)) if first.is_symbol(symbol) => {
                self.rest = after;
                true
            }
            _ => false,
        }
    }

    /// Any of these words comes, at any place.
    pub(super) fn mentions(&self, words: &[&str]) -> bool {
        self.rest.iter().any(|lexeme| lexeme.is_one_of(words))
    }

    /// These words come, one behind the other, at any place.
    pub(super) fn has(&self, words: &str) -> bool {
        (0..self.rest.len()).any(|at| Words { rest: &self.rest[at..], ..*self }.take(words))
    }

    /// What comes next, whatever it is.
    pub(super) fn skip(&mut self) -> Option<&'a str> {
        let (first, after) = self.rest.split_first()?;
        self.rest = after;
        Some(first.text)
    }

    /// Goes on behind this word, if it comes.
    pub(super) fn skip_past(&mut self, word: &str) -> bool {
        let Some(at) = self.rest.iter().position(|lexeme| lexeme.is_word(word)) else { return false };
        self.rest = &self.rest[at + 1..];
        true
    }

    /// A name without a schema.
    pub(super) fn part(&mut self) -> Option<String> {
        let (first, after) = self.rest.split_first()?;
        if !matches!(first.kind, TokenKind::Word | TokenKind::QuotedName) {
            return None;
        }
        let name = stored_name(first.text, self.dialect)?;
        self.rest = after;
        Some(name)
    }

    /// A name, perhaps with its schema.
    pub(super) fn name(&mut self) -> Option<Name> {
        let first = self.part()?;
        if !self.take_symbol(b'.') {
            return Some(Name { schema: None, name: first });
        }
        Some(Name { schema: Some(first), name: self.part()? })
    }

    /// What is left, cut at the commas outside of parentheses.
    pub(super) fn clauses(&self) -> Vec<Words<'a>> {
        let mut depth = 0_usize;
        let pieces = self.rest.split(|lexeme| {
            if lexeme.is_symbol(b'(') {
                depth += 1;
            } else if lexeme.is_symbol(b')') {
                depth = depth.saturating_sub(1);
            }
            depth == 0 && lexeme.is_symbol(b',')
        });
        pieces.map(|rest| Words { rest, ..*self }).collect()
    }

    /// A text in quotes, or a word, without its quotes.
    pub(super) fn text(&mut self) -> Option<&'a str> {
        let text = self.skip()?;
        let quoted = ['\'', '"', '`'].iter().find_map(|q| text.strip_prefix(*q)?.strip_suffix(*q));
        Some(quoted.unwrap_or(text))
    }
}
