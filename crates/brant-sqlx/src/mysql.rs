//! MySQL and MariaDB.

use brant::driver::DriverError;
use brant::driver::facts::mysql::{NO_SUCH_THREAD, kind};
use brant::driver::facts::process::UnderWay;
use futures_util::stream::BoxStream;
use sqlx::error::DatabaseError;
use sqlx::mysql::{MySqlConnection, MySqlDatabaseError, MySqlQueryResult, MySqlRow};
use sqlx::{AssertSqlSafe, Error, MySql, Row};

use crate::kind::{Found, Kind};

impl Kind for MySql {
    const DIALECT: &'static str = "mysql";
    const GREETING: &'static str = "SELECT CONNECTION_ID(), VERSION(), NULL";

    /// `10.11.19-MariaDB-log` is MariaDB 10.11.19.
    fn server(version: &str) -> String {
        let product = if version.contains("MariaDB") { "MariaDB" } else { "MySQL" };
        // What an old MariaDB says in front, for clients that know only MySQL.
        let number = version.strip_prefix("5.5.5-").unwrap_or(version);
        format!("{product} {}", number.split('-').next().unwrap_or_default())
    }

    fn stop_sql(session: &str, _under_way: &UnderWay) -> Option<String> {
        Some(format!("KILL QUERY {session}"))
    }

    fn send(connection: &mut MySqlConnection, sql: String) -> BoxStream<'_, Result<Found<Self>, Error>> {
        sqlx::raw_sql(AssertSqlSafe(sql)).fetch_many(connection)
    }

    fn affected(done: &MySqlQueryResult) -> u64 {
        done.rows_affected()
    }

    /// What is not asked for by a prepared statement comes as text, whatever its type.
    fn value(row: &MySqlRow, column: usize) -> Result<Option<Vec<u8>>, Error> {
        row.try_get_unchecked(column)
    }

    fn said(error: &dyn DatabaseError, _: &str) -> Option<DriverError> {
        let facts = error.try_downcast_ref::<MySqlDatabaseError>()?;
        Some(DriverError {
            sqlstate: Some(facts.code().unwrap_or("HY000").to_owned()),
            number: Some(i64::from(facts.number())),
            ..DriverError::new(kind(facts.number()), facts.message())
        })
    }

    fn is_over(error: &DriverError) -> bool {
        error.number == Some(NO_SUCH_THREAD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_told_by_their_version() {
        for (version, want) in [
            ("10.11.19-MariaDB-log", "MariaDB 10.11.19"),
            ("5.5.5-10.3.39-MariaDB", "MariaDB 10.3.39"),
            ("8.4.3", "MySQL 8.4.3"),
            ("8.0.36-0ubuntu0.22.04.1", "MySQL 8.0.36"),
        ] {
            assert_eq!(MySql::server(version), want);
        }
    }
}
