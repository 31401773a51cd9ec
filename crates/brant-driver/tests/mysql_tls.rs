//! TLS to a MariaDB server: who is trusted, who is not, and what is said then.
#![cfg(feature = "mysql")]

use std::path::PathBuf;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};

use brant_driver::{Access, Connection, DriverError, Environment, ErrorKind, TlsFiles, driver_by_name};
use brant_testkit::{Certificates, PrivateServer, ServerOptions, TestDatabase, mariadb};

struct Place {
    certificates: Certificates,
    server: PrivateServer,
    db: TestDatabase,
}

impl Place {
    /// A server with TLS, and the certificate `good`.
    fn new() -> Self {
        let certificates = Certificates::make();
        let server = certificates.mariadb(ServerOptions::default());
        let db = TestDatabase::on(&server);
        Self { certificates, server, db }
    }

    fn serve(&self, name: &str) {
        self.certificates.serve(name);
        self.db.sql("FLUSH SSL").expect("the new certificate");
    }

    fn file(&self, name: &str) -> Option<PathBuf> {
        Some(self.certificates.file(name))
    }

    fn authorities(&self, name: &str) -> TlsFiles {
        TlsFiles { authorities: self.file(name), ..TlsFiles::default() }
    }

    fn client(&self, name: &str) -> TlsFiles {
        TlsFiles {
            client_certificate: self.file(&format!("{name}.pem")),
            client_key: self.file(&format!("{name}-key.pem")),
            ..self.authorities("ca.pem")
        }
    }
}

/// Parameters, files, environment, and what each certificate of the server leads to: encrypted or not, or an error.
type Row<'a> = (&'a str, &'a TlsFiles, &'a Environment, [Result<bool, &'a str>; 4]);

type Opened = Result<Box<dyn Connection>, DriverError>;

async fn open(dbstring: &str, files: &TlsFiles, environment: &Environment) -> Opened {
    let driver = driver_by_name("mysql").expect("the driver");
    driver.parse_with_tls(dbstring, environment, files)?.connect(Access::Write).await
}

/// The session's cipher, `` without TLS, or why there is no session. Once connected, connecting again and cancelling
/// must work as well.
async fn seen(outcome: Opened) -> Result<bool, String> {
    let mut connection = outcome.map_err(|error| {
        assert_eq!(error.kind, ErrorKind::Connect, "{error:?}");
        error.to_string()
    })?;
    let mut sibling = connection.sibling().await.expect("once more");
    connection.canceller().cancel().await.expect("a request to the server");
    let mut ciphers = Vec::new();
    for connection in [&mut connection, &mut sibling] {
        let rows = connection.query("SHOW SESSION STATUS LIKE 'Ssl_cipher'").await.expect("a row");
        ciphers.push(rows[0][1].clone().unwrap_or_default());
    }
    assert_eq!(ciphers[0], ciphers[1]);
    sibling.close().await;
    connection.close().await;
    Ok(!ciphers[0].is_empty())
}

const FOREIGN: &str = "the server's certificate is not signed by an authority that is trusted here";
const NOT_OURS: &str = "the server's certificate is not signed by an authority in the file of `-certfile`";
const ELSEWHERE: &str = "the server's certificate is not for `127.0.0.1` but for `elsewhere.example`";

#[tokio::test]
async fn each_mode_meets_each_certificate() {
    let place = Place::new();
    let ca = place.certificates.file("ca.pem").display().to_string();
    let trusting = Environment::from([("SSL_CERT_FILE".to_owned(), ca)]);
    let system = Environment::new();
    let (none, ours, other) =
        (TlsFiles::default(), place.authorities("ca.pem"), place.authorities("other-ca.pem"));
    // What each certificate of the server leads to: good, expired, elsewhere, foreign. An error is given without its
    // beginning; of the expired one the beginning counts, since its age grows.
    let expired = "the server's certificate expired ";
    let rows: [Row; 10] = [
        ("", &none, &system, [Ok(false); 4]),
        ("tls=false", &none, &system, [Ok(false); 4]),
        ("tls=preferred", &none, &system, [Ok(true); 4]),
        ("tls=skip-verify", &none, &system, [Ok(true); 4]),
        ("tls=true", &none, &system, [Err(FOREIGN), Err(expired), Err(FOREIGN), Err(FOREIGN)]),
        ("tls=true", &none, &trusting, [Ok(true), Err(expired), Err(ELSEWHERE), Err(FOREIGN)]),
        ("", &ours, &system, [Ok(true), Err(expired), Err(ELSEWHERE), Err(NOT_OURS)]),
        ("tls=custom", &ours, &system, [Ok(true), Err(expired), Err(ELSEWHERE), Err(NOT_OURS)]),
        ("tls=skip-verify", &ours, &system, [Ok(true), Err(expired), Err(ELSEWHERE), Err(NOT_OURS)]),
        ("tls=custom", &other, &system, [Err(NOT_OURS), Err(expired), Err(NOT_OURS), Ok(true)]),
    ];
    for (column, name) in ["good", "expired", "elsewhere", "foreign"].into_iter().enumerate() {
        place.serve(name);
        for (parameters, files, environment, expected) in &rows {
            let dbstring = format!("{}?{parameters}", place.db.dbstring());
            let seen = seen(open(&dbstring, files, environment).await).await;
            let case = format!("{name}, `{parameters}`, {files:?}");
            match (expected[column], seen) {
                (Ok(expected), Ok(encrypted)) => assert_eq!(encrypted, expected, "{case}"),
                (Err(expected), Err(error)) => {
                    let start = format!("{}: {expected}", place.server.addr());
                    assert!(error.starts_with(&start), "{case}: {error}");
                }
                (expected, seen) => panic!("{case}: {seen:?} instead of {expected:?}"),
            }
        }
    }
    let error = open(&place.db.dbstring(), &ours, &system).await.err().expect("foreign");
    assert!(!format!("{error:?}").contains(&place.server.password));
    // A name instead of an address.
    place.serve("good");
    let by_name = place.db.dbstring().replace("127.0.0.1", "localhost");
    assert_eq!(seen(open(&by_name, &ours, &system).await).await, Ok(true));
}

#[tokio::test]
async fn a_client_shows_its_certificate() {
    let place = Place::new();
    let accounts = "CREATE USER known IDENTIFIED BY 'pw' REQUIRE X509; GRANT ALL ON *.* TO known;
        CREATE USER secured IDENTIFIED BY 'pw' REQUIRE SSL; GRANT ALL ON *.* TO secured";
    place.db.sql(accounts).expect("accounts");
    let address = place.server.addr();
    let known = format!("known:pw@tcp({address})/{}", place.db.name());
    let secured = known.replace("known", "secured");
    let environment = Environment::new();
    for (dbstring, files, is_let_in) in [
        (&known, place.client("client"), true),
        (&known, place.authorities("ca.pem"), false),
        (&known, TlsFiles::default(), false),
        (&secured, place.authorities("ca.pem"), true),
        (&secured, TlsFiles::default(), false),
    ] {
        match seen(open(dbstring, &files, &environment).await).await {
            Ok(encrypted) => assert!(encrypted && is_let_in, "{dbstring} {files:?}"),
            Err(error) => {
                assert!(!is_let_in && error.starts_with("Error 1045 (28000): Access denied"), "{error}");
            }
        }
    }
    // The pair goes along with other modes too.
    let pair = TlsFiles { authorities: None, ..place.client("client") };
    assert_eq!(seen(open(&format!("{known}?tls=skip-verify"), &pair, &environment).await).await, Ok(true));
    let error = seen(open(&known, &place.client("foreign-client"), &environment).await).await;
    let expected = "the server does not know the authority that signed the client's certificate";
    assert_eq!(error, Err(format!("{address}: {expected}")));
}

#[tokio::test]
async fn pairs_must_fit() {
    let certificates = Certificates::make();
    let encrypted = certificates.file("encrypted.pem");
    std::fs::write(
        &encrypted,
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    )
    .expect("a file");
    let shown = |name: &str| certificates.file(name).display().to_string();
    let table = [
        (
            "client.pem",
            "good-key.pem",
            format!("`-ssl-key`: the key in `{}` is not that of the certificate", shown("good-key.pem")),
        ),
        ("client.pem", "ca.pem", format!("`-ssl-key`: `{}`: no private key in it (PEM)", shown("ca.pem"))),
        (
            "client-key.pem",
            "client-key.pem",
            format!("`-ssl-cert`: `{}`: no certificate in it (PEM)", shown("client-key.pem")),
        ),
        (
            "client.pem",
            "encrypted.pem",
            format!("`-ssl-key`: `{}`: the key is encrypted, which is not supported", shown("encrypted.pem")),
        ),
    ];
    for (certificate, key, expected) in table {
        let files = TlsFiles {
            client_certificate: Some(certificates.file(certificate)),
            client_key: Some(certificates.file(key)),
            ..TlsFiles::default()
        };
        let error =
            open("u@tcp(127.0.0.1:1)/d?tls=true", &files, &Environment::new()).await.err().expect("refused");
        assert_eq!((error.kind, error.to_string()), (ErrorKind::Config, expected));
    }
}

#[tokio::test]
async fn a_server_without_tls() {
    let db = mariadb();
    let address = db.server().addr();
    let environment = Environment::new();
    for (parameters, is_let_in) in [
        ("tls=preferred", true),
        ("tls=true&allowFallbackToPlaintext=true", true),
        ("tls=true", false),
        ("tls=skip-verify", false),
    ] {
        let outcome =
            open(&format!("{}?{parameters}", db.dbstring()), &TlsFiles::default(), &environment).await;
        if let Err(error) = &outcome {
            assert_eq!(error.hint.as_deref(), Some("`tls=preferred` goes on without"));
        }
        let expected =
            if is_let_in { Ok(false) } else { Err(format!("{address}: the server does not offer TLS")) };
        assert_eq!(seen(outcome).await, expected, "{parameters}");
    }
}

#[tokio::test]
async fn other_drivers_refuse_the_flags() {
    let files = TlsFiles { client_key: Some("k.pem".into()), ..TlsFiles::default() };
    for (name, dbstring) in [("sqlite3", ":memory:"), ("postgres", "postgres://h/d")] {
        let Some(driver) = driver_by_name(name) else { continue };
        let error = driver.parse_with_tls(dbstring, &Environment::new(), &files).err().expect("refused");
        assert_eq!(
            (error.kind, error.message.as_str()),
            (ErrorKind::Config, "flag `-ssl-key` is only for mysql")
        );
    }
}

/// A message of the protocol: its length, its number, and what it says.
fn packet(number: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).expect("a short message");
    [&[length, 0, 0, number][..], payload].concat()
}

/// A server that wants the password itself, and returns what it was sent.
async fn ask_for_the_password(mut link: UnixStream) -> Vec<u8> {
    // Protocol 10, version, connection, half a nonce, capabilities (4.1, authentication by plugins), the other half.
    let hello = [
        b"\x0a8.0.0\0\x01\0\0\0aaaaaaaa\0\x00\x82\x2d\x02\0\x08\0\x15".as_slice(),
        &[0; 10],
        b"aaaaaaaaaaaa\0mysql_native_password\0",
    ]
    .concat();
    let mut said = vec![0; 4096];
    link.write_all(&packet(0, &hello)).await.expect("hello");
    let length = link.read(&mut said).await.expect("who it is");
    assert!(length > 4);
    link.write_all(&packet(2, b"\xfemysql_clear_password\0")).await.expect("the question");
    let length = link.read(&mut said).await.expect("the password");
    said.truncate(length);
    // Who was refused is gone.
    let _ = link.write_all(&packet(4, b"\0\0\0\x02\0\0\0")).await;
    said
}

#[tokio::test]
async fn the_password_itself_is_sent_only_when_allowed() {
    let dir = tempfile::tempdir().expect("a folder");
    let socket = dir.path().join("s");
    let server = UnixListener::bind(&socket).expect("a socket");
    for (parameters, is_allowed) in [("", false), ("?allowCleartextPasswords=true", true)] {
        let dbstring = format!("u:pass@unix({})/d{parameters}", socket.display());
        let (files, environment) = (TlsFiles::default(), Environment::new());
        let (outcome, said) = tokio::join!(open(&dbstring, &files, &environment), async {
            let (link, _) = server.accept().await.expect("a client");
            ask_for_the_password(link).await
        });
        if is_allowed {
            outcome.unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(said, packet(3, b"pass\0"));
        } else {
            let error = outcome.err().expect("refused");
            assert!(error.message.ends_with("the server wants the password itself"), "{error}");
            assert_eq!(said, b"");
        }
    }
}
