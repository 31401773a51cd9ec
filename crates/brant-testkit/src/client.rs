//! SQL through the database's own client program.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::{Engine, Server};

/// The rows of a result, each value as text, NULL as `NULL`.
pub(crate) type Rows = Vec<Vec<String>>;

/// One database, reached through psql or mariadb.
pub(crate) struct Client<'a> {
    server: &'a Server,
    database: &'a str,
}

impl<'a> Client<'a> {
    /// For a database of that server; an empty name means the server's own.
    pub(crate) fn new(server: &'a Server, database: &'a str) -> Self {
        Client { server, database }
    }

    /// Runs a script of statements and returns the rows of all results.
    pub(crate) fn run(&self, sql: &str) -> Result<Rows, String> {
        match self.server.engine {
            Engine::Postgres => self.psql(sql),
            _ => self.mariadb(sql),
        }
    }

    fn psql(&self, sql: &str) -> Result<Rows, String> {
        let mut psql = self.command("psql");
        psql.args([
            "-X",
            "-q",
            "-A",
            "-t",
            "-F",
            "\u{1f}",
            "-0",
            "-P",
            "null=NULL",
            "-v",
            "ON_ERROR_STOP=1",
            "-f",
            "-",
        ]);
        psql.env("PGDATABASE", if self.database.is_empty() { "postgres" } else { self.database });
        let out = feed(&mut psql, sql)?;
        Ok(split(&out, '\u{1f}', '\0'))
    }

    fn mariadb(&self, sql: &str) -> Result<Rows, String> {
        let mut mariadb = self.command("mariadb");
        mariadb.args(["-N", "-B", "--comments", "--default-character-set=utf8mb4"]).arg(self.database);
        let out = feed(&mut mariadb, sql)?;
        let unescaped = |row: Vec<String>| row.iter().map(|value| unescape(value)).collect();
        Ok(split(&out, '\t', '\n').into_iter().map(unescaped).collect())
    }

    /// A client program that is told the server, the user and the password.
    pub(crate) fn command(&self, program: &str) -> Command {
        let server = self.server;
        let mut command = Command::new(server.program(program));
        clean_env(&mut command);
        let port = server.port.to_string();
        if server.engine == Engine::Postgres {
            command.env("PGHOST", "127.0.0.1").env("PGPORT", port).env("PGCONNECT_TIMEOUT", "20");
            command.env("PGUSER", &server.user).env("PGPASSWORD", &server.password);
            command.env("PGOPTIONS", "-c client_min_messages=warning");
        } else {
            command.args(["--no-defaults", "--protocol=tcp", "--host=127.0.0.1"]);
            command.arg(format!("--port={port}")).arg(format!("--user={}", server.user));
            command.env("MYSQL_PWD", &server.password);
        }
        command
    }
}

/// Runs a script in a SQLite file through `sqlite3`.
pub(crate) fn sqlite(file: &Path, sql: &str) -> Result<Rows, String> {
    let mut sqlite3 = Command::new("sqlite3");
    clean_env(&mut sqlite3);
    sqlite3.args(["-batch", "-bail", "-init", "/dev/null", "-nullvalue", "NULL", "-cmd", ".timeout 10000"]);
    sqlite3.args(["-separator", "\u{1f}", "-newline", "\u{1e}"]).arg(file);
    let out = feed(&mut sqlite3, sql)?;
    Ok(split(&out, '\u{1f}', '\u{1e}'))
}

/// Runs a command and returns what it printed, or its error text.
pub(crate) fn feed(command: &mut Command, input: &str) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = started.map_err(|why| format!("cannot run `{program}`: {why}\nhelp: install it"))?;
    let mut stdin = child.stdin.take().ok_or("no stdin")?;
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().map_err(|why| format!("{program}: {why}"))?;
    let _ = writer.join(); // a client that stops at an error doesn't read the rest
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

/// Takes away what would lead a program to another database.
pub(crate) fn clean_env(command: &mut Command) {
    let leads_astray = |name: &OsStr| {
        let name = name.to_string_lossy();
        let prefixes = ["GOOSE_", "BRANT_", "PG", "MYSQL_"];
        let names = ["DATABASE_URL", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "MARIADB_HOME"];
        prefixes.iter().any(|prefix| name.starts_with(prefix)) || names.contains(&name.as_ref())
    };
    for (name, _) in std::env::vars_os().filter(|(name, _)| leads_astray(name)) {
        command.env_remove(name);
    }
}

fn split(text: &str, between_values: char, after_row: char) -> Rows {
    let values = |row: &str| row.split(between_values).map(str::to_owned).collect();
    text.split_terminator(after_row).map(values).collect()
}

/// Undoes the escapes of `mariadb --batch`.
fn unescape(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(char) = chars.next() {
        let escaped = if char == '\\' { chars.next() } else { None };
        text.push(match escaped {
            None => char,
            Some('n') => '\n',
            Some('t') => '\t',
            Some('0') => '\0',
            Some(other) => other,
        });
    }
    text
}
