//! Where each statement of a text ends.
//!
//! A statement ends at a delimiter outside of strings, comments, parentheses and bodies of routines which is followed
//! on its line by blanks and comments only. `SELECT 1; SELECT 2;` on one line is therefore **one** piece with two
//! commands, sent as one message: so does goose, and PostgreSQL carries such a message out as one transaction ("Multiple
//! Statements in a Simple Query"). A delimiter that a `DELIMITER` command has set ends the piece wherever it
//! stands (MySQL Reference Manual, "mysql Client Commands").

mod body;
mod client;
mod settings;
#[cfg(test)]
mod tests;

use std::ops::Range;

use brant_core::{StatementClass, StatementKind};

use crate::commands::{self, Command, HEAD, UNKNOWN};
use crate::lexer::{Lexer, Modes, Token, TokenKind};
use crate::pattern::{Lexeme, lexemes};
use crate::{Dialect, Lexis};
use body::Body;

/// What is sent to the server as one message: a statement, or several that share their last line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its bytes in the text: from its first character of SQL to its semicolon, without comments before or after. A
    /// delimiter that a `DELIMITER` command has set is not part of it.
    pub range: Range<usize>,
    /// What it is: of several commands, the union of their restrictions.
    pub class: StatementClass,
    /// A delimiter ended it, not the end of the text.
    pub terminated: bool,
}

/// Why a text cannot be cut into statements.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SplitError {
    /// The byte of the text where the trouble begins.
    pub offset: usize,
    /// What the trouble is, and where it can be known, what to do.
    pub message: String,
}

impl SplitError {
    pub(crate) fn new(offset: usize, message: String) -> Self {
        Self { offset, message }
    }
}

/// Cuts a text into statements. What lies between the pieces is blanks, comments, and commands of a client.
///
/// # Errors
///
/// A string, quoted identifier or comment that is never closed; a command that only a command-line client understands.
pub fn split(text: &str, dialect: &dyn Dialect) -> Result<Vec<Piece>, SplitError> {
    let mut splitter = Splitter::new(text, dialect.lexis());
    splitter.run(|_| {})?;
    Ok(splitter.pieces)
}

/// Shows each token of a text, as it is read where statements are cut.
pub(crate) fn each_token(
    text: &str,
    dialect: &dyn Dialect,
    mut seen: impl FnMut(Token),
) -> Result<(), SplitError> {
    if !is_plainly_one(text) {
        return Splitter::unclassified(text, dialect.lexis()).run(seen);
    }
    let mut lexer = Lexer::new(text, dialect.lexis());
    while let Some(token) = lexer.next_token(false)? {
        seen(token);
    }
    Ok(())
}

/// The text is one command, in which the splitter has nothing to obey or to refuse: no semicolon but the last, no backslash
/// that could call a client, no first word with a say in how the rest is read.
fn is_plainly_one(text: &str) -> bool {
    let first = text.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let is_first = |word: &&str| word.eq_ignore_ascii_case(first);
    !first.is_empty()
        && !["COPY", "DELIMITER", "SOURCE"].iter().any(is_first)
        && !text.trim_end_matches(';').contains([';', '\\'])
}

/// What a text as a whole is: the union of its commands. Of a text that cannot be read, the worst is assumed.
pub fn classify(text: &str, dialect: &dyn Dialect) -> StatementClass {
    let mut splitter = Splitter::new(text, dialect.lexis());
    let unreadable = splitter.run(|_| {}).is_err().then_some(UNKNOWN);
    let open = splitter.open.and_then(|open| open.class);
    let classes = splitter.pieces.iter().map(|piece| piece.class).chain(open).chain(unreadable);
    classes.reduce(commands::union).unwrap_or(StatementClass::plain(StatementKind::Other))
}

/// How many commands a text holds. Of a text that cannot be read, those that can.
pub fn count_commands(text: &str, dialect: &dyn Dialect) -> usize {
    let mut splitter = Splitter::unclassified(text, dialect.lexis());
    let _ = splitter.run(|_| {});
    splitter.commands.len()
}

/// Whether the last statement of a text has its semicolon; a comment may follow it, and one in a comment is none.
pub(crate) fn is_ended(text: &str, lexis: &'static Lexis) -> bool {
    let mut splitter = Splitter::unclassified(text, lexis);
    splitter.run(|_| {}).is_ok() && splitter.pieces.last().is_none_or(|piece| piece.terminated)
}

/// What means something in each command of a text, without its semicolon, whatever comments there are for other products
/// and versions. `None` for a text that cannot be read.
pub(crate) fn commands<'a>(text: &'a str, lexis: &'static Lexis) -> Option<Vec<Vec<Lexeme<'a>>>> {
    if !is_plainly_one(text) {
        return several_commands(text, lexis);
    }
    let mut command = lexemes(text.trim_end_matches(';'), lexis)?;
    command.retain(|lexeme| lexeme.kind.is_sql());
    Some(vec![command])
}

fn several_commands<'a>(text: &'a str, lexis: &'static Lexis) -> Option<Vec<Vec<Lexeme<'a>>>> {
    let mut tokens = Vec::with_capacity(HEAD / 2);
    let mut splitter = Splitter::unclassified(text, lexis);
    splitter.run(|token| tokens.extend(token.kind.is_sql().then_some(token))).ok()?;
    let command = |range: Range<usize>| {
        let first = tokens.partition_point(|token| token.start < range.start);
        let end = tokens.partition_point(|token| token.end <= range.end);
        tokens[first..end].iter().map(|token| Lexeme::of(*token, text)).collect()
    };
    Some(splitter.commands.into_iter().map(command).collect())
}

/// The piece that is being read.
struct Open {
    start: usize,
    /// The end of its last token.
    end: usize,
    /// The end of a delimiter after which nothing has come so far: the piece ends there if the line does.
    stop: Option<usize>,
    /// Of the commands that are complete.
    class: Option<StatementClass>,
}

/// Goes through a text once.
struct Splitter<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    lexis: &'static Lexis,
    pieces: Vec<Piece>,
    open: Option<Open>,
    /// Where the command that is being read begins.
    command_start: usize,
    command: Command<'a>,
    /// The commands that came to their end.
    commands: Vec<Range<usize>>,
    body: Body,
    /// How many parentheses are open.
    parentheses: usize,
    /// An optimizer hint before a piece belongs to it.
    hint: Option<usize>,
    /// The modes of the session once the open piece has been carried out.
    modes: Modes,
    /// Whether it matters what sort of commands they are.
    classifies: bool,
}

impl<'a> Splitter<'a> {
    fn new(text: &'a str, lexis: &'static Lexis) -> Self {
        Self {
            text,
            lexer: Lexer::new(text, lexis),
            lexis,
            pieces: Vec::new(),
            open: None,
            command_start: 0,
            command: Command::default(),
            commands: Vec::new(),
            body: Body::default(),
            parentheses: 0,
            hint: None,
            modes: Modes::of(lexis),
            classifies: true,
        }
    }

    /// For those who don't look at the classes.
    fn unclassified(text: &'a str, lexis: &'static Lexis) -> Self {
        Self { classifies: false, ..Self::new(text, lexis) }
    }

    fn run(&mut self, mut seen: impl FnMut(Token)) -> Result<(), SplitError> {
        while let Some(token) = self.lexer.next_token(self.command.head().is_empty())? {
            seen(token);
            match token.kind {
                TokenKind::Blank | TokenKind::Comment => self.skip(token),
                TokenKind::Hint => {
                    self.skip(token);
                    if self.open.is_none() {
                        self.hint.get_or_insert(token.start);
                    }
                }
                TokenKind::Delimiter => self.end_piece(None, true),
                TokenKind::Symbol(b';') if self.ends_command() => self.end_command_at(token),
                _ => self.take(token)?,
            }
        }
        let stop = self.open.as_ref().and_then(|open| open.stop);
        self.end_piece(stop, stop.is_some());
        Ok(())
    }

    /// Blanks and comments: they matter only when the line ends in them.
    fn skip(&mut self, token: Token) {
        let Some(stop) = self.open.as_ref().and_then(|open| open.stop) else { return };
        if self.text[token.start..token.end].contains('\n') {
            self.end_piece(Some(stop), true);
        }
    }

    /// A semicolon here stands outside of parentheses, bodies and executable comments.
    fn ends_command(&self) -> bool {
        self.parentheses == 0 && !self.body.is_open() && !self.lexer.is_in_executable_comment()
    }

    fn end_command_at(&mut self, semicolon: Token) {
        self.end_command();
        let has_delimiter = self.lexer.has_delimiter();
        match &mut self.open {
            Some(open) if has_delimiter => open.end = semicolon.end,
            Some(open) => _ = open.stop.get_or_insert(semicolon.end),
            // A statement of nothing but a semicolon is no statement.
            None => self.hint = None,
        }
    }

    fn end_command(&mut self) {
        if let Some(open) = self.open.as_mut().filter(|_| !self.command.head().is_empty()) {
            self.commands.push(self.command_start..open.end);
            let class = if self.classifies { self.command.class(self.lexis.commands) } else { UNKNOWN };
            open.class = Some(open.class.map_or(class, |first| commands::union(first, class)));
            self.modes = settings::after(self.command.head(), self.modes, Modes::of(self.lexis));
        }
        self.command.clear();
        self.body.clear();
        self.parentheses = 0;
    }

    /// Ends the piece at `stop`, or else at its last token.
    fn end_piece(&mut self, stop: Option<usize>, terminated: bool) {
        self.end_command();
        self.hint = None;
        self.lexer.set_modes(self.modes);
        if let Some(open) = self.open.take() {
            let range = open.start..stop.unwrap_or(open.end);
            let class = open.class.unwrap_or(StatementClass::plain(StatementKind::Other));
            self.pieces.push(Piece { range, class, terminated });
        }
    }

    /// A token that is part of a piece.
    fn take(&mut self, token: Token) -> Result<(), SplitError> {
        let lexeme = Lexeme::of(token, self.text);
        if self.open.is_none() && self.takes_client_command(token, lexeme)? {
            return Ok(());
        }
        let start = self.hint.take().unwrap_or(token.start);
        let open = self.open.get_or_insert(Open { start, end: token.end, stop: None, class: None });
        open.end = token.end;
        open.stop = None;
        match token.kind {
            TokenKind::ExecutableOpen | TokenKind::ExecutableClose => Ok(()),
            TokenKind::Symbol(b'\\') => self.refuse_backslash(token).map(|()| self.see(token, lexeme)),
            _ if self.reads_copy_data(lexeme) => {
                Err(SplitError::new(self.command_start, client::copy_data()))
            }
            _ => {
                self.see(token, lexeme);
                Ok(())
            }
        }
    }

    /// Shows a token to all who follow the command.
    fn see(&mut self, token: Token, lexeme: Lexeme<'a>) {
        if self.command.head().is_empty() {
            self.command_start = token.start;
        }
        match token.kind {
            TokenKind::Symbol(b'(') => self.parentheses += 1,
            TokenKind::Symbol(b')') => self.parentheses = self.parentheses.saturating_sub(1),
            _ => {}
        }
        self.body.see(lexeme, self.command.last(), self.parentheses > 0, self.lexis);
        self.command.push(lexeme, self.lexis.commands);
    }

    /// Obeys `DELIMITER`, refuses `source`.
    fn takes_client_command(&mut self, token: Token, word: Lexeme<'a>) -> Result<bool, SplitError> {
        if !self.lexis.delimiter_command || !word.is_one_of(&["DELIMITER", "SOURCE"]) {
            return Ok(false);
        }
        if word.is_word("SOURCE") {
            return Err(SplitError::new(token.start, client::source_command()));
        }
        let delimiter = self.lexer.take_line().split_whitespace().next();
        let Some(delimiter) = delimiter.map(|d| d.trim_matches(['\'', '"'])).filter(|d| !d.is_empty()) else {
            return Err(SplitError::new(token.start, client::delimiter_missing()));
        };
        if delimiter.contains('\\') {
            return Err(SplitError::new(token.start, client::delimiter_has_backslash()));
        }
        self.lexer.set_delimiter(Some(delimiter).filter(|&d| d != ";"));
        self.hint = None;
        Ok(true)
    }

    fn refuse_backslash(&self, token: Token) -> Result<(), SplitError> {
        let Lexis { backslash_commands, delimiter_command, .. } = *self.lexis;
        if !backslash_commands && !delimiter_command {
            return Ok(());
        }
        match client::backslash_command(&self.text[token.start..], delimiter_command) {
            Some(message) => Err(SplitError::new(token.start, message)),
            None => Ok(()),
        }
    }

    /// The token completes `COPY … FROM STDIN`.
    fn reads_copy_data(&self, token: Lexeme<'_>) -> bool {
        token.is_word("STDIN")
            && self.command.head().first().is_some_and(|first| first.is_word("COPY"))
            && self.command.last()[0].is_some_and(|last| last.is_word("FROM"))
    }
}
