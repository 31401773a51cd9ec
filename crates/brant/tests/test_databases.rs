//! Each test gets a migrated database of its own; nothing is left of those who died.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use brant::driver::Access;
use brant::testing::TestDatabase;
use brant::{Context, Database as _, Migrations, Migrator, Result, RustMigration};
use brant_testkit::{Engine, PrivateServer, Product, ServerOptions, Signal, engines, products, signal};

/// Set for a process that is to make a database and to wait: where.
const CHILD: &str = "BRANT_TESTS_MAKE_ONE_ON";

/// A set of migrations that no other test has.
fn migrations(table: &str) -> Migrations {
    let text = format!("-- +goose Up\nCREATE TABLE {table} (id int);\nINSERT INTO {table} VALUES (1);\n");
    Migrations::new().sql("1_table.sql", text).unwrap()
}

/// What a test passes to [`TestDatabase::on`].
fn admin_url(product: Product) -> String {
    product.server().map_or_else(|| "sqlite:".to_owned(), |server| server.dbstring())
}

const POSTGRES: Product = Product { engine: Engine::Postgres, is_mysql: false };
const SQLITE: Product = Product { engine: Engine::Sqlite, is_mysql: false };

/// Runs a body on every engine, which is told the admin URL.
async fn each_engine<F: Future<Output = ()>>(body: impl Fn(Product, String) -> F) {
    for product in products() {
        body(product, admin_url(product)).await;
    }
}

async fn column(database: &TestDatabase, sql: &str) -> Vec<String> {
    let mut connection = database.connect(Access::Write).await.unwrap();
    let rows = connection.query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    connection.close().await;
    rows.into_iter().flatten().flatten().collect()
}

/// Whether another database of that name is there, as this one sees it.
async fn is_there(database: &TestDatabase, name: &str) -> bool {
    let sql = match database.dialect() {
        "postgres" => format!("SELECT datname FROM pg_database WHERE datname = '{name}'"),
        "mysql" => {
            format!("SELECT schema_name FROM information_schema.schemata WHERE schema_name = '{name}'")
        }
        _ => return std::path::Path::new(name).exists(),
    };
    !column(database, &sql).await.is_empty()
}

#[tokio::test]
async fn copies_are_migrated_and_independent() {
    each_engine(|product, url| async move {
        let migrations = migrations("copies");
        let one = TestDatabase::on(&url, &migrations).await.unwrap();
        let other = TestDatabase::on(&url, &migrations).await.unwrap();
        assert_ne!(one.name(), other.name(), "{product}");
        column(&one, "INSERT INTO copies VALUES (2)").await;
        assert_eq!(column(&one, "SELECT id FROM copies ORDER BY id").await, ["1", "2"], "{product}");
        assert_eq!(column(&other, "SELECT id FROM copies").await, ["1"], "{product}");
        assert!(!Migrator::new(migrations).has_pending(&one).await.unwrap(), "{product}");
        let gone = one.name().to_owned();
        one.close().await.unwrap();
        assert!(!is_there(&other, &gone).await, "{product}");
    })
    .await;
}

#[tokio::test]
async fn a_dropped_database_goes_at_once_even_while_it_is_in_use() {
    each_engine(|product, url| async move {
        let watcher = TestDatabase::on(&url, Migrations::new()).await.unwrap();
        let database = TestDatabase::on(&url, migrations("dropped")).await.unwrap();
        let name = database.name().to_owned();
        let client =
            brant::Url::with_driver(product.engine.driver(), database.url(), &Default::default()).unwrap();
        let connection = client.connect(Access::Write).await.unwrap();
        drop(database);
        assert!(!is_there(&watcher, &name).await, "{product}");
        drop(connection);
    })
    .await;
}

#[tokio::test]
async fn changed_migrations_get_a_template_of_their_own() {
    each_engine(|product, url| async move {
        let dir = tempfile::tempdir().unwrap();
        for default in ["1", "2"] {
            let text = format!(
                "-- +goose Up\nCREATE TABLE t (a int DEFAULT {default});\nINSERT INTO t VALUES (DEFAULT);\n"
            );
            // SQLite has no DEFAULT in VALUES.
            let text = text.replace("VALUES (DEFAULT)", &format!("VALUES ({default})"));
            std::fs::write(dir.path().join("1_t.sql"), text).unwrap();
            let migrations = Migrations::from_dir(dir.path()).unwrap();
            let database = TestDatabase::on(&url, migrations).await.unwrap();
            assert_eq!(column(&database, "SELECT a FROM t").await, [default], "{product}");
        }
    })
    .await;
}

#[tokio::test]
async fn settings_of_the_migrator_count() {
    each_engine(|product, url| async move {
        for value in ["3", "4"] {
            let text = "-- +goose ENVSUB ON\n-- +goose Up\nCREATE TABLE t (a int);\nINSERT INTO t VALUES (${VALUE});\n";
            let migrations = Migrations::new().sql("1_t.sql", text).unwrap();
            let migrator = Migrator::builder(migrations).variable("VALUE", value).table("versions").build();
            let database = TestDatabase::on(&url, &migrator).await.unwrap();
            assert_eq!(column(&database, "SELECT a FROM t").await, [value], "{product}");
            assert_eq!(migrator.versions(&database).await.unwrap().current, 1, "{product}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_migration_that_fails_is_told_with_its_place() {
    for product in products() {
        let migrations =
            Migrations::new().sql("1_broken.sql", "-- +goose Up\nCREATE TABLE t (a int);\nOOPS;\n").unwrap();
        for _ in 0..2 {
            let error = TestDatabase::on(&admin_url(product), &migrations).await.unwrap_err().to_string();
            assert!(error.starts_with("1_broken.sql:3"), "{error}");
        }
    }
}

/// How often [`count`] ran in this process.
static RUNS: AtomicUsize = AtomicUsize::new(0);

async fn count(_: &mut Context<'_>) -> Result<()> {
    RUNS.fetch_add(1, Ordering::SeqCst);
    Ok(())
}

#[test]
fn heavy_twenty_tests_at_once_share_one_template() {
    for product in products() {
        RUNS.store(0, Ordering::SeqCst);
        let name = format!("counted_{}", std::process::id());
        let migrations =
            migrations("twenty").rust(RustMigration::new(2, name).up(count).irreversible()).unwrap();
        let url = admin_url(product);
        let test = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let database = TestDatabase::on(&url, &migrations).await.unwrap();
                column(&database, "INSERT INTO twenty VALUES (2)").await;
                assert_eq!(column(&database, "SELECT count(*) FROM twenty").await, ["2"], "{product}");
                database.name().to_owned()
            })
        };
        let mut names: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..20).map(|_| scope.spawn(test)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 20, "{product}");
        let expected = if product.engine == Engine::MariaDb { 20 } else { 1 };
        assert_eq!(RUNS.load(Ordering::SeqCst), expected, "{product}");
    }
}

/// Not a test but what other tests start: makes a database, says its name and how often it migrated, and waits.
#[tokio::test]
#[expect(clippy::print_stdout, reason = "the other test reads it")]
async fn process_with_one_database() {
    let Ok(url) = std::env::var(CHILD) else { return };
    let name = std::env::var("BRANT_TESTS_MIGRATION").unwrap();
    let migrations = Migrations::new().rust(RustMigration::new(1, name).up(count).irreversible()).unwrap();
    let database = TestDatabase::on(&url, migrations).await.unwrap();
    println!("\nmade {} {}", RUNS.load(Ordering::SeqCst), database.name());
    std::thread::sleep(std::time::Duration::from_secs(600));
}

/// Such a process, ended with the test.
struct Other {
    process: Child,
    runs: usize,
    name: String,
}

impl Other {
    fn spawn(url: &str, migration: &str) -> Child {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "process_with_one_database", "--nocapture"]);
        command.env(CHILD, url).env("BRANT_TESTS_MIGRATION", migration);
        command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap()
    }

    /// Waits until its database is made.
    fn ready(mut process: Child) -> Self {
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let made = lines
            .map_while(std::io::Result::ok)
            .find_map(|line| Some(line.strip_prefix("made ")?.to_owned()));
        let made = made.expect("the process makes a database");
        let (runs, name) = made.split_once(' ').unwrap();
        Self { process, runs: runs.parse().unwrap(), name: name.to_owned() }
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn heavy_databases_of_a_killed_process_are_swept_and_not_those_of_the_living() {
    each_engine(|product, url| async move {
        let others = ["killed", "living"].map(|name| Other::ready(Other::spawn(&url, name)));
        let [mut killed, living] = others;
        let before = TestDatabase::on(&url, Migrations::new()).await.unwrap();
        assert!(is_there(&before, &killed.name).await, "{product}: it lives");
        assert!(signal(killed.process.id(), Signal::Kill));
        killed.process.wait().unwrap();
        // A server notices soon, not at once, that somebody is gone.
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while is_there(&before, &killed.name).await {
            assert!(std::time::Instant::now() < deadline, "{product}: {} is still there", killed.name);
            TestDatabase::on(&url, Migrations::new()).await.unwrap().close().await.unwrap();
        }
        assert!(is_there(&before, &living.name).await, "{product}: it lives");
    })
    .await;
}

#[tokio::test]
async fn heavy_processes_at_once_make_one_template() {
    for product in products().into_iter().filter(|product| product.engine != Engine::MariaDb) {
        let url = admin_url(product);
        let migration = format!("once_{}", std::process::id());
        let started: Vec<Child> = (0..5).map(|_| Other::spawn(&url, &migration)).collect();
        let others: Vec<Other> = started.into_iter().map(Other::ready).collect();
        assert_eq!(others.iter().map(|other| other.runs).sum::<usize>(), 1, "{product}");
    }
}

#[tokio::test]
async fn a_template_that_was_left_half_made_is_begun_anew() {
    if !engines().contains(&Engine::Postgres) {
        return;
    }
    // Where nobody else makes templates.
    let server = PrivateServer::start(Engine::Postgres, &ServerOptions::default());
    let url = server.dbstring();
    TestDatabase::on(&url, migrations("half")).await.unwrap().close().await.unwrap();
    let admin = brant::Url::parse(&url).unwrap();
    let mut admin = admin.connect(Access::Write).await.unwrap();
    let mut templates =
        admin.query("SELECT datname FROM pg_database WHERE datname LIKE 'brant%'").await.unwrap();
    let name = templates.pop().unwrap().pop().flatten().unwrap();
    assert!(templates.is_empty(), "{templates:?}");
    admin.execute(&format!("ALTER DATABASE {name} RENAME TO {name}_making")).await.unwrap();
    let database = TestDatabase::on(&url, migrations("half")).await.unwrap();
    assert_eq!(column(&database, "SELECT id FROM half").await, ["1"]);
    assert!(!is_there(&database, &format!("{name}_making")).await);
}

#[tokio::test]
async fn templates_that_nobody_uses_are_dropped_after_a_day() {
    if !engines().contains(&Engine::Postgres) {
        return;
    }
    let url = admin_url(POSTGRES);
    let server = TestDatabase::on(&url, Migrations::new()).await.unwrap();
    let digits = format!("{:032x}", std::process::id());
    let (old, young) = (format!("brant_template_{digits}"), format!("brant_template_a{}", &digits[1..]));
    for (name, age) in [(&old, 90_000), (&young, 80_000)] {
        // Under another name first: other tests take a template without an age for one that nobody uses.
        column(&server, &format!("CREATE DATABASE not_yet_{name}")).await;
        let comment = format!(
            "DO $$BEGIN EXECUTE format('COMMENT ON DATABASE not_yet_{name} IS %L', \
             'last used at ' || extract(epoch FROM now())::bigint - {age}); END$$"
        );
        column(&server, &comment).await;
        column(&server, &format!("ALTER DATABASE not_yet_{name} RENAME TO {name}")).await;
    }
    TestDatabase::on(&url, migrations(&format!("day_{}", std::process::id())))
        .await
        .unwrap()
        .close()
        .await
        .unwrap();
    assert!(!is_there(&server, &old).await);
    assert!(is_there(&server, &young).await);
    column(&server, &format!("DROP DATABASE {young}")).await;
}

#[tokio::test]
async fn what_can_not_be_made_is_told_without_passwords() {
    let nobody = |error: brant::Error| {
        let text = format!("{error:?}");
        assert!(!text.contains("hunter2"), "{text}");
        text
    };
    let mut told = Vec::new();
    for url in [
        "postgres://u:hunter2@127.0.0.1:1/postgres",
        "mysql://u:hunter2@127.0.0.1:1/",
        "sqlite:app.db",
        "redis://u:hunter2@h",
    ] {
        told.push(nobody(TestDatabase::on(url, Migrations::new()).await.unwrap_err()));
    }
    insta::assert_snapshot!(told.join("\n\n"));
    let url = admin_url(SQLITE);
    assert!(format!("{:?}", TestDatabase::on(&url, Migrations::new()).await.unwrap()).contains("sqlite:"));
}
