//! Everything that reaches the terminal goes through here: results to stdout, all else to stderr.

pub(crate) mod error;
mod excerpt;
pub(crate) mod json;
pub(crate) mod observer;
pub(crate) mod plan;
pub(crate) mod plan_json;
mod problems;
mod progress;
pub(crate) mod shown;
pub(crate) mod text;

use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal as _, Write as _};
use std::time::Instant;

use brant_engine::Commands;

use crate::args::Format;
use crate::exit::Exit;
use crate::failure::Failure;
use json::{Body, Document};
use progress::Progress;

/// Stdout and stderr of one invocation.
#[derive(Debug)]
pub(crate) struct Console {
    format: Format,
    color: bool,
    /// Somebody may be looking at stderr: then a line that changes tells more than new ones.
    live: bool,
    /// Nothing but errors is written, and JSON.
    quiet: bool,
    progress: Progress,
    warnings: Vec<String>,
    commands: Commands,
    /// The first failure to write a result, other than that nobody listens any more.
    broken: Option<io::Error>,
}

impl Console {
    /// A console that writes results in this format, and in colour where a terminal shows them.
    pub(crate) fn new(format: Format, color: bool) -> Self {
        let live = io::stderr().is_terminal();
        Self {
            format,
            color: color && live,
            live,
            quiet: false,
            progress: Progress::default(),
            warnings: Vec::new(),
            commands: Commands::default(),
            broken: None,
        }
    }

    /// Colours are not wanted after all.
    pub(crate) fn without_color(&mut self) {
        self.color = false;
    }

    /// Only errors are wanted.
    pub(crate) fn quieten(&mut self) {
        self.quiet = true;
    }

    /// These are the command lines that advice should name.
    pub(crate) fn advise(&mut self, commands: Commands) {
        self.commands = commands;
    }

    /// Writes a line (or several) of a text result to stdout; in JSON the result comes whole, at the end.
    pub(crate) fn result(&mut self, line: impl Display) {
        if self.format == Format::Text && !self.quiet {
            self.write_stdout(&format!("{line}\n"));
        }
    }

    /// Writes to stderr, for people.
    pub(crate) fn note(&mut self, line: impl Display) {
        if !self.quiet {
            self.say(line);
        }
    }

    /// Writes to stderr, wanted or not.
    fn say(&mut self, line: impl Display) {
        let _paused = self.progress.pause();
        // Nothing can be told to anybody when stderr is gone.
        let _ = io::stderr().lock().write_all(format!("{line}\n").as_bytes());
    }

    /// Asks on stderr, wanted or not; the answer is typed behind it.
    pub(crate) fn ask(&mut self, question: impl Display) {
        let _paused = self.progress.pause();
        let _ = io::stderr().lock().write_all(question.to_string().as_bytes());
    }

    /// Writes a detail to stderr, less bright than the rest.
    pub(crate) fn detail(&mut self, line: &str) {
        if self.color {
            self.note(format_args!("\x1b[90m{line}\x1b[0m"));
        } else {
            self.note(line);
        }
    }

    /// Warns, on stderr and in JSON.
    pub(crate) fn warn(&mut self, text: impl Into<String>) {
        let text = text.into();
        self.note(format_args!("brant: warning: {text}"));
        self.warnings.push(text);
    }

    /// Shows how far a run is, where somebody may be looking.
    pub(crate) fn show_progress(&mut self, label: impl Display) {
        self.show_progress_since(label, Instant::now());
    }

    /// Shows what has gone on since then, where somebody may be looking.
    pub(crate) fn show_progress_since(&mut self, label: impl Display, since: Instant) {
        if self.live && !self.quiet {
            self.progress.show(label.to_string(), since);
        }
    }

    /// Whether somebody may be looking at stderr.
    pub(crate) fn is_live(&self) -> bool {
        self.live
    }

    /// Ends the output of a command: the error for people, the whole result for machines.
    pub(crate) fn finish(
        mut self,
        command: Option<&str>,
        result: &Result<Body, Failure>,
        exit: Exit,
    ) -> Exit {
        self.progress.stop();
        if let Err(failure) = result {
            self.say(error::text(failure, &self.commands, self.color).trim_end());
        }
        if self.format == Format::Json {
            let warnings = std::mem::take(&mut self.warnings);
            let document = Document::new(command, exit, result, warnings, &self.commands);
            self.write_stdout(&document.render());
        }
        match self.broken.take() {
            Some(error) => {
                let done = if result.is_ok() { "; what the command was to do is done" } else { "" };
                self.say(format_args!("brant: failed to write the result: {error}{done}"));
                Exit::Failed
            }
            None => exit,
        }
    }

    fn write_stdout(&mut self, text: &str) {
        if self.broken.is_some() {
            return;
        }
        let _paused = self.progress.pause();
        let mut stdout = io::stdout().lock();
        let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
        // A reader that has seen enough (`| head -1`) is no failure.
        self.broken = written.err().filter(|e| e.kind() != ErrorKind::BrokenPipe);
    }
}
