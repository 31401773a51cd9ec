//! PostgreSQL.

use brant::driver::facts::postgres::{byte_offset, kind};
use brant::driver::facts::process::UnderWay;
use brant::driver::{Connection, DriverError};
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgConnection, PgDatabaseError, PgErrorPosition, PgQueryResult, PgRow, PgSeverity};
use sqlx::{AssertSqlSafe, Error, Postgres, Row, ValueRef};

use crate::kind::{Found, Kind};

impl Kind for Postgres {
    const DIALECT: &'static str = "postgres";
    const GREETING: &'static str =
        "SELECT pg_catalog.pg_backend_pid(), pg_catalog.current_setting('server_version'), NULL";
    const PROCESS: Option<&'static str> = Some("SELECT pg_catalog.pg_backend_pid()");

    /// `15.18 (Debian 15.18-1)` is version 15.18.
    fn server(version: &str) -> String {
        format!("PostgreSQL {}", version.split_whitespace().next().unwrap_or_default())
    }

    fn stop_sql(_session: &str, under_way: &UnderWay) -> Option<String> {
        Some(under_way.cancel())
    }

    fn session<'a>(
        _session: &'a str,
        under_way: &'a UnderWay,
        other: &'a mut dyn Connection,
    ) -> BoxFuture<'a, Option<i64>> {
        Box::pin(under_way.process(other))
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
        let ends_session = matches!(facts.severity(), PgSeverity::Fatal | PgSeverity::Panic);
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
            ..DriverError::new(kind(facts.code(), ends_session), facts.message())
        })
    }
}
