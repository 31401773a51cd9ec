//! Logging in by URLs with passwords as people paste them, at a server that asks for the very password.
#![cfg(feature = "postgres")]
#![allow(missing_docs)]

use brant_driver::drivers::postgres::Postgres;
use brant_driver::{Access, Driver, Environment};
use brant_testkit::Server;

/// Those whose reading `src/drivers/postgres/conninfo/tests/passwords.rs` checks.
const PASSWORDS: &str = include_str!("../src/drivers/postgres/conninfo/tests/passwords.txt");

/// User and database of the session, or why there is none.
async fn log_in(url: &str) -> Result<String, String> {
    let endpoint = Postgres.parse(url, &Environment::new()).map_err(|error| error.to_string())?;
    let mut connection = endpoint.connect(Access::Write).await.map_err(|error| error.to_string())?;
    let rows = connection.query("SELECT current_user || '|' || current_database()").await;
    connection.close().await;
    Ok(rows.map_err(|error| error.to_string())?[0][0].clone().unwrap_or_default())
}

#[tokio::test]
async fn every_password_logs_in_as_it_is() {
    let database = brant_testkit::postgres();
    let Server { port, socket, .. } = database.server();
    let name = database.name();
    let folder = socket.display().to_string();
    let places = [
        format!("127.0.0.1:{port}/{name}"),
        format!("127.0.0.1:{port}/{name}?sslmode=disable&application_name=me@here"),
        format!("127.0.0.1:1,localhost:{port}/{name}"),
        format!("{}:{port}/{name}", folder.replace('/', "%2F")),
        format!("/{name}?host={folder}&port={port}"),
        format!("127.0.0.1:{port}?dbname={name}"),
    ];
    let users: Vec<String> =
        (0..PASSWORDS.lines().count()).map(|number| format!("{name}_{number}")).collect();
    let create = users.iter().zip(PASSWORDS.lines()).map(|(user, password)| {
        let literal = password.replace('\\', "\\\\").replace('\'', "\\'");
        format!("CREATE ROLE {user} LOGIN PASSWORD E'{literal}'; ")
    });
    database.sql(&create.collect::<String>()).unwrap();
    for (number, (user, password)) in users.iter().zip(PASSWORDS.lines()).enumerate() {
        // A login takes its time: each password has two of the places.
        for place in [&places[0], &places[1 + number % (places.len() - 1)]] {
            let url = format!("postgres://{user}:{password}@{place}");
            match log_in(&url).await {
                Ok(seen) => assert_eq!(seen, format!("{user}|{name}"), "{url}"),
                // Without a database in the path, it may itself be the end of one.
                Err(error) => {
                    assert!(error.starts_with("it is not clear where the password ends"), "{url}: {error}");
                    assert!(place.contains("?dbname") && ["/ss", "//", "p@h/x"].contains(&password), "{url}");
                }
            }
        }
        let wrong = log_in(&format!("postgres://{user}:{password}x@{}", places[0])).await.unwrap_err();
        assert!(wrong.contains("password authentication failed"), "{password}: {wrong}");
        assert!(!wrong.contains(&format!("{password}x")), "{wrong}");
    }
    database.sql(&format!("DROP ROLE {}", users.join(", "))).unwrap();
}
