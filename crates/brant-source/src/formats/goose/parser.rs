//! Reads a file line by line: which section a line belongs to, and which statements a section holds.

use std::ops::Range;
use std::path::Path;

use brant_core::{
    Annotation as OwnAnnotation, Content, Direction, Position, Script, Statement, TransactionMode,
};
use brant_sql::{Dialect, classify, mask_passwords, sha256_hex, split};

use super::Fault;
use super::annotation::{Annotation, LineKind, line_kind, token_hash};
use super::decode::decode;
use super::envsub::substitute;
use super::text::{Line, Text, lines};
use crate::formats::Env;

/// Reads one direction of a file.
pub(super) fn parse(
    path: &Path,
    bytes: &[u8],
    wanted: Direction,
    dialect: &dyn Dialect,
    env: Env<'_>,
) -> Result<Script, Fault> {
    let (text, base) = decode(bytes)?;
    let mut parser = Parser::new(wanted, dialect, env, text.len());
    for line in lines(text, base) {
        parser.line(line)?;
    }
    parser.end()?;
    brant_core::limits(&parser.annotations)
        .map_err(|bad| Fault::at(Position { line: bad.line, column: 1 }, bad.message))?;
    Ok(Script {
        path: path.to_owned(),
        section_present: wanted == Direction::Up || parser.down.is_some(),
        statements: parser.statements,
        transaction: parser.transaction,
        annotations: parser.annotations,
        content: Content {
            checksum: sha256_hex(bytes),
            token_hash: Some(token_hash(text, dialect)),
            text: Some(text.to_owned()),
        },
        substituted: parser.substituted,
    })
}

struct Parser<'a> {
    wanted: Direction,
    dialect: &'a dyn Dialect,
    env: Env<'a>,
    /// The line of `-- +goose Up`, once it was seen.
    up: Option<usize>,
    /// The line of `-- +goose Down`, once it was seen.
    down: Option<usize>,
    /// The line of a `-- +goose StatementBegin` that is still open.
    block: Option<Line<'a>>,
    /// Variables are substituted.
    envsub: bool,
    /// No statement is open by goose's own, line-wise rule. Only then are comments left alone by substitution: what
    /// goose accepts because it never looks there must not become an error.
    idle: bool,
    /// The current section, whether it is the wanted one or not.
    text: Text<'a>,
    /// The bytes of `text` before this are already statements.
    from: usize,
    statements: Vec<Statement>,
    transaction: TransactionMode,
    annotations: Vec<OwnAnnotation>,
    /// The values of variables, both sections.
    substituted: Vec<String>,
}

impl<'a> Parser<'a> {
    fn new(wanted: Direction, dialect: &'a dyn Dialect, env: Env<'a>, length: usize) -> Self {
        Self {
            wanted,
            dialect,
            env,
            up: None,
            down: None,
            block: None,
            envsub: false,
            idle: true,
            text: Text::of(length),
            from: 0,
            statements: Vec::new(),
            transaction: TransactionMode::PerMigration,
            annotations: Vec::new(),
            substituted: Vec::new(),
        }
    }

    /// The section that the current line belongs to.
    fn section(&self) -> Option<Direction> {
        if self.down.is_some() { Some(Direction::Down) } else { self.up.map(|_| Direction::Up) }
    }

    fn in_wanted_section(&self) -> bool {
        self.section() == Some(self.wanted)
    }

    fn line(&mut self, line: Line<'a>) -> Result<(), Fault> {
        match line_kind(line.text) {
            LineKind::Annotation(annotation) => self.annotation(annotation, line),
            LineKind::Unknown(message) if !self.inside_string() => Err(fault(line, message)),
            LineKind::Brant(text) => {
                self.annotations.push(OwnAnnotation { text: text.to_owned(), line: line.number });
                self.text_line(line)
            }
            LineKind::Text | LineKind::Unknown(_) => self.text_line(line),
        }
    }

    fn annotation(&mut self, annotation: Annotation, line: Line<'a>) -> Result<(), Fault> {
        match annotation {
            Annotation::Up => self.begin_up(line)?,
            Annotation::Down => self.begin_down(line)?,
            Annotation::StatementBegin => self.begin_block(line)?,
            Annotation::StatementEnd => self.end_block(line)?,
            Annotation::NoTransaction => self.transaction = TransactionMode::None,
            Annotation::EnvsubOn => self.envsub = true,
            Annotation::EnvsubOff => self.envsub = false,
        }
        Ok(())
    }

    fn begin_up(&mut self, line: Line<'a>) -> Result<(), Fault> {
        if let Some(first) = self.up {
            let message = format!(
                "duplicate `-- +goose Up` annotations: the first is in line {first}, and a file has one Up section"
            );
            return Err(fault(line, message));
        }
        self.up = Some(line.number);
        Ok(())
    }

    fn begin_down(&mut self, line: Line<'a>) -> Result<(), Fault> {
        if let Some(first) = self.down {
            let message = format!(
                "duplicate `-- +goose Down` annotations: the first is in line {first}, and a file has one Down section"
            );
            return Err(fault(line, message));
        }
        self.no_open_block("Down", line)?;
        if self.up.is_none() {
            let message = "must start with `-- +goose Up` annotation: the Down section comes second, even where the \
                           Up section is empty";
            return Err(fault(line, message));
        }
        self.end_section()?;
        self.down = Some(line.number);
        self.text.clear();
        self.from = 0;
        self.idle = true;
        Ok(())
    }

    fn begin_block(&mut self, line: Line<'a>) -> Result<(), Fault> {
        self.no_open_block("StatementBegin", line)?;
        if self.section().is_none() {
            let message = "`-- +goose StatementBegin` must be defined after `-- +goose Up` or `-- +goose Down` annotation";
            return Err(fault(line, message));
        }
        if self.in_wanted_section() {
            // What is unfinished here becomes the block's beginning, as it does in goose.
            self.from = self.split_text()?.unwrap_or(self.text.sql().len());
        }
        self.block = Some(line);
        Ok(())
    }

    fn no_open_block(&self, name: &str, line: Line<'_>) -> Result<(), Fault> {
        match self.block {
            None => Ok(()),
            Some(begin) => Err(fault(
                line,
                format!(
                    "`-- +goose {name}` inside the block that line {} begins: write `-- +goose StatementEnd` first",
                    begin.number
                ),
            )),
        }
    }

    fn end_block(&mut self, line: Line<'a>) -> Result<(), Fault> {
        if self.block.take().is_none() {
            let message = "`-- +goose StatementEnd` must be defined after `-- +goose StatementBegin`";
            return Err(fault(line, message));
        }
        self.idle = true;
        if self.in_wanted_section() {
            self.push_block();
        }
        Ok(())
    }

    /// Makes one statement of all that is not one yet; nothing of nothing but comments.
    fn push_block(&mut self) {
        let sql = self.text.sql();
        let end = sql.trim_end().len();
        let start = skip_comments(sql, self.from);
        self.from = sql.len();
        if start >= end || self.is_comment(&sql[start..end]) {
            return;
        }
        let class = classify(&sql[start..end], self.dialect);
        self.statements.push(self.text.statement(start..end, class, true));
    }

    /// Nothing but comments, of any of the dialect's forms. (MySQL fails on a message without a command.)
    fn is_comment(&self, sql: &str) -> bool {
        // Most blocks begin with a word, and need not be read to the end to know.
        !sql.starts_with(char::is_alphabetic)
            && split(sql, self.dialect).is_ok_and(|pieces| pieces.is_empty())
    }

    fn text_line(&mut self, line: Line<'a>) -> Result<(), Fault> {
        let comment = line.text.trim_start().starts_with("--");
        if self.section().is_none() {
            if comment || line.text.trim().is_empty() {
                return Ok(());
            }
            let column = line.text.len() - line.text.trim_start().len();
            let message = "must start with `-- +goose Up` annotation: only `--` comments may stand before it";
            return Err(Fault::at(line.position(column), message));
        }
        let substituted = if self.envsub && !(self.idle && comment) {
            let substituted = substitute(line.text, self.env).map_err(|e| {
                let message = format!("variable substitution failed: {}", e.message);
                let remedy = e.missing.map(|name| format!("set the variable {name}"));
                Fault { remedy, ..Fault::at(line.position(e.at), message) }
            })?;
            Some(substituted)
        } else {
            None
        };
        if !(self.idle && (comment || line.text.is_empty())) {
            let text = substituted.as_ref().map_or(line.text, |s| &s.text);
            let ends = self.block.is_none() && ends_with_semicolon(text);
            self.idle = ends || !self.in_wanted_section();
        }
        self.substituted.extend(substituted.iter().flat_map(|s| s.values(line.text)));
        self.text.push(line, substituted);
        Ok(())
    }

    /// The next line continues a string that began before it.
    fn inside_string(&self) -> bool {
        split(&self.text.sql()[self.from..], self.dialect).is_err()
    }

    /// Cuts what is not cut yet; tells where an unfinished statement begins.
    fn split_text(&mut self) -> Result<Option<usize>, Fault> {
        let (from, sql) = (self.from, self.text.sql());
        let pieces = split(&sql[from..], self.dialect)
            .map_err(|e| Fault::at(self.text.position(from + e.offset), e.message))?;
        for piece in pieces {
            let range = trimmed(sql, from + piece.range.start..from + piece.range.end);
            if range.is_empty() {
                continue;
            }
            if !piece.terminated {
                return Ok(Some(range.start));
            }
            self.statements.push(self.text.statement(range, piece.class, false));
        }
        Ok(None)
    }

    fn end_section(&mut self) -> Result<(), Fault> {
        if !self.in_wanted_section() {
            return Ok(());
        }
        match self.split_text()? {
            None => Ok(()),
            Some(start) => {
                let end = self.text.sql().trim_end().len();
                let query = excerpt(&mask_passwords(&self.text.source(start..end)));
                let message = format!("unexpected unfinished SQL query: {query}: missing semicolon?");
                Err(Fault::at(self.text.position(start), message))
            }
        }
    }

    fn end(&mut self) -> Result<(), Fault> {
        if let Some(begin) = self.block {
            return Err(fault(begin, "missing `-- +goose StatementEnd` annotation: this block has no end"));
        }
        if self.up.is_none() {
            let message = "must start with `-- +goose Up` annotation: the file has none";
            return Err(Fault { position: None, message: message.to_owned(), remedy: None });
        }
        self.end_section()
    }
}

fn fault(line: Line<'_>, message: impl Into<String>) -> Fault {
    Fault::at(Position { line: line.number, column: 1 }, message)
}

/// The first byte from `from` on that is neither blank nor part of a line that is a comment.
fn skip_comments(sql: &str, from: usize) -> usize {
    let mut at = from;
    loop {
        at = sql.len() - sql[at..].trim_start().len();
        if !sql[at..].starts_with("--") {
            return at;
        }
        at = sql[at..].find('\n').map_or(sql.len(), |i| at + i);
    }
}

/// Without the blanks at both ends, those included that are blank to goose but not to a server, such as the no-break
/// space: they come with text that was copied from a document.
fn trimmed(sql: &str, range: Range<usize>) -> Range<usize> {
    let text = &sql[range.clone()];
    let start = range.end - text.trim_start().len();
    start..start + text.trim().len()
}

/// goose's rule for the end of a statement: the last word of the line, comments aside, ends in a semicolon.
fn ends_with_semicolon(line: &str) -> bool {
    // Most lines have none at all, and need not be read word by word.
    line.contains(';')
        && line
            .split_whitespace()
            .take_while(|word| !word.starts_with("--"))
            .last()
            .is_some_and(|word| word.ends_with(';'))
}

/// The beginning of a statement, on one line and in quotes.
fn excerpt(sql: &str) -> String {
    const CHARS_MAX: usize = 100;
    let shown: String = sql.chars().take(CHARS_MAX).collect();
    let more = if sql.chars().nth(CHARS_MAX).is_some() { "…" } else { "" };
    format!("{:?}", shown + more)
}
