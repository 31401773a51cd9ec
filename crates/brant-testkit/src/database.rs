//! One fresh database for one test.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::client::{self, Client};
use crate::server::{random_word, temp_dir};
use crate::{Engine, Redactor, Server, Session};

mod schema;

/// The tables in which goose and brant keep their own books.
const OWN_TABLES: [&str; 2] = ["goose_db_version", "brant_journal"];

/// A fresh SQLite database.
///
/// # Panics
/// When it can't be had, with the reason and what to install.
pub fn sqlite() -> TestDatabase {
    TestDatabase::fresh(Engine::Sqlite)
}

/// A fresh PostgreSQL database.
///
/// # Panics
/// When it can't be had, with the reason and what to install.
pub fn postgres() -> TestDatabase {
    TestDatabase::fresh(Engine::Postgres)
}

/// A fresh MariaDB database.
///
/// # Panics
/// When it can't be had, with the reason and what to install.
pub fn mariadb() -> TestDatabase {
    TestDatabase::fresh(Engine::MariaDb)
}

/// A fresh database on MySQL's own server.
///
/// # Panics
/// When it can't be had, with the reason and what to install.
pub fn mysql() -> TestDatabase {
    Server::shared_mysql().map_or_else(|why| panic!("{why}"), |server| TestDatabase::on(&server))
}

/// A fresh database of its own for one test, with a temporary folder; both go when it is dropped.
#[derive(Debug)]
pub struct TestDatabase {
    /// The kind of database.
    pub engine: Engine,
    name: String,
    dir: TempDir,
    server: Option<Server>,
}

impl TestDatabase {
    /// A fresh database on the shared server of that engine.
    ///
    /// # Panics
    /// When it can't be had, with the reason and what to install.
    pub fn fresh(engine: Engine) -> TestDatabase {
        let server = match engine {
            Engine::Sqlite => Ok(None),
            _ => Server::shared(engine).map(Some),
        };
        server.and_then(|server| TestDatabase::create(engine, server)).unwrap_or_else(|why| panic!("{why}"))
    }

    /// A fresh database on that server.
    ///
    /// # Panics
    /// When it can't be created, with the server's reason.
    pub fn on(server: &Server) -> TestDatabase {
        TestDatabase::create(server.engine, Some(server.clone())).unwrap_or_else(|why| panic!("{why}"))
    }

    /// Another fresh database of the same kind, on the same server if it has one.
    ///
    /// # Panics
    /// As [`TestDatabase::fresh`].
    pub fn another(&self) -> TestDatabase {
        TestDatabase::create(self.engine, self.server.clone()).unwrap_or_else(|why| panic!("{why}"))
    }

    /// Whether it is on MySQL's own server, which otherwise counts as MariaDB.
    pub fn is_mysql(&self) -> bool {
        self.server.as_ref().is_some_and(Server::is_mysql)
    }

    /// What its server is called in messages: the engine's name, or `mysql`.
    pub fn product(&self) -> &'static str {
        if self.is_mysql() { "mysql" } else { self.engine.name() }
    }

    fn create(engine: Engine, server: Option<Server>) -> Result<TestDatabase, String> {
        let dir = temp_dir()?;
        let mut name = format!("t_{}", &random_word()[..12]);
        match &server {
            Some(server) => {
                Client::new(server, "").run(&format!("CREATE DATABASE {name}"))?;
            }
            None => name = path_text(&dir.path().join("test.db")),
        }
        Ok(TestDatabase { engine, name, dir, server })
    }

    /// The driver name that goose and brant take: `sqlite3`, `postgres` or `mysql`.
    pub fn driver(&self) -> &'static str {
        self.engine.driver()
    }

    /// What goose and brant take to connect: a URL for PostgreSQL, a Go DSN for MariaDB, the path for SQLite.
    pub fn dbstring(&self) -> String {
        match &self.server {
            Some(server) => server.dbstring_of(&self.name),
            None => self.name.clone(),
        }
    }

    /// As [`TestDatabase::dbstring`], through another TCP address (of a [`crate::Proxy`], for example).
    ///
    /// # Panics
    /// On SQLite, which has no address.
    pub fn dbstring_through(&self, addr: SocketAddr) -> String {
        assert!(self.server.is_some(), "SQLite is not reached through a network");
        self.dbstring().replacen(&self.server().addr().to_string(), &addr.to_string(), 1)
    }

    /// The database's name on its server; the file's path for SQLite.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A temporary folder for the test's files (it holds the SQLite file too).
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The server that holds the database.
    ///
    /// # Panics
    /// On SQLite, which has none.
    pub fn server(&self) -> &Server {
        self.server.as_ref().unwrap_or_else(|| panic!("SQLite has no server"))
    }

    /// Writes a file below [`TestDatabase::dir`], with the folders it needs, and returns its path.
    ///
    /// # Panics
    /// When it can't be written.
    pub fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.dir().join(path);
        let folder = path.parent().unwrap_or(self.dir());
        let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, text));
        written.unwrap_or_else(|why| panic!("{}: cannot write: {why}", path.display()));
        path
    }

    /// Runs statements through the database's own client program (`psql`, `mariadb`, `sqlite3`) and
    /// returns the rows of all results, each value as the client prints it and NULL as `NULL`.
    ///
    /// # Errors
    /// The client's error text; nothing after the failing statement was run.
    pub fn sql(&self, sql: &str) -> Result<Vec<Vec<String>>, String> {
        match &self.server {
            Some(server) => Client::new(server, &self.name).run(sql),
            None => client::sqlite(Path::new(&self.name), sql),
        }
    }

    /// The first column of [`TestDatabase::sql`], for questions with one column.
    ///
    /// # Panics
    /// When the statement fails.
    pub fn column(&self, sql: &str) -> Vec<String> {
        let rows = self.sql(sql).unwrap_or_else(|why| panic!("{sql}: {why}"));
        rows.into_iter().filter_map(|row| row.into_iter().next()).collect()
    }

    /// A session of the database's own client program that stays open.
    ///
    /// # Panics
    /// On SQLite, which has no server, and when the client can't be started.
    pub fn session(&self) -> Session {
        Session::start(self.server(), &self.name)
    }

    /// The definition of everything in the database as SQL text, for comparing, by `pg_dump`,
    /// `mariadb-dump` or SQLite's own catalog; without the tables that goose and brant keep for
    /// themselves and without lines that differ from one dump to the next.
    ///
    /// # Panics
    /// When the dump fails.
    pub fn schema(&self) -> String {
        self.schema_without(&[])
    }

    /// As [`TestDatabase::schema`], also without these tables (a history table of another name).
    ///
    /// # Panics
    /// When the dump fails.
    pub fn schema_without(&self, tables: &[&str]) -> String {
        let without: Vec<&str> = OWN_TABLES.iter().chain(tables).copied().collect();
        schema::dump(self, &without).unwrap_or_else(|why| panic!("the schema of {}: {why}", self.engine))
    }

    /// How many rows each table has, but for the tables that goose and brant keep for themselves.
    /// PostgreSQL's tables outside of `public` are named `schema.table`.
    ///
    /// # Panics
    /// When a table can't be read.
    pub fn row_counts(&self) -> BTreeMap<String, u64> {
        schema::row_counts(self, &OWN_TABLES).unwrap_or_else(|why| panic!("rows of {}: {why}", self.engine))
    }

    /// What [`Redactor`] does, and also masks this database's folder, name, password and port.
    pub fn redactor(&self) -> Redactor {
        let mut redactor = Redactor::new().mask(path_text(self.dir()), "DIR");
        if let Some(server) = &self.server {
            redactor = redactor.mask(&server.password, "PASSWORD").mask(&self.name, "DB");
        }
        redactor
    }

    fn client(&self) -> Client<'_> {
        Client::new(self.server(), &self.name)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Some(server) = &self.server else { return };
        let name = &self.name;
        // The server goes with its folder anyway: whatever fails here is nothing to fail a test for.
        let _ = Client::new(server, "").run(&match self.engine {
            Engine::Postgres => format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
            _ => format!("SET SESSION lock_wait_timeout = 2; DROP DATABASE IF EXISTS {name}"),
        });
    }
}

fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
