//! The examples of `docs/connecting-postgres.md`, on a server that has what they speak of.
#![cfg(feature = "postgres")]
#![allow(missing_docs)]

#[allow(dead_code, reason = "this test needs a part of it")]
mod pki;

use std::path::Path;

use brant_driver::drivers::postgres::Postgres;
use brant_driver::{Access, Driver, Environment};
use brant_testkit::{Engine, PrivateServer, ServerOptions, TestDatabase};
use pki::{Folder, Pki};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/connecting-postgres.md");

/// The lines of the blocks that begin with ```` ```sh ````.
fn commands(text: &str) -> Vec<&str> {
    let mut commands = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(language) => inside = language == "sh",
            None if inside => commands.push(line),
            None => {}
        }
    }
    commands
}

/// `A=1 B=2 brant postgres "STRING" COMMAND` as the variables and the string.
fn take_apart(command: &str) -> (Environment, String) {
    let (before, after) = command.split_once("brant postgres \"").unwrap_or_else(|| panic!("{command}"));
    let (string, _) = after.split_once('"').unwrap_or_else(|| panic!("{command}"));
    let variable = |word: &str| word.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
    (before.split_whitespace().filter_map(variable).collect(), string.to_owned())
}

/// A server with the database, the user and the certificates of the examples.
fn server(pki: &Pki) -> (PrivateServer, TestDatabase) {
    let server = PrivateServer::start(Engine::Postgres, &ServerOptions::default());
    let database = TestDatabase::on(&server);
    let write = |name: &str, text: &str| {
        let text = text.replace("\r\n", "\n").replace('\n', "\\n");
        let command = format!("cat > /dev/null; umask 077; printf -- \"{text}\" > {name}");
        database.sql(&format!("COPY (SELECT 1) TO PROGRAM '{command}'")).unwrap();
    };
    write("server.crt", &pki.good.certificate);
    write("server.key", &pki.good.key);
    write("ca.crt", &pki.authority);
    for sql in [
        "CREATE ROLE app LOGIN SUPERUSER PASSWORD 'secret'",
        "CREATE DATABASE shop OWNER app",
        "ALTER SYSTEM SET ssl_ca_file = 'ca.crt'",
        "ALTER SYSTEM SET ssl = on",
        "SELECT pg_reload_conf(), pg_sleep(0.5)",
    ] {
        database.sql(sql).unwrap();
    }
    (server, database)
}

#[tokio::test]
async fn the_examples_connect() {
    let text = std::fs::read_to_string(Path::new(DOCUMENT)).unwrap();
    let commands = commands(&text);
    assert!(commands.len() > 15, "{commands:?}");
    let pki = Pki::new();
    let (server, _database) = server(&pki);
    let files = Folder::new();
    let ca = files.write("etc/ca.crt", &pki.authority);
    files.write("etc/client.crt", &pki.client.certificate);
    let key = files.write("etc/client.key", &pki.client.key);
    files.encrypt(&key, "etc/locked.key", "pkcs8 -topk8");
    for place in ["etc/pgpass", ".pgpass"] {
        files.write(place, "localhost:*:shop:app:secret\n");
    }
    for place in ["etc/pg_service.conf", ".pg_service.conf"] {
        files.write(place, "[shop]\nhost=localhost\ndbname=shop\nuser=app\n");
    }
    let here = |text: &str| {
        ["db.example.com", "db1.example.com", "db2.example.com"]
            .iter()
            .fold(text.to_owned(), |text, name| text.replace(name, "localhost"))
            .replace(":5432", &format!(":{}", server.port))
            .replace("port=5432", &format!("port={}", server.port))
            .replace("/etc/brant", &format!("{}/etc", files.path()))
            .replace("/run/postgresql", &server.socket.display().to_string())
    };
    for command in commands {
        let (mut environment, string) = take_apart(&here(command));
        for (key, value) in
            [("PGPORT", server.port.to_string()), ("HOME", files.path()), ("SSL_CERT_FILE", ca.clone())]
        {
            environment.insert(key.to_owned(), value);
        }
        let endpoint =
            Postgres.parse(&string, &environment).unwrap_or_else(|error| panic!("{command}: {error}"));
        let connected = endpoint.connect(Access::Write).await;
        let mut connection = connected.unwrap_or_else(|error| panic!("{command}: {error}"));
        let rows = connection.query("SELECT current_user, current_database()").await.unwrap();
        assert_eq!(rows, [vec![Some("app".to_owned()), Some("shop".to_owned())]], "{command}");
        connection.close().await;
    }
}
