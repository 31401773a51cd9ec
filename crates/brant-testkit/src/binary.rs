//! The program under test.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::client::clean_env;
use crate::{Redactor, Signal, TestDatabase, process};

const LONGEST_RUN: Duration = Duration::from_secs(120);

/// How to run the program under test: in which folder, on which database, with which environment.
///
/// The environment is the test's own less what would lead the program elsewhere (`GOOSE_*`,
/// `BRANT_*`, `PG*`, `DATABASE_URL`, …), in UTC.
///
/// ```no_run
/// let db = brant_testkit::sqlite();
/// db.write("1_a.sql", "-- +goose Up\nCREATE TABLE a (id int);");
/// let brant = brant_testkit::Brant::new("/path/to/brant").on(&db);
/// assert_eq!(brant.run(["up"]).expect_code(0).redacted_stderr(), "…");
/// ```
#[derive(Clone, Debug)]
pub struct Brant {
    binary: PathBuf,
    dir: PathBuf,
    env: Vec<(OsString, OsString)>,
    stdin: String,
    redactor: Redactor,
}

impl Brant {
    /// Runs this binary: tests pass `env!("CARGO_BIN_EXE_brant")`.
    pub fn new(binary: impl Into<PathBuf>) -> Self {
        Brant {
            binary: binary.into(),
            dir: PathBuf::from("."),
            env: Vec::new(),
            stdin: String::new(),
            redactor: Redactor::new(),
        }
    }

    /// In that database's folder, with `GOOSE_DRIVER` and `GOOSE_DBSTRING` naming the database.
    #[must_use]
    pub fn on(mut self, db: &TestDatabase) -> Self {
        self.redactor = db.redactor();
        self.dir(db.dir()).env("GOOSE_DRIVER", db.driver()).env("GOOSE_DBSTRING", db.dbstring())
    }

    /// In this folder.
    #[must_use]
    pub fn dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.dir = dir.as_ref().to_owned();
        self.redactor = self.redactor.mask(self.dir.to_string_lossy(), "DIR");
        self
    }

    /// With this environment variable; the last setting of a name counts.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// With this text on standard input, which is empty otherwise.
    #[must_use]
    pub fn stdin(mut self, text: impl Into<String>) -> Self {
        self.stdin = text.into();
        self
    }

    /// Also masks this word in redacted output.
    #[must_use]
    pub fn mask(mut self, word: impl Into<String>, mark: &str) -> Self {
        self.redactor = self.redactor.mask(word, mark);
        self
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// When it can't be started or doesn't end within two minutes.
    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Output {
        self.start(args).wait()
    }

    /// Starts it, for a test that acts while it runs.
    ///
    /// # Panics
    /// When it can't be started.
    pub fn start<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Running {
        use std::io::Write as _;
        let mut command = Command::new(&self.binary);
        clean_env(&mut command);
        command.args(args).current_dir(&self.dir).env("TZ", "UTC");
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        let shown = format!("{command:?}");
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.unwrap_or_else(|why| panic!("{}: cannot run: {why}", self.binary.display()));
        if let Some(mut stdin) = child.stdin.take() {
            let text = self.stdin.clone();
            std::thread::spawn(move || stdin.write_all(text.as_bytes())); // dropped at the end, which closes it
        }
        Running {
            stdout: read_all(child.stdout.take()),
            stderr: read_all(child.stderr.take()),
            child,
            shown,
            redactor: self.redactor.clone(),
        }
    }
}

type Reader = std::thread::JoinHandle<Vec<u8>>;

fn read_all(pipe: Option<impl std::io::Read + Send + 'static>) -> Reader {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes); // what was read before an error is kept
        }
        bytes
    })
}

/// The program under test while it runs; it is killed when this value is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: Reader,
    stderr: Reader,
    shown: String,
    redactor: Redactor,
}

impl Running {
    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        process::signal(self.child.id(), signal);
    }

    /// Whether it has not ended yet.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Kills it (SIGKILL) after that time, unless it ended before.
    ///
    /// # Panics
    /// When the system can't tell how it ended.
    pub fn kill_after(mut self, delay: Duration) -> Output {
        let status = process::kill_after(&mut self.child, delay);
        self.finish(status)
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it doesn't end within two minutes.
    pub fn wait(mut self) -> Output {
        let deadline = Instant::now() + LONGEST_RUN;
        let mut pause = Duration::from_millis(1);
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return self.finish(status),
                Ok(None) if Instant::now() < deadline => std::thread::sleep(pause),
                Ok(None) => self.give_up(),
                Err(why) => panic!("{}: cannot wait: {why}", self.shown),
            }
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }

    fn give_up(&mut self) -> ! {
        let _ = self.child.kill();
        panic!("{}: still running after {} s", self.shown, LONGEST_RUN.as_secs())
    }

    fn finish(mut self, status: ExitStatus) -> Output {
        let empty = || std::thread::spawn(Vec::new);
        let text = |reader: Reader| String::from_utf8_lossy(&reader.join().unwrap_or_default()).into_owned();
        let stdout = std::mem::replace(&mut self.stdout, empty());
        let stderr = std::mem::replace(&mut self.stderr, empty());
        Output {
            code: status.code().unwrap_or_else(|| -status.signal().unwrap_or(0)),
            stdout: text(stdout),
            stderr: text(stderr),
            shown: self.shown.clone(),
            redactor: self.redactor.clone(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.is_running() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// How the program under test ended and what it said.
#[derive(Clone, Debug)]
pub struct Output {
    /// The exit code; the negative signal number if a signal ended it.
    pub code: i32,
    /// What it printed as result.
    pub stdout: String,
    /// What it said about the run.
    pub stderr: String,
    shown: String,
    redactor: Redactor,
}

impl Output {
    /// Itself, if that was the exit code.
    ///
    /// # Panics
    /// With the whole output, when the code was another.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        let Output { stdout, stderr, shown, .. } = &self;
        assert!(
            self.code == code,
            "{shown}\nexit code {}, wanted {code}\n--- stdout\n{stdout}\n--- stderr\n{stderr}",
            self.code
        );
        self
    }

    /// Standard output with durations, times, folders, ports, names and passwords masked.
    pub fn redacted_stdout(&self) -> String {
        self.redactor.apply(&self.stdout)
    }

    /// Standard error, masked likewise.
    pub fn redacted_stderr(&self) -> String {
        self.redactor.apply(&self.stderr)
    }

    /// Code, standard output and standard error as one text, masked: for snapshots.
    pub fn redact(&self) -> String {
        let Output { code, stdout, stderr, .. } = self;
        self.redactor.apply(&format!("exit code {code}\n--- stdout\n{stdout}--- stderr\n{stderr}"))
    }
}
