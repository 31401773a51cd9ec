//! Where servers may listen.

use std::net::IpAddr;
use std::path::Path;

use super::dsn::refuse;
use super::settings::{Setting, Settings};
use crate::DriverError;

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

/// The hosts, in the order of the lists; at least one.
pub(super) fn hosts(settings: &mut Settings) -> Result<Vec<Host>, DriverError> {
    let ports = ports(settings)?;
    let addresses = settings.take_setting("hostaddr");
    let names = settings.take("host");
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
fn ports(settings: &mut Settings) -> Result<Vec<Option<u16>>, DriverError> {
    let wanted = "a number from 1 to 65535, or a list of them";
    let one = |item: &str| match item.trim() {
        "" => Some(None),
        item => item.parse().ok().filter(|&port| port > 0).map(Some),
    };
    Ok(settings.read("port", wanted, |value| value.split(',').map(one).collect())?.unwrap_or_default())
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
mod tests {
    use std::path::Path;

    use super::default_host;

    #[test]
    fn the_default_host_is_where_a_socket_is() {
        let only = |path: &'static str| move |asked: &Path| asked == Path::new(path);
        assert_eq!(default_host(5432, only("/var/run/postgresql/.s.PGSQL.5432")), "/var/run/postgresql");
        assert_eq!(default_host(5433, only("/tmp/.s.PGSQL.5433")), "/tmp");
        assert_eq!(default_host(5432, only("/tmp/.s.PGSQL.5433")), "localhost");
    }
}
