//! What PostgreSQL and MySQL have in common: databases named after the process that made them, whose lock says that it
//! lives.

use brant_driver::{Access, Connection, Environment, Row, driver_by_name};

use super::keeper::{Made, OWNER, new_number};
use crate::{Error, Migrator, Url};

/// What is in front of the names of all test databases.
const PREFIX: &str = "brant_test_";

/// How one kind of server is asked.
pub(super) struct Sql {
    /// brant's driver.
    pub(super) driver: &'static str,
    /// Takes the lock of this process for as long as the session lasts.
    pub(super) claim: fn(owner: &str) -> String,
    /// Names the databases of processes whose lock is free.
    pub(super) orphans: &'static str,
    /// Drops a database, if it is there.
    pub(super) drop: fn(name: &str) -> String,
}

/// A connection that may create databases.
pub(super) struct Server {
    sql: &'static Sql,
    /// To connect to.
    admin: Url,
    /// As it was given, to derive others from.
    dbstring: String,
    /// That without its password.
    redacted: String,
    connection: Option<Box<dyn Connection>>,
}

impl Server {
    /// A server, not yet connected to. `database` is where to connect, if it is not what the URL names.
    pub(super) fn new(sql: &'static Sql, admin_url: &str, database: Option<&str>) -> Result<Self, Error> {
        let given = Url::with_driver(sql.driver, admin_url, &Environment::new())?;
        let redacted = given.redacted();
        let admin = match database {
            Some(name) => {
                let other = with_database(sql.driver, admin_url, name)?;
                Url::with_driver(sql.driver, &other, &Environment::new())?
            }
            None => given,
        };
        Ok(Self { sql, admin, dbstring: admin_url.to_owned(), redacted, connection: None })
    }

    /// Who and where, without the password.
    pub(super) fn redacted(&self) -> &str {
        &self.redacted
    }

    /// Asks the server. Connects first where that is needed, and takes the lock that says that this process lives.
    pub(super) async fn query(&mut self, doing: &'static str, sql: &str) -> Result<Vec<Row>, Error> {
        let connection = match &mut self.connection {
            Some(connection) if !connection.is_closed() => connection,
            gone => gone.insert(connect(self.sql, &self.admin, &self.redacted).await?),
        };
        connection.query(sql).await.map_err(|error| Error::database(doing, error))
    }

    /// Drops a database.
    pub(super) async fn drop(&mut self, name: &str) -> Result<(), Error> {
        let sql = (self.sql.drop)(name);
        self.query("drop a test database", &sql).await.map(drop)
    }

    /// Drops what dead processes left. Another process may be at it too, so failures say nothing.
    pub(super) async fn sweep(&mut self) -> Result<(), Error> {
        for row in self.query("look for databases of tests that died", self.sql.orphans).await? {
            if let Some(Some(name)) = row.first() {
                let _ = self.drop(name).await;
            }
        }
        Ok(())
    }

    /// A database of the server, as it is handed out.
    pub(super) fn made(&self, name: String) -> Result<Made, Error> {
        let url = with_database(self.sql.driver, &self.dbstring, &name)?;
        Ok(Made { name, url })
    }

    /// Migrates a database that was just created, and drops it when that fails.
    pub(super) async fn migrate(&mut self, name: &str, migrator: &Migrator) -> Result<(), Error> {
        let url = with_database(self.sql.driver, &self.dbstring, name)?;
        let result = migrate(self.sql.driver, &url, migrator).await;
        if result.is_err() {
            let _ = self.drop(name).await;
        }
        result
    }
}

/// Applies everything, if there is anything.
pub(super) async fn migrate(driver: &str, url: &str, migrator: &Migrator) -> Result<(), Error> {
    if migrator.list_sources().is_empty() {
        return Ok(());
    }
    migrator.up(&Url::with_driver(driver, url, &Environment::new())?).await.map(drop)
}

/// A new name of this process.
pub(super) fn new_name() -> String {
    format!("{}_{}", owner(), new_number())
}

/// What says that this process lives, and begins the names of its databases.
fn owner() -> String {
    format!("{PREFIX}{:016x}", *OWNER)
}

async fn connect(sql: &Sql, admin: &Url, shown: &str) -> Result<Box<dyn Connection>, Error> {
    let connected = match admin.endpoint().connect(Access::Write).await {
        Ok(mut connection) => connection.execute(&(sql.claim)(&owner())).await.map(|()| connection),
        Err(error) => Err(error),
    };
    connected.map_err(|mut error| {
        error.message += &format!(
            " (the test's URL for test databases is `{shown}`: it must name a server that runs, and a user who may \
             create databases)"
        );
        Error::database("connect", error)
    })
}

fn with_database(driver: &str, dbstring: &str, database: &str) -> Result<String, Error> {
    let driver = driver_by_name(driver)
        .ok_or_else(|| Error::config(format!("enable the feature `{driver}` of brant")))?;
    driver.with_database(dbstring, database).map_err(Error::from_driver)
}
