//! The parameters that become `PRAGMA` commands.

use super::dbstring::one_of;

/// How a parameter of mattn's driver is written as a pragma.
enum Value {
    Switch,
    Number,
    OneOf(&'static [&'static str]),
}

/// The parameters of mattn's driver: their names, the pragma, the values.
const NAMED: &[(&[&str], &str, Value)] = &[
    (
        &["_auto_vacuum", "_vacuum"],
        "auto_vacuum",
        Value::OneOf(&["none", "full", "incremental", "0", "1", "2"]),
    ),
    (&["_cache_size"], "cache_size", Value::Number),
    (&["_case_sensitive_like", "_cslike"], "case_sensitive_like", Value::Switch),
    (&["_defer_foreign_keys", "_defer_fk"], "defer_foreign_keys", Value::Switch),
    (&["_foreign_keys", "_fk"], "foreign_keys", Value::Switch),
    (&["_ignore_check_constraints"], "ignore_check_constraints", Value::Switch),
    (
        &["_journal_mode", "_journal"],
        "journal_mode",
        Value::OneOf(&["DELETE", "TRUNCATE", "PERSIST", "MEMORY", "WAL", "OFF"]),
    ),
    (&["_locking_mode", "_locking"], "locking_mode", Value::OneOf(&["NORMAL", "EXCLUSIVE"])),
    (&["_query_only"], "query_only", Value::Switch),
    (&["_recursive_triggers", "_rt"], "recursive_triggers", Value::Switch),
    (
        &["_secure_delete"],
        "secure_delete",
        Value::OneOf(&["FAST", "0", "1", "off", "on", "no", "yes", "false", "true", "DEFAULT"]),
    ),
    (
        &["_synchronous", "_sync"],
        "synchronous",
        Value::OneOf(&["OFF", "NORMAL", "FULL", "EXTRA", "0", "1", "2", "3"]),
    ),
    (&["_writable_schema"], "writable_schema", Value::Switch),
];

/// The pragmas that change the file, not the connection. A connection that only reads leaves them out.
const LASTING: &[&str] = &[
    "application_id",
    "auto_vacuum",
    "encoding",
    "incremental_vacuum",
    "journal_mode",
    "optimize",
    "page_size",
    "schema_version",
    "user_version",
    "wal_checkpoint",
];

/// The pragmas that a connection string asks for.
#[derive(Debug, Default)]
pub(super) struct Pragmas {
    /// In milliseconds. Not a pragma to be sent: waiting is done here, so that it can be cancelled.
    pub(super) busy_timeout: Option<u64>,
    texts: Vec<String>,
}

impl Pragmas {
    /// Takes a parameter. False: it is none of these.
    pub(super) fn apply(&mut self, key: &str, value: &str) -> Result<bool, String> {
        match key {
            "_pragma" => self.apply_text(value)?,
            "_busy_timeout" | "_timeout" => self.busy_timeout = Some(milliseconds(value)?),
            _ => {
                let Some((_, pragma, kind)) = NAMED.iter().find(|(names, ..)| names.contains(&key)) else {
                    return Ok(false);
                };
                let text = match kind {
                    Value::Switch => u8::from(switch(key, value)?).to_string(),
                    Value::Number => whole_number(key, value)?,
                    Value::OneOf(values) => one_of(key, value, values)?.to_owned(),
                };
                if text != "DEFAULT" {
                    self.texts.push(format!("{pragma}({text})"));
                }
            }
        }
        Ok(true)
    }

    /// `name(value)`, `name=value` or `name`, as modernc's driver takes it.
    fn apply_text(&mut self, text: &str) -> Result<(), String> {
        let (name, value) = split(text);
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.');
        let is_closed = !text.contains('(') || text.trim_end().ends_with(')');
        if name.is_empty() || !name.chars().all(is_name) || text.contains(';') || !is_closed {
            return Err(format!("invalid _pragma: {text} (write _pragma=name(value))"));
        }
        match value {
            Some(value) if name.eq_ignore_ascii_case("busy_timeout") => {
                self.busy_timeout = Some(milliseconds(value)?);
            }
            _ => self.texts.push(text.to_owned()),
        }
        Ok(())
    }

    /// The order is that of modernc's driver, whatever the order in the connection string.
    pub(super) fn in_order(mut self) -> Vec<String> {
        self.texts.sort();
        self.texts
    }
}

/// The name and the value in `name(value)`, `name=value`, `name`.
fn split(text: &str) -> (&str, Option<&str>) {
    match text.find(['(', '=']) {
        Some(at) => (text[..at].trim(), Some(text[at + 1..].trim_end_matches(')').trim())),
        None => (text.trim(), None),
    }
}

/// The name of a pragma, without the schema before it, in lower case.
pub(super) fn name_of(text: &str) -> String {
    let (name, _) = split(text);
    name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase()
}

/// The pragma changes the file, rather than the connection.
pub(super) fn is_lasting(name: &str) -> bool {
    LASTING.contains(&name)
}

/// A value that is on or off.
pub(super) fn switch(key: &str, value: &str) -> Result<bool, String> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "on" | "yes" | "true" => Ok(true),
        "0" | "off" | "no" | "false" => Ok(false),
        _ => Err(format!("invalid {key}: {value} (on or off)")),
    }
}

fn whole_number(key: &str, value: &str) -> Result<String, String> {
    let number: i64 = value.parse().map_err(|_| format!("invalid {key}: {value} (a whole number)"))?;
    Ok(number.to_string())
}

/// A negative time is none, as for the library.
fn milliseconds(value: &str) -> Result<u64, String> {
    let number: i32 = value.parse().map_err(|_| format!("invalid busy_timeout: {value} (milliseconds)"))?;
    Ok(u64::try_from(number).unwrap_or(0))
}
