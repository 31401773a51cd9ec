//! Commands that only look need no more than the right to look: on a standby, a server that takes no writes, a file that may
//! not be written, and for a user who may only SELECT they tell what they tell its owner, and write nothing.

mod support;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use brant_testkit::{Engine, PrivateServer, Server, ServerOptions, TestDatabase};
use support::{brant, write_migrations};

/// Commands that only look.
const LOOKS: [&[&str]; 13] = [
    &["status"],
    &["check"],
    &["plan"],
    &["-v", "plan"],
    &["plan", "--sql"],
    &["plan", "down-to", "1"],
    &["up", "--dry-run"],
    &["goto", "2", "--dry-run"],
    &["version"],
    &["repair"],
    &["show", "1"],
    &["lock", "status"],
    &["mark", "applied", "3", "--dry-run"],
];

/// What a database can look like: never migrated; in use, with something edited, something pending and something half
/// done.
const STATES: [fn(&TestDatabase); 2] = [fresh, in_use];

fn fresh(db: &TestDatabase) {
    write_migrations(db, 3);
}

fn in_use(db: &TestDatabase) {
    write_migrations(db, 2);
    let half = "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE half (id int);\nINSERT INTO nowhere VALUES (1);\n";
    db.write("migrations/00003_half.sql", half);
    brant(db).run(["-dir", "migrations", "up"]).expect_code(1);
    db.write(
        "migrations/00002_t2.sql",
        "-- +goose Up\nCREATE TABLE t2 (edited int);\n-- +goose Down\nDROP TABLE t2;\n",
    );
}

/// Exit code, and what was told. Where the database is does not matter.
fn look(db: &TestDatabase, dbstring: &str, command: &[&str]) -> String {
    let brant = brant(db).env("GOOSE_DBSTRING", dbstring).env("GOOSE_MIGRATION_DIR", "migrations");
    let output = brant.run(command.iter().copied());
    format!("exit code {}\n{}\n{}", output.code, output.stdout, output.stderr)
}

/// All that could have been written.
fn everything(db: &TestDatabase) -> String {
    let own = |table: &str| db.sql(&format!("SELECT * FROM {table}"));
    format!("{}{:?}{:?}{:?}", db.schema(), db.row_counts(), own("goose_db_version"), own("brant_journal"))
}

/// What the owner is told, and what somebody else is told by the same commands.
fn compare(place: &str, db: &TestDatabase, other: impl Fn(&[&str]) -> String) {
    let before = everything(db);
    for command in LOOKS {
        let owner = look(db, &db.dbstring(), command);
        let seen = other(command);
        assert_eq!(seen, owner, "{place}: {command:?}");
    }
    assert_eq!(everything(db), before, "{place}");
}

/// The connection string of another user, with the password `right`.
fn of_user(dbstring: &str, user: &str) -> String {
    let (_, address) = dbstring.rsplit_once('@').unwrap();
    let scheme = if dbstring.starts_with("postgres://") { "postgres://" } else { "" };
    format!("{scheme}{user}:right@{address}")
}

fn wanted(engine: Engine) -> bool {
    brant_testkit::engines().contains(&engine)
}

#[test]
fn a_user_who_may_only_select() {
    for engine in [Engine::Postgres, Engine::MariaDb] {
        for prepare in STATES.into_iter().filter(|_| wanted(engine)) {
            let db = TestDatabase::fresh(engine);
            prepare(&db);
            let (name, user) = (db.name(), format!("looks_{}", db.name()));
            let (make, drop) = match engine {
                Engine::Postgres => (
                    format!(
                        "CREATE ROLE {user} LOGIN PASSWORD 'right'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {user}"
                    ),
                    format!("DROP OWNED BY {user}; DROP ROLE {user}"),
                ),
                _ => (
                    format!("CREATE USER {user} IDENTIFIED BY 'right'; GRANT SELECT ON {name}.* TO {user}"),
                    format!("DROP USER {user}"),
                ),
            };
            db.sql(&make).unwrap();
            let dbstring = of_user(&db.dbstring(), &user);
            compare("SELECT alone", &db, |command| look(&db, &dbstring, command));
            db.sql(&drop).unwrap();
        }
    }
}

#[test]
fn a_standby() {
    if !wanted(Engine::Postgres) {
        return;
    }
    let primary = PrivateServer::start(Engine::Postgres, &ServerOptions::default());
    let standby_of = Some(Server::clone(&primary));
    let standby =
        PrivateServer::start(Engine::Postgres, &ServerOptions { standby_of, ..ServerOptions::default() });
    for prepare in STATES {
        let db = TestDatabase::on(&primary);
        prepare(&db);
        let dbstring = standby.dbstring_of(db.name());
        let owner = look(&db, &db.dbstring(), &["status"]);
        let began = Instant::now();
        while look(&db, &dbstring, &["status"]) != owner {
            assert!(began.elapsed() < Duration::from_secs(30), "the standby does not follow");
            std::thread::sleep(Duration::from_millis(50));
        }
        compare("a standby", &db, |command| look(&db, &dbstring, command));
    }
}

#[test]
fn a_server_that_takes_no_writes() {
    if !wanted(Engine::MariaDb) {
        return;
    }
    let server = PrivateServer::start(Engine::MariaDb, &ServerOptions::default());
    for prepare in STATES {
        let db = TestDatabase::on(&server);
        prepare(&db);
        let (name, user) = (db.name(), format!("looks_{}", db.name()));
        db.sql(&format!(
            "CREATE USER {user} IDENTIFIED BY 'right'; GRANT ALL ON {name}.* TO {user}; SET GLOBAL read_only = 1"
        ))
        .unwrap();
        let dbstring = of_user(&db.dbstring(), &user);
        compare("read_only", &db, |command| look(&db, &dbstring, command));
        // The user is one whom the setting concerns.
        let refused = look(&db, &dbstring, &["up"]);
        assert!(refused.starts_with("exit code 1\n") && refused.contains("read-only"), "{refused}");
        db.sql("SET GLOBAL read_only = 0").unwrap();
    }
}

/// brant by a user who may write neither the file nor its folder: root may do what it wants.
fn as_nobody(db: &TestDatabase, binary: &Path, dbstring: &str, command: &[&str]) -> String {
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let mut program = match is_root {
        true => {
            let mut setpriv = Command::new("setpriv");
            setpriv.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(binary);
            setpriv
        }
        false => Command::new(binary),
    };
    program.args(command).current_dir(db.dir()).env_clear();
    program.env("GOOSE_DRIVER", "sqlite3").env("GOOSE_DBSTRING", dbstring).env("TZ", "UTC");
    let output = program.env("GOOSE_MIGRATION_DIR", "migrations").output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("exit code {}\n{}\n{}", output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// Takes away the right to write from everybody, while the work is done.
fn without_writing(db: &TestDatabase, work: impl Fn(&Path)) {
    let binary = db.dir().join("brant");
    std::fs::copy(env!("CARGO_BIN_EXE_brant"), &binary).unwrap();
    let set = |path: &Path, mode: u32| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set(Path::new(db.name()), 0o444);
    set(&db.dir().join("migrations"), 0o555);
    set(db.dir(), 0o555);
    let files =
        || std::fs::read_dir(db.dir()).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();
    let before = files();
    work(&binary);
    assert_eq!(files(), before);
    set(db.dir(), 0o755);
}

#[test]
fn a_file_that_may_not_be_written() {
    for prepare in STATES {
        let db = brant_testkit::sqlite();
        db.sql("CREATE TABLE there (id int)").unwrap();
        prepare(&db);
        without_writing(&db, |binary| {
            compare("a file without the right to write", &db, |command| {
                as_nobody(&db, binary, &db.dbstring(), command)
            });
        });
    }
}

/// SQLite itself can't read such a file, unless it is told that nobody writes.
#[test]
fn a_file_in_the_wal_mode_that_may_not_be_written() {
    let db = brant_testkit::sqlite();
    db.sql("PRAGMA journal_mode = WAL").unwrap();
    in_use(&db);
    let owner = look(&db, &db.dbstring(), &["status"]);
    without_writing(&db, |binary| {
        let refused = as_nobody(&db, binary, &db.dbstring(), &["status"]);
        assert!(refused.starts_with("exit code 1\n"), "{refused}");
        assert!(refused.contains("hint: SQLite writes beside a database in the WAL mode"), "{refused}");
        let immutable = format!("file:{}?immutable=1", db.name());
        let told = as_nobody(&db, binary, &immutable, &["status"]);
        assert_eq!(told, owner);
    });
}
