//! The SQL of a section as it will be cut, with the way back from each byte of it to the file.

use brant_core::{Position, Statement, StatementClass};
use std::ops::Range;

use super::envsub::{Expansion, Substituted};

/// A line of the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// Its number, from 1.
    pub(super) number: usize,
    /// The byte of the file that it begins with.
    pub(super) start: usize,
    /// Its text, without `\n` or `\r\n`.
    pub(super) text: &'a str,
}

impl Line<'_> {
    /// The place of one of its bytes. An offset inside a character means that character.
    pub(super) fn position(&self, offset: usize) -> Position {
        let before = &self.text[..self.text.floor_char_boundary(offset)];
        Position { line: self.number, column: before.chars().count() + 1 }
    }
}

/// The lines of a text that `base` bytes of the file precede.
pub(super) fn lines(text: &str, base: usize) -> impl Iterator<Item = Line<'_>> {
    let mut start = base;
    text.split_inclusive('\n').enumerate().map(move |(i, whole)| {
        let line = whole.strip_suffix('\n').unwrap_or(whole);
        let text = line.strip_suffix('\r').unwrap_or(line);
        let begin = start;
        start += whole.len();
        Line { number: i + 1, start: begin, text }
    })
}

/// The SQL of a section: lines without their annotations, after substitution.
#[derive(Debug)]
pub(super) struct Text<'a> {
    sql: String,
    lines: Vec<SqlLine<'a>>,
}

#[derive(Debug)]
struct SqlLine<'a> {
    /// Where it begins in `sql`.
    start: usize,
    line: Line<'a>,
    expansions: Vec<Expansion>,
}

/// Which way to round when an offset lies inside the value of a variable.
#[derive(Clone, Copy)]
enum Edge {
    Start,
    End,
}

impl<'a> Text<'a> {
    /// Nothing yet, of a file that has so many bytes.
    pub(super) fn of(length: usize) -> Self {
        // More lines than most sections have.
        Self { sql: String::with_capacity(length), lines: Vec::with_capacity(16) }
    }

    /// Ready for the next section.
    pub(super) fn clear(&mut self) {
        self.sql.clear();
        self.lines.clear();
    }

    pub(super) fn sql(&self) -> &str {
        &self.sql
    }

    /// Adds a line; `substituted` is what to send instead of its text.
    pub(super) fn push(&mut self, line: Line<'a>, substituted: Option<Substituted>) {
        let start = self.sql.len();
        let expansions = match substituted {
            Some(Substituted { text, expansions }) => {
                self.sql.push_str(&text);
                expansions
            }
            None => {
                self.sql.push_str(line.text);
                Vec::new()
            }
        };
        self.sql.push('\n');
        self.lines.push(SqlLine { start, line, expansions });
    }

    /// The place in the file of a byte of the SQL.
    pub(super) fn position(&self, offset: usize) -> Position {
        match self.lines.get(self.line_at(offset)) {
            Some(line) => line.line.position(line.raw_offset(offset, Edge::Start)),
            None => Position { line: 1, column: 1 },
        }
    }

    /// The statement that these bytes of the SQL are. They must not be empty.
    pub(super) fn statement(&self, range: Range<usize>, class: StatementClass, block: bool) -> Statement {
        let (first, last) = self.lines_of(&range);
        let bytes = first.line.start + first.raw_offset(range.start, Edge::Start)
            ..last.line.start + last.raw_offset(range.end, Edge::End);
        Statement {
            source: self.source(range.clone()),
            position: self.position(range.start),
            sql: self.sql[range].to_owned(),
            bytes,
            class,
            block,
        }
    }

    /// What stands in the file for these bytes of the SQL, before substitution. They must not be empty.
    pub(super) fn source(&self, range: Range<usize>) -> String {
        let (i, j) = (self.line_at(range.start), self.line_at(range.end - 1));
        let mut source = String::with_capacity(range.len());
        for (k, line) in self.lines[i..=j].iter().enumerate() {
            let from = if k == 0 { line.raw_offset(range.start, Edge::Start) } else { 0 };
            let to = if i + k == j { line.raw_offset(range.end, Edge::End) } else { line.line.text.len() };
            if k > 0 {
                source.push('\n');
            }
            source.push_str(line.line.text.get(from..to).unwrap_or_default());
        }
        source
    }

    fn lines_of(&self, range: &Range<usize>) -> (&SqlLine<'a>, &SqlLine<'a>) {
        (&self.lines[self.line_at(range.start)], &self.lines[self.line_at(range.end - 1)])
    }

    fn line_at(&self, offset: usize) -> usize {
        self.lines.partition_point(|line| line.start <= offset).saturating_sub(1)
    }
}

impl SqlLine<'_> {
    /// From a byte of the SQL to the byte of the file's line.
    fn raw_offset(&self, offset: usize, edge: Edge) -> usize {
        let at = offset - self.start;
        let raw = match self.expansions.iter().rev().find(|e| e.out.start < at) {
            None => at,
            Some(e) if at >= e.out.end => e.raw.end + (at - e.out.end),
            Some(e) => match edge {
                Edge::Start => e.raw.start,
                Edge::End => e.raw.end,
            },
        };
        raw.min(self.line.text.len())
    }
}
