//! A folder of migrations to run the binary in, on SQLite.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A folder to run brant in.
pub(crate) struct Folder {
    dir: TempDir,
    environment: Vec<(&'static str, &'static str)>,
}

impl Folder {
    pub(crate) fn empty() -> Self {
        Self { dir: TempDir::new().unwrap(), environment: Vec::new() }
    }

    /// A folder with three migrations in `migrations`.
    pub(crate) fn with_migrations() -> Self {
        let folder = Self::empty();
        for n in 1..=3 {
            folder.write(
                &format!("migrations/0000{n}_t{n}.sql"),
                &format!("-- +goose Up\nCREATE TABLE t{n} (id INTEGER PRIMARY KEY);\n\n-- +goose Down\nDROP TABLE t{n};\n"),
            );
        }
        folder
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.dir.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn env(mut self, name: &'static str, value: &'static str) -> Self {
        self.environment.push((name, value));
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn output(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brant"));
        command.args(args).current_dir(self.path()).env_clear().env("PATH", "/usr/bin:/bin");
        command.envs(self.environment.iter().copied()).output().unwrap()
    }

    /// Runs a command line of words without blanks.
    pub(crate) fn run(&self, line: &str) -> Output {
        self.output(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// What a command line leaves: exit code, stdout and stderr, with everything that varies made equal.
    pub(crate) fn shown(&self, line: &str) -> String {
        let output = self.run(line);
        let mut shown = format!("$ brant {line}\n[exit {}]\n", output.status.code().unwrap());
        for (name, stream) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
            if !stream.is_empty() {
                let _ = write!(shown, "--- {name}\n{}", redacted(stream));
            }
        }
        shown
    }

    pub(crate) fn code(&self, line: &str) -> i32 {
        self.run(line).status.code().unwrap()
    }

    pub(crate) fn stdout(&self, line: &str) -> String {
        redacted(&self.run(line).stdout)
    }
}

/// Durations, times and time stamps replaced by words.
pub(crate) fn redacted(stream: &[u8]) -> String {
    let text = String::from_utf8(stream.to_vec()).unwrap();
    let mut redacted = String::new();
    for line in text.lines() {
        redacted.push_str(&redact_line(line));
        redacted.push('\n');
    }
    redacted
}

fn redact_line(line: &str) -> String {
    if let Some((head, _)) = line.split_once("\"duration_ms\": ") {
        return format!("{head}\"duration_ms\": 0.0,");
    }
    if let Some((head, _)) = line.split_once("\"waited_ms\": ") {
        return format!("{head}\"waited_ms\": 0.0");
    }
    if let Some((head, _)) = line.split_once("\"text\": \"20") {
        return format!("{head}\"text\": \"TIME\",");
    }
    if let Some((head, _)) = line.split_once(" applied on 20") {
        return format!("{head} applied on TIME");
    }
    let timed = ["OK   ", "EMPTY ", "Statement done "].iter().any(|head| line.starts_with(head));
    let duration = line.rfind(" (").filter(|_| timed);
    if let Some(i) = duration {
        return format!("{} (DUR)", &line[..i]);
    }
    let is_time = |time: &str| time.trim_end().rsplit(' ').next().is_some_and(|year| year.starts_with("20"));
    let applied = line.strip_prefix("    ").and_then(|l| l.split_once(" -- "));
    if let Some((_, file)) = applied.filter(|(time, _)| is_time(time)) {
        return format!("    TIME                     -- {file}");
    }
    stamps_redacted(line)
}

/// Fourteen digits that begin with `20` are a time stamp.
fn stamps_redacted(line: &str) -> String {
    let bytes = line.as_bytes();
    let is_stamp = |i: usize| {
        bytes[i..].starts_with(b"20")
            && bytes.len() >= i + 14
            && bytes[i..i + 14].iter().all(u8::is_ascii_digit)
    };
    match (0..bytes.len()).find(|i| is_stamp(*i)) {
        Some(i) => format!("{}STAMP{}", &line[..i], &line[i + 14..]),
        None => line.to_owned(),
    }
}

/// Runs the lines one after the other and shows all they leave.
pub(crate) fn session(folder: &Folder, lines: &[&str]) -> String {
    lines.iter().map(|line| folder.shown(line)).collect::<Vec<_>>().join("\n")
}
