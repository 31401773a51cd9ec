//! Two replicas start at once on an empty database.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use brant_testkit::TestDatabase;

/// A replica, ended with the test.
struct Replica {
    child: Child,
    /// What it said until it was ready.
    said: String,
    address: String,
}

impl Drop for Replica {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start(db: &TestDatabase) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_web-service"));
    command.env("DATABASE_URL", db.dbstring()).env("LISTEN", "127.0.0.1:0").stdout(Stdio::piped());
    command.spawn().unwrap()
}

fn wait_until_it_listens(mut child: Child) -> Replica {
    let mut said = String::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        if let Some(address) = line.strip_prefix("listening on ") {
            let address = address.to_owned();
            return Replica { child, said, address };
        }
        said.push_str(&line);
    }
    let _ = child.wait();
    panic!("the replica ended: {said}");
}

fn get(address: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn two_replicas_start_at_once_and_an_old_one_beside_a_newer_database() {
    let db = brant_testkit::postgres();
    let replicas = [start(&db), start(&db)].map(wait_until_it_listens);
    let opened = db.column("SELECT count(*) FROM visits WHERE path = '/grand-opening'");
    assert_eq!(opened, ["1"]);
    let versions = db.column("SELECT version_id FROM goose_db_version WHERE version_id > 0 ORDER BY id");
    assert_eq!(versions, ["1", "2", "3"]);
    let said: Vec<&str> = replicas.iter().map(|replica| replica.said.as_str()).collect();
    assert!(said.contains(&"applied 3 migrations"), "{said:?}");
    for replica in &replicas {
        let answer = get(&replica.address);
        assert!(answer.contains("200 OK") && answer.contains("visit number"), "{answer}");
    }
    db.sql("INSERT INTO goose_db_version (version_id, is_applied) VALUES (4, true)").unwrap();
    let old = wait_until_it_listens(start(&db));
    assert_eq!(old.said, "a newer release was here: it has applied 1 more");
}
