//! The lines of text results: goose's own, to the letter, since scripts read them.

use std::fmt::Write as _;

use brant_core::{Direction, Outcome, StepReport, WayOn};
use jiff::civil::DateTime;

use crate::go;

/// `OK   00001_a.sql (1.23ms)`
pub(crate) fn step(step: &StepReport) -> String {
    let outcome = match step.outcome {
        Outcome::Done => "OK   ",
        Outcome::Empty => "EMPTY ",
    };
    format!("{outcome}{} ({})", step.migration.file_name(), go::format_duration(step.duration))
}

/// The command that takes this way.
pub(crate) fn command(way: WayOn) -> &'static str {
    match way {
        WayOn::Mark => "brant mark",
        WayOn::Answer | WayOn::Undo => "brant resume",
        WayOn::Run(Direction::Up) => "brant up",
        WayOn::Run(Direction::Down) => "brant down",
    }
}

/// The head of the status table.
pub(crate) const STATUS_HEAD: &str =
    "    Applied At                  Migration\n    =======================================";

/// A line of the status table.
pub(crate) fn status_line(state: &str, file: &str) -> String {
    format!("    {state:<24} -- {file}")
}

/// A time of the history table (`2026-01-02 15:04:05.678`) in the form of the status table
/// (`Fri Jan  2 15:04:05 2026`); as it is if it can't be read.
pub(crate) fn ansi_c(at: &str) -> String {
    at.parse::<DateTime>()
        .map_or_else(|_| at.to_owned(), |time| time.strftime("%a %b %e %H:%M:%S %Y").to_string())
}

/// The SQL of a statement on few lines: without empty lines and without those that are comments.
pub(crate) fn statement(source: &str) -> String {
    let source = brant_sql::mask_passwords(source);
    let lines = source.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with("--"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Columns of text with three blanks between them and a rule under the head, as goose draws tables.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([head[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let mut text = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = String>| {
        for (cell, width) in cells.zip(&widths) {
            let _ = write!(text, "{cell:<width$}   ");
        }
        text.push('\n');
    };
    line(&mut head.iter().map(|name| (*name).to_owned()));
    line(&mut head.iter().map(|name| "─".repeat(name.chars().count())));
    for row in rows {
        line(&mut row.iter().cloned());
    }
    text.trim_end_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_c_does() {
        assert_eq!(ansi_c("2026-01-02 15:04:05"), "Fri Jan  2 15:04:05 2026");
        assert_eq!(ansi_c("2026-11-21 05:00:59.123456"), "Sat Nov 21 05:00:59 2026");
        assert_eq!(ansi_c("yesterday"), "yesterday");
    }

    #[test]
    fn status_lines_keep_gooses_columns() {
        assert_eq!(status_line("Pending", "00003_t3.sql"), "    Pending                  -- 00003_t3.sql");
    }

    #[test]
    fn tables_are_drawn_as_goose_does() {
        let rows = [["sql", "✔", "1", "1", "00001_t1.sql"].map(ToOwned::to_owned).to_vec()];
        insta::assert_snapshot!(table(&["Type", "Txn", "Up", "Down", "Name"], &rows).replace(' ', "."), @r"
        Type...Txn...Up...Down...Name...........
        ────...───...──...────...────...........
        sql....✔.....1....1......00001_t1.sql...
        ");
    }
}
