//! From an offset inside a statement, as a server reports it, back to the place in the file.

use brant_core::{Position, Statement};

/// The place in the file of the character that `offset` bytes into `statement.sql` stands on.
///
/// Exact when the statement's text is the file's text. Approximate in two cases: the line is right and the column is
/// not after a variable that was substituted in the same line; the line is too low by the number of annotation lines
/// that were cut out of the statement before the offset. An offset beyond the end, or inside a character, counts as
/// the nearest character before it.
///
/// ```
/// use brant_core::{Position, Statement, StatementClass, StatementKind};
/// let sql = "CREATE TABLE t (\n  id itn\n);";
/// let statement = Statement {
///     sql: sql.to_owned(), source: sql.to_owned(), position: Position { line: 4, column: 3 }, bytes: 20..47,
///     class: StatementClass::plain(StatementKind::Ddl), block: false,
/// };
/// assert_eq!(brant_source::position_in(&statement, 7), Position { line: 4, column: 10 });
/// assert_eq!(brant_source::position_in(&statement, 22), Position { line: 5, column: 6 });
/// ```
#[must_use]
pub fn position_in(statement: &Statement, offset: usize) -> Position {
    let before = &statement.sql[..statement.sql.floor_char_boundary(offset)];
    let Position { line, column } = statement.position;
    match before.rsplit_once('\n') {
        None => Position { line, column: column + before.chars().count() },
        Some((lines, last)) => {
            Position { line: line + 1 + lines.matches('\n').count(), column: last.chars().count() + 1 }
        }
    }
}
