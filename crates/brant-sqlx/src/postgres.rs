//! PostgreSQL.

use brant::driver::{DriverError, ErrorKind};
use futures_util::stream::BoxStream;
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgConnection, PgDatabaseError, PgErrorPosition, PgQueryResult, PgRow, PgSeverity};
use sqlx::{AssertSqlSafe, Error, Postgres, Row, ValueRef};

use crate::kind::{Found, Kind};

/// Shutdown, crash, not up yet: the connection is of no use after them.
const CLOSED: [&str; 3] = ["57P01", "57P02", "57P03"];
const CANCELLED: &str = "57014";

impl Kind for Postgres {
    const DIALECT: &'static str = "postgres";
    const GREETING: &'static str =
        "SELECT pg_catalog.pg_backend_pid(), pg_catalog.current_setting('server_version'), NULL";
    const PROCESS: Option<&'static str> = Some("SELECT pg_catalog.pg_backend_pid()");

    /// `15.18 (Debian 15.18-1)` is version 15.18.
    fn server(version: &str) -> String {
        format!("PostgreSQL {}", version.split_whitespace().next().unwrap_or_default())
    }

    fn stop_sql(session: &str) -> Option<String> {
        Some(format!("SELECT pg_catalog.pg_cancel_backend({session})"))
    }

    fn send(connection: &mut PgConnection, sql: String) -> BoxStream<'_, Result<Found<Self>, Error>> {
        sqlx::raw_sql(AssertSqlSafe(sql)).fetch_many(connection)
    }

    fn affected(done: &PgQueryResult) -> u64 {
        done.rows_affected()
    }

    fn value(row: &PgRow, column: usize) -> Result<Option<Vec<u8>>, Error> {
        let value = row.try_get_raw(column)?;
        if value.is_null() {
            return Ok(None);
        }
        value.as_bytes().map(|bytes| Some(bytes.to_vec())).map_err(Error::Decode)
    }

    fn said(error: &dyn DatabaseError, sql: &str) -> Option<DriverError> {
        let facts = error.try_downcast_ref::<PgDatabaseError>()?;
        Some(DriverError {
            sqlstate: Some(facts.code().to_owned()),
            detail: facts.detail().map(str::to_owned),
            hint: facts.hint().map(str::to_owned),
            context: facts.r#where().map(str::to_owned),
            offset: match facts.position() {
                Some(PgErrorPosition::Original(position)) if !sql.is_empty() => {
                    Some(byte_offset(sql, position))
                }
                _ => None,
            },
            ..DriverError::new(kind(facts), facts.message())
        })
    }
}

fn kind(facts: &PgDatabaseError) -> ErrorKind {
    match facts.severity() {
        PgSeverity::Fatal | PgSeverity::Panic => ErrorKind::Closed,
        _ if CLOSED.contains(&facts.code()) => ErrorKind::Closed,
        _ if facts.code() == CANCELLED => ErrorKind::Cancelled,
        _ => ErrorKind::Statement,
    }
}

/// The server counts characters, from 1.
fn byte_offset(sql: &str, position: usize) -> usize {
    sql.char_indices().nth(position.saturating_sub(1)).map_or(sql.len(), |(offset, _)| offset)
}
