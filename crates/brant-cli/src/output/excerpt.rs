//! The lines of a file around a place, with a mark under the place.

use std::path::Path;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use brant_core::{Position, Statement};
use brant_sql::mask_passwords;

/// How many characters of a long line are shown on each side of the place.
const REACH: usize = 70;

/// How many lines are shown before the place, and how many in all.
#[derive(Clone, Copy)]
struct Size {
    before: usize,
    all: usize,
}

/// A statement that failed, and what stands in it at the place; at its beginning if there is no better place.
pub(super) fn of_statement(statement: &Statement, place: Option<Position>, color: bool) -> String {
    // The statement may begin further right than its text does.
    let text = " ".repeat(statement.position.column - 1) + &statement.source;
    let (first, place) = (statement.position.line, place.unwrap_or(statement.position));
    let size = Size { before: 7, all: 10 };
    let (rendered, more) = render(&text, first, place, size, color);
    rendered + &more_lines(more)
}

/// Says how many lines are left out, if any are.
pub(super) fn more_lines(n: usize) -> String {
    match n {
        0 => String::new(),
        1 => "… 1 more line\n".to_owned(),
        n => format!("… {n} more lines\n"),
    }
}

/// A place in a file that can't be understood; nothing if there is no such place, or the file is no text at all.
pub(super) fn of_file(path: &Path, place: Option<Position>, color: bool) -> String {
    // Read once more: what can't be parsed is not kept.
    match (place, std::fs::read(path)) {
        (Some(place), Ok(bytes)) => of_bytes(&bytes, place, color),
        _ => String::new(),
    }
}

fn of_bytes(bytes: &[u8], place: Position, color: bool) -> String {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return String::new();
    }
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    render(text, 1, place, Size { before: 2, all: 4 }, color).0
}

/// Text that begins in line `first` of its file, with a mark; and how many lines more it has.
fn render(text: &str, first: usize, place: Position, size: Size, color: bool) -> (String, usize) {
    let offset = offset_of(text, place.line.saturating_sub(first), place.column);
    // What stands before the place is as long as it is when masked by itself.
    let at = mask_passwords(&text[..offset]).len();
    let masked = mask_passwords(text);
    let at = masked.floor_char_boundary(at);
    let index = masked[..at].matches('\n').count();
    let column = at - masked[..at].rfind('\n').map_or(0, |i| i + 1);

    let total = masked.lines().count();
    let from = (index + size.all - size.before).saturating_sub(size.all).min(index);
    let (mut shown, mut mark) = (String::new(), 0);
    for (i, line) in masked.lines().enumerate().skip(from).take(size.all) {
        let (line, inside) = narrowed(line, if i == index { column } else { 0 });
        if i == index {
            mark = shown.len() + inside;
        }
        shown.push_str(&line);
        shown.push('\n');
    }
    (
        annotated(shown.trim_end_matches('\n'), first + from, mark, color),
        total.saturating_sub(from + size.all),
    )
}

fn annotated(text: &str, line_start: usize, mark: usize, color: bool) -> String {
    let mark = mark.min(text.len());
    let annotation = AnnotationKind::Primary.span(mark..mark);
    let snippet = Snippet::source(text).line_start(line_start).fold(false).annotation(annotation);
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let rendered = renderer.term_width(4 * REACH).render(&[Group::with_level(Level::ERROR).element(snippet)]);
    rendered + "\n"
}

/// The byte of a line (from 0) and a column (from 1); the nearest before it if there is none.
fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let start = match line {
        0 => 0,
        n => text.match_indices('\n').nth(n - 1).map_or(text.len(), |(i, _)| i + 1),
    };
    let line = text[start..].lines().next().unwrap_or_default();
    start + line.char_indices().nth(column - 1).map_or(line.len(), |(i, _)| i)
}

/// Cuts a long line on both sides of a byte of it, and tells where that is then.
fn narrowed(line: &str, at: usize) -> (String, usize) {
    let at = line.floor_char_boundary(at);
    let left = line[..at].char_indices().rev().nth(REACH).map(|(i, _)| i);
    let right = line[at..].char_indices().nth(2 * REACH).map(|(i, _)| at + i);
    let head = if left.is_some() { "…" } else { "" };
    let tail = if right.is_some() { "…" } else { "" };
    let from = left.unwrap_or(0);
    (format!("{head}{}{tail}", &line[from..right.unwrap_or(line.len())]), head.len() + at - from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, line: usize, column: usize) -> String {
        of_bytes(text.as_bytes(), Position { line, column }, false)
    }

    #[test]
    fn the_mark_stands_under_the_place() {
        insta::assert_snapshot!(shown("a\n\tb ö 漢 c\r\nd\ne\nf", 2, 8), @r"
          |
        1 | a
        2 |     b ö 漢 c
          |            ^
        3 | d
        4 | e
          |
        ");
    }

    #[test]
    fn the_mark_moves_with_what_is_masked() {
        insta::assert_snapshot!(shown("ALTER ROLE r PASSWORD 'geheim' oops;", 1, 32), @r"
          |
        1 | ALTER ROLE r PASSWORD '***' oops;
          |                             ^
        ");
    }

    #[test]
    fn long_lines_are_cut() {
        let text = format!("{}oops{}", "x".repeat(3_000_000), "y".repeat(3_000_000));
        insta::assert_snapshot!(shown(&text, 1, 3_000_001));
    }

    #[test]
    fn places_outside_of_the_text_do_no_harm() {
        for (text, line, column) in [("", 1, 1), ("a", 1, 99), ("a\n", 2, 1), ("a", 9, 9), ("\n\n", 3, 1)] {
            assert!(!shown(text, line, column).is_empty(), "{text:?}");
        }
    }
}
