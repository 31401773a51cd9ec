//! MySQL and MariaDB: a database for each test, migrated for it.

use async_trait::async_trait;

use super::keeper::{Made, Place};
use super::server::{Server, Sql, new_name};
use crate::{Error, Migrator};

static SQL: Sql = Sql {
    driver: "mysql",
    claim: |owner| format!("SELECT GET_LOCK('{owner}', 10)"),
    orphans: "SELECT schema_name FROM information_schema.schemata \
              WHERE schema_name REGEXP '^brant_test_[0-9a-f]{16}_[0-9]+$' AND IS_FREE_LOCK(LEFT(schema_name, 27)) = 1",
    // Tests that hold on to a table must not hold up everybody else.
    drop: |name| format!("SET SESSION lock_wait_timeout = 2; DROP DATABASE IF EXISTS {name}"),
};

/// Where test databases are made.
pub(super) struct MySql {
    server: Server,
}

impl MySql {
    pub(super) fn new(admin_url: &str) -> Result<Self, Error> {
        // It is there for every user.
        Ok(Self { server: Server::new(&SQL, admin_url, Some("information_schema"))? })
    }
}

#[async_trait]
impl Place for MySql {
    async fn make(&mut self, migrator: &Migrator) -> Result<Made, Error> {
        self.server.sweep().await?;
        let name = new_name();
        self.server.query("create a test database", &format!("CREATE DATABASE {name}")).await?;
        self.server.migrate(&name, migrator).await?;
        self.server.made(name)
    }

    async fn drop(&mut self, name: &str) -> Result<(), Error> {
        self.server.drop(name).await
    }
}
