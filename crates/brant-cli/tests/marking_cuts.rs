//! `mark`, `baseline` and `repair` whose connection breaks at their COMMIT: what they then say of the database is true.

mod support;

use brant_testkit::proxy::{Cut, ProxyOptions};
use brant_testkit::{Brant, Engine, Output, Proxy, TestDatabase, each_engine};
use support::{applied, brant, write_migrations};

const RECORDED: &str = "state: all that was to be marked is recorded; the connection broke right after the commit\nnext: nothing: it is done, as";
const NOTHING: &str = "state: nothing was marked\nnext: find out why the connection broke, then run `brant";

/// One way to write by hand: what goes before it, the command, and what shows that it was written.
struct Way {
    before: &'static [&'static [&'static str]],
    command: &'static [&'static str],
    is_written: fn(&TestDatabase) -> bool,
}

const WAYS: [Way; 4] = [
    Way {
        before: &[&["up-to", "1"]],
        command: &["mark", "applied", "2", "3"],
        is_written: |db| applied(db) == [1, 2, 3],
    },
    Way { before: &[&["up"]], command: &["mark", "pending", "3"], is_written: |db| applied(db) == [1, 2] },
    Way { before: &[&["up"]], command: &["repair", "--accept", "2"], is_written: is_accepted },
    Way {
        before: &[&["up-to", "1"], &["reset"]],
        command: &["baseline", "2"],
        is_written: |db| applied(db) == [1, 2],
    },
];

fn is_accepted(db: &TestDatabase) -> bool {
    db.column("SELECT count(*) FROM brant_journal WHERE state = 'accepted'") == ["1"]
}

fn program(db: &TestDatabase) -> Brant {
    brant(db).env("GOOSE_MIGRATION_DIR", "migrations")
}

/// A database where the way makes sense.
fn prepared(engine: Engine, way: &Way) -> TestDatabase {
    let db = TestDatabase::fresh(engine);
    write_migrations(&db, 3);
    for command in way.before {
        program(&db).run(command.iter().copied()).expect_code(0);
    }
    db.write("migrations/00002_t2.sql", "-- +goose Up\nCREATE TABLE t2 (id int, edited int);\n");
    assert!(!(way.is_written)(&db));
    db
}

/// The servers: a file has no connection that breaks.
fn each_server(body: impl Fn(&TestDatabase)) {
    each_engine(|db| {
        if db.engine != Engine::Sqlite {
            body(db);
        }
    });
}

/// What the command says whose line is cut, and whether it was.
fn cut_at(
    db: &TestDatabase,
    cut: &Cut,
    for_good: bool,
    command: &[&str],
    connect: impl Fn(String) -> String,
) -> (Output, bool) {
    let options = ProxyOptions { cut: Some(cut.clone()), for_good, ..ProxyOptions::default() };
    let proxy = Proxy::with(db.server().addr(), options);
    let through = program(db).env("GOOSE_DBSTRING", connect(db.dbstring_through(proxy.addr())));
    let output = through.run([command, &["--yes"]].concat()).expect_code(1);
    (output, proxy.was_cut())
}

#[test]
fn a_cut_at_the_commit_is_told_as_it_is() {
    each_server(|db| {
        for way in &WAYS {
            for (cut, written, told) in [
                (Cut::BeforeText("; COMMIT".to_owned()), false, NOTHING),
                (Cut::AfterText("; COMMIT".to_owned()), true, RECORDED),
            ] {
                let db = prepared(db.engine, way);
                let case = format!("{}: {:?}: {cut:?}", db.engine, way.command);
                let (output, was_cut) = cut_at(&db, &cut, false, way.command, |dbstring| dbstring);
                assert!(was_cut, "{case}");
                assert!(output.stderr.contains(told), "{case}: {}", output.stderr);
                assert!(output.stderr.contains("failed to write the history: "), "{case}: {}", output.stderr);
                assert_eq!((way.is_written)(&db), written, "{case}");
                if !written {
                    program(&db).run([way.command, &["--yes"]].concat()).expect_code(0);
                    assert!((way.is_written)(&db), "{case}");
                }
            }
        }
    });
}

/// A user who may write the history and make no journal: then the history itself is asked.
#[test]
fn without_a_journal_the_history_tells() {
    each_server(|db| {
        let db = prepared(db.engine, &WAYS[0]);
        let user = format!("poor_{}", db.name());
        let (make, drop) = match db.engine {
            Engine::Postgres => (
                format!(
                    "CREATE ROLE {user} LOGIN PASSWORD 'right'; GRANT SELECT, INSERT ON goose_db_version TO {user}; GRANT \
                     USAGE ON SEQUENCE goose_db_version_id_seq TO {user}"
                ),
                format!("DROP OWNED BY {user}; DROP ROLE {user}"),
            ),
            _ => (
                format!(
                    "CREATE USER {user} IDENTIFIED BY 'right'; GRANT SELECT, INSERT ON goose_db_version TO {user}"
                ),
                format!("DROP USER {user}"),
            ),
        };
        db.sql(&format!("DROP TABLE brant_journal; {make}")).unwrap();
        let (output, _) =
            cut_at(&db, &Cut::AfterText("; COMMIT".to_owned()), false, WAYS[0].command, |dbstring| {
                let (_, address) = dbstring.rsplit_once('@').unwrap();
                let scheme = if db.engine == Engine::Postgres { "postgres://" } else { "" };
                format!("{scheme}{user}:right@{address}")
            });
        db.sql(&drop).unwrap();
        assert!(output.stderr.contains("going on without the journal"), "{}", output.stderr);
        assert!(output.stderr.contains(RECORDED), "{}", output.stderr);
        assert_eq!(applied(&db), [1, 2, 3]);
    });
}

/// The answer is lost, and the server can't be reached any more.
#[test]
fn where_nobody_can_look_it_says_so() {
    each_server(|db| {
        let db = prepared(db.engine, &WAYS[0]);
        let (output, _) =
            cut_at(&db, &Cut::AfterText("; COMMIT".to_owned()), true, WAYS[0].command, |dbstring| dbstring);
        let told = "state: the connection broke during the commit: all that was to be marked is recorded, or nothing of it\n\
                    next: look at `brant";
        assert!(output.stderr.contains(told), "{}: {}", db.engine, output.stderr);
    });
}
