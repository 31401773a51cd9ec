//! Servers are shared, survive their starter, and end when nobody uses them.
//!
//! The tests run this test program again (`child` below) so that there are several processes.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use brant_testkit::server::FOLDER_VAR;
use brant_testkit::{
    Brant, Engine, PrivateServer, ServerOptions, Signal, TestDatabase, engines, server, signal,
};

const WAIT: Duration = Duration::from_secs(60);

fn servers_wanted() -> Vec<Engine> {
    engines().into_iter().filter(|engine| *engine != Engine::Sqlite).collect()
}

/// Not a test by itself: what the other tests run in processes of their own.
#[test]
#[expect(clippy::print_stdout, reason = "read by the process that started it")]
fn child() {
    let Ok(engine) = std::env::var("KIT_CHILD_ENGINE") else { return };
    let db = TestDatabase::fresh(Engine::from_name(&engine).unwrap());
    assert_eq!(db.column("SELECT 1"), ["1"]);
    println!("data={}", db.server().data.display());
    if std::env::var_os("KIT_CHILD_STAYS").is_some() {
        std::thread::sleep(WAIT);
    }
}

fn child_in(folder: &Path, engine: Engine) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--nocapture"]).env(FOLDER_VAR, folder);
    command.env("BRANT_TEST_IDLE_SECS", "2");
    command.env("KIT_CHILD_ENGINE", engine.name()).stdout(Stdio::piped());
    command
}

/// The line of the child's output that names the server's data.
fn data_line(child: Child) -> String {
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    text.lines().find_map(|line| line.split_once("data=")).map(|(_, data)| data.to_owned()).unwrap()
}

fn wait_for(what: &str, done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < WAIT, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn end_servers(folder: &Path) {
    for engine in servers_wanted() {
        if let Ok(pid) = std::fs::read_to_string(folder.join(format!("{engine}.watchdog"))) {
            signal(pid.trim().parse().unwrap(), Signal::Term);
        }
    }
}

#[test]
fn processes_that_start_at_once_share_one_server() {
    let folder = server::temp_dir().unwrap();
    for engine in servers_wanted() {
        let children: Vec<Child> = (0..4).map(|_| child_in(folder.path(), engine).spawn().unwrap()).collect();
        let mut data: Vec<String> = children.into_iter().map(data_line).collect();
        let later = data_line(child_in(folder.path(), engine).spawn().unwrap());
        data.push(later);
        data.dedup();
        assert_eq!(data.len(), 1, "{data:?}");
        end_servers(folder.path());
        wait_for("the server's end", || !Path::new(&data[0]).exists());
    }
}

#[test]
fn server_without_its_watchdog_is_replaced() {
    let folder = server::temp_dir().unwrap();
    for engine in servers_wanted() {
        let old = data_line(child_in(folder.path(), engine).spawn().unwrap());
        let watchdog = std::fs::read_to_string(folder.path().join(format!("{engine}.watchdog"))).unwrap();
        assert!(signal(watchdog.trim().parse().unwrap(), Signal::Kill));
        let alive = folder.path().join(format!("{engine}.alive"));
        wait_for("the watchdog's death", || std::fs::File::open(&alive).unwrap().try_lock().is_ok());
        let new = data_line(child_in(folder.path(), engine).spawn().unwrap());
        assert_ne!(old, new);
        assert!(!Path::new(&old).exists());
        end_servers(folder.path());
        wait_for("the server's end", || !Path::new(&new).exists());
    }
}

#[test]
fn heavy_unused_server_ends_even_if_its_user_was_killed() {
    let folder = server::temp_dir().unwrap();
    for engine in servers_wanted() {
        let mut user = child_in(folder.path(), engine).env("KIT_CHILD_STAYS", "1").spawn().unwrap();
        let json = folder.path().join(format!("{engine}.json"));
        wait_for("the server", || json.exists());
        user.kill().unwrap();
        user.wait().unwrap();
        let text = std::fs::read_to_string(&json).unwrap();
        let data = text.split('"').find(|part| part.contains(&format!("{engine}-"))).unwrap().to_owned();
        assert!(Path::new(&data).exists());
        wait_for("the unused server's end", || !json.exists() && !Path::new(&data).exists());
    }
}

#[test]
fn private_server_obeys_its_options_and_ends() {
    for engine in servers_wanted() {
        let args = match engine {
            Engine::Postgres => ["-c", "lock_timeout=1234ms"].map(str::to_owned).to_vec(),
            _ => vec!["--lock-wait-timeout=123".to_owned()],
        };
        let server = PrivateServer::start(
            engine,
            &ServerOptions { log_statements: true, no_password: true, args, ..ServerOptions::default() },
        );
        let db = TestDatabase::on(&server);
        let shown = match engine {
            Engine::Postgres => db.column("SHOW lock_timeout"),
            _ => db.column("SELECT @@lock_wait_timeout"),
        };
        assert!(shown == ["1234ms"] || shown == ["123"], "{shown:?}");
        let user = format!("{}@", server.user);
        assert!(db.dbstring().trim_start_matches("postgres://").starts_with(&user), "{}", db.dbstring());
        db.sql("SELECT 'a statement to be found'").unwrap();
        let log = std::fs::read_to_string(server.statement_log()).unwrap();
        assert!(log.contains("a statement to be found"), "{log}");
        let data = server.data.clone();
        drop((db, server));
        assert!(!data.exists());
    }
}

#[test]
fn server_that_cannot_start_says_why() {
    for engine in servers_wanted() {
        let args = match engine {
            Engine::Postgres => ["-c", "no_such_setting=1"].map(str::to_owned).to_vec(),
            _ => vec!["--no-such-setting=1".to_owned()],
        };
        let options = ServerOptions { args, ..ServerOptions::default() };
        let panic = std::panic::catch_unwind(|| PrivateServer::start(engine, &options)).unwrap_err();
        let text = panic.downcast_ref::<String>().unwrap();
        assert!(text.contains("no_such_setting") || text.contains("no-such-setting"), "{text}");
    }
}

#[test]
fn dbstring_is_what_programs_take() {
    for engine in servers_wanted() {
        let db = TestDatabase::fresh(engine);
        let out = Brant::new("sh").on(&db).run(["-c", r#"echo "$GOOSE_DBSTRING""#]).expect_code(0);
        let want = match engine {
            Engine::Postgres => "postgres://brant:PASSWORD@127.0.0.1:PORT/DB?sslmode=disable\n",
            _ => "root:PASSWORD@tcp(127.0.0.1:PORT)/DB\n",
        };
        assert_eq!(out.redacted_stdout(), want);
    }
}
