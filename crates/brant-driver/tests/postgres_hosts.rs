//! Which server is taken, and with which password, on real servers.
#![cfg(feature = "postgres")]
#![allow(missing_docs)]

use brant_driver::drivers::postgres::Postgres;
use brant_driver::{Access, Connection, Driver, DriverError, Environment};
use brant_testkit::{Engine, PrivateServer, Proxy, Server, ServerOptions, TestDatabase};

async fn open(dbstring: &str, variables: &[(&str, &str)]) -> Result<Box<dyn Connection>, DriverError> {
    let mut environment = Environment::from([("USER".to_owned(), "me".to_owned())]);
    environment.extend(variables.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())));
    Postgres.parse(dbstring, &environment)?.connect(Access::Write).await
}

/// The port of the server that was taken, or why there is none.
async fn port(dbstring: &str, variables: &[(&str, &str)]) -> Result<String, String> {
    let mut connection =
        open(dbstring, variables).await.map_err(|error| format!("{error} {:?}", error.hint))?;
    let rows = connection.query("SELECT inet_server_port()").await.map_err(|error| error.to_string())?;
    connection.close().await;
    Ok(rows[0][0].clone().unwrap_or_default())
}

fn standby_of(primary: &Server) -> PrivateServer {
    let options = ServerOptions { standby_of: Some(primary.clone()), ..ServerOptions::default() };
    PrivateServer::start(Engine::Postgres, &options)
}

#[tokio::test]
async fn the_server_of_the_wanted_sort_is_taken() {
    let primary = PrivateServer::start(Engine::Postgres, &ServerOptions::default());
    let standby = standby_of(&primary);
    let Server { user, password, .. } = &*primary;
    let (p, s) = (primary.port.to_string(), standby.port.to_string());
    let dead = "1".to_owned();
    let both = [p.as_str(), s.as_str()];
    for (ports, attributes, want) in [
        (both, "any", Ok(&p)),
        (both, "read-write", Ok(&p)),
        (both, "read-only", Ok(&s)),
        (both, "primary", Ok(&p)),
        (both, "standby", Ok(&s)),
        (both, "prefer-standby", Ok(&s)),
        ([&s, &p], "any", Ok(&s)),
        ([&s, &p], "read-write", Ok(&p)),
        ([&s, &p], "read-only", Ok(&s)),
        ([&s, &p], "primary", Ok(&p)),
        ([&s, &p], "standby", Ok(&s)),
        ([&dead, &p], "prefer-standby", Ok(&p)),
        ([&dead, &p], "standby", Err("the server is not a standby")),
        ([&dead, &p], "read-only", Err("the server is not read-only")),
        ([&dead, &s], "primary", Err("the server is a standby")),
        ([&dead, &s], "read-write", Err("the server is read-only")),
    ] {
        let string = format!(
            "host=127.0.0.1,127.0.0.1 port={} user={user} password={password} dbname=postgres \
             target_session_attrs={attributes}",
            ports.join(",")
        );
        match (port(&string, &[]).await, want) {
            (Ok(port), Ok(want)) => assert_eq!(port, *want, "{string}"),
            (Err(error), Err(want)) => assert!(error.contains(want), "{string}: {error}"),
            (got, want) => panic!("{string}: {got:?}, not {want:?}"),
        }
    }
}

#[tokio::test]
async fn what_the_server_tells_unasked_is_not_asked() {
    let database = brant_testkit::postgres();
    // The greeting, and two steps of SCRAM; servers before version 14 tell less.
    let version = database.column("SHOW server_version_num")[0].parse::<u32>().unwrap();
    let asked = usize::from(version < 140_000);
    for attributes in ["read-write", "primary"] {
        let proxy = Proxy::start(database.server().addr());
        let string = format!("{}&target_session_attrs={attributes}", database.dbstring_through(proxy.addr()));
        let connection = open(&string, &[]).await.unwrap();
        assert_eq!(usize::try_from(proxy.turns()), Ok(3 + asked));
        connection.close().await;
    }
}

#[tokio::test]
async fn a_read_only_default_counts() {
    let database = brant_testkit::postgres();
    let name = database.name();
    database.sql(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on")).unwrap();
    let own = database.server().port.to_string();
    let string = |attributes: &str| format!("{}&target_session_attrs={attributes}", database.dbstring());
    assert_eq!(port(&string("read-only"), &[]).await, Ok(own.clone()));
    assert_eq!(port(&string("primary"), &[]).await, Ok(own));
    assert!(port(&string("read-write"), &[]).await.unwrap_err().contains("the server is read-only"));
}

#[tokio::test]
async fn hosts_are_drawn_by_lot() {
    let one = brant_testkit::postgres();
    let other =
        PrivateServer::start(Engine::Postgres, &ServerOptions { no_password: true, ..Default::default() });
    let Server { user, password, port: first, .. } = one.server();
    let string = format!(
        "host=127.0.0.1,127.0.0.1 port={first},{} user={user} password={password} dbname=postgres",
        other.port
    );
    let first = first.to_string();
    assert_eq!(port(&string, &[]).await, Ok(first.clone()));
    let mut taken = [0, 0];
    for _ in 0..30 {
        let port = port(&string, &[("PGLOADBALANCEHOSTS", "random")]).await.unwrap();
        taken[usize::from(port == first)] += 1;
    }
    assert!(taken.iter().all(|&count| count > 2), "{taken:?}");
}

#[tokio::test]
async fn passwords_and_services_come_from_files() {
    let database = brant_testkit::postgres();
    let Server { user, password, port: own, .. } = database.server();
    let name = database.name();
    let write = |name: &str, text: &str, mode: u32| {
        use std::os::unix::fs::PermissionsExt as _;
        let path = database.write(name, text);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path.display().to_string()
    };
    let home = database.dir().display().to_string();
    let line = format!("127.0.0.1:{own}:{name}:{user}:{password}\n");
    write(".pgpass", &format!("# mine\nother:*:*:*:wrong\n{line}"), 0o600);
    let (good, shared) = (write("good", &line, 0o600), write("shared", &line, 0o644));
    let wrong = write("wrong", "*:*:*:*:wrong\n", 0o600);
    write(
        ".pg_service.conf",
        &format!(
            "[shop]\nhost=127.0.0.1\nport={own}\nuser={user}\ndbname={name}\napplication_name=of service\n"
        ),
        0o644,
    );
    let base = format!("host=127.0.0.1 port={own} user={user} dbname={name}");
    let (missing, refused) =
        ("the server asks for a password, and none is given", "password authentication failed");
    let not_used = format!(r#"Some("the password file `{shared}` is not used: others can read it "#);
    let with_home = [("HOME", home.as_str())];
    for (string, variables, want) in [
        (base.clone(), &[] as &[(&str, &str)], vec![missing]),
        (base.clone(), &with_home, vec![]),
        (format!("postgres://{user}@127.0.0.1:{own}/{name}"), &with_home, vec![]),
        (format!("{base} passfile={good}"), &[], vec![]),
        (base.clone(), &[("PGPASSFILE", &good)], vec![]),
        (format!("{base} passfile={wrong}"), &with_home, vec![refused]),
        (format!("{base} passfile={shared}"), &with_home, vec![missing, &not_used]),
        (format!("{base} password=x passfile={shared}"), &with_home, vec![refused]),
        ("service=shop".to_owned(), &with_home, vec![]),
        ("postgres:///?service=shop".to_owned(), &with_home, vec![]),
        (String::new(), &[("HOME", &home), ("PGSERVICE", "shop")], vec![]),
        (String::new(), &[("HOME", &home), ("PGSERVICE", "shop"), ("PGPASSWORD", "x")], vec![refused]),
    ] {
        match port(&string, variables).await {
            Ok(port) => assert!(want.is_empty() && port == own.to_string(), "{string}"),
            Err(error) => {
                assert!(
                    !want.is_empty() && want.iter().all(|part| error.contains(part)),
                    "{string}: {error}"
                );
            }
        }
    }
    let mut connection = open("service=shop", &with_home).await.unwrap();
    let rows = connection.query("SHOW application_name").await.unwrap();
    assert_eq!(rows[0][0].as_deref(), Some("of service"));
}

#[tokio::test]
async fn a_direct_connection_is_not_taken_for_a_pooled_one() {
    for rest in ["", "&sslmode=prefer"] {
        let database: TestDatabase = brant_testkit::postgres();
        let mut connection =
            open(&format!("{}{rest}", database.dbstring().replace("?sslmode=disable", "?x.y=1")), &[])
                .await
                .unwrap();
        assert_eq!(connection.is_pooled().await, Ok(false));
    }
}
