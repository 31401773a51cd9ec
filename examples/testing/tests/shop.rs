//! No test sees what another one did: each has its own copy of a database that was migrated once.

use brant::Migrations;
use brant::testing::{TestDatabase, assert_reversible};
use brant_example_testing::{deliver, in_stock, migrations, sell};
use rusqlite::Connection;

/// A migrated database, and the application's own connection to it.
async fn shop() -> (TestDatabase, Connection) {
    let database = TestDatabase::sqlite(migrations()).await.unwrap();
    let connection = Connection::open(database.name()).unwrap();
    (database, connection)
}

#[tokio::test]
async fn what_is_sold_is_taken_from_the_stock() {
    let (_database, db) = shop().await;
    deliver(&db, "teapot", 5).unwrap();
    sell(&db, "teapot", 2).unwrap();
    assert_eq!(in_stock(&db, "teapot").unwrap(), 3);
}

#[tokio::test]
async fn more_than_there_is_can_not_be_sold() {
    let (_database, db) = shop().await;
    deliver(&db, "teapot", 1).unwrap();
    assert!(sell(&db, "teapot", 2).is_err());
    assert_eq!(in_stock(&db, "teapot").unwrap(), 1);
}

#[tokio::test]
async fn each_down_undoes_its_up() {
    let empty = TestDatabase::sqlite(Migrations::new()).await.unwrap();
    assert_reversible(&empty, migrations()).await;
}
