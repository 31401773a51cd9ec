//! Against a MariaDB server.
#![cfg(feature = "mysql")]

use std::fs;
use std::time::{Duration, Instant};

use brant_driver::{
    Access, Batch, Connection, Driver, DriverError, Environment, ErrorKind, driver_by_name, driver_for_url,
};
use brant_testkit::{Engine, PrivateServer, Server, ServerOptions, TestDatabase, mariadb};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

async fn open(dbstring: &str) -> Result<Box<dyn Connection>, DriverError> {
    let driver = driver_by_name("mysql").expect("the driver");
    driver.parse(dbstring, &Environment::new())?.connect(Access::Write).await
}

async fn connect(dbstring: &str) -> Box<dyn Connection> {
    open(dbstring).await.unwrap_or_else(|error| panic!("{dbstring}: {error}"))
}

async fn refused(dbstring: &str) -> DriverError {
    match open(dbstring).await {
        Ok(_) => panic!("{dbstring} connects"),
        Err(error) => error,
    }
}

async fn one(connection: &mut Box<dyn Connection>, sql: &str) -> Option<String> {
    let rows = connection.query(sql).await.expect(sql);
    rows.into_iter().next().and_then(|row| row.into_iter().next()).flatten()
}

/// The database, on its server, with other credentials.
fn login(db: &TestDatabase, credentials: &str) -> String {
    format!("{credentials}@tcp({})/{}", db.server().addr(), db.name())
}

fn root(server: &Server) -> String {
    format!("{}:{}", server.user, server.password)
}

#[test]
fn names_and_urls_lead_here() {
    for url in ["u@tcp(h)/d", "mysql://u@h/d"] {
        assert_eq!(driver_for_url(url).map(Driver::names), Some(&["mysql"][..]));
    }
}

#[tokio::test]
async fn tcp_and_socket() {
    let db = mariadb();
    let (server, name) = (db.server(), db.name());
    let host = "SELECT host FROM information_schema.processlist WHERE id = connection_id()";
    let mut tcp = connect(&db.dbstring()).await;
    assert!(tcp.server().starts_with("MariaDB 1"), "{}", tcp.server());
    let row = vec![Some("1".to_owned()), None, Some("x".to_owned())];
    assert_eq!(tcp.query("SELECT 1, NULL, 'x'").await, Ok(vec![row]));
    let seen = one(&mut tcp, host).await.expect("a host");
    assert!(seen.starts_with("127.0.0.1:"), "{seen}");
    tcp.close().await;
    let (user, password, socket) = (&server.user, &server.password, server.socket.display());
    for dbstring in [
        format!("{user}:{password}@unix({socket})/{name}"),
        format!("mysql://{user}:{password}@localhost/{name}?socket={socket}"),
    ] {
        let mut link = connect(&dbstring).await;
        assert_eq!(one(&mut link, host).await.as_deref(), Some("localhost"));
        link.sibling().await.expect("once more").close().await;
        link.close().await;
    }
    // Of the addresses of `localhost`, ::1 comes first on many machines; the server has only the other one.
    let url = format!("mysql://{user}:{password}@localhost:{}/{name}", server.port);
    connect(&url).await.execute("SELECT 1").await.expect("it answers");
}

#[tokio::test]
async fn connecting_sends_only_what_was_asked_for() {
    let options = ServerOptions { log_statements: true, ..ServerOptions::default() };
    let server = PrivateServer::start(Engine::MariaDb, &options);
    let db = TestDatabase::on(&server);
    let id = "SELECT connection_id()";
    let mut plain = connect(&format!("{}?parseTime=true&multiStatements=true", db.dbstring())).await;
    let plain_id = one(&mut plain, id).await.expect("an id");
    let parameters = "sql_mode=%27ANSI%27&lock_wait_timeout=5&charset=nope,utf8mb4&collation=utf8mb4_bin";
    let mut set = connect(&format!("{}?{parameters}", db.dbstring())).await;
    let set_id = one(&mut set, id).await.expect("an id");
    let values =
        "SELECT concat(@@sql_mode LIKE '%ANSI%', ' ', @@lock_wait_timeout, ' ', @@collation_connection)";
    assert_eq!(one(&mut set, values).await.as_deref(), Some("1 5 utf8mb4_bin"));
    let log = fs::read_to_string(server.statement_log()).expect("the log");
    let commands = |id: &str| -> Vec<String> {
        let mine = log.lines().filter(|line| line.split_whitespace().any(|word| word == id));
        mine.filter_map(|line| line.rsplit('\t').next().map(str::to_owned)).collect()
    };
    assert_eq!(commands(&plain_id)[1..], [id]);
    let expected = [
        "SET NAMES nope COLLATE utf8mb4_bin",
        "SET NAMES utf8mb4 COLLATE utf8mb4_bin",
        "SET sql_mode = 'ANSI', lock_wait_timeout = 5",
        id,
        values,
    ];
    assert_eq!(commands(&set_id)[1..], expected);
}

#[tokio::test]
async fn passwords_and_plugins() {
    let server = PrivateServer::start(Engine::MariaDb, &ServerOptions::default());
    let db = TestDatabase::on(&server);
    let mut admin = connect(&db.dbstring()).await;
    let accounts = "INSTALL SONAME 'auth_ed25519'; CREATE USER plain IDENTIFIED BY 'p@ss:w/d';
        CREATE USER ed IDENTIFIED VIA ed25519 USING PASSWORD('s3cret'); CREATE USER nobody;
        GRANT ALL ON *.* TO plain, ed";
    admin.execute(accounts).await.expect("accounts");
    for credentials in ["plain:p@ss:w/d", "ed:s3cret"] {
        let mut connection = connect(&login(&db, credentials)).await;
        connection.execute("SELECT 1").await.expect(credentials);
        connection.sibling().await.expect(credentials).close().await;
    }
    let url = format!("mysql://plain:p%40ss%3Aw%2Fd@127.0.0.1:{}/{}", server.port, db.name());
    connect(&url).await.close().await;
    for credentials in ["plain:Wr0ng", "ed:Wr0ng", "plain", "unknown:Wr0ng"] {
        let error = refused(&login(&db, credentials)).await;
        assert_eq!((error.kind, error.number), (ErrorKind::Connect, Some(1045)), "{error:?}");
        let user = credentials.split(':').next().unwrap_or_default();
        let detail = format!("connecting to 127.0.0.1:{} as `{user}`, database `{}`", server.port, db.name());
        assert_eq!(error.detail, Some(detail));
        assert!(!format!("{error:?}").contains("Wr0ng"));
    }
    let error = refused(&login(&db, "nobody")).await;
    assert_eq!((error.kind, error.number), (ErrorKind::Connect, Some(1044)), "{error:?}");
}

#[tokio::test]
async fn every_command_of_a_message_counts() {
    let db = mariadb();
    let mut c = connect(&db.dbstring()).await;
    let made = "CREATE TABLE a (x INT); INSERT INTO a VALUES (1); SELECT * FROM a; INSERT INTO a VALUES (2)";
    c.execute(made).await.expect("all of them");
    let rows =
        c.query("SELECT x FROM a; UPDATE a SET x = x; SELECT 7; SELECT 8 FROM a WHERE 0; SELECT 9").await;
    let values: Vec<String> = rows.expect("rows").concat().into_iter().flatten().collect();
    assert_eq!(values, ["1", "2", "7", "9"]);
    for text in [
        "INSERT INTO a VALUES (3); INSERT INTO nope VALUES (1); INSERT INTO a VALUES (4)",
        "SELECT * FROM a; INSERT INTO nope VALUES (1)",
        "SELECT * FROM a; SELECT * FROM a; SELECT * FROM nope",
        "SELECT * FROM a WHERE 0; SELECT * FROM nope; SELECT 1",
    ] {
        let error = c.execute(text).await.expect_err(text);
        let expected = format!("Error 1146 (42S02): Table '{}.nope' doesn't exist", db.name());
        assert_eq!((error.kind, error.to_string()), (ErrorKind::Statement, expected), "{text}");
        assert_eq!(c.query(text).await.expect_err(text).number, Some(1146), "{text}");
        assert!(!c.is_closed());
    }
    assert_eq!(one(&mut c, "SELECT count(*) FROM a WHERE x > 3").await.as_deref(), Some("0"));
    // This one fails when the first row is already there.
    let error = c.execute("SELECT (SELECT x FROM a WHERE x <= b.x) FROM a b; SELECT 1").await;
    assert_eq!(error.expect_err("two rows").number, Some(1242));
    assert_eq!(one(&mut c, "SELECT 5").await.as_deref(), Some("5"));
    let procedure = "CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; INSERT INTO nope VALUES (1); END";
    c.execute(procedure).await.expect("a procedure");
    assert_eq!(c.execute("CALL p()").await.expect_err("no table").number, Some(1146));
    let error = c.execute("").await.expect_err("nothing");
    assert_eq!(error.to_string(), "Error 1065 (42000): Query was empty");
}

#[tokio::test]
async fn a_run_stops_at_the_first_failure() {
    let db = mariadb();
    let mut c = connect(&db.dbstring()).await;
    let statements = ["CREATE TABLE a (x INT)", "SELECT sleep(0.5)", "BROKEN", "CREATE TABLE b (x INT)"];
    for batch in [Batch::OneByOne, Batch::Ahead, Batch::Joined] {
        let mut heard = Vec::new();
        c.execute("DROP TABLE IF EXISTS a").await.expect("gone");
        let failure = c.run(&statements, batch, &mut |index, time| heard.push((index, time))).await;
        let failure = failure.expect_err("broken");
        assert_eq!((failure.index, failure.error.number), (2, Some(1064)));
        assert_eq!(heard.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [0, 1]);
        assert!(heard[1].1 >= Duration::from_millis(50));
    }
    assert_eq!(db.column("SHOW TABLES"), ["a"]);
}

#[tokio::test]
async fn connecting_fails_clearly() {
    let db = mariadb();
    let server = db.server();
    let at = |rest: &str| format!("{}@tcp({})/{rest}", root(server), server.addr());
    let error = refused(&at("no%2Fdb")).await;
    let expected = "Error 1049 (42000): Unknown database 'no/db'";
    assert_eq!((error.kind, error.to_string().as_str()), (ErrorKind::Connect, expected));
    let error = refused(&at("")).await;
    assert!(error.to_string().starts_with("Error 1046 (3D000): No database selected"), "{error}");
    let error = refused(&at("mysql?nosuchvar=1")).await;
    let expected = "Error 1193 (HY000): Unknown system variable 'nosuchvar'";
    assert_eq!((error.kind, error.to_string().as_str()), (ErrorKind::Config, expected));
    let error = refused("root@foo(x)/y").await;
    assert_eq!(error.to_string(), "dial foo: unknown network foo");
    let error = refused("u:secret@tcp(127.0.0.1:1)/d").await;
    assert_eq!(error.to_string(), "127.0.0.1:1: connection refused");
    assert_eq!(error.detail.as_deref(), Some("connecting to 127.0.0.1:1 as `u`, database `d`"));
    let error = refused("u:secret@unix(/no/such.sock)/d").await;
    assert_eq!(error.to_string(), "/no/such.sock: no such file or directory");
    let error = refused("u:secret@tcp(no-such-host.invalid)/d").await;
    assert!(
        error.to_string().starts_with("cannot find the address of the host `no-such-host.invalid`"),
        "{error}"
    );
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = silent.local_addr().expect("an address");
    let error = refused(&format!("u@tcp({address})/d?timeout=50ms")).await;
    assert_eq!(error.to_string(), format!("{address}: no answer within 50ms"));
}

#[tokio::test]
async fn what_is_not_supported_is_refused_by_name() {
    let cleartext =
        "`allowCleartextPasswords=true` needs TLS that is not optional: add `tls=true`, or `-certfile FILE`";
    let unsupported = |parameter: &str| {
        format!("failed to normalize MySQL connection string: `{parameter}` is not supported")
    };
    for (parameter, expected) in [
        ("allowNativePasswords=false", unsupported("allowNativePasswords=false")),
        ("allowOldPasswords=true", unsupported("allowOldPasswords=true")),
        ("allowAllFiles=true", unsupported("allowAllFiles=true")),
        ("serverPubKey=k", unsupported("serverPubKey=k")),
        ("allowCleartextPasswords=true", cleartext.to_owned()),
        (
            "parseTime",
            "failed to normalize MySQL connection string: a parameter has no value: write key=value"
                .to_owned(),
        ),
    ] {
        let error = refused(&format!("u:secret@tcp(127.0.0.1:1)/d?{parameter}")).await;
        assert_eq!((error.kind, error.to_string()), (ErrorKind::Config, expected));
    }
}

#[tokio::test]
async fn a_statement_is_cancelled() {
    let db = mariadb();
    let mut c = connect(&db.dbstring()).await;
    // The last is one that the server lets end without an error.
    for (sql, fails) in
        [("SELECT SLEEP(60)", true), ("SELECT SLEEP(60); SELECT 1", true), ("DO SLEEP(60)", false)]
    {
        let canceller = c.canceller();
        let start = Instant::now();
        let (outcome, cancelled) = tokio::join!(c.execute(sql), async {
            sleep(Duration::from_millis(200)).await;
            canceller.cancel().await
        });
        assert_eq!(cancelled, Ok(()));
        let expected = fails.then_some(ErrorKind::Cancelled);
        assert_eq!(outcome.err().map(|error| error.kind), expected, "{sql}");
        assert!(start.elapsed() < Duration::from_secs(20));
        assert!(!c.is_closed());
        c.execute("SELECT 1").await.expect("the connection goes on");
    }
    let canceller = c.canceller();
    c.execute(&format!("DROP DATABASE {}", db.name())).await.expect("gone");
    canceller.cancel().await.expect("a cancel needs no database");
    c.close().await;
    canceller.cancel().await.expect("there is nothing left to stop");
}

#[tokio::test]
async fn a_lost_connection_is_known() {
    let db = mariadb();
    let mut killer = connect(&db.dbstring()).await;
    let mut c = connect(&db.dbstring()).await;
    let id = one(&mut c, "SELECT connection_id()").await.expect("an id");
    let (outcome, ()) = tokio::join!(c.execute("SELECT SLEEP(60)"), async {
        sleep(Duration::from_millis(200)).await;
        killer.execute(&format!("KILL {id}")).await.expect("killed");
    });
    let error = outcome.expect_err("it was killed");
    let expected = "the connection to the server is gone: connection closed";
    assert_eq!((error.kind, error.to_string().as_str()), (ErrorKind::Closed, expected));
    assert!(c.is_closed());
    assert_eq!(c.execute("SELECT 1").await.map_err(|error| error.kind), Err(ErrorKind::Closed));

    let mut idle = connect(&db.dbstring()).await;
    let id = one(&mut idle, "SELECT connection_id()").await.expect("an id");
    killer.execute(&format!("KILL {id}")).await.expect("killed");
    sleep(Duration::from_millis(50)).await;
    assert_eq!(idle.execute("SELECT 1").await.map_err(|error| error.kind), Err(ErrorKind::Closed));
    idle.close().await;
}

#[tokio::test]
async fn an_abandoned_statement_closes_the_connection() {
    let db = mariadb();
    let mut c = connect(&db.dbstring()).await;
    assert!(timeout(Duration::from_millis(50), c.execute("SELECT SLEEP(1)")).await.is_err());
    assert!(c.is_closed());
    assert_eq!(c.execute("SELECT 1").await.map_err(|error| error.kind), Err(ErrorKind::Closed));

    let mut c = connect(&format!("{}?readTimeout=500ms&writeTimeout=1ms", db.dbstring())).await;
    c.execute("SELECT 1; SELECT 2").await.expect("two results");
    let error = c.execute("SELECT SLEEP(5)").await.expect_err("too long");
    let expected = "the connection to the server is gone: no answer within 501ms (readTimeout)";
    assert_eq!(error.to_string(), expected);
    assert!(c.is_closed());
}

#[tokio::test]
async fn local_files_are_refused() {
    let db = mariadb();
    let mut c = connect(&db.dbstring()).await;
    c.execute("CREATE TABLE a (x TEXT)").await.expect("a table");
    let error = c.execute("LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE a").await.expect_err("refused");
    let expected = "LOAD DATA LOCAL is not supported: the server asks for the file `/etc/hostname`";
    assert_eq!((error.kind, error.to_string().as_str()), (ErrorKind::Statement, expected));
    assert!(c.is_closed(), "the client library gives up the connection");
    assert_eq!(db.column("SELECT count(*) FROM a"), ["0"]);
}

#[tokio::test]
async fn values_are_the_servers_text() {
    let db = mariadb();
    let mut c = connect(&db.dbstring()).await;
    let sql = "SELECT TIMESTAMP'2026-01-02 03:04:05.5', TRUE, 1.50, 1e20, DATE'2026-01-02', x'ff', 'ü', ''";
    let rows = c.query(sql).await.expect("a row").concat();
    let values: Vec<&str> = rows.iter().flatten().map(String::as_str).collect();
    assert_eq!(values, ["2026-01-02 03:04:05.5", "1", "1.50", "1e20", "2026-01-02", "\u{fffd}", "ü", ""]);
}

#[tokio::test]
async fn long_messages() {
    let db = mariadb();
    let mut c = connect(&db.dbstring()).await;
    let long = "x".repeat(15 << 20);
    let length = one(&mut c, &format!("SELECT length('{long}')")).await;
    assert_eq!(length, Some((15 << 20).to_string()));
    // The server may close the connection before its own error (1153) can be read.
    let too_long = "x".repeat(17 << 20);
    let error =
        c.execute(&format!("SELECT length('{too_long}')")).await.expect_err("more than max_allowed_packet");
    let said = format!("{error} {}", error.hint.clone().unwrap_or_default());
    assert!(said.contains("max_allowed_packet"), "{error:?}");
    assert!(c.is_closed());
}

#[tokio::test]
async fn passwords_of_every_kind_open_the_door() {
    let db = mariadb();
    let passwords = [
        "p@ss:w/d?#%",
        "@/:@",
        "100%",
        "a b  c ",
        "'\"`\\",
        "p@h/x?k",
        "Größe密碼🔑",
        "tcp(127.0.0.1:1)/d",
        "$HOME;--",
        "%40%zz",
    ];
    for (number, password) in passwords.iter().enumerate() {
        let user = format!("{}_{number}", db.name());
        let quoted = password.replace('\\', "\\\\").replace('\'', "''");
        db.sql(&format!(
            "CREATE USER {user} IDENTIFIED BY '{quoted}'; GRANT ALL ON {}.* TO {user}",
            db.name()
        ))
        .expect("an account");
        let escaped: String = password.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let (address, name) = (db.server().addr(), db.name());
        let mut forms = vec![
            format!("{user}:{password}@tcp({address})/{name}?parseTime=true"),
            format!("mysql://{user}:{escaped}@{address}/{name}"),
        ];
        // An escape in a URL is one.
        if !password.contains("%40") {
            forms.push(format!("mysql://{user}:{password}@{address}/{name}"));
        }
        for dbstring in forms {
            assert_eq!(
                driver_for_url(&dbstring).map(|driver| driver.names()[0]),
                Some("mysql"),
                "{dbstring}"
            );
            connect(&dbstring).await.close().await;
        }
        db.sql(&format!("DROP USER {user}")).expect("gone");
    }
}

#[tokio::test]
async fn messages_are_compressed_on_request() {
    let db = mariadb();
    let mut c = connect(&format!("{}?compress=true", db.dbstring())).await;
    let status = "SHOW SESSION STATUS LIKE 'Compression'";
    assert_eq!(c.query(status).await.expect("a row")[0][1].as_deref(), Some("ON"));
    let long = "x".repeat(3 << 20);
    assert_eq!(one(&mut c, &format!("SELECT '{long}'")).await, Some(long));
    let error = c.execute("SELECT 1; SELECT * FROM nope; SELECT 2").await.expect_err("no such table");
    assert_eq!(error.number, Some(1146));
    c.sibling().await.expect("once more").close().await;
    assert_eq!(one(&mut c, "SELECT 5").await.as_deref(), Some("5"));
    c.close().await;
}
