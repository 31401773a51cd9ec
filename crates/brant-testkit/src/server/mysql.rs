//! How to fetch, initialise and start MySQL's own server, which no release of Debian has.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Server, ServerOptions, own_uid, quoted};

const SETTINGS: [&str; 11] = [
    "--bind-address=127.0.0.1",
    "--disable-log-bin",
    "--skip-name-resolve",
    "--max-connections=100",
    "--mysqlx=OFF",
    "--character-set-server=utf8mb4",
    "--innodb-buffer-pool-size=64M",
    "--innodb-redo-log-capacity=32M",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-flush-method=nosync",
    "--key-buffer-size=8M",
];

/// The folder with MySQL's own server, fetched and unpacked the first time (some 60 MB to fetch).
///
/// # Errors
/// When it can't be had, with the reason.
pub fn mysql_folder() -> Result<PathBuf, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/mysql-server.sh");
    let output = Command::new(&script).output().map_err(|why| format!("{}: {why}", script.display()))?;
    if !output.status.success() {
        return Err(format!("MySQL can't be had: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().into())
}

/// Names the superuser and writes `start.sh`.
pub(super) fn prepare(server: &mut Server, options: &ServerOptions) -> Result<(), String> {
    server.user = "root".into();
    server.socket = server.data.join("sock");
    let (data, password) = (&server.data, &server.password);
    let accounts = format!(
        "ALTER USER root@localhost IDENTIFIED BY '{password}';\n\
         CREATE USER root@'127.0.0.1' IDENTIFIED BY '{password}';\n\
         GRANT ALL PRIVILEGES ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;\n"
    );
    // The cache folder is its owner's alone, so no other user could run the programs.
    let user = if own_uid() == 0 { " --user=root" } else { "" };
    let log = if options.log_statements {
        format!(" --general-log --general-log-file={}", quoted(server.statement_log()))
    } else {
        String::new()
    };
    let settings: Vec<String> = SETTINGS.iter().map(quoted).chain(options.args.iter().map(quoted)).collect();
    let script = format!(
        "set -e\nmkdir {tmp}\n\
         start() {{ exec {mysqld} --no-defaults{user} --datadir={tables} --tmpdir={tmp} \"$@\"; }}\n\
         (start --initialize-insecure) >{install_log} 2>&1 || {{ cat {install_log}; exit 1; }}\n\
         start --socket={socket} --pid-file={pid} --port={port} --init-file={init}{log} {settings}\n",
        mysqld = quoted(server.programs.join("mysqld")),
        tables = quoted(data.join("tables")),
        tmp = quoted(data.join("tmp")),
        install_log = quoted(data.join("install.log")),
        socket = quoted(&server.socket),
        pid = quoted(data.join("pid")),
        port = server.port,
        init = quoted(data.join("accounts.sql")),
        settings = settings.join(" "),
    );
    for (name, text) in [("accounts.sql", accounts), ("start.sh", script)] {
        let path = data.join(name);
        fs::write(&path, text).map_err(|why| format!("{}: {why}", path.display()))?;
    }
    Ok(())
}
