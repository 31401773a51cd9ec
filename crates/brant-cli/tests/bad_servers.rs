//! What goes wrong between brant and a server: rights, certificates, replicas, lines that are cut. Each case is told exactly,
//! ends with its exit code, and leaves the database as it was.

mod support;

use brant_testkit::proxy::{Cut, ProxyOptions};
use brant_testkit::{Brant, Certificates, Engine, PrivateServer, Proxy, Server, ServerOptions, TestDatabase};
use support::told::{GOOD, Told, keeping, kept, on, put, wanted};

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
    told.check("bad_servers__postgres_servers", 12);

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
    told.check("bad_servers__postgres_commits", 2);
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
    told.check("bad_servers__mariadb_servers", 9);

    let (_proxy, cut) = through_cut(&db, Cut::AfterText("; COMMIT".to_owned()));
    let mut told = Told::default();
    told.add("cut after the commit", &cut.run(["up"]).expect_code(1).redact());
    assert_eq!(support::applied(&db), [1, 2]);
    told.check("bad_servers__mariadb_commits", 1);
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
    told.check("bad_servers__postgres_certificates_and_replicas", 6);
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
    told.check("bad_servers__mariadb_certificates_and_replicas", 5);
}
