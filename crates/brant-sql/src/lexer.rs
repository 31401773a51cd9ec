//! Cuts SQL into tokens, as the server's own lexer would.
//!
//! The rules come from the servers' manuals and are chosen by a [`Lexis`], so there is one lexer for all dialects:
//!
//! - PostgreSQL, "Lexical Structure": dollar quotes, `E'…'`, string continuation, nested comments,
//!   `standard_conforming_strings`.
//! - MySQL Reference Manual, "String Literals", "Comments" (`-- ` with its blank, `#`, `/*! … */`), "Server SQL Modes"
//!   (`ANSI_QUOTES`, `NO_BACKSLASH_ESCAPES`), "mysql Client Commands" (`DELIMITER`); MariaDB, "Comment Syntax" (`/*M! … */`).
//! - SQLite, "SQL Language Expressions" and "SQLite Keywords": `[…]` and `` `…` `` as identifiers.
//!
//! The lexer never looks back and keeps no stack but that of open executable comments, so it takes linear time
//! whatever it is given.

use crate::{Lexis, SplitError};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// White space.
    Blank,
    /// A comment without meaning to the server.
    Comment,
    /// `/*+ … */`: a comment that the server's optimizer, or an extension of it, may read.
    Hint,
    /// The opening of `/*! … */`, up to and with its version number. What follows is SQL.
    ExecutableOpen,
    /// The `*/` of an executable comment.
    ExecutableClose,
    /// A keyword or an identifier without quotes.
    Word,
    /// A number.
    Number,
    /// A string, with its quotes.
    Text,
    /// A quoted identifier, with its quotes.
    QuotedName,
    /// Any other character, by itself.
    Symbol(u8),
    /// The delimiter that a `DELIMITER` command has set.
    Delimiter,
}

impl TokenKind {
    /// It means something to every server: it is no blank, no comment of any kind, and no delimiter of a client.
    pub(crate) fn is_sql(self) -> bool {
        matches!(self, Self::Word | Self::Number | Self::Text | Self::QuotedName | Self::Symbol(_))
    }
}

/// One token and the bytes it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The rules of a [`Lexis`] that a session can change as it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Modes {
    /// A backslash escapes the next character in an ordinary string.
    pub(crate) backslash_escapes: bool,
    /// `"…"` is a string.
    pub(crate) double_quoted_strings: bool,
}

impl Modes {
    /// As they are when a session begins.
    pub(crate) fn of(lexis: &Lexis) -> Self {
        Self {
            backslash_escapes: lexis.backslash_escapes,
            double_quoted_strings: lexis.double_quoted_strings,
        }
    }
}

/// Reads a text token by token.
pub(crate) struct Lexer<'a> {
    text: &'a str,
    position: usize,
    lexis: &'static Lexis,
    modes: Modes,
    /// What ends a statement in place of the semicolon.
    delimiter: Option<&'a str>,
    /// Where the open executable comments begin.
    executable: Vec<usize>,
    /// The token to be read stands between two commands.
    between: bool,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str, lexis: &'static Lexis) -> Self {
        // A byte order mark is not SQL to any server.
        let position = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self {
            text,
            position,
            lexis,
            modes: Modes::of(lexis),
            delimiter: None,
            executable: Vec::new(),
            between: true,
        }
    }

    /// From here on, the session is in these modes.
    pub(crate) fn set_modes(&mut self, modes: Modes) {
        self.modes = modes;
    }

    /// From here on, statements end at this delimiter; `None` is the semicolon.
    pub(crate) fn set_delimiter(&mut self, delimiter: Option<&'a str>) {
        self.delimiter = delimiter;
    }

    /// A `DELIMITER` command is in force.
    pub(crate) fn has_delimiter(&self) -> bool {
        self.delimiter.is_some()
    }

    /// The token before stands inside an executable comment.
    pub(crate) fn is_in_executable_comment(&self) -> bool {
        !self.executable.is_empty()
    }

    /// Takes the rest of the line as it is, without its line end.
    pub(crate) fn take_line(&mut self) -> &'a str {
        let rest = self.rest();
        let length = rest.find('\n').unwrap_or(rest.len());
        self.position += length;
        &rest[..length]
    }

    /// The text that is still to be read.
    pub(crate) fn rest(&self) -> &'a str {
        &self.text[self.position..]
    }

    /// The next token; `None` at the end of the text. `between` says that it stands between two commands.
    pub(crate) fn next_token(&mut self, between: bool) -> Result<Option<Token>, SplitError> {
        self.between = between;
        let start = self.position;
        let Some(first) = self.peek(0) else {
            return self.executable.pop().map_or(Ok(None), |opening| Err(unclosed_comment(opening)));
        };
        let kind = match self.delimiter_here() {
            Some(length) => {
                self.position += length;
                TokenKind::Delimiter
            }
            None => self.take(first)?,
        };
        Ok(Some(Token { kind, start, end: self.position }))
    }

    fn take(&mut self, first: u8) -> Result<TokenKind, SplitError> {
        match first {
            _ if is_blank(first) => Ok(self.take_while(is_blank, TokenKind::Blank)),
            b'\'' => self.take_string(b'\'', self.modes.backslash_escapes),
            b'"' if self.modes.double_quoted_strings => self.take_string(b'"', self.modes.backslash_escapes),
            b'"' => self.take_name(b'"'),
            b'`' if self.lexis.backtick_identifiers => self.take_name(b'`'),
            b'[' if self.lexis.bracket_identifiers => self.take_name(b']'),
            b'$' if self.lexis.dollar_quotes => self.take_dollar(),
            b'-' if self.begins_dash_comment() => Ok(self.take_while(|b| b != b'\n', TokenKind::Comment)),
            b'#' if self.lexis.hash_comments => Ok(self.take_while(|b| b != b'\n', TokenKind::Comment)),
            b'/' if self.peek(1) == Some(b'*') => self.take_block_comment(),
            b'*' if self.is_in_executable_comment() && self.peek(1) == Some(b'/') => {
                self.position += 2;
                self.executable.pop();
                Ok(TokenKind::ExecutableClose)
            }
            b'0'..=b'9' => Ok(self.take_number()),
            b'e' | b'E' if self.lexis.escape_strings && self.peek(1) == Some(b'\'') => {
                self.take_escape_string()
            }
            _ if is_word_byte(first) => Ok(self.take_word()),
            _ => {
                self.position += 1; // not part of a longer character: those are word bytes
                Ok(TokenKind::Symbol(first))
            }
        }
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes().get(self.position + ahead).copied()
    }

    fn take_while(&mut self, belongs: impl Fn(u8) -> bool, kind: TokenKind) -> TokenKind {
        let rest = &self.bytes()[self.position..];
        self.position += rest.iter().position(|byte| !belongs(*byte)).unwrap_or(rest.len());
        kind
    }

    /// The length of the delimiter of a `DELIMITER` command, if it stands here.
    ///
    /// The server's own client finds it before it looks for strings and comments, and in any letter case.
    fn delimiter_here(&self) -> Option<usize> {
        // Nearly always there is none, for any token.
        self.delimiter.and_then(|delimiter| self.length_here(delimiter.as_bytes()))
    }

    #[cold]
    fn length_here(&self, delimiter: &[u8]) -> Option<usize> {
        let here = self.bytes()[self.position..].get(..delimiter.len())?;
        if self.is_in_executable_comment() || !here.eq_ignore_ascii_case(delimiter) {
            return None;
        }
        let cuts_word = is_word_byte(delimiter[delimiter.len() - 1])
            && delimiter.iter().any(u8::is_ascii_alphanumeric)
            && self.peek(delimiter.len()).is_some_and(is_word_byte);
        (!cuts_word).then_some(delimiter.len())
    }

    fn take_word(&mut self) -> TokenKind {
        self.position += 1;
        // `END$$` ends a statement after `DELIMITER $$`, though `$` may stand in a word.
        let Some(stop) = self.delimiter.map(|d| d.as_bytes()[0]).filter(|b| !b.is_ascii_alphanumeric())
        else {
            return self.take_while(is_word_byte, TokenKind::Word);
        };
        while self.peek(0).is_some_and(is_word_byte)
            && !(self.peek(0) == Some(stop) && self.delimiter_here().is_some())
        {
            self.position += 1;
        }
        TokenKind::Word
    }

    fn take_number(&mut self) -> TokenKind {
        self.take_while(|b| b.is_ascii_digit() || b == b'.', TokenKind::Number);
        // `1e5`, `0xff` and what only looks like a number: `1st`. A `$` here would begin a dollar quote.
        match self.peek(0) {
            Some(byte) if is_word_byte(byte) && byte != b'$' => self.take_word(),
            _ => TokenKind::Number,
        }
    }

    fn take_string(&mut self, quote: u8, escapes: bool) -> Result<TokenKind, SplitError> {
        self.skip_quoted(quote, escapes, "string")?;
        Ok(TokenKind::Text)
    }

    fn take_name(&mut self, quote: u8) -> Result<TokenKind, SplitError> {
        self.skip_quoted(quote, false, "quoted identifier")?;
        Ok(TokenKind::QuotedName)
    }

    /// `E'…'`, with its continuations on further lines, where backslashes stay escapes.
    fn take_escape_string(&mut self) -> Result<TokenKind, SplitError> {
        self.position += 1;
        self.skip_quoted(b'\'', true, "string")?;
        while let Some(quote) = self.continuation() {
            self.position = quote;
            self.skip_quoted(b'\'', true, "string")?;
        }
        Ok(TokenKind::Text)
    }

    /// Where a string goes on: two literals with a line end and only blanks and `--` comments between them are one.
    fn continuation(&self) -> Option<usize> {
        let bytes = self.bytes();
        let mut at = self.position;
        let mut line_ended = false;
        loop {
            match bytes.get(at)? {
                b'\'' if line_ended => return Some(at),
                b'-' if bytes.get(at + 1) == Some(&b'-') => {
                    at += bytes[at..].iter().position(|&b| b == b'\n')?;
                }
                &byte if is_blank(byte) => {
                    line_ended |= byte == b'\n';
                    at += 1;
                }
                _ => return None,
            }
        }
    }

    /// Skips from an opening quote past the closing one. A doubled quote does not close, save a doubled `]`.
    fn skip_quoted(&mut self, quote: u8, escapes: bool, what: &str) -> Result<(), SplitError> {
        let opening = self.position;
        let bytes = self.bytes();
        let mut at = opening + 1;
        while let Some(&byte) = bytes.get(at) {
            at += 1;
            if byte == b'\\' && escapes {
                at += 1;
            } else if byte == quote {
                if quote != b']' && bytes.get(at) == Some(&quote) {
                    at += 1;
                } else {
                    self.position = at;
                    return Ok(());
                }
            }
        }
        let quote = char::from(quote);
        Err(SplitError::new(opening, format!("this {what} is never closed: its closing {quote} is missing")))
    }

    /// `$tag$ … $tag$`; a `$` by itself begins a parameter (`$1`).
    fn take_dollar(&mut self) -> Result<TokenKind, SplitError> {
        let rest = self.rest();
        let tag = rest.bytes().skip(1).take_while(|&b| b != b'$' && is_word_byte(b)).count() + 1;
        let opens = rest.as_bytes().get(tag) == Some(&b'$') && !rest.as_bytes()[1].is_ascii_digit();
        if !opens {
            self.position += 1;
            return Ok(TokenKind::Symbol(b'$'));
        }
        let quote = &rest[..=tag];
        let Some(length) = rest[quote.len()..].find(quote) else {
            let message =
                format!("this dollar-quoted string is never closed: its closing {quote} is missing");
            return Err(SplitError::new(self.position, message));
        };
        self.position += quote.len() + length + quote.len();
        Ok(TokenKind::Text)
    }

    /// Between commands nothing can be subtracted, and the server's own client needs no blank there either.
    fn begins_dash_comment(&self) -> bool {
        let needs_blank = self.lexis.dashes_need_blank && !self.between;
        let has_blank = || self.peek(2).is_none_or(|b| b.is_ascii_whitespace() || b.is_ascii_control());
        self.peek(1) == Some(b'-') && (!needs_blank || has_blank())
    }

    fn take_block_comment(&mut self) -> Result<TokenKind, SplitError> {
        let opening = self.position;
        if let Some(length) = self.executable_opening() {
            self.executable.push(opening);
            self.position += length;
            return Ok(TokenKind::ExecutableOpen);
        }
        let kind = if self.peek(2) == Some(b'+') { TokenKind::Hint } else { TokenKind::Comment };
        self.position += 2;
        let mut depth = 1_usize;
        while depth > 0 {
            match (self.peek(0), self.peek(1)) {
                (Some(b'*'), Some(b'/')) => {
                    depth -= 1;
                    self.position += 2;
                }
                (Some(b'/'), Some(b'*')) if self.lexis.nested_comments => {
                    depth += 1;
                    self.position += 2;
                }
                (Some(_), _) => self.position += 1,
                (None, _) => return Err(unclosed_comment(opening)),
            }
        }
        Ok(kind)
    }

    /// The length of `/*!`, `/*!NNNNN` or `/*M!NNNNNN`, if it stands here.
    fn executable_opening(&self) -> Option<usize> {
        if !self.lexis.executable_comments {
            return None;
        }
        let mark = match (self.peek(2), self.peek(3)) {
            (Some(b'!'), _) => 3,
            (Some(b'M' | b'm'), Some(b'!')) => 4,
            _ => return None,
        };
        let after = &self.bytes()[self.position + mark..];
        let digits = after.iter().take(6).take_while(|b| b.is_ascii_digit()).count();
        // No server has this version: dump tools use it to talk to their own client (`/*M!999999\- …`).
        (&after[..digits] != b"999999").then_some(mark + digits)
    }
}

fn unclosed_comment(opening: usize) -> SplitError {
    SplitError::new(opening, "this comment is never closed: its closing */ is missing".to_owned())
}

fn is_blank(byte: u8) -> bool {
    KINDS[usize::from(byte)] == ByteKind::Blank
}

/// May stand in a word. Every byte of a character beyond ASCII may, so tokens never cut one in two.
fn is_word_byte(byte: u8) -> bool {
    KINDS[usize::from(byte)] == ByteKind::Word
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ByteKind {
    Blank,
    Word,
    Other,
}

/// To look up is quicker than to compare, and nearly every byte of a text comes by here.
static KINDS: [ByteKind; 256] = {
    let mut kinds = [ByteKind::Other; 256];
    let mut byte = u8::MIN;
    loop {
        kinds[byte as usize] = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => ByteKind::Blank,
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'$' | 0x80.. => ByteKind::Word,
            _ => ByteKind::Other,
        };
        if byte == u8::MAX {
            break kinds;
        }
        byte += 1;
    }
};
