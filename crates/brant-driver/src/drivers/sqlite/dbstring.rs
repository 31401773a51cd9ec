//! Connection strings: a path, a `file:` URI, `sqlite:path`, `:memory:`, each with parameters.

use std::path::PathBuf;
use std::time::Duration;

use crate::drivers::percent_decode;

use super::pragmas::{Pragmas, switch};

/// A connection string, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DbString {
    pub(super) place: Place,
    /// `mode=`; memory is a [`Place`].
    pub(super) mode: Mode,
    /// Parameters for the library itself, to be given to it in a URI: `cache`, `immutable`, `nolock`, `psow`.
    pub(super) uri_parameters: Vec<(String, String)>,
    /// `vfs=`
    pub(super) vfs: Option<String>,
    /// `_txlock=`
    pub(super) begin: Begin,
    /// How long to wait for a lock.
    pub(super) busy_timeout: Duration,
    /// What follows `PRAGMA ` when the connection is set up, in order.
    pub(super) pragmas: Vec<String>,
}

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    File(PathBuf),
    /// In memory. With a name and `cache=shared`, the connections of one process see the same one.
    Memory(String),
    /// An empty name: a database on disk that vanishes with its connection.
    Temporary,
}

/// What a file may be opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Read,
    Write,
    Create,
}

/// What the bare command `BEGIN` begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begin {
    Deferred,
    Immediate,
    Exclusive,
}

/// How long to wait for a lock when the connection string does not say.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

impl DbString {
    /// Reads a connection string.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let url = ["sqlite3:", "sqlite:"].iter().find_map(|scheme| text.strip_prefix(scheme));
        let name = url.map_or(text, |rest| rest.strip_prefix("//").unwrap_or(rest));
        if name.starts_with("file:") {
            return parse_uri(name);
        }
        let (path, parameters) = name.split_once('?').unwrap_or((name, ""));
        let path = if url.is_some() { decode_path(path)? } else { path.to_owned() };
        Reader::of(path, false).read(parameters)
    }
}

/// Reads `file:path`, `file:///path`, `file://localhost/path`, as the library itself does.
fn parse_uri(text: &str) -> Result<DbString, String> {
    let text = text.strip_prefix("file:").unwrap_or(text);
    let text = text.split('#').next().unwrap_or_default();
    let (path, parameters) = text.split_once('?').unwrap_or((text, ""));
    let path = match path.strip_prefix("//") {
        None => path,
        Some(rest) => {
            let (authority, _) = rest.split_once('/').unwrap_or((rest, ""));
            if !matches!(authority, "" | "localhost") {
                return Err(format!("the host `{authority}` in a file: URI (write file:/path)"));
            }
            &rest[authority.len()..]
        }
    };
    Reader::of(decode_path(path)?, true).read(parameters)
}

fn decode_path(path: &str) -> Result<String, String> {
    percent_decode(path, false).map_err(|escape| format!("invalid escape {escape:?} in the path"))
}

/// Collects the parameters.
struct Reader {
    path: String,
    is_uri: bool,
    in_memory: bool,
    pragmas: Pragmas,
    result: DbString,
}

impl Reader {
    fn of(path: String, is_uri: bool) -> Self {
        let result = DbString {
            place: Place::Temporary,
            mode: Mode::Create,
            uri_parameters: Vec::new(),
            vfs: None,
            begin: Begin::Deferred,
            busy_timeout: BUSY_TIMEOUT,
            pragmas: Vec::new(),
        };
        Self { path, is_uri, in_memory: false, pragmas: Pragmas::default(), result }
    }

    fn read(mut self, parameters: &str) -> Result<DbString, String> {
        for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
            let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let decode =
                |text| percent_decode(text, true).map_err(|escape| format!("invalid escape {escape:?}"));
            let (key, value) = (decode(key)?, decode(value)?);
            if !self.apply(&key, &value)? && !self.pragmas.apply(&key, &value)? {
                return Err(format!("unknown parameter `{key}`"));
            }
        }
        if let Some(milliseconds) = self.pragmas.busy_timeout {
            self.result.busy_timeout = Duration::from_millis(milliseconds);
        }
        self.result.place = self.place();
        self.result.pragmas = self.pragmas.in_order();
        Ok(self.result)
    }

    fn place(&self) -> Place {
        match self.path.as_str() {
            ":memory:" => Place::Memory(String::new()),
            name if self.in_memory => Place::Memory(name.to_owned()),
            "" => Place::Temporary,
            path => Place::File(path.into()),
        }
    }

    /// The parameters that are no pragmas. False: none of these.
    fn apply(&mut self, key: &str, value: &str) -> Result<bool, String> {
        match key {
            "mode" => self.apply_mode(value)?,
            "cache" => self.keep(key, one_of(key, value, &["shared", "private"])?),
            "immutable" | "nolock" | "psow" => {
                let value = if switch(key, value)? { "1" } else { "0" };
                self.keep(key, value);
            }
            "vfs" => self.result.vfs = Some(value.to_owned()),
            "_txlock" => {
                self.result.begin = match one_of(key, value, &["deferred", "immediate", "exclusive"])? {
                    "immediate" => Begin::Immediate,
                    "exclusive" => Begin::Exclusive,
                    _ => Begin::Deferred,
                };
            }
            // These change how Go programs see times; times are shown here as they are stored.
            "_time_format" => return one_of(key, value, &["sqlite", "datetime"]).map(|_| true),
            "_time_integer_format" => {
                return one_of(key, value, &["unix", "unix_milli", "unix_micro", "unix_nano"]).map(|_| true);
            }
            "_inttotime" | "_texttotime" => return switch(key, value).map(|_| true),
            "_loc" => {}
            // A connection is used by one thread at a time, whichever kind of mutex the library has.
            "_mutex" => return one_of(key, value, &["no", "full"]).map(|_| true),
            _ if key.starts_with("_auth") => {
                return Err(format!("`{key}` is not supported: this build has no user authentication"));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn apply_mode(&mut self, value: &str) -> Result<(), String> {
        match one_of("mode", value, &["ro", "rw", "rwc", "memory"])? {
            "ro" => self.result.mode = Mode::Read,
            "rw" => self.result.mode = Mode::Write,
            "rwc" => self.result.mode = Mode::Create,
            // Go's drivers do not look at `mode` behind a plain path: they would have made the file.
            _ if !self.is_uri => {
                return Err("`mode=memory` behind a plain path: write file:NAME?mode=memory".to_owned());
            }
            _ => self.in_memory = true,
        }
        Ok(())
    }

    fn keep(&mut self, key: &str, value: &str) {
        self.result.uri_parameters.push((key.to_owned(), value.to_owned()));
    }
}

/// The value, if it is one of those, in any case.
pub(super) fn one_of(key: &str, value: &str, values: &[&'static str]) -> Result<&'static str, String> {
    let found = values.iter().find(|known| known.eq_ignore_ascii_case(value));
    found.copied().ok_or_else(|| format!("invalid {key}: {value} (one of {})", values.join(", ")))
}

#[cfg(test)]
mod tests;
