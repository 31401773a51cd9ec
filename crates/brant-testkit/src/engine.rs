//! The engines that tests run on.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{Server, TestDatabase};

/// A kind of database server (or library) that a test can run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Engine {
    /// SQLite: a file, no server.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MariaDB, which stands for the MySQL family.
    MariaDb,
}

impl Engine {
    /// Every engine, the cheapest first.
    pub const ALL: [Engine; 3] = [Engine::Sqlite, Engine::Postgres, Engine::MariaDb];

    /// The engine's name in messages, file names and `BRANT_TEST_ENGINES`.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgres",
            Engine::MariaDb => "mariadb",
        }
    }

    /// The driver name that goose and brant take on the command line.
    pub fn driver(self) -> &'static str {
        match self {
            Engine::Sqlite => "sqlite3",
            Engine::Postgres => "postgres",
            Engine::MariaDb => "mysql",
        }
    }

    /// The engine of a name as people write it.
    pub fn from_name(name: &str) -> Option<Engine> {
        match name.trim().to_ascii_lowercase().as_str() {
            "sqlite" | "sqlite3" => Some(Engine::Sqlite),
            "postgres" | "postgresql" | "pg" => Some(Engine::Postgres),
            "mariadb" => Some(Engine::MariaDb),
            _ => None,
        }
    }

    /// Whether the server can put data definition under a transaction.
    pub fn transactional_ddl(self) -> bool {
        self != Engine::MariaDb
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What stands for MySQL's own server in `BRANT_TEST_ENGINES`.
const MYSQL: &str = "mysql";

/// The engines wanted: all, or those that `BRANT_TEST_ENGINES` lists.
///
/// # Panics
/// When the variable names something that is no engine: a typing error must not skip tests.
pub fn engines() -> Vec<Engine> {
    wanted(list().as_deref()).0
}

/// `./test --soak`: all rounds of the heavy tests, and MySQL's own server.
pub fn is_soak() -> bool {
    std::env::var_os("BRANT_SOAK").is_some()
}

fn list() -> Option<String> {
    std::env::var("BRANT_TEST_ENGINES").ok()
}

/// The engines that a list names, and whether it names MySQL itself.
fn wanted(list: Option<&str>) -> (Vec<Engine>, bool) {
    let Some(list) = list.filter(|list| !list.trim().is_empty()) else {
        return (Engine::ALL.to_vec(), false);
    };
    let (mysql, names): (Vec<&str>, Vec<&str>) =
        list.split(',').map(str::trim).filter(|name| !name.is_empty()).partition(|name| *name == MYSQL);
    let named: Vec<Engine> = names
        .iter()
        .map(|name| {
            Engine::from_name(name).unwrap_or_else(|| {
                panic!("BRANT_TEST_ENGINES: `{name}` is none of sqlite, postgres, mariadb, mysql")
            })
        })
        .collect();
    (Engine::ALL.into_iter().filter(|engine| named.contains(engine)).collect(), !mysql.is_empty())
}

/// An engine, or MySQL's own server, which otherwise counts as MariaDB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Product {
    /// The engine that it counts as.
    pub engine: Engine,
    /// It is MySQL's own server.
    pub is_mysql: bool,
}

impl Product {
    /// Its shared server; SQLite has none.
    ///
    /// # Panics
    /// When it can't be had, with the reason and what to install.
    pub fn server(self) -> Option<Server> {
        let server = match self {
            Product { engine: Engine::Sqlite, .. } => return None,
            Product { is_mysql: true, .. } => Server::shared_mysql(),
            Product { engine, .. } => Server::shared(engine),
        };
        Some(server.unwrap_or_else(|why| panic!("{why}")))
    }

    fn fresh(self) -> TestDatabase {
        if self.is_mysql { crate::mysql() } else { TestDatabase::fresh(self.engine) }
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_mysql { MYSQL } else { self.engine.name() })
    }
}

/// What [`each_engine`] runs a test on: every wanted engine, and MySQL's own server with `./test --soak` or where it is
/// named.
pub fn products() -> Vec<Product> {
    let (wanted, is_mysql_wanted) = wanted(list().as_deref());
    let is_mysql_wanted = is_mysql_wanted || is_soak() && wanted.contains(&Engine::MariaDb);
    let mysql = is_mysql_wanted.then_some(Product { engine: Engine::MariaDb, is_mysql: true });
    wanted.into_iter().map(|engine| Product { engine, is_mysql: false }).chain(mysql).collect()
}

/// Runs one body of test on a fresh database of every wanted engine, and of MySQL's own server with `./test --soak` or
/// where it is named.
///
/// # Panics
/// After all engines had their turn, when the body panicked on some: the message names them.
pub fn each_engine(test: impl Fn(&TestDatabase)) {
    each_of(&Engine::ALL, test);
}

/// As [`each_engine`], on some of them. MySQL's own server is there where MariaDB is.
///
/// # Panics
/// As [`each_engine`].
pub fn each_of(engines: &[Engine], test: impl Fn(&TestDatabase)) {
    let mut failures = Vec::new();
    for product in products().into_iter().filter(|product| engines.contains(&product.engine)) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| test(&product.fresh()))) {
            failures.push(format!("on {product}: {}", panic_text(panic.as_ref())));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("panicked").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_of_engines_chooses_in_fixed_order() {
        assert_eq!(wanted(None), (Engine::ALL.to_vec(), false));
        assert_eq!(wanted(Some(" ")), (Engine::ALL.to_vec(), false));
        assert_eq!(wanted(Some("mariadb, sqlite")), (vec![Engine::Sqlite, Engine::MariaDb], false));
        assert_eq!(wanted(Some("mysql,sqlite")), (vec![Engine::Sqlite], true));
    }

    #[test]
    fn misspelt_engine_is_an_error() {
        let panic = catch_unwind(|| wanted(Some("postgers"))).unwrap_err();
        assert!(panic_text(panic.as_ref()).contains("`postgers`"));
    }

    #[test]
    fn failure_names_its_engine_and_others_still_run() {
        let panic = catch_unwind(|| {
            each_engine(|db| assert!(db.engine != Engine::Sqlite, "the body's own words"));
        });
        let text = panic_text(panic.unwrap_err().as_ref());
        assert_eq!(text, "on sqlite: the body's own words");
    }
}
