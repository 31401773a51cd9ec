//! `wait`: until the database accepts connections, and not for what time does not mend.

mod support;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use brant_testkit::{Engine, TestDatabase, each_engine};
use support::{brant, timed};

/// Every engine that is reached through a network.
fn each_server(test: impl Fn(&TestDatabase) + Sync + Send) {
    each_engine(|db| {
        if db.engine != Engine::Sqlite {
            test(db);
        }
    });
}

/// A door to the server that turns the first visitors away.
fn reluctant_door(to: SocketAddr, n_refused: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten().skip(n_refused) {
            let server = TcpStream::connect(to).unwrap();
            for (mut from, mut to) in
                [(client.try_clone().unwrap(), server.try_clone().unwrap()), (server, client)]
            {
                std::thread::spawn(move || std::io::copy(&mut from, &mut to));
            }
        }
    });
    address
}

/// An address where nobody listens.
fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[test]
fn a_database_that_is_there_is_not_waited_for() {
    each_engine(|db| {
        let output = brant(db).run(["wait", "--format", "json"]);
        let output = output.expect_code(0);
        assert_eq!(output.stderr, "", "{}", db.engine);
        assert!(output.stdout.contains("\"server\": \""), "{}", output.stdout);
        assert_eq!(brant(db).run(["wait", "--for", "0s"]).expect_code(0).stderr, "");
    });
}

#[test]
fn a_server_that_is_not_ready_is_waited_for() {
    each_server(|db| {
        let door = reluctant_door(db.server().addr(), 3);
        let output = brant(db).env("GOOSE_DBSTRING", db.dbstring_through(door)).run(["wait", "--for", "30s"]);
        let output = output.expect_code(0);
        assert!(output.stdout.starts_with("brant: the database accepts connections: "), "{}", output.stdout);
        assert_eq!(output.stderr.matches("waiting for the database").count(), 1, "{}", output.stderr);
    });
}

#[test]
fn when_the_time_is_over_the_last_error_is_told_without_secrets() {
    each_server(|db| {
        let brant = brant(db).env("GOOSE_DBSTRING", db.dbstring_through(nobody()));
        let (output, took) = timed(|| brant.run(["wait", "--for", "400ms"]));
        let output = output.expect_code(1);
        assert!(took < Duration::from_secs(10), "{took:?}");
        assert!(output.stderr.contains("brant: no connection within 400ms: "), "{}", output.stderr);
        assert!(output.stderr.contains("refused"), "{}", output.stderr);
        assert!(!output.stderr.contains(&db.server().password), "{}", output.stderr);
        let ended = brant.run(["wait", "--for", "60s", "-timeout", "300ms"]);
        let ended = ended.expect_code(1);
        assert!(ended.stderr.contains("timeout"), "{}", ended.stderr);
    });
}

#[test]
fn a_refused_password_is_not_waited_for() {
    each_server(|db| {
        let wrong = db.dbstring().replace(&db.server().password, "wrong-password");
        let (output, took) = timed(|| brant(db).env("GOOSE_DBSTRING", &wrong).run(["wait", "--for", "60s"]));
        let output = output.expect_code(1);
        assert!(took < Duration::from_secs(30), "{took:?}");
        assert!(output.stderr.starts_with("brant: failed to connect: "), "{}", output.stderr);
        assert!(!output.stderr.contains("wrong-password"), "{}", output.stderr);
    });
}
