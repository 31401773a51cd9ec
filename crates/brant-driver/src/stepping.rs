//! Running texts of one or more commands on a connection of `rusqlite`: for the driver of SQLite, and for whoever has such
//! a connection.
//!
//! All of it blocks. `is_stopped` is asked between two commands: the library's own interrupt only stops what runs.

mod errors;
mod values;

use std::collections::HashSet;

use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::types::ValueRef;
use rusqlite::{Batch, Connection, ErrorCode, Row as LibraryRow, Statement};

use crate::{DriverError, ErrorKind, ResultSet, Row};

use errors::interrupted;
pub use errors::statement_error;
use values::{bytes, text};

/// Runs every command of a text to its end and passes over their rows.
///
/// # Errors
///
/// What the library says, or that it was stopped.
pub fn execute(connection: &Connection, sql: &str, is_stopped: impl Fn() -> bool) -> Result<(), DriverError> {
    step_all(connection, sql, is_stopped, |_| Ok(()))
}

/// Runs every command of a text to its end and collects their rows.
///
/// # Errors
///
/// As [`execute`].
pub fn query(
    connection: &Connection,
    sql: &str,
    is_stopped: impl Fn() -> bool,
) -> Result<Vec<Row>, DriverError> {
    let mut rows = Vec::new();
    step_all(connection, sql, is_stopped, |found| {
        if let Found::Row(row) = found {
            rows.push(texts(connection, row)?);
        }
        Ok(())
    })?;
    Ok(rows)
}

/// Runs every command of a text to its end and collects, of those of its rows that begin with the same value, the first.
/// To pass over a row here takes a fraction of what the library needs to sort it, and no memory.
///
/// # Errors
///
/// As [`execute`].
pub fn firsts(
    connection: &Connection,
    sql: &str,
    is_stopped: impl Fn() -> bool,
) -> Result<Vec<Row>, DriverError> {
    let (mut rows, mut met) = (Vec::new(), Beginnings::default());
    step_all(connection, sql, is_stopped, |found| {
        match found {
            Found::Command(_) => met = Beginnings::default(),
            Found::Row(row) => {
                if met.add(connection, row)? {
                    rows.push(texts(connection, row)?);
                }
            }
        }
        Ok(())
    })?;
    Ok(rows)
}

/// What rows have begun with. Numbers stand apart from all else: there may be very many of them, and this costs half.
#[derive(Default)]
struct Beginnings {
    integers: HashSet<i64>,
    others: HashSet<Option<String>>,
}

impl Beginnings {
    /// True: no row before began so.
    fn add(&mut self, connection: &Connection, row: &LibraryRow<'_>) -> rusqlite::Result<bool> {
        Ok(match row.get_ref(0)? {
            ValueRef::Integer(number) => self.integers.insert(number),
            other => self.others.insert(text(connection, other)?),
        })
    }
}

fn texts(connection: &Connection, row: &LibraryRow<'_>) -> rusqlite::Result<Row> {
    let n_columns = row.as_ref().column_count();
    let mut values = Row::with_capacity(n_columns);
    for column in 0..n_columns {
        values.push(text(connection, row.get_ref(column)?)?);
    }
    Ok(values)
}

/// Runs every command of a text to its end and collects what the last one returns.
///
/// # Errors
///
/// As [`execute`].
pub fn results(
    connection: &Connection,
    sql: &str,
    is_stopped: impl Fn() -> bool,
) -> Result<ResultSet, DriverError> {
    let mut last = ResultSet::default();
    let mut changed_before = 0;
    step_all(connection, sql, is_stopped, |found| {
        match found {
            Found::Command(command) => {
                changed_before = connection.total_changes();
                let names = (0..command.column_count()).map(|at| command.column_name(at).map(str::to_owned));
                last = ResultSet { columns: names.collect::<rusqlite::Result<_>>()?, ..ResultSet::default() };
            }
            Found::Row(row) => {
                let values: rusqlite::Result<_> =
                    (0..last.columns.len()).map(|at| bytes(connection, row.get_ref(at)?)).collect();
                last.rows.push(values?);
            }
        }
        Ok(())
    })?;
    // What a command that changes nothing leaves here is the count of an earlier one.
    if connection.total_changes() > changed_before {
        last.affected = connection.changes();
    }
    Ok(last)
}

/// What is met on the way through a text.
enum Found<'a> {
    /// The next command begins.
    Command(&'a Statement<'a>),
    /// It has a row.
    Row(&'a LibraryRow<'a>),
}

/// `rusqlite`'s own `execute_batch` takes only the first row of a command: what the others do would not happen.
fn step_all(
    connection: &Connection,
    sql: &str,
    is_stopped: impl Fn() -> bool,
    mut on_found: impl FnMut(Found<'_>) -> rusqlite::Result<()>,
) -> Result<(), DriverError> {
    if let Some(offset) = sql.find('\0') {
        // The library would take it for the end of the text.
        let error = DriverError::new(ErrorKind::Statement, "a NUL character in the text");
        return Err(DriverError { offset: Some(offset), ..error });
    }
    let mut commands = Batch::new(connection, sql);
    let mut step = || -> rusqlite::Result<bool> {
        let Some(mut command) = commands.next()? else { return Ok(false) };
        on_found(Found::Command(&command))?;
        let mut rows = command.query([])?;
        while let Some(row) = rows.next()? {
            on_found(Found::Row(row))?;
        }
        Ok(true)
    };
    loop {
        if is_stopped() {
            return Err(interrupted());
        }
        match step() {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) if is_busy(&error) && is_stopped() => return Err(interrupted()),
            Err(error) => return Err(statement_error(&error, sql)),
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}
