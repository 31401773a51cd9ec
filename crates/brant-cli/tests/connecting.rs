//! The examples of `docs/connecting-*.md` do what they say: each block of shell commands is run.
#![cfg(all(feature = "mysql", feature = "sqlite"))]

use std::path::Path;
use std::process::Command;

use brant_testkit::{Brant, Certificates, Engine, ServerOptions, TestDatabase, sqlite};

/// The blocks of shell commands in a document.
fn blocks(document: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(document);
    let text = std::fs::read_to_string(&path).unwrap();
    let found: Vec<String> = text
        .split("```sh\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap_or_default().to_owned())
        .collect();
    assert!(found.len() > 3, "{document}: {found:?}");
    found
}

/// Runs a block in a folder, with nothing in the environment but what the block sets, and these variables.
fn run(block: &str, folder: &Path, variables: &[(&str, &Path)]) {
    let script = format!("brant() {{ command \"$BRANT\" \"$@\"; }}\n{block}");
    let mut shell = Command::new("sh");
    shell.args(["-eu", "-c", &script]).current_dir(folder).env_clear();
    shell.env("BRANT", env!("CARGO_BIN_EXE_brant")).env("GOOSE_MIGRATION_DIR", "migrations");
    shell.env("PATH", "/usr/bin:/bin").envs(variables.iter().copied());
    let output = shell.output().unwrap();
    assert!(output.status.success(), "{block}\n{}", String::from_utf8_lossy(&output.stderr));
}

fn write_migration(db: &TestDatabase) {
    db.write("migrations/00001_a.sql", "-- +goose Up\nCREATE TABLE a (id int);\n");
}

#[test]
fn sqlite_examples_work() {
    let db = sqlite();
    write_migration(&db);
    for block in blocks("connecting-sqlite.md") {
        run(&block, db.dir(), &[]);
    }
    for file in ["app.db", "50% of it #1.db", "what?.db"] {
        assert!(db.dir().join(file).is_file(), "{file}");
    }
}

#[test]
fn mysql_examples_work() {
    if !brant_testkit::engines().contains(&Engine::MariaDb) {
        return;
    }
    let certificates = Certificates::make();
    let server = certificates.mariadb(ServerOptions::default());
    let db = TestDatabase::on(&server);
    db.sql("CREATE USER app IDENTIFIED BY 'secret'; CREATE USER odd IDENTIFIED BY 'p@ss:w/d?100%'").unwrap();
    db.sql(&format!("GRANT ALL ON {}.* TO app, odd", db.name())).unwrap();
    write_migration(&db);
    for name in ["ca.pem", "client.pem", "client-key.pem"] {
        std::fs::copy(certificates.file(name), db.dir().join(name)).unwrap();
    }
    for block in blocks("connecting-mysql.md") {
        let here = block
            .replace("db.example.com:3306", &server.addr().to_string())
            .replace("/run/mysqld/mysqld.sock", &server.socket.display().to_string())
            .replace("/shop", &format!("/{}", db.name()));
        run(&here, db.dir(), &[("SSL_CERT_FILE", &certificates.file("ca.pem"))]);
    }
}

#[test]
fn the_files_of_flags_are_named_when_they_do_not_fit() {
    let db = sqlite();
    write_migration(&db);
    let brant =
        Brant::new(env!("CARGO_BIN_EXE_brant")).dir(db.dir()).env("GOOSE_MIGRATION_DIR", "migrations");
    let dsn = "u:secret@tcp(127.0.0.1:1)/d";
    for (args, expected) in [
        (
            &["-certfile", "nosuch.pem", "mysql", dsn][..],
            "`-certfile`: `nosuch.pem`: No such file or directory",
        ),
        (
            &["-certfile", "migrations/00001_a.sql", "mysql", dsn],
            "`-certfile`: `migrations/00001_a.sql`: no certificate",
        ),
        (&["-ssl-cert", "c.pem", "mysql", dsn], "`-ssl-cert` needs `-ssl-key FILE` too"),
        (&["-certfile", "ca.pem", "sqlite3", "x.db"], "flag `-certfile` is only for mysql"),
        (&["-ssl-key", "k.pem", "postgres", "postgres://h/d"], "flag `-ssl-key` is only for mysql"),
    ] {
        let output = brant.run([args, &["up"]].concat()).expect_code(1);
        assert!(output.stderr.contains(expected), "{args:?}: {}", output.stderr);
        assert!(!output.stderr.contains("secret"), "{}", output.stderr);
    }
    assert!(!db.dir().join("x.db").exists());
}
