//! PgBouncer in front of a database.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::server::{ServerUser, folder_of_program, free_port, quoted, tail, temp_dir, wait_until};
use crate::{Server, TestDatabase};

/// A running PgBouncer for one test. It ends when dropped, and with the test's thread at the latest.
#[derive(Debug)]
pub struct Pooler {
    child: Child,
    port: u16,
    _dir: TempDir,
}

/// PgBouncer in transaction mode in front of that PostgreSQL database, with the database's own user.
///
/// # Panics
/// When it can't be had, with the reason and what to install.
pub fn pgbouncer(db: &TestDatabase) -> Pooler {
    Pooler::start(db, "transaction")
}

impl Pooler {
    /// PgBouncer in this mode: `session`, `transaction` or `statement`.
    ///
    /// # Panics
    /// When it can't be had, with the reason and what to install.
    pub fn start(db: &TestDatabase, mode: &str) -> Pooler {
        Pooler::try_start(db, mode).unwrap_or_else(|why| panic!("pgbouncer: {why}"))
    }

    fn try_start(db: &TestDatabase, mode: &str) -> Result<Pooler, String> {
        let program = folder_of_program("pgbouncer")
            .ok_or("not installed\nhelp: install it (Debian: `apt-get install pgbouncer`)")?
            .join("pgbouncer");
        let dir = temp_dir()?;
        let port = free_port()?;
        let path = |name: &str| dir.path().join(name);
        let write = |name: &str, text: String| {
            fs::write(path(name), text).map_err(|why| format!("{}: {why}", path(name).display()))
        };
        let Server { user, password, port: server, .. } = db.server();
        let (users, log, config) = (path("users"), path("log"), path("config"));
        write("users", format!("\"{user}\" \"{password}\"\n"))?;
        let database = db.name();
        write(
            "config",
            format!(
                "[databases]\n{database} = host=127.0.0.1 port={server}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
                 listen_port = {port}\nunix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {}\npool_mode = {mode}\n\
                 default_pool_size = 5\nmax_client_conn = 200\nquery_wait_timeout = 30\nlogfile = {}\n",
                users.display(),
                log.display()
            ),
        )?;
        let server_user = ServerUser::find(&["postgres", "nobody"])?;
        let script = format!(
            "{}exec {}setpriv --pdeathsig TERM -- {} -q {}",
            server_user.chown(dir.path()),
            server_user.prefix(),
            quoted(program),
            quoted(config)
        );
        let mut sh = Command::new("sh");
        sh.args(["-c", &script]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = sh.spawn().map_err(|why| format!("cannot run `sh`: {why}"))?;
        let mut pooler = Pooler { child, port, _dir: dir };
        let answers = || TcpStream::connect(pooler.addr()).is_ok();
        if wait_until(Duration::from_secs(10), answers)
            && pooler.child.try_wait().is_ok_and(|end| end.is_none())
        {
            Ok(pooler)
        } else {
            Err(format!("it does not start: {}", tail(&log)))
        }
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
