//! SQLite.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use brant::driver::{DriverError, ErrorKind};
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use sqlx::error::DatabaseError;
use sqlx::sqlite::{SqliteConnection, SqliteQueryResult, SqliteRow};
use sqlx::{AssertSqlSafe, Error, Row, Sqlite};

use crate::kind::{Found, Kind};

/// Primary result codes.
const BUSY: i64 = 5;
const LOCKED: i64 = 6;
const INTERRUPTED: i64 = 9;

/// How many of its instructions the library does before it looks whether it shall stop: a fraction of a millisecond.
const LOOK_EVERY: i32 = 10_000;

impl Kind for Sqlite {
    const DIALECT: &'static str = "sqlite";
    const GREETING: &'static str =
        "SELECT '', sqlite_version(), (SELECT file FROM pragma_database_list WHERE name = 'main')";
    const CHANGES: Option<&'static str> = Some("SELECT total_changes()");

    fn server(version: &str) -> String {
        format!("SQLite {version}")
    }

    fn heed<'a>(
        connection: &'a mut SqliteConnection,
        brake: &Arc<AtomicBool>,
    ) -> BoxFuture<'a, Result<(), Error>> {
        let brake = Arc::clone(brake);
        Box::pin(async move {
            let mut handle = connection.lock_handle().await?;
            handle.set_progress_handler(LOOK_EVERY, move || !brake.load(Ordering::SeqCst));
            Ok(())
        })
    }

    fn forget(connection: &mut SqliteConnection) -> BoxFuture<'_, ()> {
        Box::pin(async {
            if let Ok(mut handle) = connection.lock_handle().await {
                handle.remove_progress_handler();
            }
        })
    }

    fn send(connection: &mut SqliteConnection, sql: String) -> BoxStream<'_, Result<Found<Self>, Error>> {
        sqlx::raw_sql(AssertSqlSafe(sql)).fetch_many(connection)
    }

    fn affected(done: &SqliteQueryResult) -> u64 {
        done.rows_affected()
    }

    /// Asked for bytes, the library turns numbers into text by itself.
    fn value(row: &SqliteRow, column: usize) -> Result<Option<Vec<u8>>, Error> {
        row.try_get_unchecked(column)
    }

    fn said(error: &dyn DatabaseError, _: &str) -> Option<DriverError> {
        let number = error.code().and_then(|code| code.parse::<i64>().ok());
        let primary = number.map(|number| number & 0xff);
        let kind = if primary == Some(INTERRUPTED) { ErrorKind::Cancelled } else { ErrorKind::Statement };
        let hint = matches!(primary, Some(BUSY | LOCKED))
            .then(|| "another process is writing to the database, or reads from it for long".to_owned());
        Some(DriverError { number, hint, ..DriverError::new(kind, error.message()) })
    }
}
