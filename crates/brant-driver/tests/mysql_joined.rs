//! Statements that travel as one message to MariaDB.
#![cfg(feature = "mysql")]

use std::time::Duration;

use brant_driver::{Access, Batch, Connection, Environment, ErrorKind, driver_by_name};
use brant_testkit::{Proxy, mariadb};
use tokio::sync::Notify;
use tokio::time::sleep;

async fn connect(dbstring: &str) -> Box<dyn Connection> {
    let endpoint = driver_by_name("mysql").expect("the driver").parse(dbstring, &Environment::new());
    endpoint.expect(dbstring).connect(Access::Write).await.expect("a connection")
}

#[tokio::test]
async fn joined_statements_are_told_apart() {
    let db = mariadb();
    let mut c = connect(&db.dbstring()).await;
    c.execute("CREATE TABLE a (x INT)").await.expect("a table");
    let (note, broken) = ("INSERT INTO a VALUES (1)", "INSERT INTO nope VALUES (1)");
    for (statements, failed) in [
        ([note, "BEGIN", note].as_slice(), None),
        (&[note, "BEGIN", "SELECT 1; INSERT INTO a VALUES (2), (3); SELECT * FROM a"], None),
        (&[broken, note], Some(0)),
        (&[note, broken, note], Some(1)),
        (&[note, broken], Some(1)),
        (&[note, "SELECT 1; SELECT * FROM nope"], Some(1)),
        // This one fails when the first row is already there.
        (&[note, "SELECT (SELECT x FROM a WHERE x <= b.x) FROM a b"], Some(1)),
        (&[note], None),
        (&[], None),
    ] {
        let mut heard = Vec::new();
        let outcome = c.run(statements, Batch::Joined, &mut |index, _| heard.push(index)).await;
        assert_eq!(outcome.err().map(|failure| failure.index), failed, "{statements:?}");
        assert_eq!(heard, (0..failed.unwrap_or(statements.len())).collect::<Vec<_>>(), "{statements:?}");
    }
}

#[tokio::test]
async fn joined_statements_are_one_message_unless_they_are_long() {
    let db = mariadb();
    let proxy = Proxy::start(db.server().addr());
    let mut c = connect(&db.dbstring_through(proxy.addr())).await;
    let long = format!("SELECT '{}'", "x".repeat(1 << 19));
    for (second, messages) in [("SELECT 2", 1), (long.as_str(), 2)] {
        let before = proxy.turns();
        c.run(&["DO 1", second], Batch::Joined, &mut |_, _| {}).await.expect("both");
        assert_eq!(proxy.turns() - before, messages);
    }
}

#[tokio::test]
async fn the_first_of_joined_statements_is_heard_of_while_the_next_runs() {
    let db = mariadb();
    let mut c = connect(&db.dbstring()).await;
    let (canceller, noted) = (c.canceller(), Notify::new());
    let mut done = |index, time: Duration| {
        assert!(index == 0 && time < Duration::from_secs(20), "{index} {time:?}");
        noted.notify_one();
    };
    let (outcome, cancelled) =
        tokio::join!(c.run(&["DO 1", "SELECT SLEEP(60)"], Batch::Joined, &mut done), async {
            noted.notified().await;
            // The answer may be here before the next statement has begun.
            sleep(Duration::from_millis(200)).await;
            canceller.cancel().await
        });
    assert_eq!(cancelled, Ok(()));
    let failure = outcome.expect_err("cancelled");
    assert_eq!((failure.index, failure.error.kind), (1, ErrorKind::Cancelled));
}
