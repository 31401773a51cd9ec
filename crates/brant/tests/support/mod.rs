//! What the tests of the library share.
#![allow(dead_code, unused_imports, reason = "each test file uses its part of this module")]

mod hooked;

use std::process::{Command, Stdio};

use brant::Url;
use brant::driver::Environment;
use brant_testkit::TestDatabase;

pub(crate) use hooked::*;

/// The test database, by brant's own driver.
pub(crate) fn url(db: &TestDatabase) -> Url {
    Url::with_driver(db.driver(), &db.dbstring(), &Environment::new()).unwrap()
}

/// Applied versions, in the order in which they were applied.
pub(crate) fn applied(db: &TestDatabase) -> Vec<i64> {
    let sql = "SELECT version_id FROM goose_db_version WHERE version_id > 0 ORDER BY id";
    db.column(sql).iter().map(|version| version.parse().unwrap()).collect()
}

/// All of a heavy test with `./test --soak`, a tenth of it otherwise.
pub(crate) fn rounds(all: usize) -> usize {
    if brant_testkit::is_soak() { all } else { all.div_ceil(10) }
}

const DRIVER: &str = "BRANT_TEST_CHILD_DRIVER";
const DBSTRING: &str = "BRANT_TEST_CHILD_DBSTRING";

/// This very program once more, as a process of its own that runs the test `child` on the database.
pub(crate) fn child(db: &TestDatabase) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--nocapture"]).env(DRIVER, db.driver()).env(DBSTRING, db.dbstring());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The database that a child works on; nothing in a process that is no child.
pub(crate) fn of_child() -> Option<Url> {
    let [driver, dbstring] = [DRIVER, DBSTRING].map(|name| std::env::var(name).ok());
    Some(Url::with_driver(&driver?, &dbstring?, &Environment::new()).unwrap())
}
