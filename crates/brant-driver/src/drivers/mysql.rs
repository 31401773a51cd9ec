//! MySQL and MariaDB, over `mysql_async`.
//!
//! Only the text protocol is used: what is sent is what the server's log shows, and one message may hold several
//! commands. Connecting costs the handshake alone, plus one `SET` where the connection string asks for variables.
//!
//! TLS is what the connection string asks for with `tls=…`, or `-certfile`; without either there is none, as with
//! Go's driver.

mod connect;
mod connection;
mod dsn;
mod duration;
mod errors;
mod options;
mod tls;
mod tls_errors;
mod url;

use std::sync::Arc;

use async_trait::async_trait;

use crate::{Access, Connection, Driver, DriverError, Endpoint, Environment, ErrorKind, TlsFiles};

use dsn::Dsn;

/// The driver for MySQL and MariaDB.
///
/// It takes the connection strings of Go's driver, `user:password@tcp(host:port)/name?parseTime=true`, and URLs,
/// `mysql://user:password@host:port/name`. A parameter that it does not know is set as a variable of the session,
/// as Go's driver does: `sql_mode=%27ANSI%27`.
#[derive(Clone, Copy, Debug)]
pub struct MySql;

impl Driver for MySql {
    fn names(&self) -> &'static [&'static str] {
        &["mysql"]
    }

    fn schemes(&self) -> &'static [&'static str] {
        &["mysql"]
    }

    fn form(&self) -> &'static str {
        "USER:PASSWORD@tcp(HOST:3306)/DATABASE"
    }

    fn dialect(&self) -> &'static str {
        "mysql"
    }

    fn parse(&self, dbstring: &str, environment: &Environment) -> Result<Box<dyn Endpoint>, DriverError> {
        self.parse_with_tls(dbstring, environment, &TlsFiles::default())
    }

    fn parse_with_tls(
        &self,
        dbstring: &str,
        environment: &Environment,
        files: &TlsFiles,
    ) -> Result<Box<dyn Endpoint>, DriverError> {
        let dsn = Dsn::parse(dbstring)
            .map_err(|reason| format!("failed to normalize MySQL connection string: {reason}"))
            .and_then(|dsn| dsn.secure(files, environment))
            .map_err(|message| DriverError::new(ErrorKind::Config, message))?;
        Ok(Box::new(MySqlEndpoint { dsn: Arc::new(dsn) }))
    }

    fn with_database(&self, dbstring: &str, database: &str) -> Result<String, DriverError> {
        dsn::with_database(dbstring, database).map_err(|message| DriverError::new(ErrorKind::Config, message))
    }
}

struct MySqlEndpoint {
    dsn: Arc<Dsn>,
}

#[async_trait]
impl Endpoint for MySqlEndpoint {
    fn redacted(&self) -> String {
        self.dsn.redacted.clone()
    }

    /// There is nothing to create here, so both kinds of access are the same.
    async fn connect(&self, _: Access) -> Result<Box<dyn Connection>, DriverError> {
        Ok(Box::new(connect::connect(&self.dsn).await?))
    }
}
