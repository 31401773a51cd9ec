//! What a connection string and its environment mean, checked.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::config::{ChannelBinding, SslMode, TargetSessionAttrs};

use super::dsn::{self, refuse};
use super::keys::{self, Other, VARIABLES};
use super::options;
use crate::{DriverError, Environment, Secret};

const DEFAULT_PORT: u16 = 5432;

/// Where servers put their sockets: Debian and Red Hat, macOS, and where PostgreSQL does unless told otherwise.
const SOCKET_DIRECTORIES: &[&str] = &["/var/run/postgresql", "/private/tmp", "/tmp"];

/// A place where a server may listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Host {
    /// A name, an address, or the absolute path of a socket directory.
    pub(super) name: String,
    /// The address, where it is given beside the name.
    pub(super) address: Option<IpAddr>,
    pub(super) port: u16,
}

impl Host {
    /// Whether this is a socket directory of this machine.
    pub(super) fn is_socket(&self) -> bool {
        self.address.is_none() && self.name.starts_with('/')
    }
}

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
    /// In the order in which they are tried; at least one.
    pub(super) hosts: Vec<Host>,
    /// `None`: the user of the operating system, as far as the client library can find it.
    pub(super) user: Option<String>,
    pub(super) password: Option<Secret>,
    /// `None`: the server takes the one with the user's name.
    pub(super) database: Option<String>,
    pub(super) application_name: String,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) ssl_mode: SslMode,
    pub(super) channel_binding: ChannelBinding,
    pub(super) session_attributes: TargetSessionAttrs,
    pub(super) keepalives: Keepalives,
    /// Command-line options for the server, run-time parameters among them.
    pub(super) options: Option<String>,
}

impl ConnInfo {
    /// Reads a connection string, completed by the environment and by defaults.
    pub(super) fn parse(dbstring: &str, environment: &Environment) -> Result<Self, DriverError> {
        let mut settings = Settings::collect(dbstring, environment)?;
        settings.check_password_file()?;
        let user = settings.take("user").or_else(|| os_user(environment));
        Ok(Self {
            hosts: settings.hosts()?,
            database: settings.take("dbname").or_else(|| user.clone()),
            user,
            password: settings.take("password").map(Secret::new),
            application_name: settings.application_name(),
            connect_timeout: settings.duration("connect_timeout", Duration::from_secs)?,
            ssl_mode: settings.ssl_mode()?,
            channel_binding: settings.channel_binding()?,
            session_attributes: settings.session_attributes()?,
            keepalives: settings.keepalives()?,
            options: settings.options()?,
        })
    }
}

fn os_user(environment: &Environment) -> Option<String> {
    ["USER", "LOGNAME"]
        .iter()
        .find_map(|name| environment.get(*name))
        .filter(|name| !name.is_empty())
        .cloned()
}

/// A value, and how to name the place that it comes from.
struct Setting {
    value: String,
    source: String,
}

/// The settings that nobody has looked at yet. What is left at the end is for the server.
struct Settings(BTreeMap<String, Setting>);

impl Settings {
    fn collect(dbstring: &str, environment: &Environment) -> Result<Self, DriverError> {
        let mut settings = BTreeMap::new();
        for (variable, key) in VARIABLES {
            if let Some(value) = environment.get(*variable).filter(|value| !value.is_empty()) {
                let setting = Setting { value: value.clone(), source: format!("`{key}` (from {variable})") };
                settings.insert((*key).to_owned(), setting);
            }
        }
        for pair in dsn::pairs(dbstring)? {
            let setting = Setting { value: pair.value, source: format!("`{}`", pair.key) };
            settings.insert(pair.key, setting);
        }
        match settings.iter().find(|(_, setting)| setting.value.contains('\0')) {
            Some((_, setting)) => Err(refuse(format!("{} has a NUL character in it", setting.source))),
            None => Ok(Self(settings)),
        }
    }

    /// Takes a setting; an empty one is as good as none.
    fn take_setting(&mut self, key: &str) -> Option<Setting> {
        self.0.remove(key).filter(|setting| !setting.value.is_empty())
    }

    fn take(&mut self, key: &str) -> Option<String> {
        self.take_setting(key).map(|setting| setting.value)
    }

    /// Reads a value that may only have certain forms. `wanted` describes them.
    fn read<T>(
        &mut self,
        key: &str,
        wanted: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, DriverError> {
        let Some(setting) = self.take_setting(key) else { return Ok(None) };
        match read(setting.value.trim()) {
            Some(value) => Ok(Some(value)),
            None => Err(refuse(format!("{} must be {wanted}", setting.source))),
        }
    }

    fn number<T: FromStr>(&mut self, key: &str) -> Result<Option<T>, DriverError> {
        self.read(key, "a whole number, 0 or more", |value| value.parse().ok())
    }

    /// A length of time, in a unit of the key's own; 0 leaves it to the system.
    fn duration(&mut self, key: &str, unit: fn(u64) -> Duration) -> Result<Option<Duration>, DriverError> {
        Ok(self.number::<u64>(key)?.filter(|&number| number > 0).map(unit))
    }

    /// A password file only matters where there is no password.
    fn check_password_file(&mut self) -> Result<(), DriverError> {
        let file = self.take_setting("passfile");
        match file.filter(|_| !self.0.contains_key("password")) {
            Some(file) => Err(refuse(format!("{} is not supported yet: use PGPASSWORD", file.source))),
            None => Ok(()),
        }
    }

    fn application_name(&mut self) -> String {
        let fallback = self.take("fallback_application_name");
        self.take("application_name").or(fallback).unwrap_or_else(|| "brant".to_owned())
    }

    fn ssl_mode(&mut self) -> Result<SslMode, DriverError> {
        let Some(setting) = self.take_setting("sslmode") else { return Ok(SslMode::Prefer) };
        let source = setting.source;
        match setting.value.as_str() {
            "disable" => Ok(SslMode::Disable),
            "prefer" => Ok(SslMode::Prefer),
            "require" => Ok(SslMode::Require),
            "allow" => Err(refuse(format!("{source}: `allow` is not supported yet: use `prefer`"))),
            mode @ ("verify-ca" | "verify-full") => Err(refuse(format!(
                "{source}: `{mode}` is not supported yet: use `require`, which encrypts but does not check the \
                 server's certificate"
            ))),
            _ => Err(refuse(format!("{source} must be `disable`, `prefer` or `require`"))),
        }
    }

    fn channel_binding(&mut self) -> Result<ChannelBinding, DriverError> {
        let binding = self.read("channel_binding", "`disable`, `prefer` or `require`", |value| match value {
            "disable" => Some(ChannelBinding::Disable),
            "prefer" => Some(ChannelBinding::Prefer),
            "require" => Some(ChannelBinding::Require),
            _ => None,
        });
        Ok(binding?.unwrap_or(ChannelBinding::Prefer))
    }

    fn session_attributes(&mut self) -> Result<TargetSessionAttrs, DriverError> {
        let Some(setting) = self.take_setting("target_session_attrs") else {
            return Ok(TargetSessionAttrs::Any);
        };
        let source = setting.source;
        match setting.value.as_str() {
            "any" => Ok(TargetSessionAttrs::Any),
            "read-write" => Ok(TargetSessionAttrs::ReadWrite),
            "read-only" => Ok(TargetSessionAttrs::ReadOnly),
            other @ ("primary" | "standby" | "prefer-standby") => Err(refuse(format!(
                "{source}: `{other}` is not supported yet: use `any`, `read-write` or `read-only`"
            ))),
            _ => Err(refuse(format!("{source} must be `any`, `read-write` or `read-only`"))),
        }
    }

    fn keepalives(&mut self) -> Result<Keepalives, DriverError> {
        Ok(Keepalives {
            on: self.number::<u8>("keepalives")? != Some(0),
            // A long CREATE INDEX sends nothing for minutes, and routers forget silent connections after a few.
            idle: self.duration("keepalives_idle", Duration::from_secs)?.unwrap_or(Duration::from_secs(60)),
            interval: self.duration("keepalives_interval", Duration::from_secs)?,
            count: self.number("keepalives_count")?.filter(|&count| count > 0),
            user_timeout: self.duration("tcp_user_timeout", Duration::from_millis)?,
        })
    }

    fn hosts(&mut self) -> Result<Vec<Host>, DriverError> {
        let ports = self.ports()?;
        let addresses = self.take_setting("hostaddr");
        let names = self.take("host");
        let addresses = addresses.map(|addresses| read_addresses(&addresses)).transpose()?;
        let names: Vec<String> = match (names, &addresses) {
            (Some(names), _) => names.split(',').map(|name| name.trim().to_owned()).collect(),
            (None, Some(addresses)) => addresses.iter().map(ToString::to_string).collect(),
            (None, None) => {
                vec![default_host(ports.first().copied().flatten().unwrap_or(DEFAULT_PORT), Path::exists)]
            }
        };
        let addresses = addresses.unwrap_or_default();
        if !addresses.is_empty() && addresses.len() != names.len() {
            return Err(refuse("`host` and `hostaddr` have different numbers of items"));
        }
        if ports.len() > 1 && ports.len() != names.len() {
            return Err(refuse("`port` must have one item, or as many as there are hosts"));
        }
        names.into_iter().enumerate().map(|(index, name)| host(index, name, &addresses, &ports)).collect()
    }

    /// The ports, `None` where the list has a gap.
    fn ports(&mut self) -> Result<Vec<Option<u16>>, DriverError> {
        let wanted = "a number from 1 to 65535, or a list of them";
        let one = |item: &str| match item.trim() {
            "" => Some(None),
            item => item.parse().ok().filter(|&port| port > 0).map(Some),
        };
        Ok(self.read("port", wanted, |value| value.split(',').map(one).collect())?.unwrap_or_default())
    }

    /// Everything that is left is for the server, unless it is refused by its name.
    fn options(mut self) -> Result<Option<String>, DriverError> {
        let own = self.take("options");
        let mut parameters = Vec::new();
        for (key, setting) in self.0 {
            match keys::other(&key, &setting.value, &setting.source)? {
                Other::Parameter => parameters.push((key, setting.value)),
                Other::Nothing => {}
            }
        }
        Ok(options::join(own.as_deref(), &parameters))
    }
}

fn read_addresses(setting: &Setting) -> Result<Vec<IpAddr>, DriverError> {
    let addresses = setting.value.split(',').map(|item| item.trim().parse().ok()).collect::<Option<_>>();
    addresses.ok_or_else(|| refuse(format!("{} must be an IP address, or a list of them", setting.source)))
}

fn host(
    index: usize,
    name: String,
    addresses: &[IpAddr],
    ports: &[Option<u16>],
) -> Result<Host, DriverError> {
    if name.is_empty() {
        return Err(refuse("`host` has an empty item in its list"));
    }
    if name.starts_with('@') {
        return Err(refuse("`host`: sockets in the abstract namespace (`@…`) are not supported yet"));
    }
    let port = ports.get(index).or_else(|| ports.first()).copied().flatten().unwrap_or(DEFAULT_PORT);
    Ok(Host { name, address: addresses.get(index).copied(), port })
}

/// The socket directory in which a server listens on that port, else this machine's TCP.
fn default_host(port: u16, exists: impl Fn(&Path) -> bool) -> String {
    let socket = |directory: &&&str| exists(&Path::new(directory).join(format!(".s.PGSQL.{port}")));
    SOCKET_DIRECTORIES
        .iter()
        .find(socket)
        .map_or_else(|| "localhost".to_owned(), |&directory| directory.to_owned())
}

#[cfg(test)]
mod tests;
