//! Database servers that live as long as somebody tests with them.
//!
//! A *folder of servers* holds, for each kind of server:
//!
//! | file | meaning |
//! |---|---|
//! | `users` | every process that uses the folder holds a shared `flock` on it |
//! | `KIND.lock` | exclusive while a server is looked up, started or given up |
//! | `KIND.json` | where the running server is; present only when it is ready |
//! | `KIND.alive` | the watchdog holds it exclusively, so an orphaned server is noticed |
//! | `KIND.watchdog` | the watchdog's process id, for who wants to end the server at once |
//! | `KIND.log` | what the server said |
//!
//! The watchdog (`watchdog.sh`) is the server's parent. It ends the server and deletes its data
//! when nobody held `users` for half a minute, or on SIGTERM. Locks of `flock` die with their
//! process, so a killed test, or a killed test run, can't keep a server alive.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::Client;
use crate::{Engine, process};

mod mariadb;
mod mysql;
mod postgres;

pub use mysql::mysql_folder;

/// The variable that `./test` sets: the folder of servers of this run.
pub const FOLDER_VAR: &str = "BRANT_TEST_SERVERS";

const WATCHDOG: &str = include_str!("server/watchdog.sh");
/// PostgreSQL and MariaDB put their Unix socket below their folder; a socket's path may have 107 bytes.
const LONGEST_HOME: usize = 70;
const START_LIMIT: Duration = Duration::from_secs(90);
/// For how long an unused server waits for the next user; `BRANT_TEST_IDLE_SECS` says otherwise.
const IDLE_SECS: u32 = 30;
const N_ATTEMPTS: u32 = 3;

/// What a test may want of a server of its own.
#[derive(Clone, Debug, Default)]
pub struct ServerOptions {
    /// Log every statement: PostgreSQL with `log_statement=all` and the prefix `%m [%p] %d %a `,
    /// MariaDB with its general log. See [`Server::statement_log`].
    pub log_statements: bool,
    /// Let the superuser in without a password.
    pub no_password: bool,
    /// For MariaDB: the folder with MySQL's own server, to start that instead (see [`mysql_folder`]).
    pub mysql: Option<PathBuf>,
    /// Start it again whenever it dies: it can be killed by [`PrivateServer::kill`]. What it has committed it then
    /// knows again; MariaDB writes its log with each commit for that.
    pub restarts: bool,
    /// Follow that PostgreSQL server, as its standby.
    pub standby_of: Option<Server>,
    /// Further arguments for the server program, such as `-c` and `lock_timeout=1s`.
    pub args: Vec<String>,
}

/// A running server, on 127.0.0.1.
#[derive(Clone, Debug)]
pub struct Server {
    /// What kind of server it is.
    pub engine: Engine,
    /// Its TCP port on 127.0.0.1.
    pub port: u16,
    /// The superuser to log in as.
    pub user: String,
    /// That user's password; empty if it needs none.
    pub password: String,
    /// The folder (PostgreSQL) that holds its Unix socket, or the socket itself (MariaDB).
    pub socket: PathBuf,
    /// The folder of the server's data.
    pub data: PathBuf,
    /// The folder of the server's programs.
    pub programs: PathBuf,
    log: PathBuf,
    watchdog: u32,
}

impl Server {
    /// The server that all tests of this run share, started if need be.
    ///
    /// # Errors
    /// When the server can't be found or doesn't start: what to install, or what it said.
    pub fn shared(engine: Engine) -> Result<Server, String> {
        Server::shared_with(engine, &ServerOptions::default())
    }

    /// As [`Server::shared`]: MySQL's own server.
    ///
    /// # Errors
    /// As [`Server::shared`], and when MySQL can't be had.
    pub fn shared_mysql() -> Result<Server, String> {
        let mysql = Some(mysql_folder()?);
        Server::shared_with(Engine::MariaDb, &ServerOptions { mysql, ..ServerOptions::default() })
    }

    fn shared_with(engine: Engine, options: &ServerOptions) -> Result<Server, String> {
        let idle_secs = std::env::var("BRANT_TEST_IDLE_SECS").ok().and_then(|secs| secs.parse().ok());
        Folder::shared()?.server(engine, options, idle_secs.unwrap_or(IDLE_SECS))
    }

    /// Whether it is MySQL's own server, which otherwise counts as MariaDB.
    pub fn is_mysql(&self) -> bool {
        self.engine == Engine::MariaDb && !self.programs.join("mariadbd").exists()
    }

    /// Its TCP address.
    pub fn addr(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// The file with the statements it received, if [`ServerOptions::log_statements`] was set.
    pub fn statement_log(&self) -> PathBuf {
        match self.engine {
            Engine::MariaDb => self.data.join("general.log"),
            _ => self.log.clone(),
        }
    }

    /// A name to connect with, without a database: PostgreSQL's URL (database `postgres`) or a DSN
    /// ending in `/`.
    pub fn dbstring(&self) -> String {
        match self.engine {
            Engine::Postgres => self.dbstring_of("postgres"),
            _ => self.dbstring_of(""),
        }
    }

    /// What goose and brant take to connect to `database` on this server.
    pub fn dbstring_of(&self, database: &str) -> String {
        let Server { user, port, .. } = self;
        let password = match self.password.as_str() {
            "" => String::new(),
            password => format!(":{password}"),
        };
        match self.engine {
            Engine::Postgres => {
                format!("postgres://{user}{password}@127.0.0.1:{port}/{database}?sslmode=disable")
            }
            _ => format!("{user}{password}@tcp(127.0.0.1:{port})/{database}"),
        }
    }

    /// The file name of a server program, with the folder in which it was found.
    pub fn program(&self, name: &str) -> PathBuf {
        let own = self.programs.join(name);
        if own.exists() { own } else { name.into() }
    }

    fn to_json(&self) -> Value {
        json!({
            "engine": self.engine.name(), "port": self.port, "user": self.user, "password": self.password,
            "socket": self.socket, "data": self.data, "programs": self.programs, "log": self.log,
            "watchdog": self.watchdog,
        })
    }

    fn from_json(text: &str) -> Option<Server> {
        let value: Value = serde_json::from_str(text).ok()?;
        let string = |key: &str| value[key].as_str().map(str::to_owned);
        Some(Server {
            engine: Engine::from_name(value["engine"].as_str()?)?,
            port: value["port"].as_u64()?.try_into().ok()?,
            user: string("user")?,
            password: string("password")?,
            socket: string("socket")?.into(),
            data: string("data")?.into(),
            programs: string("programs")?.into(),
            log: string("log")?.into(),
            watchdog: value["watchdog"].as_u64()?.try_into().ok()?,
        })
    }
}

/// A server for one test alone, for what a shared one can't give: other settings, a log of the
/// statements, being killed. It ends when dropped.
#[derive(Debug)]
pub struct PrivateServer {
    server: Server,
    _folder: Folder,
    home: Option<TempDir>,
}

impl PrivateServer {
    /// Starts a server of its own.
    ///
    /// # Panics
    /// When the server can't be found or doesn't start: what to install, or what it said.
    pub fn start(engine: Engine, options: &ServerOptions) -> PrivateServer {
        let start = || {
            let home = temp_dir()?;
            let folder = Folder::open(home.path())?;
            let server = folder.server(engine, options, 2)?;
            Ok(PrivateServer { server, _folder: folder, home: Some(home) })
        };
        start().unwrap_or_else(|why: String| panic!("{why}"))
    }
}

impl PrivateServer {
    /// Kills the server (SIGKILL) as it works, and waits until it is there again.
    ///
    /// # Panics
    /// When it was not started with [`ServerOptions::restarts`], or does not come back.
    pub fn kill(&self) {
        let pid = || {
            let text = fs::read_to_string(self.server.data.join(PID_FILE));
            text.ok().and_then(|text| text.trim().parse::<u32>().ok())
        };
        let Some(killed) = pid() else { panic!("the server was not started to be killed") };
        process::signal(killed, process::Signal::Kill);
        let is_back = || {
            pid().is_some_and(|now| now != killed) && Client::new(&self.server, "").run("SELECT 1").is_ok()
        };
        assert!(wait_until(START_LIMIT, is_back), "{}", tail(&self.server.log));
    }
}

impl std::ops::Deref for PrivateServer {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        process::signal(self.server.watchdog, process::Signal::Term);
        wait_until(Duration::from_secs(10), || !self.server.data.exists());
        drop(self.home.take());
    }
}

/// A folder of servers, held in use as long as this value lives.
#[derive(Debug)]
struct Folder {
    path: PathBuf,
    _users: File,
}

impl Folder {
    /// The folder of this test run; the process holds it in use until it ends.
    fn shared() -> Result<&'static Folder, String> {
        static SHARED: OnceLock<Result<Folder, String>> = OnceLock::new();
        SHARED.get_or_init(|| Folder::open(&shared_path())).as_ref().map_err(Clone::clone)
    }

    fn open(path: &Path) -> Result<Folder, String> {
        let fail =
            |what: &str, why: &dyn std::fmt::Display| format!("{}: cannot {what}: {why}", path.display());
        fs::create_dir_all(path).map_err(|why| fail("create the folder of test servers", &why))?;
        let meta = fs::metadata(path).map_err(|why| fail("read", &why))?;
        if meta.uid() != own_uid() {
            return Err(fail("use the folder of test servers", &"it belongs to another user"));
        }
        // Servers refuse to run as root: their own user must be able to pass through.
        fs::set_permissions(path, fs::Permissions::from_mode(0o711))
            .map_err(|why| fail("set the mode", &why))?;
        let users = lock_file(&path.join("users"))?;
        users.lock_shared().map_err(|why| fail("lock", &why))?;
        Ok(Folder { path: path.to_owned(), _users: users })
    }

    fn file(&self, kind: &str, what: &str) -> PathBuf {
        self.path.join(format!("{kind}.{what}"))
    }

    /// The server of that kind in this folder, started if there is none.
    fn server(&self, engine: Engine, options: &ServerOptions, idle_secs: u32) -> Result<Server, String> {
        let kind = kind(engine, options.mysql.is_some());
        let gate = lock_file(&self.file(kind, "lock"))?;
        gate.lock().map_err(|why| format!("cannot lock the {kind} test server: {why}"))?;
        if let Some(server) = self.running(engine, kind) {
            return Ok(server);
        }
        let mut said = String::new();
        for _ in 0..N_ATTEMPTS {
            match self.start(engine, kind, options, idle_secs)? {
                Ok(server) => return Ok(server),
                Err(text) => said = text,
            }
        }
        Err(format!("the {kind} test server did not start: {said}"))
    }

    fn running(&self, engine: Engine, kind: &str) -> Option<Server> {
        let json = self.file(kind, "json");
        let server = Server::from_json(&fs::read_to_string(&json).ok()?)?;
        let watched = lock_file(&self.file(kind, "alive")).is_ok_and(|alive| alive.try_lock().is_err());
        if watched {
            return Some(server);
        }
        // The watchdog was killed: nobody would ever end this server.
        process::signal_all_with_argument(&server.data, stop_signal(engine));
        wait_until(Duration::from_secs(5), || TcpStream::connect(server.addr()).is_err());
        let _ = fs::remove_file(&json);
        let _ = fs::remove_dir_all(&server.data);
        None
    }

    /// One attempt; the inner error is what the server said (its port may have been taken meanwhile).
    fn start(
        &self,
        engine: Engine,
        kind: &str,
        options: &ServerOptions,
        idle_secs: u32,
    ) -> Result<Result<Server, String>, String> {
        let mut server = self.prepare(engine, kind, options)?;
        let signal = if options.restarts { RESTARTING_STOP_SIGNAL } else { stop_signal(engine) };
        let mut watchdog = self.spawn_watchdog(&server, kind, signal, idle_secs)?;
        server.watchdog = watchdog.id();
        let deadline = Instant::now() + START_LIMIT;
        while watchdog.try_wait().map_err(|why| why.to_string())?.is_none() {
            if Client::new(&server, "").run("SELECT 1").is_ok() {
                write_private(&self.file(kind, "json"), &server.to_json().to_string())?;
                return Ok(Ok(server));
            }
            if Instant::now() > deadline {
                process::signal(watchdog.id(), process::Signal::Term);
                return Err(format!("the {kind} test server is not ready in time: {}", tail(&server.log)));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(Err(tail(&server.log)))
    }

    fn prepare(&self, engine: Engine, kind: &str, options: &ServerOptions) -> Result<Server, String> {
        let programs = match engine {
            Engine::Postgres => postgres::programs()?,
            Engine::MariaDb => options.mysql.clone().map_or_else(mariadb::programs, Ok)?,
            Engine::Sqlite => return Err("SQLite has no server".into()),
        };
        need_program("flock")?;
        let short = self.path.as_os_str().len() <= LONGEST_HOME;
        let home = if short { self.path.clone() } else { std::env::temp_dir() };
        let data = tempfile::Builder::new()
            .prefix(&format!("{kind}-"))
            .tempdir_in(&home)
            .map_err(|why| format!("{}: cannot create a folder: {why}", home.display()))?
            .keep();
        let mut server = Server {
            engine,
            port: free_port()?,
            user: String::new(),
            password: if options.no_password { String::new() } else { random_word() },
            socket: data.clone(),
            data,
            programs,
            log: self.file(kind, "log"),
            watchdog: 0,
        };
        match engine {
            Engine::Postgres => postgres::prepare(&mut server, options)?,
            _ if options.mysql.is_some() => mysql::prepare(&mut server, options)?,
            _ => mariadb::prepare(&mut server, options)?,
        }
        Ok(server)
    }

    fn spawn_watchdog(
        &self,
        server: &Server,
        kind: &str,
        stop_signal: &str,
        idle_secs: u32,
    ) -> Result<Child, String> {
        let script = server.data.join("watchdog.sh");
        fs::write(&script, WATCHDOG).map_err(|why| format!("{}: {why}", script.display()))?;
        Command::new("sh")
            .arg(&script)
            .args([&self.path, Path::new(kind), &server.data])
            .args([stop_signal, &idle_secs.to_string()])
            .env_clear()
            .env("PATH", search_path())
            .env("LC_ALL", "C")
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0) // a test runner that ends the test's process group must not end the server
            .spawn()
            .map_err(|why| format!("cannot run `sh`: {why}"))
    }
}

/// A temporary folder for one test, inside the folder of servers.
///
/// # Errors
/// When it can't be made.
pub fn temp_dir() -> Result<TempDir, String> {
    let base = &Folder::shared()?.path;
    tempfile::Builder::new()
        .prefix("tmp-")
        .tempdir_in(base)
        .map_err(|why| format!("{}: cannot create a temporary folder: {why}", base.display()))
}

/// What the files of such a server are called by.
fn kind(engine: Engine, is_mysql: bool) -> &'static str {
    if is_mysql { "mysql" } else { engine.name() }
}

/// The signal that ends a server at once: its data is thrown away.
fn stop_signal(engine: Engine) -> &'static str {
    match engine {
        Engine::Postgres => "QUIT", // the postmaster still frees its shared memory
        _ => "KILL",
    }
}

fn shared_path() -> PathBuf {
    match std::env::var_os(FOLDER_VAR) {
        Some(folder) => folder.into(),
        None => memory_dir().join(format!("brant-test-servers-{}-v1", own_uid())),
    }
}

/// `/dev/shm` if one can write there, else the usual folder for temporary files.
fn memory_dir() -> PathBuf {
    let shm = Path::new("/dev/shm");
    let usable = tempfile::tempfile_in(shm).is_ok();
    if usable { shm.to_owned() } else { std::env::temp_dir() }
}

fn own_uid() -> u32 {
    // A file that we create belongs to the effective user; std has no other way to ask without unsafe code.
    static UID: OnceLock<u32> = OnceLock::new();
    *UID.get_or_init(|| {
        let file = tempfile::tempfile().and_then(|file| file.metadata());
        file.map_or(u32::MAX, |meta| meta.uid())
    })
}

fn lock_file(path: &Path) -> Result<File, String> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options.open(path).map_err(|why| format!("{}: {why}", path.display()))
}

/// Writes a file that only we can read, so that it is either absent or complete.
fn write_private(path: &Path, text: &str) -> Result<(), String> {
    let write = || {
        let new = path.with_extension("new");
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(text.as_bytes())?;
        fs::rename(&new, path)
    };
    write().map_err(|why: std::io::Error| format!("{}: cannot write: {why}", path.display()))
}

pub(crate) fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    listener.map(|addr| addr.port()).map_err(|why| format!("no free port on 127.0.0.1: {why}"))
}

/// A random word of letters and digits, from the names that tempfile makes.
pub(crate) fn random_word() -> String {
    use std::hash::{BuildHasher as _, RandomState};
    let part = |n: u64| RandomState::new().hash_one(n);
    format!("{:016x}{:016x}", part(1), part(2))
}

pub(crate) fn wait_until(limit: Duration, done: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + limit;
    while !done() {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    true
}

pub(crate) fn tail(log: &Path) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    let last = &lines[lines.len().saturating_sub(30)..];
    if last.is_empty() { "it said nothing".into() } else { last.join("\n") }
}

fn search_path() -> String {
    let own = std::env::var("PATH").unwrap_or_default();
    format!("{own}:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin:/usr/libexec")
}

/// The first folder of the search path (with the system folders) that holds a program.
pub(crate) fn folder_of_program(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&search_path()).find(|folder| folder.join(name).is_file())
}

fn need_program(name: &str) -> Result<PathBuf, String> {
    folder_of_program(name).ok_or_else(|| format!("the program `{name}` is not installed"))
}

/// How to become the user that a server runs as: nothing unless we are root, which servers refuse.
pub(crate) struct ServerUser(Option<String>);

impl ServerUser {
    /// The first of these users that exists, if we are root.
    pub(crate) fn find(names: &[&str]) -> Result<ServerUser, String> {
        if own_uid() != 0 {
            return Ok(ServerUser(None));
        }
        need_program("setpriv")?;
        let exists = |name: &&&str| {
            let id =
                Command::new("id").arg("-u").arg(name).stdout(Stdio::null()).stderr(Stdio::null()).status();
            id.is_ok_and(|status| status.success())
        };
        match names.iter().find(exists) {
            Some(name) => Ok(ServerUser(Some((*name).to_owned()))),
            None => Err(format!("none of these users exists to run a server as: {}", names.join(", "))),
        }
    }

    /// The shell words to put before a command.
    pub(crate) fn prefix(&self) -> String {
        match &self.0 {
            Some(user) => format!("setpriv --reuid={user} --regid={user} --init-groups -- "),
            None => String::new(),
        }
    }

    /// Shell commands that hand the folder over.
    pub(crate) fn chown(&self, folder: &Path) -> String {
        match &self.0 {
            Some(user) => format!("chown -R {user} {}\n", quoted(folder)),
            None => String::new(),
        }
    }
}

/// Where a server that restarts tells its process.
const PID_FILE: &str = "server.pid";
/// What ends the shell around such a server, and the server with it.
const RESTARTING_STOP_SIGNAL: &str = "TERM";

/// The shell command that becomes the server, or that runs it again and again.
pub(crate) fn run_command(server: &Server, options: &ServerOptions, command: &str) -> String {
    if !options.restarts {
        return format!("exec {command}");
    }
    // A server that finds the remains of the last one still at work ends at once, and is tried again.
    let pid = quoted(server.data.join(PID_FILE));
    let signal = stop_signal(server.engine);
    format!(
        "set +e\ntrap 'kill -s {signal} $server; wait $server; exit' TERM\nwhile :; do\n{command} &\nserver=$!\necho \
         $server >{pid}.new && mv {pid}.new {pid}\nwait $server\nsleep 0.1\ndone"
    )
}

/// A word for the shell.
pub(crate) fn quoted(word: impl AsRef<std::ffi::OsStr>) -> String {
    let text = word.as_ref().to_string_lossy();
    format!("'{}'", text.replace('\'', r"'\''"))
}
