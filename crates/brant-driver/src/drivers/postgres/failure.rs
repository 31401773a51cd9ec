//! Why connecting failed, out of all attempts.

use std::net::IpAddr;

use tokio_postgres::Error;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;

use super::connect::Target;
use super::conninfo::ConnInfo;
use super::error;
use super::hosts::Host;
use crate::facts::postgres::server_error;
use crate::{DriverError, ErrorKind};

/// Why one attempt failed.
pub(super) struct Failure {
    /// Host, port and address.
    place: String,
    error: DriverError,
    /// The server has answered, and another one would say the same.
    pub(super) last_word: bool,
}

impl Failure {
    pub(super) fn new(host: &Host, address: Option<IpAddr>, words: String) -> Self {
        let address = address.map(|address| address.to_string()).filter(|address| *address != host.name);
        let address = address.map(|address| format!(" ({address})")).unwrap_or_default();
        let place = format!("{} port {}{address}", host.name, host.port);
        Self { place, error: DriverError::new(ErrorKind::Connect, words), last_word: false }
    }

    /// `before`: what went wrong before, and the mode of TLS that this failure is about.
    pub(super) fn of(
        info: &ConnInfo,
        target: &Target,
        error: &Error,
        before: Option<(String, SslMode)>,
    ) -> Self {
        let mut failure = Self::new(&target.host, target.address, error::words(error));
        failure.error.hint = hint(info, error);
        let Some(facts) = error.as_db_error() else {
            return failure.after(before);
        };
        // Servers that start, stop, recover or are full may have a neighbour that does not.
        let elsewhere = ["57", "53", "08"].iter().any(|class| facts.code().code().starts_with(class));
        let hint = failure.error.hint.take();
        let error = DriverError { kind: ErrorKind::Connect, ..server_error(facts, "") };
        let error = DriverError { hint: error.hint.clone().or(hint), ..error };
        Self { error, last_word: !elsewhere, ..failure }.after(before)
    }

    fn after(mut self, before: Option<(String, SslMode)>) -> Self {
        if let Some((before, mode)) = before.filter(|(before, _)| *before != self.error.message) {
            let how = if mode == SslMode::Disable { "without" } else { "with" };
            self.error.message = format!("{before}; {how} TLS: {}", self.error.message);
        }
        self
    }
}

/// What may be the reason behind the reason.
fn hint(info: &ConnInfo, error: &Error) -> Option<String> {
    let message = error.as_db_error().map(tokio_postgres::error::DbError::message).unwrap_or_default();
    if let Some(parameter) = message.strip_prefix("unsupported startup parameter") {
        let parameter = parameter.rsplit([':', ' ']).next().unwrap_or_default();
        return Some(format!(
            "a pooler stands in front of the server and takes no `{parameter}`: leave run-time parameters out of the \
             connection string (and PGOPTIONS), or connect to the server itself"
        ));
    }
    if let Some(hint) = error::tls_hint(error) {
        return Some(hint.to_owned());
    }
    let about_password =
        error::is_password_missing(error) || error.code() == Some(&SqlState::INVALID_PASSWORD);
    info.password_file.ignored.clone().filter(|_| about_password)
}

/// One error out of all attempts, for those who say by themselves that connecting failed. It has the server's facts
/// where one has answered.
pub(super) fn report(info: &ConnInfo, hosts: &[Host], failures: Vec<Failure>) -> DriverError {
    let names: Vec<&str> = hosts.iter().map(|host| host.name.as_str()).collect();
    let ports: Vec<String> = hosts.iter().map(|host| host.port.to_string()).collect();
    let mut place = format!("host={} port={}", names.join(","), ports.join(","));
    for (key, value) in [("user", &info.user), ("database", &info.database)] {
        if let Some(value) = value {
            place = format!("{place} {key}={value}");
        }
    }
    let reason = match failures.as_slice() {
        [first, rest @ ..] if rest.iter().all(|failure| failure.error.message == first.error.message) => {
            first.error.message.clone()
        }
        all => {
            let each = all.iter().map(|failure| format!("{}: {}", failure.place, failure.error.message));
            each.collect::<Vec<_>>().join("; ")
        }
    };
    let hint = failures.iter().find_map(|failure| failure.error.hint.clone());
    let told = failures.into_iter().map(|failure| failure.error).rfind(|error| error.sqlstate.is_some());
    let error = told.unwrap_or_else(|| DriverError::new(ErrorKind::Connect, String::new()));
    let hint = error.hint.clone().or(hint);
    DriverError { hint, message: format!("`{place}`: {reason}"), ..error }
}
