//! TLS with a PostgreSQL server that shows good and bad certificates.
#![cfg(feature = "postgres")]
#![allow(missing_docs)]

mod pki;

use std::time::Duration;

use brant_driver::drivers::postgres::Postgres;
use brant_driver::{Access, Connection, Driver, DriverError, Environment, ErrorKind};
use brant_testkit::{Engine, PrivateServer, Server, ServerOptions, TestDatabase};
use pki::{Folder, Pki};

async fn open(dbstring: &str, variables: &[(&str, String)]) -> Result<Box<dyn Connection>, DriverError> {
    let mut environment = Environment::from([("USER".to_owned(), "me".to_owned())]);
    environment.extend(variables.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
    Postgres.parse(dbstring, &environment)?.connect(Access::Write).await
}

/// `plain`, `tls`, or what is wrong.
async fn outcome(dbstring: &str, variables: &[(&str, String)]) -> String {
    let mut connection = match open(dbstring, variables).await {
        Ok(connection) => connection,
        Err(error) => return format!("{error} {}", error.hint.as_deref().unwrap_or_default()),
    };
    let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let rows = connection.query(sql).await.unwrap();
    connection.close().await;
    let tls = rows[0][0].as_deref() == Some("t");
    (if tls { "tls" } else { "plain" }).to_owned()
}

struct TlsServer {
    server: PrivateServer,
    database: TestDatabase,
}

impl TlsServer {
    fn start(pki: &Pki) -> Self {
        let server = PrivateServer::start(Engine::Postgres, &ServerOptions::default());
        let database = TestDatabase::on(&server);
        let server = Self { server, database };
        server.write("ca.crt", &pki.authority);
        server.show(&pki.good);
        server.set(&["ssl = on", "ssl_ca_file = 'ca.crt'"]);
        server
    }

    /// Writes a file beside the server's data.
    fn write(&self, name: &str, text: &str) {
        let text = text.replace("\r\n", "\n").replace('\n', "\\n");
        self.run(&format!("umask 077; printf -- \"{text}\" > {name}"));
    }

    fn run(&self, command: &str) {
        let sql = format!("COPY (SELECT 1) TO PROGRAM 'cat > /dev/null; {command}'");
        self.database.sql(&sql).unwrap_or_else(|why| panic!("{command}: {why}"));
    }

    /// Makes the server show this certificate.
    fn show(&self, pair: &pki::Pair) {
        self.write("server.crt", &pair.certificate);
        self.write("server.key", &pair.key);
        self.set(&[]);
    }

    /// Puts a rule before all others.
    fn rule(&self, rule: &str) {
        self.run(&format!("sed -i \"1i {rule}\" pg_hba.conf"));
        self.set(&[]);
    }

    fn set(&self, settings: &[&str]) {
        for setting in settings {
            self.database.sql(&format!("ALTER SYSTEM SET {setting}")).unwrap();
        }
        self.database.sql("SELECT pg_reload_conf(), pg_sleep(0.4)").unwrap();
    }

    fn string(&self, rest: &str) -> String {
        let Server { user, password, port, .. } = &*self.server;
        let name = self.database.name();
        format!("host=localhost port={port} user={user} password={password} dbname={name} {rest}")
    }
}

/// The modes, and what comes of them with each of the certificates: `t`ls, `p`lain, or an error about `n`obody who is
/// trusted, a certificate that is e`x`pired, another ho`s`t.
const MODES: &[(&str, [char; 7])] = &[
    //                                         good expd othr unkn self cn   v1
    ("sslmode=disable sslrootcert=CA", /*   */ ['p', 'p', 'p', 'p', 'p', 'p', 'p']),
    ("sslmode=allow", /*                    */ ['p', 'p', 'p', 'p', 'p', 'p', 'p']),
    ("sslmode=allow sslrootcert=CA", /*     */ ['p', 'p', 'p', 'p', 'p', 'p', 'p']),
    ("", /*                                 */ ['t', 't', 't', 't', 't', 't', 't']),
    ("sslmode=prefer sslrootcert=CA", /*    */ ['t', 'p', 't', 'p', 'p', 't', 't']),
    ("sslmode=require", /*                  */ ['t', 't', 't', 't', 't', 't', 't']),
    ("sslmode=require sslrootcert=CA", /*   */ ['t', 'x', 't', 'n', 'n', 't', 't']),
    ("sslmode=verify-ca sslrootcert=CA", /* */ ['t', 'x', 't', 'n', 'n', 't', 't']),
    ("sslmode=verify-ca sslrootcert=SELF", /**/ ['n', 'x', 'n', 'n', 't', 'n', 'n']),
    ("sslmode=verify-full sslrootcert=CA", /**/ ['t', 'x', 's', 'n', 'n', 't', 't']),
    ("sslmode=verify-full sslrootcert=SELF", ['n', 'x', 'n', 'n', 't', 'n', 'n']),
    ("sslmode=verify-full", /* the system's */ ['t', 'x', 's', 'n', 'n', 't', 't']),
    ("sslrootcert=system", /*               */ ['t', 'x', 's', 'n', 'n', 't', 't']),
    ("sslmode=require sslrootcert=system", /**/ ['t', 'x', 's', 'n', 'n', 't', 't']),
];

#[tokio::test]
async fn every_mode_meets_every_certificate() {
    let pki = Pki::new();
    let server = TlsServer::start(&pki);
    let files = Folder::new();
    let (ca, own) = (files.write("ca.crt", &pki.authority), files.write("self.crt", &pki.own.certificate));
    let variables = [("SSL_CERT_FILE", ca.clone())];
    let refused = outcome(&server.string("sslmode=verify-ca"), &variables).await;
    assert!(refused.contains("`sslmode=verify-ca` needs to know the authority"), "{refused}");
    let first_version = pki.first_version(&files);
    let pairs =
        [&pki.good, &pki.expired, &pki.other, &pki.unknown, &pki.own, &pki.common_name, &first_version];
    for (column, pair) in pairs.into_iter().enumerate() {
        server.show(pair);
        for (mode, results) in MODES {
            let string = server.string(&mode.replace("CA", &ca).replace("SELF", &own));
            let outcome = outcome(&string, &variables).await;
            let want = match results[column] {
                'p' => "plain",
                't' => "tls",
                'x' => "TLS: the server's certificate has expired",
                's' => "TLS: the server's certificate is not for the host's name",
                _ => "TLS: the server's certificate comes from nobody who is trusted here",
            };
            let right = if want.len() > 5 { outcome.contains(want) } else { outcome == want };
            assert!(right, "certificate {column}, `{mode}`: {outcome}");
        }
    }
}

#[tokio::test]
async fn names_addresses_and_versions() {
    let pki = Pki::new();
    let server = TlsServer::start(&pki);
    let files = Folder::new();
    let ca = files.write("ca.crt", &pki.authority);
    let full = format!("sslmode=verify-full sslrootcert={ca}");
    for (rest, want) in [
        ("hostaddr=127.0.0.1", "tls"),
        ("sslsni=0", "tls"),
        ("ssl_min_protocol_version=TLSv1.3", "tls"),
        ("ssl_max_protocol_version=TLSv1.2", "tls"),
        ("channel_binding=require", "tls"),
        ("channel_binding=disable", "tls"),
        ("host=127.0.0.1", "is not for the host's name"),
        ("sslrootcert=/nosuch/file", "`sslrootcert`: cannot read `/nosuch/file`"),
        ("sslrootcert=/etc/passwd", "`sslrootcert`: `/etc/passwd` holds no certificate in PEM form"),
    ] {
        let outcome = outcome(&server.string(&format!("{full} {rest}")), &[]).await;
        assert!(outcome.contains(want), "{rest}: {outcome}");
    }
    let version = "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    for (rest, want) in [("ssl_max_protocol_version=TLSv1.2", "TLSv1.2"), ("", "TLSv1.3")] {
        let mut connection = open(&server.string(&format!("{full} {rest}")), &[]).await.unwrap();
        let rows = connection.query(version).await.unwrap();
        assert_eq!(rows[0][0].as_deref(), Some(want));
        // Other ways to the same server are as well guarded.
        let mut sibling = connection.sibling().await.unwrap();
        assert_eq!(sibling.query(version).await.unwrap(), rows);
        let canceller = connection.canceller();
        let (slept, cancelled) = tokio::join!(connection.execute("SELECT pg_sleep(30)"), async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            canceller.cancel().await
        });
        assert_eq!((slept.unwrap_err().kind, cancelled), (ErrorKind::Cancelled, Ok(())));
    }
    // Where nobody is let in without TLS, `allow` asks for it.
    server.rule("hostnossl all all 127.0.0.1/32 reject");
    assert_eq!(outcome(&server.string("sslmode=allow"), &[]).await, "tls");
    let refused = outcome(&server.string("sslmode=disable"), &[]).await;
    assert!(refused.contains("no encryption"), "{refused}");
    let refused =
        outcome(&server.string(&format!("sslmode=allow sslrootcert={ca} host=127.0.0.1 user=x")), &[]).await;
    assert!(refused.contains("no encryption; with TLS: password authentication failed"), "{refused}");
}

#[tokio::test]
async fn clients_show_who_they_are() {
    let pki = Pki::new();
    let server = TlsServer::start(&pki);
    server.rule("hostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-full");
    let files = Folder::new();
    let cert = files.write("c.crt", &pki.client.certificate);
    let key = files.write("c.key", &pki.client.key);
    let locked = files.encrypt(&key, "locked.key", "pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256");
    let scrypt = files.encrypt(&key, "scrypt.key", "pkcs8 -topk8 -scrypt");
    let old = files.encrypt(&key, "old.key", "ec -aes128");
    let der = files.openssl("der.key", &format!("pkcs8 -topk8 -nocrypt -outform DER -in {key}"));
    let sec1 = files.openssl("sec1.key", &format!("ec -in {key}"));
    let open_to_all = files.write("open.key", &pki.client.key);
    files.mode("open.key", 0o644);
    let (eve, eve_key) = (files.write("e.crt", &pki.eve.certificate), files.write("e.key", &pki.eve.key));
    let (stranger, stranger_key) =
        (files.write("s.crt", &pki.stranger.certificate), files.write("s.key", &pki.stranger.key));
    let with = |cert: &str, key: &str| format!("sslcert={cert} sslkey={key}");
    let mut table = vec![
        (String::new(), "connection requires a valid client certificate"),
        (with(&cert, &key), "tls"),
        (with(&cert, &der), "tls"),
        (with(&cert, &sec1), "tls"),
        (with(&cert, &key) + " sslcertmode=disable", "connection requires a valid client certificate"),
        (with(&cert, &key) + " sslcertmode=require", "tls"),
        (with(&cert, &key) + " sslcertmode=require ssl_max_protocol_version=TLSv1.2", "tls"),
        (with(&cert, &locked) + " sslpassword=hunter2", "tls"),
        (with(&cert, &locked) + " sslpassword=s3cret", "can't be decrypted: `sslpassword` is wrong"),
        (with(&cert, &locked), "is encrypted: give its password by `sslpassword` or PGSSLPASSWORD"),
        (with(&cert, &old) + " sslpassword=hunter2", "is encrypted in OpenSSL's old form"),
        (with(&cert, &open_to_all), "make it yours alone with `chmod 600`"),
        (with(&cert, &eve_key), "is not the key of the certificate in"),
        (with(&cert, "/nosuch/key"), "`sslkey`: cannot read `/nosuch/key`"),
        (with("/nosuch/crt", &key), "`sslcert`: cannot read `/nosuch/crt`"),
        (with(&eve, &eve_key), "password authentication failed for user"),
        (with(&stranger, &stranger_key), "received fatal alert: UnknownCA"),
    ];
    table.push((with(&cert, &scrypt) + " sslpassword=hunter2", "tls"));
    for (rest, want) in table {
        let outcome = outcome(&server.string(&format!("sslmode=require {rest}")), &[]).await;
        assert!(outcome.contains(want), "{rest}: {outcome}");
        assert!(!outcome.contains("s3cret"));
    }
    // Without a list of authorities the server asks nobody.
    let shown = |rest: &str| server.string(&(with(&cert, &key) + " sslcertmode=require " + rest));
    server.run("sed -i 1d pg_hba.conf");
    server.set(&["ssl_ca_file = ''"]);
    for rest in ["sslmode=require", "sslmode=require ssl_max_protocol_version=TLSv1.2", "sslmode=disable"] {
        let refused = outcome(&shown(rest), &[]).await;
        assert!(
            refused.contains("`sslcertmode=require`: the server has not asked for the client's"),
            "{refused}"
        );
    }
    server.set(&["ssl_ca_file = 'ca.crt'"]);
    assert_eq!(outcome(&shown("sslmode=require"), &[]).await, "tls");
    // Other ways to the same server show it too.
    let mut connection = open(&shown("sslmode=require"), &[]).await.unwrap();
    connection.sibling().await.unwrap().close().await;
    server.rule("hostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-full");
    // The files have their usual places.
    files.write(".postgresql/postgresql.crt", &pki.client.certificate);
    files.write(".postgresql/postgresql.key", &pki.client.key);
    files.write(".postgresql/root.crt", &pki.authority);
    let home = [("HOME", files.path())];
    assert_eq!(outcome(&server.string("sslmode=verify-full"), &home).await, "tls");
    server.show(&pki.unknown);
    for mode in ["require", "verify-ca", "verify-full"] {
        let refused = outcome(&server.string(&format!("sslmode={mode}")), &home).await;
        assert!(refused.contains("comes from nobody who is trusted here"), "{refused}");
    }
}

#[tokio::test]
async fn tls_can_begin_at_once() {
    let pki = Pki::new();
    let database = brant_testkit::postgres();
    let (port, heard) = pki.gate(database.server().addr()).await;
    let files = Folder::new();
    let ca = files.write("ca.crt", &pki.authority);
    let Server { user, password, .. } = database.server();
    let name = database.name();
    let string = format!(
        "host=localhost hostaddr=127.0.0.1 port={port} user={user} password={password} dbname={name} \
         sslmode=verify-full sslrootcert={ca} sslnegotiation=direct"
    );
    let mut connection = open(&string, &[]).await.unwrap();
    assert_eq!(connection.query("SELECT 1").await, Ok(vec![vec![Some("1".to_owned())]]));
    open(&format!("{string} sslsni=0"), &[]).await.unwrap().close().await;
    let told = [(Some("localhost".to_owned()), true), (None, true)];
    assert_eq!(*heard.lock().unwrap(), told);
}
