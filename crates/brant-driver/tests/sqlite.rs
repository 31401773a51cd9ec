//! Against real files.
#![cfg(feature = "sqlite")]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use brant_driver::{
    Access, Batch, Connection, Driver, DriverError, Environment, ErrorKind, driver_by_name, driver_for_url,
};
use tempfile::{TempDir, tempdir};
use tokio::time::{sleep, timeout};

/// Counts for a minute or so.
const ENDLESS: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n WHERE i < 0";

async fn open(dbstring: &str, access: Access) -> Result<Box<dyn Connection>, DriverError> {
    let driver = driver_by_name("sqlite3").expect("the driver");
    driver.parse(dbstring, &Environment::new())?.connect(access).await
}

async fn write(dbstring: &str) -> Box<dyn Connection> {
    open(dbstring, Access::Write).await.expect(dbstring)
}

async fn refused(dbstring: &str, access: Access) -> DriverError {
    match open(dbstring, access).await {
        Ok(_) => panic!("{dbstring} opens"),
        Err(error) => error,
    }
}

fn folder() -> TempDir {
    tempdir().expect("a folder")
}

fn within(dir: &TempDir, name: &str) -> String {
    dir.path().join(name).to_str().expect("UTF-8").to_owned()
}

fn files(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

async fn one(connection: &mut Box<dyn Connection>, sql: &str) -> Option<String> {
    let rows = connection.query(sql).await.expect(sql);
    rows.into_iter().next().and_then(|row| row.into_iter().next()).flatten()
}

#[test]
fn names_and_urls_lead_here() {
    for name in ["sqlite3", "sqlite"] {
        assert_eq!(driver_by_name(name).map(Driver::dialect), Some("sqlite"));
    }
    for url in ["x.db", "file:x", "sqlite:x", "sqlite3://x", ":memory:", "a/b.sqlite?_fk=1"] {
        assert_eq!(driver_for_url(url).map(Driver::dialect), Some("sqlite"), "{url}");
    }
}

#[tokio::test]
async fn several_commands_go_in_one_text() {
    let dir = folder();
    let path = within(&dir, "x.db");
    let mut connection = write(&path).await;
    assert!(connection.server().starts_with("SQLite 3."));
    connection
        .execute("CREATE TABLE t (v); -- a comment\n;; INSERT INTO t VALUES (1); INSERT INTO t VALUES (2.5), (NULL), ('ü')")
        .await
        .expect("all of them");
    connection.execute("").await.expect("nothing to do");
    connection.execute(" -- nothing\n").await.expect("nothing to do");
    let rows =
        connection.query("SELECT v FROM t; SELECT 'x', x'ff'; UPDATE t SET v = v").await.expect("rows");
    let values: Vec<Option<&str>> = rows.iter().flatten().map(Option::as_deref).collect();
    assert_eq!(values, [Some("1"), Some("2.5"), None, Some("ü"), Some("x"), Some("FF")]);
    connection.close().await;
    assert_eq!(files(dir.path()), ["x.db"]);
}

#[tokio::test]
async fn of_rows_that_begin_alike_the_first_is_kept() {
    let mut connection = write(":memory:").await;
    connection
        .execute(
            "CREATE TABLE t (v, w); INSERT INTO t VALUES (1, 'a'), (2, 'b'), (1, 'c'), (NULL, 'd'), ('1', 'e'), (NULL, 'f'), \
             ('1', 'g'), (2.5, 'h')",
        )
        .await
        .expect("a table");
    let all = "SELECT v, w FROM t ORDER BY rowid; SELECT v, w FROM t ORDER BY rowid DESC";
    let rows = connection.firsts("SELECT nothing", all).await.expect("rows");
    let kept: Vec<&str> = rows.iter().filter_map(|row| row[1].as_deref()).collect();
    assert_eq!(kept.concat(), "abdeh".to_owned() + "hgfcb", "each command by itself");
    let error = connection.firsts("SELECT 1", "SELECT 1; SELECT nosuch").await.expect_err("no such column");
    assert_eq!(error.message, "no such column: nosuch");
}

/// Every row of a `SELECT` counts, where it has an effect.
#[tokio::test]
async fn statements_are_stepped_to_their_end() {
    let mut connection = write(":memory:").await;
    let error = connection
        .execute("CREATE TABLE t (v); INSERT INTO t VALUES (1), (-9223372036854775808); SELECT abs(v) FROM t")
        .await
        .expect_err("the second row fails");
    assert_eq!(error.message, "integer overflow");
    connection.execute("INSERT INTO t VALUES (3), (4) RETURNING v").await.expect("two rows");
    assert_eq!(one(&mut connection, "SELECT count(*) FROM t").await.as_deref(), Some("4"));
}

#[tokio::test]
async fn errors_have_the_librarys_words_and_the_place() {
    let dir = folder();
    let mut connection = write(&within(&dir, "x.db")).await;
    let table = [
        ("SELECT * FROM nosuch", "no such table: nosuch", None),
        ("CREATE TABLE a (x);\n\n  SELECT * FROM nosuch", "no such table: nosuch", None),
        ("CREATE TABLE d (x);\n\n  SELECT 1 FROM d WHERE nosuch", "no such column: nosuch", Some(45)),
        ("SELECT 1; SELEC 2; SELECT 3", "near \"SELEC\": syntax error", Some(10)),
        ("-- ü\nSELECT nosuch", "no such column: nosuch", Some(13)),
        ("SELECT 'open", "unrecognized token: \"'open\"", Some(7)),
        ("CREATE TABLE b (x UNIQUE); INSERT INTO b VALUES (1), (1)", "UNIQUE constraint failed: b.x", None),
        ("COMMIT", "cannot commit - no transaction is active", None),
        ("SELECT 1\0; DROP TABLE a", "a NUL character in the text", Some(8)),
        ("SELECT ?, ?", "the statement has 2 parameters (`?`), for which there are no values", None),
        ("CREATE TABLE c (", "incomplete input", None),
    ];
    for (sql, message, offset) in table {
        let error = connection.execute(sql).await.expect_err(sql);
        assert_eq!((error.message.as_str(), error.offset), (message, offset), "{sql}");
        assert_eq!(error.kind, ErrorKind::Statement);
        assert_eq!(connection.query(sql).await.expect_err(sql).kind, ErrorKind::Statement, "{sql}");
    }
    let error = connection.execute("INSERT INTO b VALUES (1), (1)").await.expect_err("twice the same");
    assert_eq!(error.number, Some(2067), "the extended code");
}

#[tokio::test]
async fn a_run_stops_at_the_first_failure() {
    let mut connection = write(":memory:").await;
    let statements =
        ["CREATE TABLE a (x)", "INSERT INTO a VALUES (1)", "SELECT nosuch FROM a", "CREATE TABLE b (x)"];
    let mut heard = Vec::new();
    let mut done = |index, _: Duration| heard.push(index);
    let failure = connection.run(&statements, Batch::Ahead, &mut done).await.expect_err("the third");
    assert_eq!((failure.index, failure.error.message.as_str()), (2, "no such column: nosuch"));
    assert_eq!(heard, [0, 1]);
    assert_eq!(one(&mut connection, "SELECT count(*) FROM sqlite_schema").await.as_deref(), Some("1"));
    connection.run(&[], Batch::OneByOne, &mut |_, _| panic!("nothing was done")).await.expect("nothing");
}

#[tokio::test]
async fn durations_come_while_it_runs() {
    let mut connection = write(":memory:").await;
    let slow =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300000) SELECT count(*) FROM n";
    let start = Instant::now();
    let mut heard = Vec::new();
    let mut done = |_, time: Duration| heard.push((time, start.elapsed()));
    connection.run(&[slow, slow, slow, slow], Batch::OneByOne, &mut done).await.expect("four counts");
    let total: Duration = heard.iter().map(|(time, _)| *time).sum();
    assert_eq!(heard.len(), 4);
    assert!(total <= start.elapsed());
    assert!(heard[0].1 < heard[3].1, "{heard:?}");
}

#[tokio::test]
async fn a_statement_is_cancelled() {
    let mut connection = write(":memory:").await;
    let canceller = connection.canceller();
    canceller.cancel().await.expect("nothing runs");
    connection.execute("CREATE TABLE t (x)").await.expect("a cancel of nothing does nothing");
    let statements = [ENDLESS, "DROP TABLE t"];
    let mut done = |_, _: Duration| {};
    let (outcome, ()) = tokio::join!(connection.run(&statements, Batch::OneByOne, &mut done), async {
        sleep(Duration::from_millis(100)).await;
        canceller.cancel().await.expect("delivered");
    });
    let failure = outcome.expect_err("it was stopped");
    assert_eq!((failure.index, failure.error.kind), (0, ErrorKind::Cancelled));
    assert_eq!(failure.error.to_string(), "interrupted (error 9)");
    assert_eq!(one(&mut connection, "SELECT count(*) FROM t").await.as_deref(), Some("0"));
}

#[tokio::test]
async fn an_abandoned_statement_stops() {
    let mut connection = write(":memory:").await;
    assert!(timeout(Duration::from_millis(50), connection.execute(ENDLESS)).await.is_err());
    let start = Instant::now();
    connection.execute("SELECT 1").await.expect("the connection goes on");
    assert!(start.elapsed() < Duration::from_secs(5));
    drop(timeout(Duration::from_millis(50), connection.query(ENDLESS)).await);
    connection.close().await;
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_lock_is_waited_for() {
    let dir = folder();
    let path = within(&dir, "x.db");
    let mut writer = write(&path).await;
    writer.execute("CREATE TABLE t (x); BEGIN IMMEDIATE").await.expect("the lock");

    let mut other = write(&format!("{path}?_pragma=busy_timeout(100)")).await;
    let start = Instant::now();
    let error = other.execute("INSERT INTO t VALUES (1)").await.expect_err("it is locked");
    assert_eq!(error.to_string(), "database is locked (error 5)");
    assert!(error.hint.expect("a hint").starts_with("another process is writing"));
    let waited = start.elapsed();
    assert!(waited >= Duration::from_millis(90) && waited < Duration::from_secs(3), "{waited:?}");

    let mut patient = write(&path).await;
    let (inserted, committed) = tokio::join!(patient.execute("INSERT INTO t VALUES (1)"), async {
        sleep(Duration::from_millis(200)).await;
        writer.execute("COMMIT").await
    });
    assert_eq!((inserted, committed), (Ok(()), Ok(())));
}

#[tokio::test]
async fn waiting_for_a_lock_is_cancelled() {
    let dir = folder();
    let path = within(&dir, "x.db");
    let mut writer = write(&path).await;
    writer.execute("CREATE TABLE t (x); BEGIN IMMEDIATE").await.expect("the lock");
    let mut other = write(&format!("{path}?_timeout=60000")).await;
    let canceller = other.canceller();
    let start = Instant::now();
    let (outcome, ()) = tokio::join!(other.execute("INSERT INTO t VALUES (1)"), async {
        sleep(Duration::from_millis(100)).await;
        canceller.cancel().await.expect("delivered");
    });
    assert_eq!(outcome.expect_err("it was stopped").kind, ErrorKind::Cancelled);
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn looking_creates_nothing() {
    let dir = folder();
    let path = within(&dir, "x.db");
    let mut reader = open(&path, Access::Read).await.expect("an empty database");
    assert_eq!(one(&mut reader, "SELECT count(*) FROM sqlite_schema").await.as_deref(), Some("0"));
    assert!(reader.execute("CREATE TABLE t (x)").await.is_err());
    assert_eq!(reader.database_file(), None);
    reader.close().await;
    assert!(files(dir.path()).is_empty());

    fs::write(&path, "").expect("an empty file");
    let mut reader = open(&path, Access::Read).await.expect("an empty database");
    assert_eq!(one(&mut reader, "SELECT count(*) FROM sqlite_schema").await.as_deref(), Some("0"));
    reader.close().await;
    assert_eq!(fs::read(&path).expect("the file"), b"");
}

#[tokio::test]
async fn looking_changes_nothing() {
    let dir = folder();
    for journal in ["delete", "wal"] {
        let path = within(&dir, &format!("{journal}.db"));
        let mut writer = write(&format!("{path}?_pragma=journal_mode({journal})")).await;
        writer.execute("CREATE TABLE t (x); INSERT INTO t VALUES (7)").await.expect("a row");
        writer.close().await;
        let (before, content) = (files(dir.path()), fs::read(&path).expect("the file"));
        let mode = "?_pragma=journal_mode(persist)&_pragma=user_version(5)&_pragma=foreign_keys(1)";
        let mut reader = open(&format!("{path}{mode}"), Access::Read).await.expect("it opens");
        assert_eq!(one(&mut reader, "SELECT x FROM t").await.as_deref(), Some("7"));
        assert_eq!(one(&mut reader, "PRAGMA foreign_keys").await.as_deref(), Some("1"));
        let error = reader.execute("INSERT INTO t VALUES (8)").await.expect_err("it may only look");
        assert_eq!(error.message, "attempt to write a readonly database");
        reader.close().await;
        assert_eq!(files(dir.path()), before, "{journal}");
        assert_eq!(fs::read(&path).expect("the file"), content, "{journal}");
    }
}

/// A reader next to a writer in the WAL mode sees what was committed, and leaves the writer's files alone.
#[tokio::test]
async fn looking_at_a_wal_database_in_use() {
    let dir = folder();
    let path = within(&dir, "x.db");
    let mut writer = write(&format!("{path}?_journal=wal")).await;
    writer.execute("CREATE TABLE t (x); INSERT INTO t VALUES (7)").await.expect("a row");
    let mut reader = open(&path, Access::Read).await.expect("it opens");
    assert_eq!(one(&mut reader, "SELECT x FROM t").await.as_deref(), Some("7"));
    reader.close().await;
    assert_eq!(files(dir.path()), ["x.db", "x.db-shm", "x.db-wal"]);
    writer.close().await;
    assert_eq!(files(dir.path()), ["x.db"]);
}

#[tokio::test]
async fn what_cannot_be_opened_is_named() {
    let dir = folder();
    let missing = within(&dir, "no/such/x.db");
    let parent = within(&dir, "no/such");
    for access in [Access::Read, Access::Write] {
        let error = refused(&missing, access).await;
        let expected = format!("unable to open `{missing}`: the folder `{parent}` does not exist");
        assert_eq!((error.kind, error.to_string()), (ErrorKind::Connect, expected));
        let folder = within(&dir, "");
        let error = refused(&folder, access).await;
        assert_eq!(
            error.to_string(),
            format!("unable to open `{folder}`: it is a folder, not a database file")
        );
        let text = within(&dir, "x.txt");
        fs::write(&text, "hello, this is no database at all, only a text".repeat(50)).expect("a file");
        let error = refused(&text, access).await;
        let expected = format!("`{text}` is not an SQLite database (file is not a database)");
        assert_eq!((error.kind, error.to_string()), (ErrorKind::Connect, expected));
        let below = format!("{text}/x.db");
        let error = refused(&below, access).await;
        assert_eq!(error.to_string(), format!("unable to open `{below}`: Not a directory (os error 20)"));
    }
    let absent = within(&dir, "absent.db");
    let error = refused(&format!("file:{absent}?mode=rw"), Access::Write).await;
    assert_eq!(
        error.to_string(),
        format!("unable to open `{absent}`: No such file or directory (os error 2)")
    );
    assert_eq!(files(dir.path()), ["x.txt"]);
    let error = refused(&format!("{absent}?vfs=nosuch"), Access::Write).await;
    assert_eq!(error.to_string(), format!("unable to open `{absent}`: no such vfs: nosuch"));
}

#[tokio::test]
async fn parameters_take_effect() {
    let dir = folder();
    let path = within(&dir, "x.db");
    let mut connection =
        write(&format!("{path}?_pragma=foreign_keys(1)&_pragma=synchronous(0)&_cache_size=-77&_rt=on")).await;
    for (pragma, value) in
        [("foreign_keys", "1"), ("synchronous", "0"), ("cache_size", "-77"), ("recursive_triggers", "1")]
    {
        assert_eq!(
            one(&mut connection, &format!("PRAGMA {pragma}")).await.as_deref(),
            Some(value),
            "{pragma}"
        );
    }
    let mut plain = write(&path).await;
    for (pragma, value) in [("foreign_keys", "0"), ("synchronous", "2"), ("journal_mode", "delete")] {
        assert_eq!(one(&mut plain, &format!("PRAGMA {pragma}")).await.as_deref(), Some(value), "{pragma}");
    }
    let error = refused(&format!("{path}?_pragma=foreign_key(1)"), Access::Write).await;
    assert_eq!(error.to_string(), "unknown pragma `foreign_key` in _pragma=foreign_key(1)");
    let error = refused(&format!("{path}?_foreign_key=1"), Access::Write).await;
    assert_eq!(error.to_string(), "invalid SQLite connection string: unknown parameter `_foreign_key`");
    let mut read_only = write(&format!("file:{path}?mode=ro")).await;
    assert!(read_only.execute("CREATE TABLE t (x)").await.is_err());
    let mut uri = write(&format!("file:{path}?cache=private&psow=1")).await;
    uri.execute("CREATE TABLE t (x)").await.expect("a table");
    assert_eq!(one(&mut plain, "SELECT count(*) FROM t").await.as_deref(), Some("0"));
}

#[tokio::test]
async fn whoever_only_looks_keeps_few_pages_unless_asked_to() {
    let dir = folder();
    let path = within(&dir, "x.db");
    write(&path).await.execute("CREATE TABLE t (x)").await.expect("a table");
    for (access, parameters, size) in [
        (Access::Read, "", "-256"),
        (Access::Read, "?_cache_size=-77", "-77"),
        (Access::Read, "?_pragma=cache_size(88)", "88"),
        (Access::Write, "", "-2000"),
    ] {
        let mut connection = open(&format!("{path}{parameters}"), access).await.expect("it opens");
        let found = one(&mut connection, "PRAGMA cache_size").await;
        assert_eq!(found.as_deref(), Some(size), "{access:?} {parameters}");
    }
}

#[tokio::test]
async fn begin_takes_the_lock_that_was_asked_for() {
    let dir = folder();
    let path = within(&dir, "x.db");
    for (kind, can_write) in [("deferred", true), ("immediate", false), ("exclusive", false)] {
        let mut first = write(&format!("{path}?_txlock={kind}")).await;
        first.run(&["BEGIN"], Batch::OneByOne, &mut |_, _| {}).await.expect("begun");
        let mut second = write(&format!("{path}?_timeout=0")).await;
        assert_eq!(second.execute("BEGIN IMMEDIATE; ROLLBACK").await.is_ok(), can_write, "{kind}");
    }
}

#[tokio::test]
async fn siblings_see_the_same_database() {
    let dir = folder();
    let path = within(&dir, "x.db");
    let link = within(&dir, "link.db");
    write(&path).await.execute("CREATE TABLE t (x)").await.expect("a table");
    std::os::unix::fs::symlink(&path, &link).expect("a link");
    let mut connection = write(&format!("file:{link}")).await;
    let mut sibling = connection.sibling().await.expect("once more");
    assert_eq!(one(&mut sibling, "SELECT count(*) FROM t").await.as_deref(), Some("0"));
    let real = fs::canonicalize(&path).expect("the file");
    assert_eq!((connection.database_file(), sibling.database_file()), (Some(real.clone()), Some(real)));

    let mut alone = write(":memory:").await;
    assert_eq!(alone.database_file(), None);
    assert_eq!(alone.sibling().await.err().map(|error| error.kind), Some(ErrorKind::Connect));
    let mut shared = write("file:siblings?mode=memory&cache=shared").await;
    shared.execute("CREATE TABLE t (x)").await.expect("a table");
    let mut sibling = shared.sibling().await.expect("once more");
    assert_eq!(one(&mut sibling, "SELECT count(*) FROM t").await.as_deref(), Some("0"));
}
