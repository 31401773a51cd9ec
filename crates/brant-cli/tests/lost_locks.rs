//! The lock is lost while a run is at work: it stops before its next step and says so, however the loss shows. A server
//! that has fallen silent holds up nobody for ever.

mod support;

use std::time::Duration;

use brant_testkit::proxy::{Cut, ProxyOptions};
use brant_testkit::{Engine, Output, Proxy, TestDatabase, each_engine};
use support::{applied, brant, timed};

/// A lock that nothing was heard of for a second is asked for, and the answer is waited for five seconds.
const NOTICED_WITHIN: Duration = Duration::from_secs(5);
/// What a busy machine takes for the rest.
const SLACK: Duration = Duration::from_secs(15);

/// The servers, on which the lock belongs to a connection.
fn each_server(body: impl Fn(&TestDatabase)) {
    each_engine(|db| {
        if db.engine != Engine::Sqlite {
            body(db);
        }
    });
}

/// What only the question about the lock says.
fn question(db: &TestDatabase) -> String {
    let text = if db.engine == Engine::Postgres { "*/ SELECT 1" } else { "<=> CONNECTION_ID()" };
    text.to_owned()
}

/// Two steps that share no transaction.
fn write_steps(db: &TestDatabase, first: &str) {
    db.write("migrations/00001_first.sql", &format!("-- +goose NO TRANSACTION\n-- +goose Up\n{first}\n"));
    db.write("migrations/00002_next.sql", "-- +goose Up\nCREATE TABLE next (id int);\n");
}

/// After this the lock was not heard of for longer than a second.
fn pause(db: &TestDatabase) -> &'static str {
    if db.engine == Engine::Postgres { "SELECT pg_sleep(1.2);" } else { "DO sleep(1.2);" }
}

fn up_through(db: &TestDatabase, options: ProxyOptions, flags: &[&str]) -> (Output, Duration) {
    let proxy = Proxy::with(db.server().addr(), options);
    let brant = brant(db).env("GOOSE_DBSTRING", db.dbstring_through(proxy.addr()));
    timed(|| brant.run([&["-dir", "migrations"], flags, &["up"]].concat()))
}

fn check_lost(db: &TestDatabase, output: &Output) {
    let Output { stdout, stderr, .. } = output;
    assert_eq!(output.code, 1, "{}: {stdout}{stderr}", db.engine);
    let told = "brant: the connection that held the lock is gone\nstate: 1 migration done and recorded, the rest untouched\n\
                next: run `brant -dir migrations up`: it goes on where this run stopped";
    assert!(stderr.contains(told), "{}: {stderr}", db.engine);
    assert_eq!(applied(db), [1], "{}", db.engine);
    assert!(!db.row_counts().contains_key("next"), "{}", db.engine);
    brant(db).run(["-dir", "migrations", "up", "--lock-wait", "20s"]).expect_code(0);
    assert_eq!(applied(db), [1, 2], "{}", db.engine);
}

#[test]
fn a_lock_connection_that_fell_silent_is_noticed_before_the_next_step() {
    each_server(|db| {
        write_steps(db, pause(db));
        let silent_at = Some(question(db));
        let (output, took) = up_through(db, ProxyOptions { silent_at, ..ProxyOptions::default() }, &[]);
        assert!(took >= NOTICED_WITHIN && took < NOTICED_WITHIN + SLACK, "{}: {took:?}", db.engine);
        check_lost(db, &output);
    });
}

#[test]
fn a_lock_connection_that_was_closed_between_two_steps_is_noticed() {
    each_server(|db| {
        write_steps(db, pause(db));
        let cut = Some(Cut::BeforeText(question(db)));
        let (output, took) = up_through(db, ProxyOptions { cut, ..ProxyOptions::default() }, &[]);
        assert!(took < SLACK, "{}: {took:?}", db.engine);
        check_lost(db, &output);
    });
}

/// The connection is there, and has no lock any more.
#[test]
fn a_lock_that_a_migration_gave_back_is_noticed() {
    if !brant_testkit::engines().contains(&Engine::MariaDb) {
        return;
    }
    let db = brant_testkit::mariadb();
    write_steps(&db, &format!("{}\nDO RELEASE_ALL_LOCKS();", pause(&db)));
    check_lost(&db, &brant(&db).run(["-dir", "migrations", "up"]));
}

/// All is done and recorded: the lock is left to the server.
#[test]
fn a_server_that_falls_silent_at_the_end_holds_nobody_up() {
    each_server(|db| {
        write_steps(db, "SELECT 1;");
        let end = if db.engine == Engine::Postgres { "ROLLBACK" } else { "RELEASE_LOCK" };
        let silent_at = Some(end.to_owned());
        let (output, took) = up_through(db, ProxyOptions { silent_at, ..ProxyOptions::default() }, &[]);
        assert!(took < NOTICED_WITHIN + SLACK, "{}: {took:?}", db.engine);
        assert_eq!(output.code, 0, "{}: {}", db.engine, output.stderr);
        assert_eq!(applied(db), [1, 2], "{}", db.engine);
    });
}

/// The server never answers a statement, nor that it is to be cancelled.
#[test]
fn a_time_limit_ends_a_run_whose_server_has_fallen_silent() {
    each_server(|db| {
        write_steps(db, "SELECT 1;");
        let silent_at = Some("CREATE TABLE next".to_owned());
        let options = ProxyOptions { silent_at, ..ProxyOptions::default() };
        let (output, took) = up_through(db, options, &["-timeout", "2s"]);
        assert!(took < Duration::from_secs(12) + SLACK, "{}: {took:?}", db.engine);
        assert_eq!(output.code, 1, "{}: {}", db.engine, output.stderr);
        for told in
            ["timeout: the time given with -timeout is over", "the connection was given up", "state: "]
        {
            assert!(output.stderr.contains(told), "{}: {}", db.engine, output.stderr);
        }
        assert!(!db.row_counts().contains_key("next"), "{}", db.engine);
        assert!(!applied(db).contains(&2), "{}", db.engine);
    });
}
