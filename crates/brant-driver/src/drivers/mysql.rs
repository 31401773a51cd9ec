//! MySQL and MariaDB, over `mysql_async`.
//!
//! Only the text protocol is used: what is sent is what the server's log shows, and one message may hold several
//! commands. Connecting costs the handshake alone, plus one `SET` where the connection string asks for variables.
//!
//! Connections are not encrypted in this version: a connection string that asks for TLS is refused.

mod connect;
mod connection;
mod dsn;
mod duration;
mod errors;
mod options;

use std::sync::Arc;

use async_trait::async_trait;

use crate::{Access, Connection, Driver, DriverError, Endpoint, Environment, ErrorKind};

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

    fn dialect(&self) -> &'static str {
        "mysql"
    }

    fn parse(&self, dbstring: &str, _: &Environment) -> Result<Box<dyn Endpoint>, DriverError> {
        let dsn = Dsn::parse(dbstring).map_err(|reason| {
            let message = format!("failed to normalize MySQL connection string: {reason}");
            DriverError::new(ErrorKind::Config, message)
        })?;
        Ok(Box::new(MySqlEndpoint { dsn: Arc::new(dsn) }))
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
