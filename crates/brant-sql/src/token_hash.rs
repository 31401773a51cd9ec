//! A hash of what a text says to the server, whatever it looks like.

use sha2::{Digest, Sha256};

use crate::Dialect;
use crate::bind::in_digits;
use crate::lexer::{Token, TokenKind};
use crate::splitter::each_token;

/// Stands between the parts of what is hashed: no byte of UTF-8.
const END: u8 = 0xff;

/// SHA-256 in lower-case hexadecimal digits.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 over the tokens that mean something to the server: blanks, comments, line ends, and the case of words that
/// are not quoted make no difference. Literals, quoted names, optimizer hints and executable comments count as they are.
///
/// ```
/// let postgres = brant_sql::dialect_by_name("postgres").unwrap();
/// let hash = |sql| brant_sql::token_hash(sql, postgres);
/// assert_eq!(hash("SELECT a FROM t WHERE b = 'X';"), hash("select A\n  from t -- all\n where b='X';"));
/// assert_ne!(hash("SELECT 'X'"), hash("SELECT 'x'"));
/// ```
#[must_use]
pub fn token_hash(sql: &str, dialect: &dyn Dialect) -> String {
    token_hash_of_file(sql, dialect, |_| None)
}

/// The same for a whole file, where some comments tell brant what to do: `annotation` is given each line that lies in a
/// comment, and returns what counts of it.
#[must_use]
pub fn token_hash_of_file(
    text: &str,
    dialect: &dyn Dialect,
    annotation: impl Fn(&str) -> Option<String>,
) -> String {
    let parts = Vec::with_capacity(text.len() + text.len() / 2);
    let mut hasher = TokenHasher { text, annotation, parts, last: None, end: 0 };
    if each_token(text, dialect, |token| hasher.see(token)).is_err() {
        // What can't be read counts as it stands.
        hasher.part(b'!', &text[hasher.end..]);
    }
    sha256_hex(&hasher.parts)
}

struct TokenHasher<'a, A> {
    text: &'a str,
    annotation: A,
    /// What is hashed.
    parts: Vec<u8>,
    /// The last token that counted.
    last: Option<Token>,
    /// Where the last token ended.
    end: usize,
}

impl<A: Fn(&str) -> Option<String>> TokenHasher<'_, A> {
    fn see(&mut self, token: Token) {
        self.end = token.end;
        let text = &self.text[token.start..token.end];
        match token.kind {
            TokenKind::Blank => return,
            TokenKind::Comment => return self.annotations(token),
            TokenKind::Word => self.word(b'w', text),
            TokenKind::Number => self.part(b'w', text),
            TokenKind::Symbol(_) if self.continues(token) => self.part(b'+', text),
            TokenKind::Symbol(_) => self.part(b's', text),
            TokenKind::Text if self.continues(token) => self.part(b'x', text),
            TokenKind::Text => self.part(b't', &lower_prefix(text)),
            TokenKind::QuotedName => self.part(b'q', text),
            TokenKind::Hint => self.part(b'h', text),
            TokenKind::ExecutableOpen => self.word(b'o', text),
            TokenKind::ExecutableClose => self.part(b'c', ""),
            // Which delimiter it is, the server never sees.
            TokenKind::Delimiter => self.part(b'd', ""),
        }
        self.last = Some(token);
    }

    /// A line end is one byte, as it is where files are read.
    fn part(&mut self, kind: u8, text: &str) {
        self.parts.push(kind);
        let mut bytes = text.bytes().peekable();
        while let Some(byte) = bytes.next() {
            if byte != b'\r' || bytes.peek() != Some(&b'\n') {
                self.parts.push(byte);
            }
        }
        self.parts.push(END);
    }

    /// A part in which case makes no difference.
    fn word(&mut self, kind: u8, text: &str) {
        self.parts.push(kind);
        self.parts.extend(text.bytes().map(|byte| byte.to_ascii_lowercase()));
        self.parts.push(END);
    }

    /// A blank before the token would make something else of it: of `->` two operators, of `x'41'` a name and a string.
    fn continues(&self, token: Token) -> bool {
        let Some(last) = self.last.filter(|last| last.end == token.start) else { return false };
        match (last.kind, token.kind) {
            // A sign behind an operator is one of its own: `a=-1`.
            (TokenKind::Symbol(a), TokenKind::Symbol(b)) => {
                is_operator(a) && is_operator(b) && !b"+-".contains(&b)
            }
            (TokenKind::Word, TokenKind::Text) => last.end - last.start == 1,
            _ => false,
        }
    }

    /// Annotations stand on lines of their own, and count even inside of a longer comment.
    fn annotations(&mut self, comment: Token) {
        let before = &self.text[..comment.start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let first = before[line_start..].trim().is_empty().then_some(line_start);
        let inner = self.text[comment.start..comment.end].match_indices('\n');
        for start in first.into_iter().chain(inner.map(|(i, _)| comment.start + i + 1)) {
            let line = self.text[start..].lines().next().unwrap_or_default();
            if let Some(words) = (self.annotation)(line) {
                self.part(b'a', &words);
            }
        }
    }
}

fn is_operator(byte: u8) -> bool {
    b"+-*/<>=~!@#%^&|`?:".contains(&byte)
}

/// `E'…'` is `e'…'`.
fn lower_prefix(literal: &str) -> String {
    literal.strip_prefix('E').map_or_else(|| literal.to_owned(), |rest| format!("e{rest}"))
}

fn hex(bytes: &[u8]) -> String {
    in_digits(bytes, b"0123456789abcdef")
}
