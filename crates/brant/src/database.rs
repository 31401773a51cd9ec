//! Databases that migrations can be run on.

use async_trait::async_trait;
use brant_driver::{Access, Connection, DriverError, Endpoint, Environment, driver_by_name, driver_for_url};

use crate::Error;

/// A database that migrations can be run on: a [`Url`], or what an adapter makes of a pool, a client or a connection that
/// the application has.
///
/// The adapters are crates of their own: `brant-sqlx`, `brant-tokio-postgres`, `brant-rusqlite`.
#[async_trait]
pub trait Database: Send + Sync {
    /// The name of its dialect: `postgres`, `mysql` or `sqlite`.
    fn dialect(&self) -> &'static str;

    /// Connects, or lends a connection that is open.
    ///
    /// # Errors
    ///
    /// When there is none to be had.
    async fn connect(&self, access: Access) -> Result<Box<dyn Connection + '_>, DriverError>;
}

/// A database named by a connection string, reached by brant's own drivers.
///
/// Needs the feature of its driver: `postgres`, `mysql` or `sqlite`.
pub struct Url {
    endpoint: Box<dyn Endpoint>,
    dialect: &'static str,
}

impl Url {
    /// Reads a URL (`postgres://…`, `mysql://…`, `sqlite:…`). Nothing is connected yet, and no variable of the
    /// environment is read.
    ///
    /// ```
    /// # #[cfg(feature = "postgres")] {
    /// let database = brant::Url::parse("postgres://app@localhost/shop")?;
    /// # }
    /// # Ok::<(), brant::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When it is malformed, or the feature of its driver is off.
    pub fn parse(url: &str) -> Result<Self, Error> {
        let driver = driver_for_url(url).ok_or_else(|| {
            let known: Vec<&str> =
                brant_driver::DRIVERS.iter().flat_map(|driver| driver.schemes()).copied().collect();
            Error::config(match known.is_empty() {
                true => "no driver is built in: enable the feature `postgres`, `mysql` or `sqlite` of brant"
                    .to_owned(),
                false => {
                    format!("the connection string does not begin with a known scheme ({})", known.join(", "))
                }
            })
        })?;
        let endpoint = driver.parse(url, &Environment::new()).map_err(Error::from_driver)?;
        Ok(Self { endpoint, dialect: driver.dialect() })
    }

    /// Reads a connection string for a driver that is named as on the command line (`postgres`, `mysql`, `sqlite3`), with
    /// the variables that may complete it (`PGHOST`, …).
    ///
    /// ```
    /// # #[cfg(feature = "postgres")] {
    /// use brant::driver::Environment;
    /// let environment = Environment::from([("PGHOST".to_owned(), "localhost".to_owned())]);
    /// let database = brant::Url::with_driver("postgres", "dbname=shop user=app", &environment)?;
    /// # }
    /// # Ok::<(), brant::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When there is no such driver, or the string is malformed.
    pub fn with_driver(driver: &str, dbstring: &str, environment: &Environment) -> Result<Self, Error> {
        let driver = driver_by_name(driver)
            .ok_or_else(|| Error::config(format!("there is no driver `{driver}` in this build")))?;
        let endpoint = driver.parse(dbstring, environment).map_err(Error::from_driver)?;
        Ok(Self { endpoint, dialect: driver.dialect() })
    }

    #[cfg(feature = "testing")]
    pub(crate) fn endpoint(&self) -> &dyn Endpoint {
        &*self.endpoint
    }

    /// The connection string with its password masked.
    ///
    /// ```
    /// # #[cfg(feature = "postgres")] {
    /// let database = brant::Url::parse("postgres://app:secret@localhost/shop")?;
    /// assert!(!database.redacted().contains("secret"));
    /// # }
    /// # Ok::<(), brant::Error>(())
    /// ```
    #[must_use]
    pub fn redacted(&self) -> String {
        self.endpoint.redacted()
    }
}

impl std::fmt::Debug for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Url").field(&self.redacted()).finish()
    }
}

#[async_trait]
impl Database for Url {
    fn dialect(&self) -> &'static str {
        self.dialect
    }

    async fn connect(&self, access: Access) -> Result<Box<dyn Connection + '_>, DriverError> {
        Ok(self.endpoint.connect(access).await?)
    }
}
