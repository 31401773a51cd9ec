//! The PostgreSQL driver against a real server.
#![cfg(feature = "postgres")]
#![allow(missing_docs)]

use std::net::TcpListener;
use std::time::{Duration, Instant};

use brant_driver::drivers::postgres::Postgres;
use brant_driver::{Access, Batch, Connection, Driver, DriverError, Environment, ErrorKind};
use brant_testkit::{Engine, PrivateServer, Proxy, Server, ServerOptions, TestDatabase};

async fn try_open(dbstring: &str) -> Result<Box<dyn Connection>, DriverError> {
    let environment = Environment::from([("USER".to_owned(), "me".to_owned())]);
    Postgres.parse(dbstring, &environment)?.connect(Access::Write).await
}

async fn open(dbstring: &str) -> Box<dyn Connection> {
    try_open(dbstring).await.unwrap_or_else(|error| panic!("{dbstring}: {error}"))
}

async fn refused(dbstring: &str) -> DriverError {
    match try_open(dbstring).await {
        Ok(_) => panic!("{dbstring} connects"),
        Err(error) => error,
    }
}

async fn column(connection: &mut dyn Connection, sql: &str) -> Vec<String> {
    let rows = connection.query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect()
}

async fn value(connection: &mut dyn Connection, sql: &str) -> String {
    column(connection, sql).await.join(",")
}

fn keywords(server: &Server, database: &TestDatabase) -> String {
    let Server { user, password, port, .. } = server;
    format!("port={port} user={user} password='{password}' dbname={}", database.name())
}

#[tokio::test]
async fn connects_by_every_form_of_string() {
    let database = brant_testkit::postgres();
    let server = database.server();
    let (user, password, port, name) = (&server.user, &server.password, server.port, database.name());
    let socket = server.socket.display();
    for dbstring in [
        database.dbstring(),
        format!("postgresql://{user}:{password}@localhost:{port}/{name}"),
        format!(
            "postgres:///{name}?host={socket}&port={port}&user={user}&password={password}&sslmode=require"
        ),
        format!("host=127.0.0.1 {}", keywords(server, &database)),
        format!("host={socket} {}", keywords(server, &database)),
        format!("hostaddr=127.0.0.1 {}", keywords(server, &database)),
    ] {
        let mut connection = open(&dbstring).await;
        assert_eq!(value(&mut *connection, "SELECT current_database()").await, name);
        assert_eq!(value(&mut *connection, "SHOW application_name").await, "brant");
        assert!(connection.server().starts_with("PostgreSQL 1"), "{}", connection.server());
        connection.close().await;
    }
}

#[tokio::test]
async fn connecting_takes_no_turn_of_our_own() {
    let database = brant_testkit::postgres();
    let proxy = Proxy::start(database.server().addr());
    let connection = open(&database.dbstring_through(proxy.addr())).await;
    // The greeting, and two steps of SCRAM.
    assert_eq!(proxy.turns(), 3);
    connection.close().await;
}

#[tokio::test]
async fn parameters_reach_the_session() {
    let database = brant_testkit::postgres();
    let string = format!("host=127.0.0.1 {}", keywords(database.server(), &database));
    let mut connection = open(&format!(
        r#"{string} search_path='"a b", c' lock_timeout=7s TimeZone=Asia/Tokyo my.setting='x  \'\\ y' options='-c geqo=off'"#
    ))
    .await;
    for (name, want) in [
        ("search_path", r#""a b", c"#),
        ("lock_timeout", "7s"),
        ("timezone", "Asia/Tokyo"),
        ("my.setting", r"x  '\ y"),
        ("geqo", "off"),
    ] {
        assert_eq!(value(&mut *connection, &format!("SELECT current_setting('{name}')")).await, want);
    }
    let error = refused(&format!("{string} nosuch=1")).await;
    assert!(error.message.ends_with(r#"unrecognized configuration parameter "nosuch""#), "{error}");
    assert_eq!(error.sqlstate.as_deref(), Some("42704"));
}

#[tokio::test]
async fn failures_to_connect_are_explained() {
    let database = brant_testkit::postgres();
    let server = database.server();
    let Server { user, password, port, .. } = server;
    let error = refused("postgres://u:s3cret@127.0.0.1:1/x").await;
    assert_eq!(error.kind, ErrorKind::Connect);
    assert_eq!(error.message, "`host=127.0.0.1 port=1 user=u database=x`: connection refused");

    let error = refused(&format!("postgres://{user}:s3cret@127.0.0.1:{port}/x")).await;
    assert_eq!((error.kind, error.sqlstate.as_deref()), (ErrorKind::Connect, Some("28P01")));
    assert!(error.message.ends_with(r#": password authentication failed for user "brant""#), "{error}");
    assert!(!format!("{error:?}").contains("s3cret"));

    let error = refused(&format!("postgres://{user}@127.0.0.1:{port}/x")).await;
    assert!(error.message.ends_with(": the server asks for a password, and none is given"), "{error}");

    let error = refused(&format!("postgres://{user}:{password}@127.0.0.1:{port}/nosuch")).await;
    assert_eq!(error.sqlstate.as_deref(), Some("3D000"));
    assert!(error.message.ends_with(r#": database "nosuch" does not exist"#), "{error}");

    let error = refused("postgres://u@nosuch.invalid/x").await;
    assert!(error.message.starts_with("`host=nosuch.invalid port=5432 user=u database=x`: "));

    let error = refused("host=/nonexistent user=u").await;
    assert!(error.message.ends_with(": no such file or directory"), "{error}");

    let error = refused(&format!("{}&target_session_attrs=read-only", database.dbstring())).await;
    assert!(error.message.ends_with(": the server is not read-only"), "{error}");

    let error = refused(&database.dbstring().replace("=disable", "=require")).await;
    assert!(error.message.ends_with(": TLS: server does not support TLS"), "{error}");
}

#[tokio::test]
async fn a_silent_server_is_given_up_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap_or_else(|why| panic!("{why}"));
    let port = listener.local_addr().unwrap_or_else(|why| panic!("{why}")).port();
    let start = Instant::now();
    let error = refused(&format!("host=127.0.0.1 port={port} user=u connect_timeout=1")).await;
    assert!(error.message.ends_with(": connection timed out"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn the_first_host_that_answers_is_taken_and_kept() {
    let database = brant_testkit::postgres();
    let port = database.server().port;
    let string = keywords(database.server(), &database).replacen(&format!("port={port}"), "", 1);
    let mut connection = open(&format!("host=127.0.0.1,127.0.0.1 port=1,{port} {string}")).await;
    let mut sibling = connection.sibling().await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(value(&mut *sibling, "SELECT inet_server_port()").await, port.to_string());

    // A server that has answered has the last word.
    let wrong = string.replacen("password='", "password='x", 1);
    let error = refused(&format!("host=127.0.0.1,127.0.0.1 port={port},1 {wrong}")).await;
    assert!(error.message.ends_with(r#": password authentication failed for user "brant""#), "{error}");

    let error = refused("host=127.0.0.1,/nonexistent port=1 user=u").await;
    let want = "`host=127.0.0.1,/nonexistent port=1,1 user=u database=u`: \
                127.0.0.1 port 1: connection refused; /nonexistent port 1: no such file or directory";
    assert_eq!(error.message, want);
}

#[tokio::test]
async fn rows_are_text_and_results_are_read_to_their_end() {
    let database = brant_testkit::postgres();
    let mut connection = open(&database.dbstring()).await;
    let rows = connection.query("SELECT 1, NULL, 'ä'; CREATE TABLE t (n int); SELECT true").await;
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(rows, Ok(vec![vec![text("1"), None, text("ä")], vec![text("t")]]));
    assert_eq!(connection.execute("").await, Ok(()));
    assert_eq!(connection.execute("SELECT * FROM generate_series(1, 100000); SELECT 1").await, Ok(()));
    assert_eq!(connection.execute("DO $$BEGIN RAISE NOTICE 'hear'; END$$").await, Ok(()));
    assert_eq!(column(&mut *connection, "SELECT count(*) FROM t").await, ["0"]);
}

#[tokio::test]
async fn errors_keep_the_servers_facts() {
    let database = brant_testkit::postgres();
    let mut connection = open(&database.dbstring()).await;
    let sql = "SELECT 'äöü', nosuch";
    let error = connection.execute(sql).await.unwrap_err();
    assert_eq!((error.kind, error.sqlstate.as_deref()), (ErrorKind::Statement, Some("42703")));
    assert_eq!(error.offset, sql.find("nosuch"));

    let setup = "CREATE TABLE t (n int UNIQUE); INSERT INTO t VALUES (1)";
    assert_eq!(connection.execute(setup).await, Ok(()));
    let error = connection.execute("INSERT INTO t VALUES (1)").await.unwrap_err();
    assert_eq!(error.detail.as_deref(), Some("Key (n)=(1) already exists."));
    assert_eq!(error.offset, None);

    let error = connection.execute("SELECT lower(1)").await.unwrap_err();
    assert!(error.hint.is_some_and(|hint| hint.contains("explicit type casts")));

    let error = connection.execute("SELECT '\0'").await.unwrap_err();
    assert_eq!((error.kind, error.offset), (ErrorKind::Statement, Some(8)));
    assert_eq!(value(&mut *connection, "SELECT 1").await, "1");
}

async fn run(
    connection: &mut dyn Connection,
    sql: &[String],
    batch: Batch,
) -> (Vec<usize>, Option<(usize, DriverError)>) {
    let statements: Vec<&str> = sql.iter().map(String::as_str).collect();
    let mut seen = Vec::new();
    let result = connection.run(&statements, batch, &mut |index, _| seen.push(index)).await;
    (seen, result.err().map(|failure| (failure.index, failure.error)))
}

fn inserts(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("INSERT INTO t (n) VALUES ({n})")).collect()
}

const TABLE: &str = "CREATE TABLE t (id serial, n int, filler text)";

#[tokio::test]
async fn statements_sent_ahead_keep_their_order_and_cost_few_turns() {
    let database = brant_testkit::postgres();
    let proxy = Proxy::start(database.server().addr());
    let mut connection = open(&database.dbstring_through(proxy.addr())).await;
    for batch in [Batch::OneByOne, Batch::Joined, Batch::Ahead] {
        assert_eq!(connection.execute(&format!("DROP TABLE IF EXISTS t; {TABLE}; BEGIN")).await, Ok(()));
        let before = proxy.turns();
        let (seen, failure) = run(&mut *connection, &inserts(500), batch).await;
        let turns = proxy.turns() - before;
        assert_eq!(failure, None);
        assert_eq!(seen, (0..500).collect::<Vec<_>>());
        assert_eq!(value(&mut *connection, "COMMIT; SELECT count(*) FROM t WHERE id = n + 1").await, "500");
        match batch {
            Batch::OneByOne | Batch::Joined => assert_eq!(turns, 500),
            Batch::Ahead => assert!(turns < 10, "{turns}"),
        }
    }
}

#[tokio::test]
async fn a_short_batch_costs_one_turn() {
    let database = brant_testkit::postgres();
    let proxy = Proxy::start(database.server().addr());
    let mut connection = open(&database.dbstring_through(proxy.addr())).await;
    let before = proxy.turns();
    let batch = ["BEGIN", TABLE, "INSERT INTO t (n) VALUES (1)", "COMMIT"].map(str::to_owned);
    assert_eq!(run(&mut *connection, &batch, Batch::Ahead).await, (vec![0, 1, 2, 3], None));
    assert_eq!(proxy.turns() - before, 1);
}

#[tokio::test]
async fn large_statements_go_ahead_too() {
    let database = brant_testkit::postgres();
    let mut connection = open(&database.dbstring()).await;
    let filler = "x".repeat(100_000);
    // The results are large as well: neither side may wait for the other to read.
    let large =
        |n| format!("INSERT INTO t (n, filler) VALUES ({n}, '{filler}') RETURNING repeat(filler, 10)");
    let mut batch = vec![format!("{TABLE}; BEGIN")];
    batch.extend((0..30).map(large));
    batch.push("COMMIT".to_owned());
    let (seen, failure) = run(&mut *connection, &batch, Batch::Ahead).await;
    assert_eq!((seen.len(), failure), (32, None));
    assert_eq!(value(&mut *connection, "SELECT count(*) FROM t WHERE id = n + 1").await, "30");
}

#[tokio::test]
async fn the_first_failure_of_a_batch_is_told() {
    let database = brant_testkit::postgres();
    let mut connection = open(&database.dbstring()).await;
    for batch in [Batch::OneByOne, Batch::Ahead] {
        assert_eq!(connection.execute(&format!("DROP TABLE IF EXISTS t; {TABLE}")).await, Ok(()));
        assert_eq!(connection.execute("BEGIN").await, Ok(()));
        let mut sql = inserts(500);
        sql[250] = "INSERT INTO t (nosuch) VALUES (1)".to_owned();
        let (seen, failure) = run(&mut *connection, &sql, batch).await;
        assert_eq!(seen, (0..250).collect::<Vec<_>>());
        let (index, error) = failure.unwrap_or_else(|| panic!("no failure"));
        assert_eq!((index, error.sqlstate.as_deref(), error.offset), (250, Some("42703"), Some(15)));
        assert_eq!(connection.execute("ROLLBACK").await, Ok(()));
        assert_eq!(value(&mut *connection, "SELECT count(*) FROM t").await, "0");

        sql.truncate(10);
        sql[5] = "SELECT '\0'".to_owned();
        let (seen, failure) = run(&mut *connection, &sql, batch).await;
        assert_eq!((seen.len(), failure.map(|(index, _)| index)), (5, Some(5)));
        assert_eq!(run(&mut *connection, &[], batch).await, (vec![], None));
    }
}

#[tokio::test]
async fn a_batch_takes_the_time_of_each_statement() {
    let database = brant_testkit::postgres();
    let mut connection = open(&database.dbstring()).await;
    let mut times = Vec::new();
    let batch = ["SELECT pg_sleep(0.2)", "SELECT 1", "SELECT pg_sleep(0.1)"];
    assert_eq!(
        connection.run(&batch, Batch::Ahead, &mut |_, time| times.push(time.as_millis())).await,
        Ok(())
    );
    // What a busy machine adds to one, it takes from the next.
    assert!(times[0] >= 200 && times[1] < 100 && times.iter().sum::<u128>() >= 300, "{times:?}");
}

#[tokio::test]
async fn a_statement_can_be_cancelled() {
    let database = brant_testkit::postgres();
    let mut connection = open(&database.dbstring()).await;
    let canceller = connection.canceller();
    let cancel = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        canceller.cancel().await
    };
    let start = Instant::now();
    let (result, cancelled) = tokio::join!(connection.execute("SELECT pg_sleep(30)"), cancel);
    let error = result.unwrap_err();
    assert_eq!((error.kind, error.sqlstate.as_deref()), (ErrorKind::Cancelled, Some("57014")));
    assert_eq!(cancelled, Ok(()));
    assert!(start.elapsed() < Duration::from_secs(10));
    assert_eq!(value(&mut *connection, "SELECT 1").await, "1");
}

#[tokio::test]
async fn an_abandoned_statement_does_not_disturb_the_next() {
    let database = brant_testkit::postgres();
    let mut connection = open(&database.dbstring()).await;
    let slow = connection.query("SELECT pg_sleep(0.3), 'late'");
    assert!(tokio::time::timeout(Duration::from_millis(50), slow).await.is_err());
    assert_eq!(value(&mut *connection, "SELECT 'mine'").await, "mine");
}

#[tokio::test]
async fn a_killed_connection_is_closed() {
    let database = brant_testkit::postgres();
    let kill = |pid: &str| database.sql(&format!("SELECT pg_terminate_backend({pid}, 5000)"));
    // While it does nothing.
    let mut connection = open(&database.dbstring()).await;
    let pid = value(&mut *connection, "SELECT pg_backend_pid()").await;
    assert!(!connection.is_closed());
    kill(&pid).unwrap_or_else(|why| panic!("{why}"));
    for _ in 0..2 {
        let error = connection.execute("SELECT 1").await.unwrap_err();
        assert_eq!((error.kind, error.sqlstate.as_deref()), (ErrorKind::Closed, Some("57P01")), "{error}");
    }
    assert!(connection.is_closed());
    connection.close().await;
    // By its own hand, that is, while it runs a statement.
    let mut connection = open(&database.dbstring()).await;
    let error = connection.execute("SELECT pg_terminate_backend(pg_backend_pid())").await.unwrap_err();
    assert_eq!((error.kind, error.sqlstate.as_deref()), (ErrorKind::Closed, Some("57P01")), "{error}");
    assert!(connection.is_closed());
    let error = connection.execute("SELECT 1").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Closed);
    // In a batch.
    let mut connection = open(&database.dbstring()).await;
    let batch = ["SELECT 1", "SELECT pg_terminate_backend(pg_backend_pid())", "SELECT 2"].map(str::to_owned);
    let (seen, failure) = run(&mut *connection, &batch, Batch::Ahead).await;
    assert_eq!(seen, [0]);
    assert!(failure.is_some_and(|(index, error)| index == 1 && error.kind == ErrorKind::Closed));
}

#[tokio::test]
async fn copy_from_the_client_fails_and_never_hangs() {
    let database = brant_testkit::postgres();
    for batch in [Batch::OneByOne, Batch::Ahead] {
        let mut connection = open(&database.dbstring()).await;
        let sql = ["BEGIN", TABLE, "COPY t FROM STDIN", "SELECT 1", "COMMIT"].map(str::to_owned);
        let running = run(&mut *connection, &sql, batch);
        let (seen, failure) =
            tokio::time::timeout(Duration::from_secs(10), running).await.unwrap_or_else(|_| panic!("hangs"));
        let (index, error) = failure.unwrap_or_else(|| panic!("no failure"));
        assert_eq!((seen, index, error.kind), (vec![0, 1], 2, ErrorKind::Statement));
        assert!(error.message.starts_with("COPY from the client is not supported"), "{error}");
        assert!(connection.is_closed());
        let error = connection.execute("ROLLBACK").await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Closed);
        connection.close().await;
    }
    assert_eq!(database.column("SELECT count(*) FROM pg_tables WHERE tablename = 't'"), ["0"]);
}

#[tokio::test]
async fn what_is_copied_to_the_client_is_dropped() {
    let database = brant_testkit::postgres();
    let mut connection = open(&database.dbstring()).await;
    let copy = "COPY (SELECT n, pg_sleep(0.01) FROM generate_series(1, 20) AS s(n)) TO STDOUT";
    let sql = ["BEGIN", copy, TABLE, "COMMIT"].map(str::to_owned);
    assert_eq!(run(&mut *connection, &sql, Batch::Ahead).await, (vec![0, 1, 2, 3], None));
    assert_eq!(connection.execute("COPY t TO STDOUT; SELECT 1").await, Ok(()));
    assert_eq!(connection.query("COPY t TO STDOUT").await, Ok(vec![]));
    let error = connection.execute("COPY (SELECT 1 / 0) TO STDOUT").await.unwrap_err();
    assert_eq!(error.sqlstate.as_deref(), Some("22012"));
    assert_eq!(value(&mut *connection, "SELECT count(*) FROM t").await, "0");
}

#[tokio::test]
async fn closing_tells_the_server() {
    let database = brant_testkit::postgres();
    let mut connection = open(&database.dbstring()).await;
    let pid = value(&mut *connection, "SELECT pg_backend_pid()").await;
    connection.close().await;
    let gone =
        || database.column(&format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}")) == ["0"];
    assert!((0..50).any(|_| gone() || {
        std::thread::sleep(Duration::from_millis(20));
        false
    }));
}

/// Turns TLS on, with a certificate that nobody has signed.
fn with_tls() -> (PrivateServer, TestDatabase) {
    let server = PrivateServer::start(Engine::Postgres, &ServerOptions::default());
    let database = TestDatabase::on(&server);
    let make = "umask 077; openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=nobody \
                -keyout server.key -out server.crt 2>/dev/null";
    let sql = format!("COPY (SELECT 1) TO PROGRAM '{make}'");
    database.sql(&sql).unwrap_or_else(|why| panic!("openssl is needed: {why}"));
    set(&database, &["ssl = on"]);
    (server, database)
}

fn set(database: &TestDatabase, settings: &[&str]) {
    for setting in settings {
        database.sql(&format!("ALTER SYSTEM SET {setting}")).unwrap_or_else(|why| panic!("{why}"));
    }
    database.sql("SELECT pg_reload_conf(), pg_sleep(0.5)").unwrap_or_else(|why| panic!("{why}"));
}

const IS_TLS: &str = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";

#[tokio::test]
async fn tls() {
    let (server, database) = with_tls();
    let string = |rest: &str| format!("host=localhost {} {rest}", keywords(&server, &database));
    for (rest, want) in [
        ("", "t"),
        ("sslmode=prefer", "t"),
        ("sslmode=require", "t"),
        ("sslmode=require channel_binding=require", "t"),
        ("sslmode=require channel_binding=disable", "t"),
        ("hostaddr=127.0.0.1 sslmode=require", "t"),
        ("sslmode=disable", "f"),
    ] {
        let mut connection = open(&string(rest)).await;
        assert_eq!(value(&mut *connection, IS_TLS).await, want, "{rest}");
        let canceller = connection.canceller();
        let cancel = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            canceller.cancel().await
        };
        let (result, cancelled) = tokio::join!(connection.execute("SELECT pg_sleep(30)"), cancel);
        assert_eq!((result.unwrap_err().kind, cancelled), (ErrorKind::Cancelled, Ok(())));
        let mut sibling = connection.sibling().await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(value(&mut *sibling, IS_TLS).await, want, "{rest}");
    }
    let error = refused(&string("sslmode=disable channel_binding=require")).await;
    assert!(error.message.contains("channel binding"), "{error}");
}

#[tokio::test]
async fn prefer_goes_on_without_tls() {
    let (server, database) = with_tls();
    let string = |rest: &str| format!("host=127.0.0.1 {} {rest}", keywords(&server, &database));
    // A server that lets this user in without TLS only.
    let rule = "hostssl all all 127.0.0.1/32 reject";
    // A program that does not read what it is sent may be gone before it is sent.
    let edit = format!("cat >/dev/null; sed -i \"1i {rule}\" pg_hba.conf");
    database.sql(&format!("COPY (SELECT 1) TO PROGRAM '{edit}'")).unwrap_or_else(|why| panic!("{why}"));
    set(&database, &[]);
    let mut connection = open(&string("")).await;
    assert_eq!(value(&mut *connection, IS_TLS).await, "f");
    let error = refused(&string("sslmode=require")).await;
    assert_eq!(error.sqlstate.as_deref(), Some("28000"));
    let error = refused(&string("password=wrong")).await;
    assert!(error.message.contains("SSL encryption; without TLS: password authentication failed"), "{error}");
    assert_eq!(error.sqlstate.as_deref(), Some("28P01"));
    // A server with versions of TLS that are too old.
    let undo = "cat >/dev/null; sed -i 1d pg_hba.conf";
    database.sql(&format!("COPY (SELECT 1) TO PROGRAM '{undo}'")).unwrap_or_else(|why| panic!("{why}"));
    set(&database, &["ssl_min_protocol_version = 'TLSv1'", "ssl_max_protocol_version = 'TLSv1.1'"]);
    let mut connection = open(&string("")).await;
    assert_eq!(value(&mut *connection, IS_TLS).await, "f");
    let error = refused(&string("sslmode=require")).await;
    assert!(error.message.contains("`: TLS: "), "{error}");
}
