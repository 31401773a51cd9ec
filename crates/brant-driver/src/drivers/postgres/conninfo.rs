//! What a connection string and its environment mean, checked.

use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::config::ChannelBinding;

use super::hosts::{self, Host};
use super::keys::{self, Other};
use super::passfile::PasswordFile;
use super::role::Role;
use super::settings::Settings;
use super::ssl::Ssl;
use super::{files, options};
use crate::{DriverError, Environment, Secret};

/// How TCP finds out that the server is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Keepalives {
    pub(super) on: bool,
    pub(super) idle: Duration,
    pub(super) interval: Option<Duration>,
    pub(super) count: Option<u32>,
    pub(super) user_timeout: Option<Duration>,
}

/// Everything that is needed to connect.
#[derive(Clone, Debug)]
pub(super) struct ConnInfo {
    /// At least one.
    pub(super) hosts: Vec<Host>,
    /// They are tried in an order drawn by lot, not in their own.
    pub(super) balance: bool,
    /// `None`: the user of the operating system, as far as the client library can find it.
    pub(super) user: Option<String>,
    pub(super) password: Option<Secret>,
    /// Where the password is looked up if none is given.
    pub(super) password_file: PasswordFile,
    /// `None`: the server takes the one with the user's name.
    pub(super) database: Option<String>,
    pub(super) application_name: String,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) ssl: Ssl,
    pub(super) channel_binding: ChannelBinding,
    /// What the server must be.
    pub(super) role: Role,
    pub(super) keepalives: Keepalives,
    /// Command-line options for the server, run-time parameters among them.
    pub(super) options: Option<String>,
}

impl ConnInfo {
    /// Reads a connection string, completed by the environment, by files and by defaults.
    pub(super) fn parse(dbstring: &str, environment: &Environment) -> Result<Self, DriverError> {
        let mut settings = Settings::collect(dbstring, environment)?;
        check_encoding(&mut settings)?;
        let home = files::home(environment);
        let user = settings.take("user").or_else(|| os_user(environment));
        let password = settings.take("password").map(Secret::new);
        let file = settings.take("passfile").map(PathBuf::from);
        let file = file.or_else(|| Some(home.as_ref()?.join(".pgpass"))).filter(|_| password.is_none());
        Ok(Self {
            hosts: hosts::hosts(&mut settings)?,
            balance: settings.choice("load_balance_hosts", &[("disable", false), ("random", true)])?
                == Some(true),
            database: settings.take("dbname").or_else(|| user.clone()),
            user,
            password,
            password_file: file.map(|file| PasswordFile::read(&file)).unwrap_or_default(),
            application_name: application_name(&mut settings),
            connect_timeout: settings.duration("connect_timeout", Duration::from_secs)?,
            ssl: Ssl::read(&mut settings, home.as_deref(), environment)?,
            channel_binding: channel_binding(&mut settings)?,
            role: Role::read(&mut settings)?,
            keepalives: keepalives(&mut settings)?,
            options: server_options(settings)?,
        })
    }

    /// The password for this host, where there is one.
    pub(super) fn password_for(&self, host: &Host) -> Option<&Secret> {
        let (database, user) = (self.database.as_deref(), self.user.as_deref());
        let in_file =
            || self.password_file.find(host, database.unwrap_or_default(), user.unwrap_or_default());
        self.password.as_ref().or_else(in_file)
    }
}

fn os_user(environment: &Environment) -> Option<String> {
    ["USER", "LOGNAME"]
        .iter()
        .find_map(|name| environment.get(*name))
        .filter(|name| !name.is_empty())
        .cloned()
}

fn application_name(settings: &mut Settings) -> String {
    let fallback = settings.take("fallback_application_name");
    settings.take("application_name").or(fallback).unwrap_or_else(|| "brant".to_owned())
}

/// The client library speaks UTF-8 alone, so nothing is to be set. `auto` is what the system speaks, to libpq.
fn check_encoding(settings: &mut Settings) -> Result<(), DriverError> {
    let is_utf8 = |name: &str| {
        // As the server reads names of encodings.
        let letters: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        matches!(letters.to_ascii_lowercase().as_str(), "utf8" | "unicode" | "auto").then_some(())
    };
    settings.read(
        "client_encoding",
        "`UTF8` or `auto`: files are in UTF-8, and are sent as they are",
        is_utf8,
    )?;
    Ok(())
}

fn channel_binding(settings: &mut Settings) -> Result<ChannelBinding, DriverError> {
    let choices = [
        ("disable", ChannelBinding::Disable),
        ("prefer", ChannelBinding::Prefer),
        ("require", ChannelBinding::Require),
    ];
    Ok(settings.choice("channel_binding", &choices)?.unwrap_or(ChannelBinding::Prefer))
}

fn keepalives(settings: &mut Settings) -> Result<Keepalives, DriverError> {
    Ok(Keepalives {
        on: settings.number::<u8>("keepalives")? != Some(0),
        // A long CREATE INDEX sends nothing for minutes, and routers forget silent connections after a few.
        idle: settings.duration("keepalives_idle", Duration::from_secs)?.unwrap_or(Duration::from_secs(60)),
        interval: settings.duration("keepalives_interval", Duration::from_secs)?,
        count: settings.number("keepalives_count")?.filter(|&count| count > 0),
        user_timeout: settings.duration("tcp_user_timeout", Duration::from_millis)?,
    })
}

/// Everything that is left is for the server, unless it is refused by its name.
fn server_options(mut settings: Settings) -> Result<Option<String>, DriverError> {
    let own = settings.take("options");
    let mut parameters = Vec::new();
    for (key, setting) in settings.rest() {
        match keys::other(&key, &setting.value, &setting.source)? {
            Other::Parameter => parameters.push((key, setting.value)),
            Other::Nothing => {}
        }
    }
    Ok(options::join(own.as_deref(), &parameters))
}

#[cfg(test)]
mod tests;
