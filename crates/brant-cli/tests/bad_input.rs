//! What goes wrong before, between and beside the statements: names, annotations, encodings, connection strings,
//! servers, rights, disks. Each case is told exactly, ends with its exit code, and leaves the database as it was.

mod support;

use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use brant_testkit::proxy::{Cut, ProxyOptions};
use brant_testkit::{Brant, Certificates, Engine, PrivateServer, Proxy, Server, ServerOptions, TestDatabase};
use support::brant;

const GOOD: &[u8] = b"-- +goose Up\nCREATE TABLE t (id int);\n-- +goose Down\nDROP TABLE t;\n";

/// What is told of a row of cases, and how many there were.
#[derive(Default)]
struct Told {
    text: String,
    n: usize,
}

impl Told {
    /// Runs brant and checks that it left the database alone.
    fn case(&mut self, name: &str, db: &TestDatabase, brant: &Brant, args: &[&str]) {
        let before = dump(db);
        let output = brant.run(args);
        assert_eq!(dump(db), before, "{name}: {}{}", output.stdout, output.stderr);
        self.add(name, &output.redact());
    }

    fn add(&mut self, name: &str, output: &str) {
        self.n += 1;
        let _ = writeln!(self.text, "=== {name}\n{output}");
    }

    fn check(&self, snapshot: &str, at_least: usize) {
        assert!(self.n >= at_least, "{} cases", self.n);
        insta::with_settings!({ filters => vec![
            (r"(process|connection) \d+", "$1 N"),
            (r"(user|role|User|Role) .?poor_t_[0-9a-f]+.?", "$1 POOR"),
            (r"poor_(DB|t_[0-9a-f]+)", "POOR"),
            (r"since [-0-9: +]+", "since TIME"),
            (r"/\S+/(other-ca|ca)\.pem", "DIR/$1.pem"),
            (r"expired \d+ days ago", "expired N days ago"),
        ] }, {
            insta::assert_snapshot!(snapshot, self.text);
        });
    }
}

/// All that is in a database: what brant's own tables say too. (That they are there, with nothing in them, says nothing.)
fn dump(db: &TestDatabase) -> String {
    let count = |sql: &str| db.sql(sql).map_or_else(|_| "0".to_owned(), |rows| rows[0][0].clone());
    let own = [
        count("SELECT count(*) FROM goose_db_version WHERE version_id > 0"),
        count("SELECT count(*) FROM brant_journal WHERE state = 'done'"),
    ];
    format!("{}{:?}{own:?}", db.schema(), db.row_counts())
}

fn kept(engine: Engine) -> TestDatabase {
    keeping(TestDatabase::fresh(engine))
}

fn keeping(db: TestDatabase) -> TestDatabase {
    db.sql("CREATE TABLE keep (id int); INSERT INTO keep VALUES (1)").unwrap();
    db
}

fn wanted(engine: Engine) -> bool {
    brant_testkit::engines().contains(&engine)
}

fn put(db: &TestDatabase, name: &str, bytes: &[u8]) {
    std::fs::create_dir_all(db.dir().join("migrations")).unwrap();
    std::fs::write(db.dir().join("migrations").join(name), bytes).unwrap();
}

fn on(db: &TestDatabase) -> Brant {
    brant(db).env("GOOSE_MIGRATION_DIR", "migrations")
}

#[test]
fn files() {
    let up = |sql: &str| format!("-- +goose Up\n{sql}").into_bytes();
    let utf16 = |head: &[u8], le: bool| {
        let units = "-- +goose Up\nSELECT 1;\n".encode_utf16();
        let bytes = units.flat_map(|u| if le { u.to_le_bytes() } else { u.to_be_bytes() });
        head.iter().copied().chain(bytes).collect::<Vec<u8>>()
    };
    let long = |tail: &str| up(&format!("SELECT '{}'{tail}\n", "x".repeat(5_000_000)));
    let good = GOOD.to_vec();
    let cases: Vec<(&str, &str, Vec<u8>)> = vec![
        ("no version", "orders.sql", good.clone()),
        ("no name", "1.sql", good.clone()),
        ("a word for a version", "first_a.sql", good.clone()),
        ("nothing for a version", "_a.sql", good.clone()),
        ("version 0", "0_a.sql", good.clone()),
        ("a negative version", "-1_a.sql", good.clone()),
        ("a version just above 64 bits", "9223372036854775808_a.sql", good.clone()),
        ("a version far above 64 bits", "99999999999999999999999_a.sql", good.clone()),
        ("a fraction for a version", "1.5_a.sql", good.clone()),
        ("a blank before the version", " 1_a.sql", good.clone()),
        ("digits of another script", "１_a.sql", good.clone()),
        ("an extension in capitals", "1_a.SQL", good.clone()),
        ("a backup", "1_a.sql.bak", good.clone()),
        ("an editor's file", ".1_a.sql.swp", good.clone()),
        ("Go", "1_a.go", b"package x\n".to_vec()),
        ("an empty file", "1_a.sql", vec![]),
        ("blanks only", "1_a.sql", b"\n\n  \n".to_vec()),
        ("comments only", "1_a.sql", b"-- nothing\n".to_vec()),
        ("no annotation", "1_a.sql", b"CREATE TABLE t (id int);\n".to_vec()),
        ("SQL before Up", "1_a.sql", b"SELECT 1;\n-- +goose Up\nSELECT 2;\n".to_vec()),
        ("Up twice", "1_a.sql", up("SELECT 1;\n-- +goose Up\nSELECT 2;\n")),
        ("Down twice", "1_a.sql", up("-- +goose Down\nSELECT 1;\n-- +goose Down\n")),
        ("Down without Up", "1_a.sql", b"-- +goose Down\nSELECT 1;\n".to_vec()),
        ("a misspelt annotation", "1_a.sql", b"-- +goose Upp\nSELECT 1;\n".to_vec()),
        (
            "a misspelt NO TRANSACTION",
            "1_a.sql",
            b"-- +goose NOTRANSACTION\n-- +goose Up\nSELECT 1;\n".to_vec(),
        ),
        ("a block without an end", "1_a.sql", up("-- +goose StatementBegin\nSELECT 1;\n")),
        ("an end without a block", "1_a.sql", up("SELECT 1;\n-- +goose StatementEnd\n")),
        ("a block in a block", "1_a.sql", up("-- +goose StatementBegin\n-- +goose StatementBegin\n")),
        ("Down in a block", "1_a.sql", up("-- +goose StatementBegin\nSELECT 1;\n-- +goose Down\n")),
        ("a block before Up", "1_a.sql", b"-- +goose StatementBegin\nSELECT 1;\n".to_vec()),
        ("no semicolon", "1_a.sql", up("SELECT 1;\n\nSELECT\n  2\n")),
        ("no closing quote", "1_a.sql", up("SELECT 1;\nSELECT 'it is;\nSELECT 2;\n")),
        ("no end of a comment", "1_a.sql", up("SELECT 1;\n/* SELECT 2;\n")),
        ("no closing parenthesis", "1_a.sql", up("CREATE TABLE t (\n  id int;\nSELECT 1;\n")),
        (
            "a variable that must be set",
            "1_a.sql",
            up("-- +goose ENVSUB ON\nSELECT '${NOSUCH?set it in the pipeline}';\n"),
        ),
        ("a variable without a name", "1_a.sql", up("-- +goose ENVSUB ON\nSELECT '${}';\n")),
        ("a variable that is not closed", "1_a.sql", up("-- +goose ENVSUB ON\nSELECT '${NAME';\n")),
        ("a form of variable that there is not", "1_a.sql", up("-- +goose ENVSUB ON\nSELECT '${NAME+x}';\n")),
        ("UTF-16, little end first", "1_a.sql", utf16(b"\xff\xfe", true)),
        ("UTF-16, big end first", "1_a.sql", utf16(b"\xfe\xff", false)),
        ("UTF-16 without a mark", "1_a.sql", utf16(b"", true)),
        ("Latin-1", "1_a.sql", b"-- +goose Up\nSELECT 1,\n  'M\xfcller';\n".to_vec()),
        ("cut in a character", "1_a.sql", b"-- +goose Up\nSELECT 1; -- \xe2\x82".to_vec()),
        ("a NUL byte", "1_a.sql", up("SELECT 1;\nSELECT '\0';\n")),
        ("a byte order mark and an error", "1_a.sql", "\u{feff}-- +goose Up\nSELEC 1;\n".into()),
        ("two byte order marks", "1_a.sql", "\u{feff}\u{feff}-- +goose Up\nSELECT 1;\n".into()),
        (
            "line ends of Windows and an error",
            "1_a.sql",
            b"-- +goose Up\r\nSELECT\r\n  1,\r\n  nosuch;\r\n".to_vec(),
        ),
        ("line ends of old Macs", "1_a.sql", b"-- +goose Up\rSELECT 1;\r".to_vec()),
        ("an error at the end of a line of 5 MB", "1_a.sql", long(", nosuch;")),
        ("no semicolon after a line of 5 MB", "1_a.sql", long("")),
        ("wide characters and an error", "1_a.sql", up("SELECT '漢字', 'é', nosuch;\n")),
        ("a tab and an error", "1_a.sql", up("SELECT\n\t1,\tnosuch;\n")),
    ];
    let mut told = Told::default();
    for (name, file, bytes) in &cases {
        let db = kept(Engine::Sqlite);
        put(&db, file, bytes);
        told.case(name, &db, &on(&db), &["up"]);
    }
    told.check("files", 50);
}

#[test]
fn directories() {
    let mut told = Told::default();
    let db = kept(Engine::Sqlite);
    told.case("no such directory", &db, &on(&db), &["up"]);
    db.write("plain", "x");
    told.case("a file for a directory", &db, &on(&db), &["-dir", "plain", "up"]);
    std::fs::create_dir(db.dir().join("migrations")).unwrap();
    told.case("an empty directory", &db, &on(&db), &["up"]);
    symlink("round", db.dir().join("round")).unwrap();
    told.case("a loop of links for a directory", &db, &on(&db), &["-dir", "round", "up"]);

    let at = |name: &str| db.dir().join("migrations").join(name);
    std::fs::create_dir(at("1_a.sql")).unwrap();
    told.case("a directory with a migration's name", &db, &on(&db), &["up"]);
    std::fs::remove_dir(at("1_a.sql")).unwrap();
    symlink("1_a.sql", at("1_a.sql")).unwrap();
    told.case("a loop of links for a file", &db, &on(&db), &["up"]);
    std::fs::remove_file(at("1_a.sql")).unwrap();
    symlink("nowhere", at("1_a.sql")).unwrap();
    told.case("a link that leads nowhere", &db, &on(&db), &["up"]);
    std::fs::remove_file(at("1_a.sql")).unwrap();
    put(&db, "1_a.sql", GOOD);
    put(&db, "00001_b.sql", GOOD);
    told.case("a version twice", &db, &on(&db), &["up"]);
    told.case("a version twice, status", &db, &on(&db), &["status"]);
    std::fs::remove_file(at("00001_b.sql")).unwrap();

    // As Kubernetes mounts a ConfigMap: the files are links into `..data`, a link to a directory with a time in it.
    std::fs::create_dir_all(db.dir().join("map/..2026_01_02")).unwrap();
    symlink("..2026_01_02", db.dir().join("map/..data")).unwrap();
    std::fs::write(db.dir().join("map/..data/1_a.sql"), GOOD).unwrap();
    symlink("..data/1_a.sql", db.dir().join("map/1_a.sql")).unwrap();
    told.case("a mounted ConfigMap is no problem", &db, &on(&db), &["-dir", "map", "status"]);

    told.case("an unknown driver", &db, &on(&db).env("GOOSE_DRIVER", "nosuch"), &["up"]);
    told.case("a table name that is none", &db, &on(&db), &["-table", "a;b", "up"]);
    told.case("a version that is none", &db, &on(&db), &["up-to", "one"]);
    told.case("a version above 64 bits", &db, &on(&db), &["up-to", "9223372036854775808"]);
    told.case("no env file", &db, &on(&db), &["-env", "nosuch", "up"]);

    on(&db).run(["up"]).expect_code(0);
    std::fs::remove_file(at("1_a.sql")).unwrap();
    // As if goose had applied it: no text of it is stored.
    db.sql("DELETE FROM brant_journal").unwrap();
    put(&db, "2_b.sql", GOOD);
    told.case("the file to revert is gone", &db, &on(&db), &["down"]);
    put(&db, "1_a.sql", b"-- +goose Up\nSELECT 1;\n");
    told.case("nothing to revert with", &db, &on(&db), &["down"]);
    db.sql("INSERT INTO goose_db_version (version_id, is_applied) VALUES (5, true)").unwrap();
    put(&db, "5_c.sql", GOOD);
    told.case("out of order", &db, &on(&db), &["up"]);
    db.sql("DELETE FROM goose_db_version").unwrap();
    told.case("the history was emptied", &db, &on(&db), &["up"]);
    db.sql("DROP TABLE goose_db_version; CREATE TABLE goose_db_version (x int)").unwrap();
    told.case("the history has other columns", &db, &on(&db), &["up"]);
    told.check("directories", 20);
}

#[test]
fn connection_strings() {
    let mut told = Told::default();
    for (driver, dbstring) in [
        ("postgres", ""),
        ("postgres", "postgres://127.0.0.1:notaport/db"),
        ("postgres", "postgres://u@127.0.0.1:1/db?nosuch=1&sslmode=disable"),
        ("postgres", "postgres://u:geheim@127.0.0.1:1/db?sslmode=sometimes"),
        ("postgres", "host=127.0.0.1 port=1 user=u password=geheim sslmode=disable"),
        ("postgres", "host='127.0.0.1 user=u"),
        ("postgres", "host=127.0.0.1 port"),
        ("postgres", "host=/nosuch user=u dbname=d"),
        ("postgres", "host=nosuch.invalid user=u dbname=d sslmode=disable"),
        ("postgres", "postgres://u:ge%zzheim@127.0.0.1:1/db"),
        ("postgres", "mysql://u:geheim@127.0.0.1:1/db"),
        ("mysql", "u:geheim@tcp(127.0.0.1:1)/db"),
        ("mysql", "u:geheim@tcp(127.0.0.1:1)"),
        ("mysql", "u:geheim@tcp(127.0.0.1:1/db"),
        ("mysql", "u:geheim@pigeon(127.0.0.1:1)/db"),
        ("mysql", "u:geheim@tcp(127.0.0.1:1)/db?nosuch=1"),
        ("mysql", "u:geheim@tcp(127.0.0.1:1)/db?timeout=soon"),
        ("mysql", "u@unix(/nosuch/sock)/db"),
        ("mysql", "postgres://u:geheim@127.0.0.1:1/db"),
        ("sqlite3", "nosuch/x.db"),
        ("sqlite3", "migrations"),
        ("sqlite3", "text.db"),
        ("sqlite3", "file:none.db?mode=ro"),
        ("sqlite3", "file:x.db?_pragma=nosuch("),
        ("sqlite3", "file:x.db?mode=nosuch"),
    ] {
        let db = kept(Engine::Sqlite);
        put(&db, "1_a.sql", GOOD);
        db.write("text.db", &"this is no database at all\n".repeat(100));
        let brant = on(&db).env("GOOSE_DRIVER", driver).env("GOOSE_DBSTRING", dbstring);
        told.case(&format!("{driver} {dbstring}").replace("geheim", "SECRET"), &db, &brant, &["up"]);
    }
    assert!(!told.text.contains("geheim"), "{}", told.text);
    told.check("connection_strings", 25);
}

/// The connection string with another user, password or database.
fn with(db: &TestDatabase, user: &str, password: &str, database: &str) -> String {
    let dbstring = db.dbstring();
    let (_, address) = dbstring.rsplit_once('@').unwrap();
    let scheme = if db.engine == Engine::Postgres { "postgres://" } else { "" };
    format!("{scheme}{user}:{password}@{}", address.replace(db.name(), database))
}

/// Cuts the line where the client sends this text.
fn through_cut(db: &TestDatabase, cut: Cut) -> (Proxy, Brant) {
    let options = ProxyOptions { cut: Some(cut), ..ProxyOptions::default() };
    let proxy = Proxy::with(db.server().addr(), options);
    let brant = on(db).env("GOOSE_DBSTRING", db.dbstring_through(proxy.addr()));
    (proxy, brant)
}

#[test]
fn postgres_servers() {
    if !wanted(Engine::Postgres) {
        return;
    }
    let mut told = Told::default();
    let db = kept(Engine::Postgres);
    let (name, poor) = (db.name().to_owned(), format!("poor_{}", db.name()));
    put(&db, "1_a.sql", GOOD);
    let to = |dbstring: String| on(&db).env("GOOSE_DBSTRING", dbstring);
    db.sql(&format!("CREATE ROLE {poor} LOGIN PASSWORD 'right'")).unwrap();
    told.case("the password is wrong", &db, &to(with(&db, &poor, "wrong", &name)), &["up"]);
    told.case("no such user", &db, &to(with(&db, "poor_t_0", "x", &name)), &["up"]);
    told.case("no such database", &db, &to(with(&db, &poor, "right", "nosuch")), &["up"]);
    told.case("no right to create the table", &db, &to(with(&db, &poor, "right", &name)), &["up"]);
    db.sql(&format!(
        "ALTER ROLE {poor} SET default_transaction_read_only = on; GRANT CREATE ON SCHEMA public TO {poor}"
    ))
    .unwrap();
    told.case("read only", &db, &to(with(&db, &poor, "right", &name)), &["up"]);
    told.case("read only, status", &db, &to(with(&db, &poor, "right", &name)), &["status"]);
    db.sql(&format!("ALTER ROLE {poor} CONNECTION LIMIT 0")).unwrap();
    told.case("no connection left", &db, &to(with(&db, &poor, "right", &name)), &["up"]);
    db.sql(&format!("REVOKE CREATE ON SCHEMA public FROM {poor}; DROP ROLE {poor}")).unwrap();
    told.case("no such schema", &db, &on(&db), &["-table", "nosuch.versions", "up"]);
    let tls = db.dbstring().replace("sslmode=disable", "sslmode=require");
    told.case("no TLS", &db, &to(tls), &["up"]);

    let (_proxy, cut) = through_cut(&db, Cut::BeforeText("goose_db_version (\n".to_owned()));
    told.case("cut before brant's own table", &db, &cut, &["up"]);
    put(&db, "1_a.sql", b"-- +goose Up\nSELECT 1;\n");
    on(&db).run(["up"]).expect_code(0);
    put(&db, "2_b.sql", b"-- +goose Up\nCREATE TABLE two (id int);\nCREATE TABLE three (id int);\n");
    let (_proxy, cut) = through_cut(&db, Cut::BeforeText("CREATE TABLE three".to_owned()));
    told.case("cut at a statement", &db, &cut, &["up"]);
    let (_proxy, cut) = through_cut(&db, Cut::BeforeText("; COMMIT".to_owned()));
    told.case("cut before the commit", &db, &cut, &["up"]);
    told.check("postgres_servers", 12);

    let (_proxy, cut) = through_cut(&db, Cut::AfterText("; COMMIT".to_owned()));
    let mut told = Told::default();
    told.add("cut after the commit", &cut.run(["up"]).expect_code(1).redact());
    assert_eq!(support::applied(&db), [1, 2]);
    // A user whom the commit shuts out: no new connection can be had.
    let owner = format!("owner_{name}");
    db.sql(&format!("CREATE ROLE {owner} SUPERUSER LOGIN PASSWORD 'right'")).unwrap();
    put(&db, "3_c.sql", format!("-- +goose Up\nALTER ROLE {owner} NOLOGIN;\n").as_bytes());
    let (proxy, cut) = through_cut(&db, Cut::AfterText("; COMMIT".to_owned()));
    let through =
        with(&db, &owner, "right", &name).replace(&db.server().addr().to_string(), &proxy.addr().to_string());
    let output = cut.env("GOOSE_DBSTRING", through).run(["up"]).expect_code(1);
    told.add("cut after the commit, and no new connection", &output.redact());
    db.sql(&format!("DROP ROLE {owner}")).unwrap();
    told.check("postgres_commits", 2);
}

#[test]
fn mariadb_servers() {
    if !wanted(Engine::MariaDb) {
        return;
    }
    let mut told = Told::default();
    let db = kept(Engine::MariaDb);
    let (name, poor) = (db.name().to_owned(), format!("poor_{}", db.name()));
    put(&db, "1_a.sql", GOOD);
    let to = |dbstring: String| on(&db).env("GOOSE_DBSTRING", dbstring);
    db.sql(&format!("CREATE USER {poor}@'%' IDENTIFIED BY 'right'; GRANT SELECT ON {name}.* TO {poor}@'%'"))
        .unwrap();
    told.case("the password is wrong", &db, &to(with(&db, &poor, "wrong", &name)), &["up"]);
    told.case("no such user", &db, &to(with(&db, "poor_t_0", "x", &name)), &["up"]);
    told.case("no such database", &db, &to(with(&db, &poor, "right", "nosuch")), &["up"]);
    told.case("no right to create the table", &db, &to(with(&db, &poor, "right", &name)), &["up"]);
    told.case(
        "no right to create the table, status",
        &db,
        &to(with(&db, &poor, "right", &name)),
        &["status"],
    );
    db.sql(&format!("DROP USER {poor}@'%'")).unwrap();
    told.case("no TLS", &db, &to(db.dbstring() + "?tls=true"), &["up"]);
    told.case("no such schema", &db, &on(&db), &["-table", "nosuch.versions", "up"]);
    put(&db, "1_a.sql", b"-- +goose Up\nSELECT 1;\n");
    on(&db).run(["up"]).expect_code(0);
    put(&db, "2_b.sql", b"-- +goose Up\nINSERT INTO keep VALUES (2);\nINSERT INTO keep VALUES (3);\n");
    let (_proxy, cut) = through_cut(&db, Cut::BeforeText("VALUES (3)".to_owned()));
    told.case("cut at a statement", &db, &cut, &["up"]);
    let (_proxy, cut) = through_cut(&db, Cut::BeforeText("; COMMIT".to_owned()));
    told.case("cut before the commit", &db, &cut, &["up"]);
    told.check("mariadb_servers", 9);

    let (_proxy, cut) = through_cut(&db, Cut::AfterText("; COMMIT".to_owned()));
    let mut told = Told::default();
    told.add("cut after the commit", &cut.run(["up"]).expect_code(1).redact());
    assert_eq!(support::applied(&db), [1, 2]);
    told.check("mariadb_commits", 1);
}

/// A server that shows a certificate, and its standby.
#[test]
fn postgres_certificates_and_replicas() {
    if !wanted(Engine::Postgres) {
        return;
    }
    let mut told = Told::default();
    let certificates = Certificates::make();
    let primary = PrivateServer::start(Engine::Postgres, &ServerOptions::default());
    let db = keeping(TestDatabase::on(&primary));
    put(&db, "1_a.sql", GOOD);
    // The server's user copies the files, since they must be its own.
    let show = |pair: &str| {
        let file = |end: &str| certificates.file(&format!("{pair}{end}")).display().to_string();
        let (certificate, key) = (file(".pem"), file("-key.pem"));
        let copy = format!("cat > /dev/null; umask 077; cp {certificate} server.crt; cp {key} server.key");
        db.sql(&format!("COPY (SELECT 1) TO PROGRAM '{copy}'")).unwrap();
        db.sql("ALTER SYSTEM SET ssl = on").unwrap();
        db.sql("SELECT pg_reload_conf(), pg_sleep(0.4)").unwrap();
    };
    let verifying = |authority: &str| {
        let file = certificates.file(authority).display().to_string();
        let full = db.dbstring().replace("sslmode=disable", "sslmode=verify-full");
        on(&db).env("GOOSE_DBSTRING", format!("{full}&sslrootcert={file}"))
    };
    show("good");
    told.case("a certificate of an unknown authority", &db, &verifying("other-ca.pem"), &["up"]);
    show("elsewhere");
    told.case("a certificate for another name", &db, &verifying("ca.pem"), &["up"]);
    show("expired");
    told.case("a certificate that has expired", &db, &verifying("ca.pem"), &["up"]);

    let standby_of = Some(Server::clone(&primary));
    let standby = PrivateServer::start(Engine::Postgres, &ServerOptions { standby_of, ..Default::default() });
    let to = |attributes: &str| {
        let dbstring = format!("{}{attributes}", standby.dbstring_of(db.name()));
        on(&db).env("GOOSE_DBSTRING", dbstring).mask(standby.port.to_string(), "PORT")
    };
    told.case("a standby", &db, &to(""), &["up"]);
    told.case("a standby, status", &db, &to(""), &["status"]);
    told.case("a standby, and a primary is wanted", &db, &to("&target_session_attrs=primary"), &["up"]);
    told.check("postgres_certificates_and_replicas", 6);
}

/// A server that shows a certificate, and takes no writes.
#[test]
fn mariadb_certificates_and_replicas() {
    if !wanted(Engine::MariaDb) {
        return;
    }
    let mut told = Told::default();
    let certificates = Certificates::make();
    certificates.serve("good");
    let file = |name: &str| certificates.file(name).display().to_string();
    let (certificate, key) = (file("server.pem"), file("server-key.pem"));
    let args =
        vec![format!("--ssl-cert={certificate}"), format!("--ssl-key={key}"), "--read-only=1".to_owned()];
    let server = PrivateServer::start(Engine::MariaDb, &ServerOptions { args, ..ServerOptions::default() });
    let db = keeping(TestDatabase::on(&server));
    put(&db, "1_a.sql", GOOD);
    told.case(
        "a certificate of an unknown authority",
        &db,
        &on(&db),
        &["-certfile", &file("other-ca.pem"), "up"],
    );
    let tls = on(&db).env("GOOSE_DBSTRING", db.dbstring() + "?tls=true");
    told.case("a certificate that the system does not know", &db, &tls, &["up"]);
    certificates.serve("elsewhere");
    db.sql("FLUSH SSL").unwrap();
    told.case("a certificate for another name", &db, &on(&db), &["-certfile", &file("ca.pem"), "up"]);

    let (name, poor) = (db.name().to_owned(), format!("poor_{}", db.name()));
    db.sql(&format!("CREATE USER {poor}@'%' IDENTIFIED BY 'right'; GRANT ALL ON {name}.* TO {poor}@'%'"))
        .unwrap();
    let replica = on(&db).env("GOOSE_DBSTRING", with(&db, &poor, "right", &name));
    told.case("a replica", &db, &replica, &["up"]);
    told.case("a replica, status", &db, &replica, &["status"]);
    told.check("mariadb_certificates_and_replicas", 5);
}

/// brant without root's rights: root may read and write whatever it wants.
fn as_nobody(db: &TestDatabase, args: &[&str]) -> String {
    let binary = db.dir().join("brant");
    std::fs::copy(env!("CARGO_BIN_EXE_brant"), &binary).unwrap();
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let mut command = match is_root {
        true => {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(&binary);
            command
        }
        false => Command::new(&binary),
    };
    command
        .current_dir(db.dir())
        .env_clear()
        .env("GOOSE_DRIVER", "sqlite3")
        .env("GOOSE_DBSTRING", db.dbstring());
    let output = command.args(args).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    let code = output.status.code().unwrap();
    db.redactor().apply(&format!("exit code {code}\n--- stdout\n{stdout}--- stderr\n{stderr}"))
}

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn rights_and_disks() {
    let mut told = Told::default();
    let db = kept(Engine::Sqlite);
    let database = db.dir().join("test.db");
    put(&db, "1_a.sql", GOOD);
    let (folder, file) = (db.dir().join("migrations"), db.dir().join("migrations/1_a.sql"));
    for path in [db.dir(), &folder, &file] {
        chmod(path, 0o755);
    }
    let mut nobody = |name: &str, args: &[&str]| {
        let before = dump(&db);
        let output = as_nobody(&db, args);
        assert_eq!(dump(&db), before, "{name}: {output}");
        told.add(name, &output);
    };
    chmod(&database, 0o444);
    nobody("a database that may not be written", &["up"]);
    nobody("a database that may not be written, status", &["status"]);
    chmod(&database, 0o000);
    nobody("a database that may not be read", &["status"]);
    chmod(&database, 0o644);
    chmod(&folder, 0o000);
    nobody("a directory that may not be read", &["up"]);
    chmod(&folder, 0o755);
    chmod(&file, 0o000);
    chmod(db.dir(), 0o777); // for the lock
    nobody("a file that may not be read", &["up"]);
    chmod(&file, 0o644);

    let mut holder =
        Command::new("sqlite3").arg(&database).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = holder.stdin.take().unwrap();
    stdin.write_all(b"BEGIN EXCLUSIVE;\nSELECT 'held';\n").unwrap();
    let mut held = [0; 5];
    std::io::Read::read_exact(holder.stdout.as_mut().unwrap(), &mut held).unwrap();
    let dbstring = format!("file:{}?_pragma=busy_timeout(50)", database.display());
    let locked = on(&db).env("GOOSE_DBSTRING", &dbstring).run(["up"]);
    told.add("locked by another process", &locked.redact());
    drop(stdin);
    holder.wait().unwrap();

    if let Some(output) = on_a_full_disk() {
        told.add("the disk is full", &output);
        told.check("rights_and_disks", 7);
    }
}

/// On a file system of its own; as root only.
#[allow(clippy::print_stderr, reason = "says why a case is left out")]
fn on_a_full_disk() -> Option<String> {
    let db = kept(Engine::Sqlite);
    let disk = db.dir().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=128k", "none"]).arg(&disk).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        eprintln!(
            "left out: the disk that is full, because no file system can be mounted without root's rights"
        );
        return None;
    }
    put(
        &db,
        "1_a.sql",
        b"-- +goose Up\nCREATE TABLE t (v text);\nINSERT INTO t VALUES (zeroblob(200000));\n",
    );
    let brant = on(&db).env("GOOSE_DBSTRING", disk.join("full.db"));
    let output = brant.run(["up"]);
    let version = brant.run(["version"]);
    let unmounted = Command::new("umount").arg(&disk).status().unwrap();
    assert!(unmounted.success());
    assert_eq!(version.stdout, "goose: version 0\n", "{}", output.stderr);
    Some(output.redact())
}
