//! Running texts of one or more commands, on the connection's own thread.

use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::{Batch, Connection, ErrorCode, Row as LibraryRow};

use crate::{DriverError, ErrorKind, Row};

use super::dbstring::Begin;
use super::errors::{interrupted, statement_error};
use super::values::text;
use super::worker::Interruption;

/// Runs every command of a text to its end and passes over their rows.
pub(super) fn execute(
    connection: &Connection,
    sql: &str,
    begin: Begin,
    interruption: &Interruption,
) -> Result<(), DriverError> {
    step_all(connection, resolve_begin(sql, begin), interruption, |_| Ok(()))
}

/// Runs every command of a text to its end and collects their rows.
pub(super) fn query(
    connection: &Connection,
    sql: &str,
    interruption: &Interruption,
) -> Result<Vec<Row>, DriverError> {
    let mut rows = Vec::new();
    step_all(connection, sql, interruption, |row| {
        let n_columns = row.as_ref().column_count();
        let values: Result<Row, _> =
            (0..n_columns).map(|column| text(connection, row.get_ref(column)?)).collect();
        rows.push(values?);
        Ok(())
    })?;
    Ok(rows)
}

/// The bare `BEGIN` begins what `_txlock` says, as it does in Go's drivers.
fn resolve_begin(sql: &str, begin: Begin) -> &str {
    match begin {
        Begin::Immediate if sql == "BEGIN" => "BEGIN IMMEDIATE",
        Begin::Exclusive if sql == "BEGIN" => "BEGIN EXCLUSIVE",
        _ => sql,
    }
}

/// `rusqlite`'s own `execute_batch` takes only the first row of a command: what the others do would not happen.
fn step_all(
    connection: &Connection,
    sql: &str,
    interruption: &Interruption,
    mut on_row: impl FnMut(&LibraryRow<'_>) -> rusqlite::Result<()>,
) -> Result<(), DriverError> {
    if let Some(offset) = sql.find('\0') {
        // The library would take it for the end of the text.
        let error = DriverError::new(ErrorKind::Statement, "a NUL character in the text");
        return Err(DriverError { offset: Some(offset), ..error });
    }
    let mut commands = Batch::new(connection, sql);
    let mut step = || -> rusqlite::Result<bool> {
        let Some(mut command) = commands.next()? else { return Ok(false) };
        let mut rows = command.query([])?;
        while let Some(row) = rows.next()? {
            on_row(row)?;
        }
        Ok(true)
    };
    loop {
        // The library's own interrupt only stops what runs: one that comes between two commands is seen here.
        if interruption.is_wanted() {
            return Err(interrupted());
        }
        match step() {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) if is_busy(&error) && interruption.is_wanted() => return Err(interrupted()),
            Err(error) => return Err(statement_error(&error, sql)),
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}
