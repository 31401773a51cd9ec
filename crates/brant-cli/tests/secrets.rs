//! Secrets stay where they were: each way for one to get in holds a word of its own, every command is run, failing and
//! talkative, and none of the words may be found in what it prints, records or writes.

mod support;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use brant_testkit::{Brant, Certificates, Engine, TestDatabase, each_engine};
use support::brant;

/// In the connection string.
const URL: &str = "geheim-url-4711";
/// In PGPASSWORD.
const PGPASSWORD: &str = "geheim-pgpassword-4711";
/// In a variable that migrations use.
const TOKEN: &str = "Geheim-Token-4711";
/// In a variable of the `.env` file that migrations use.
const DOTENV: &str = "geheim-dotenv-4711";
/// After PASSWORD and IDENTIFIED BY.
const LITERAL: &str = "geheim-literal-4711";

/// In a password file or a service file.
const PASSFILE: &str = "geheim-passfile-4711";
/// Of the key of a client's certificate.
const KEY: &str = "geheim-key-4711";

fn find(shown: &str, what: &str) {
    let lower = shown.to_lowercase();
    assert!(!lower.contains("geheim"), "{what}: a secret is shown:\n{shown}");
}

/// A user whose password is [`URL`].
struct User<'a> {
    db: &'a TestDatabase,
    name: String,
}

impl<'a> User<'a> {
    fn new(db: &'a TestDatabase, password: &str, suffix: &str) -> Self {
        let name = format!("u{suffix}_{}", db.name());
        match db.engine {
            Engine::Sqlite => {}
            Engine::Postgres => {
                db.sql(&format!("CREATE ROLE {name} SUPERUSER LOGIN PASSWORD '{password}'")).unwrap();
            }
            Engine::MariaDb => {
                let grant = format!("GRANT ALL ON *.* TO {name}@'%'");
                db.sql(&format!("CREATE USER {name}@'%' IDENTIFIED BY '{password}'; {grant}")).unwrap();
            }
        }
        Self { db, name }
    }

    fn dbstring(&self, password: &str) -> String {
        let dbstring = self.db.dbstring();
        let password = if password.is_empty() { String::new() } else { format!(":{password}") };
        match (self.db.engine, dbstring.rsplit_once('@')) {
            (Engine::Postgres, Some((_, rest))) => format!("postgres://{}{password}@{rest}", self.name),
            (Engine::MariaDb, Some((_, rest))) => format!("{}{password}@{rest}", self.name),
            _ => dbstring,
        }
    }
}

impl Drop for User<'_> {
    fn drop(&mut self) {
        let name = &self.name;
        let _ = match self.db.engine {
            Engine::Sqlite => return,
            Engine::Postgres => self.db.sql(&format!("DROP OWNED BY {name}; DROP ROLE {name}")),
            Engine::MariaDb => self.db.sql(&format!("DROP USER {name}@'%'")),
        };
    }
}

/// Migrations that run and, from the third on, fail each in another way with a secret in reach.
fn write_files(db: &TestDatabase) -> usize {
    let (good, bad): (&str, &[&str]) = match db.engine {
        Engine::Postgres => (
            "DO $$ BEGIN CREATE ROLE r_NAME PASSWORD 'LITERAL'; DROP ROLE r_NAME; END $$;",
            &[
                "SELECT '${TOKEN}'::int;",
                "SELECT ${TOKEN};",
                "CREATE TABLE ${DOTENV} (id int);",
                "SELECT '${TOKEN}' || nosuch;",
                "CREATE TABLE x (v text CHECK (v = ''));\nINSERT INTO x VALUES ('${TOKEN}');",
                "CREATE TABLE x (v text UNIQUE);\nINSERT INTO x VALUES ('${TOKEN}'), ('${TOKEN}');",
                "CREATE ROLE r_NAME PASSWORD 'LITERAL' NOSUCH;",
                "CREATE ROLE r_NAME PASSWRD 'x' PASSWORD 'LITERAL';",
                "-- +goose StatementBegin\nDO $$ BEGIN RAISE EXCEPTION '%', '${TOKEN}' USING HINT = '${DOTENV}'; END $$;\n-- +goose \
                 StatementEnd",
                "DO $$ BEGIN EXECUTE format('SELECT %L::int', '${TOKEN}'); END $$;",
                "DO $$ BEGIN EXECUTE format('CREATE ROLE brant PASSWORD %L', 'ge' || 'heim'); END $$;",
                "SELECT '${NOSUCH?ask for ${TOKEN}}';",
                "SELECT '${TOKEN}'",
                "CREATE ROLE r_NAME PASSWORD 'LITERAL'",
            ],
        ),
        Engine::MariaDb => (
            "CREATE USER r_NAME IDENTIFIED BY 'LITERAL';\nDROP USER r_NAME;",
            &[
                "INSERT INTO one VALUES ('${TOKEN}');",
                "SELECT ${TOKEN} FROM;",
                "SELECT `${TOKEN}`;",
                "CREATE TABLE ${DOTENV} (id int);",
                "CREATE TABLE x (v varchar(99) UNIQUE);\nINSERT INTO x VALUES ('${TOKEN}'), ('${TOKEN}');",
                "CREATE USER r_NAME IDENTIFIED BY 'LITERAL' NOSUCH;",
                "CREATE USRE r_NAME IDENTIFIED BY 'LITERAL';",
                "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '${TOKEN}';",
                "SELECT '${NOSUCH?ask for ${TOKEN}}';",
                "CREATE USER r_NAME IDENTIFIED BY 'LITERAL'",
            ],
        ),
        Engine::Sqlite => (
            "SELECT '${TOKEN}', 'PASSWORD ''LITERAL''';",
            &[
                "SELECT \"${TOKEN}\".x;",
                "SELECT '${TOKEN}' '${DOTENV}' FROM;",
                "CREATE TABLE ${DOTENV} (id int);",
                "SELECT json('${TOKEN}');\nSELECT raise(abort, '${TOKEN}');",
                "ATTACH '${TOKEN}/nosuch/x' AS y KEY 'z' PASSWORD 'LITERAL';",
                "SELECT '${NOSUCH?ask for ${TOKEN}}';",
                "SELECT '${TOKEN}'",
            ],
        ),
    };
    let name = if db.engine == Engine::Sqlite { "x" } else { db.name() };
    let text = |sql: &str| sql.replace("NAME", name).replace("LITERAL", LITERAL);
    db.write("good/1_a.sql", "-- +goose Up\nCREATE TABLE one (id int);\n-- +goose Down\nDROP TABLE one;\n");
    db.write(
        "good/2_b.sql",
        &format!("-- +goose ENVSUB ON\n-- +goose Up\n{}\nSELECT '${{TOKEN}}';\n-- +goose Down\nSELECT '${{DOTENV}}';\n", text(good)),
    );
    for (i, sql) in bad.iter().enumerate() {
        for (folder, head) in [("bad", ""), ("alone", "-- +goose NO TRANSACTION\n")] {
            let file = format!(
                "{head}-- +goose ENVSUB ON\n-- +goose Up\nSELECT 1;\n{}\n-- +goose Down\n",
                text(sql)
            );
            db.write(&format!("{folder}{i}/3_c.sql"), &file);
            db.write(
                &format!("{folder}{i}/1_a.sql"),
                "-- +goose Up\nCREATE TABLE IF NOT EXISTS one (id int);\n",
            );
        }
    }
    bad.len()
}

/// Every command, well and badly, in both formats; before the command what names the database.
fn every_command(brant: &Brant, database: &[&str], n_bad: usize) {
    let lines: Vec<String> = [
        "status",
        "version",
        "up-by-one",
        "up-to 2",
        "up",
        "redo",
        "down",
        "down-to 0",
        "up",
        "reset",
        "up 1",
        "down 1",
        "env",
        "validate",
        "drivers",
        "help",
        "create x",
        "fix",
        "-nosuch",
        "nosuch",
        "up-to x",
        "-table a;b up",
        "-dir nosuch up",
        "-timeout 1ns up",
        "down 99",
    ]
    .map(|line| format!("-dir good {line}"))
    .to_vec();
    let mut lines: Vec<String> =
        lines.into_iter().flat_map(|line| ["text", "json"].map(|f| format!("--format {f} {line}"))).collect();
    for i in 0..n_bad {
        lines.push(format!("--format text -dir bad{i} -table bad_{i} up"));
        lines.push(format!("--format json -dir alone{i} -table alone_{i} up"));
        lines.push(format!("--format text -dir alone{i} -table alone_{i} status"));
        lines.push(format!("--format json -dir bad{i} validate"));
    }
    for line in lines {
        let words: Vec<&str> =
            ["-v"].into_iter().chain(database.iter().copied()).chain(line.split(' ')).collect();
        let output = brant.run(&words);
        find(&format!("{}\n{}", output.stdout, output.stderr), &words.join(" "));
    }
}

/// What brant wrote: files other than those of this test, and its tables.
fn search_what_was_written(db: &TestDatabase) {
    let rows = db.sql("SELECT * FROM brant_journal").unwrap();
    assert!(rows.len() > 10);
    find(&format!("{rows:?}{:?}", db.sql("SELECT * FROM goose_db_version")), "the tables");
    search_folder(db.dir());
}

fn search_folder(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            search_folder(&path);
        } else if !matches!(
            name.as_str(),
            ".env" | "1_a.sql" | "2_b.sql" | "3_c.sql" | "00001_a.sql" | "00002_b.sql"
        ) {
            find(&String::from_utf8_lossy(&std::fs::read(&path).unwrap()), &name);
        }
    }
}

#[test]
fn no_secret_is_shown_recorded_or_written() {
    each_engine(|db| {
        let n_bad = write_files(db);
        db.write(".env", &format!("DOTENV={DOTENV}\n"));
        let user = User::new(db, URL, "a");
        let base = Brant::new(env!("CARGO_BIN_EXE_brant")).dir(db.dir()).env("TOKEN", TOKEN);
        // Typed, or in the environment.
        every_command(&base, &[db.driver(), &user.dbstring(URL)], n_bad);
        let named = base.clone().env("GOOSE_DRIVER", db.driver()).env("GOOSE_DBSTRING", user.dbstring(URL));
        every_command(&named, &[], n_bad);
        search_what_was_written(db);
    });
}

#[test]
fn nor_one_of_pgpassword_or_of_the_env_file() {
    if !brant_testkit::engines().contains(&Engine::Postgres) {
        return;
    }
    let db = brant_testkit::postgres();
    let n_bad = write_files(&db);
    let (user, other) = (User::new(&db, PGPASSWORD, "b"), User::new(&db, URL, "c"));
    let base =
        Brant::new(env!("CARGO_BIN_EXE_brant")).dir(db.dir()).env("TOKEN", TOKEN).env("DOTENV", DOTENV);
    every_command(&base.clone().env("PGPASSWORD", PGPASSWORD), &["postgres", &user.dbstring("")], n_bad);
    db.write(".env", &format!("GOOSE_DRIVER=postgres\nGOOSE_DBSTRING={}\n", other.dbstring(URL)));
    every_command(&base, &[], n_bad);
    search_what_was_written(&db);
}

/// Writes a file that is its owner's alone.
fn write_private(db: &TestDatabase, name: &str, text: &str) -> String {
    let path = db.write(name, text);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path.display().to_string()
}

#[test]
fn nor_one_of_a_password_or_service_file() {
    if !brant_testkit::engines().contains(&Engine::Postgres) {
        return;
    }
    let db = brant_testkit::postgres();
    write_files(&db);
    let user = User::new(&db, PASSFILE, "d");
    let base =
        Brant::new(env!("CARGO_BIN_EXE_brant")).dir(db.dir()).env("TOKEN", TOKEN).env("DOTENV", DOTENV);
    let place = format!("host=127.0.0.1 port={} user={} dbname={}", db.server().port, user.name, db.name());
    for (password, code) in [(PASSFILE, 0), ("geheim-wrong", 1)] {
        let line = format!("*:*:*:*:{password}\n");
        let passfile = write_private(&db, "files/passfile", &line);
        write_private(&db, "files/.pgpass", &line);
        let service = format!("[shop]\n{}\npassword={password}\n", place.replace(' ', "\n"));
        let service = write_private(&db, "files/service", &service);
        let home = db.dir().join("files");
        for (brant, dbstring) in [
            (base.clone().env("PGPASSFILE", &passfile), place.clone()),
            (base.clone(), format!("{place} passfile={passfile}")),
            (base.clone().env("HOME", home), place.clone()),
            (base.clone().env("PGSERVICEFILE", &service), "service=shop".to_owned()),
        ] {
            let dbstring = format!("{dbstring} sslmode=disable");
            brant.run(["-dir", "good", "postgres", &dbstring, "status"]).expect_code(code);
            for line in
                ["-v up", "--format json up", "env", "-dir bad1 -table bad up", "nosuch", "wait --for 1ms"]
            {
                let words = ["-dir", "good", "postgres", &dbstring].into_iter().chain(line.split(' '));
                let output = brant.run(words);
                find(&format!("{}\n{}", output.stdout, output.stderr), &format!("{dbstring} {line}"));
            }
        }
    }
    std::fs::remove_dir_all(db.dir().join("files")).unwrap();
    find(&format!("{:?}", db.sql("SELECT * FROM brant_journal")), "the journal");
    search_folder(db.dir());
}

#[test]
fn nor_the_password_of_a_key() {
    if !brant_testkit::engines().contains(&Engine::Postgres) {
        return;
    }
    let db = brant_testkit::postgres();
    write_files(&db);
    let certificates = Certificates::make();
    let file = |name: &str| certificates.file(name).display().to_string();
    let (key, locked) = (file("client-key.pem"), file("locked-key.pem"));
    let encrypt = format!("pkcs8 -topk8 -in {key} -out {locked} -passout pass:{KEY}");
    assert!(Command::new("openssl").args(encrypt.split(' ')).status().unwrap().success());
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o600)).unwrap();
    let with_key = format!(
        "{}&sslcert={}&sslkey={locked}",
        db.dbstring().replace("sslmode=disable", "sslmode=require"),
        file("client.pem")
    );
    let base = Brant::new(env!("CARGO_BIN_EXE_brant")).dir(db.dir());
    // The right one opens the key, and then the server has no TLS.
    for (password, says) in [(KEY, "TLS"), ("geheim-wrong", "password")] {
        for (brant, dbstring) in [
            (base.clone(), format!("{with_key}&sslpassword={password}")),
            (base.clone().env("PGSSLPASSWORD", password), with_key.clone()),
        ] {
            let output = brant.run(["-dir", "good", "postgres", &dbstring, "status"]).expect_code(1);
            assert!(output.stderr.contains(says), "{}", output.stderr);
            every_command(&brant, &["postgres", &dbstring], 1);
        }
    }
}

#[test]
fn nor_one_that_is_refused() {
    let base = |db: &TestDatabase| brant(db).env("GOOSE_MIGRATION_DIR", "good").env("PGPASSWORD", PGPASSWORD);
    each_engine(|db| {
        write_files(db);
        for dbstring in [
            "postgres://nobody:geheim-url@127.0.0.1:1/x?sslmode=disable",
            "postgres://nobody:geheim-url@127.0.0.1:port/x",
            "postgres://nobody:geheim%url@127.0.0.1:1/x",
            "host=127.0.0.1 port=1 user=x password='geheim-url",
            "host=127.0.0.1 port=1 user=x password=geheim-url nosuch=1",
            "nobody:geheim-url@tcp(127.0.0.1:1)/x",
            "nobody:geheim-url@tcp(127.0.0.1:1/x",
            "nobody:geheim-url@x?timeout=geheim",
            "mysql://nobody:geheim-url@127.0.0.1:1/x",
        ] {
            if db.engine == Engine::Sqlite {
                continue; // a file of that name is opened
            }
            for words in [&["up"][..], &["-v", "status"], &["env"], &["--format", "json", "up"]] {
                let output = base(db).env("GOOSE_DBSTRING", dbstring).run(words);
                find(&format!("{}\n{}", output.stdout, output.stderr), dbstring);
            }
            let typed = Brant::new(env!("CARGO_BIN_EXE_brant")).dir(db.dir());
            for words in [
                &["nosuch", dbstring, "up"][..],
                &[dbstring],
                &[dbstring, "up"],
                &[db.driver(), dbstring, "nosuch"],
            ] {
                let output = typed.run(words);
                find(&format!("{}\n{}", output.stdout, output.stderr), &words.join(" "));
            }
        }
    });
}
