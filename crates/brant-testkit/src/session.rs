//! A session that stays open, to hold locks and to measure how long others make it wait.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::{Engine, Server};

/// What a session prints after each statement.
const MARK: &str = "brant-testkit-done";

/// A client program at the other end of two pipes. It ends with this value, and its transaction is rolled back.
pub struct Session {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Session {
    pub(crate) fn start(server: &Server, database: &str) -> Session {
        let client = Client::new(server, database);
        let mut command = match server.engine {
            Engine::Postgres => client.command("psql"),
            _ => client.command("mariadb"),
        };
        match server.engine {
            Engine::Postgres => command.args(["-X", "-q", "-A", "-t", "-d", database]),
            _ => command.args(["-N", "-B", "--unbuffered", "--force", database]),
        };
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = pipes.spawn().expect("the client program starts");
        let stdin = child.stdin.take().expect("a pipe");
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        Session { child, stdin, stdout }
    }

    /// Sends statements (each with its `;`) and does not wait for them.
    ///
    /// # Panics
    ///
    /// When the session is over.
    pub fn send(&mut self, sql: &str) {
        writeln!(self.stdin, "{sql}\nSELECT '{MARK}';").expect("the session is open");
        self.stdin.flush().expect("the session is open");
    }

    /// Waits until what was sent is done, and returns the lines that it printed.
    ///
    /// # Panics
    ///
    /// When the session is over.
    pub fn receive(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            assert!(self.stdout.read_line(&mut line).expect("text") > 0, "the session is over");
            match line.trim_end() {
                MARK => return lines,
                line => lines.push(line.to_owned()),
            }
        }
    }

    /// Sends statements, waits until they are done, and returns how long that took.
    pub fn run(&mut self, sql: &str) -> Duration {
        let began = Instant::now();
        self.send(sql);
        self.receive();
        began.elapsed()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
