//! MySQL's own server, which differs from MariaDB in how it lets people in and in how it stores. Only with
//! `./test --soak`, since it has to be fetched first; if it can't be had then, the test fails.
#![cfg(feature = "mysql")]

mod support;

use std::time::Duration;

use brant_testkit::{
    Brant, Certificates, Output, PrivateServer, ServerOptions, TestDatabase, server::mysql_folder,
};
use support::{applied, kill_up_at_statement, running_statements, write_migrations};

struct MySql {
    certificates: Certificates,
    server: PrivateServer,
}

impl MySql {
    fn start() -> Self {
        let certificates = Certificates::make();
        let mysql = Some(mysql_folder().unwrap_or_else(|why| panic!("{why}")));
        let server = certificates.mariadb(ServerOptions { mysql, ..ServerOptions::default() });
        Self { certificates, server }
    }

    /// A database, and an account of its own. The server has not seen its password yet, so the first login is the long
    /// one of caching_sha2: over TLS the password itself, else encrypted with the server's key.
    fn database(&self, user: &str, require: &str) -> TestDatabase {
        let db = TestDatabase::on(&self.server);
        let account = format!("CREATE USER {user} IDENTIFIED BY 'p@ss:w/d?' {require}");
        db.sql(&format!("{account}; GRANT ALL ON {}.* TO {user}", db.name())).expect("an account");
        db
    }

    fn brant(&self, db: &TestDatabase, user: &str, parameters: &str) -> Brant {
        let dbstring = format!("{user}:p@ss:w/d?@tcp({})/{}?{parameters}", self.server.addr(), db.name());
        let brant = Brant::new(env!("CARGO_BIN_EXE_brant")).dir(db.dir());
        brant
            .env("GOOSE_DRIVER", "mysql")
            .env("GOOSE_DBSTRING", dbstring)
            .env("GOOSE_MIGRATION_DIR", "migrations")
    }
}

fn says(output: &Output, text: &str) {
    let said = format!("{}{}", output.stdout, output.stderr);
    assert!(said.contains(text), "no `{text}` in: {said}");
}

fn there_and_back(db: &TestDatabase, brant: &Brant, more: &[&str]) {
    let run = |command: &[&str]| brant.run([more, command].concat());
    write_migrations(db, 6);
    says(&run(&["status"]).expect_code(0), "Pending");
    run(&["up"]).expect_code(0);
    assert_eq!(applied(db), [1, 2, 3, 4, 5, 6]);
    says(&run(&["status"]).expect_code(0), "00006_t6.sql");
    run(&["down"]).expect_code(0);
    run(&["redo"]).expect_code(0);
    assert_eq!(applied(db), [1, 2, 3, 4, 5]);
    db.write(
        "migrations/00007_broken.sql",
        "-- +goose Up\nCREATE TABLE half (id int);\nCREATE TABL nope (id int);\n",
    );
    let failed = run(&["up"]).expect_code(1);
    says(&failed, "Error 1064 (42000)");
    says(&failed, "00007_broken.sql");
    assert_eq!(applied(db), [1, 2, 3, 4, 5, 6]);
    says(&run(&["status"]).expect_code(0), "half done: 1 of 2 statements");
}

fn killed(db: &TestDatabase, brant: &Brant) {
    let tables: String = (1..=40).map(|i| format!("CREATE TABLE m{i:02} (id int);\n")).collect();
    db.write("migrations/00001_m.sql", &format!("-- +goose Up\n{tables}"));
    kill_up_at_statement(db, 20, Duration::ZERO);
    while running_statements(db, "CREATE TABLE") > 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
    says(&brant.run(["status"]).expect_code(0), "half done: ");
    assert_eq!(applied(db), [0_i64; 0]);
}

#[test]
fn heavy_mysql_itself() {
    if !brant_testkit::is_soak() {
        return;
    }
    let mysql = MySql::start();
    let version = TestDatabase::on(&mysql.server).column("SELECT version()");
    assert!(!version[0].contains("MariaDB") && !version[0].starts_with('1'), "{version:?}");

    let db = mysql.database("plain", "");
    there_and_back(&db, &mysql.brant(&db, "plain", "parseTime=true"), &[]);
    let db = mysql.database("secured", "REQUIRE SSL");
    let ca = mysql.certificates.file("ca.pem").display().to_string();
    says(&mysql.brant(&db, "secured", "").run(["version"]).expect_code(1), "Error 1045 (28000)");
    there_and_back(&db, &mysql.brant(&db, "secured", ""), &["-certfile", &ca]);
    let db = mysql.database("quick", "REQUIRE SSL");
    mysql.brant(&db, "quick", "tls=skip-verify&compress=true").run(["version"]).expect_code(0);
    killed(&db, &mysql.brant(&db, "quick", "tls=skip-verify"));
}
