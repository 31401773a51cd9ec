//! How to find, initialise and start MariaDB.

use std::fs;
use std::path::PathBuf;

use super::{Server, ServerOptions, ServerUser, folder_of_program, quoted, run_command};

const SETTINGS: [&str; 13] = [
    "--bind-address=127.0.0.1",
    "--skip-log-bin",
    "--skip-name-resolve",
    "--max-connections=300",
    "--character-set-server=utf8mb4",
    "--collation-server=utf8mb4_general_ci",
    "--performance-schema=OFF",
    "--innodb-buffer-pool-size=64M",
    "--innodb-log-file-size=32M",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-flush-method=nosync",
    "--aria-pagecache-buffer-size=8M",
    "--key-buffer-size=8M",
];

/// The folder of the MariaDB server.
pub(super) fn programs() -> Result<PathBuf, String> {
    let found = folder_of_program("mariadb-install-db").and(folder_of_program("mariadbd"));
    found.ok_or_else(|| {
        "no MariaDB server was found: `mariadbd` and `mariadb-install-db` are not in the search path\n\
         help: install it (Debian: `apt-get install mariadb-server`), or leave it out: \
         BRANT_TEST_ENGINES=sqlite,postgres"
            .into()
    })
}

/// Names the superuser and writes `start.sh`.
pub(super) fn prepare(server: &mut Server, options: &ServerOptions) -> Result<(), String> {
    server.user = "root".into();
    server.socket = server.data.join("sock");
    let user = ServerUser::find(&["mysql", "nobody"])?;
    let data = &server.data;
    let password = &server.password;
    let accounts = format!(
        "ALTER USER root@localhost IDENTIFIED BY '{password}';\n\
         CREATE OR REPLACE USER root@'127.0.0.1' IDENTIFIED BY '{password}';\n\
         GRANT ALL PRIVILEGES ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;\n"
    );
    let (tables, tmp, become_user) = (quoted(data.join("tables")), quoted(data.join("tmp")), user.prefix());
    let run = format!(
        "{become_user}{mariadbd} --no-defaults --datadir={tables} --tmpdir={tmp} --socket={socket} --pid-file={pid} \
         --port={port} --init-file={init}{settings}",
        mariadbd = quoted(server.programs.join("mariadbd")),
        socket = quoted(&server.socket),
        pid = quoted(data.join("pid")),
        port = server.port,
        init = quoted(data.join("accounts.sql")),
        settings = settings(server, options),
    );
    let script = format!(
        "set -e\nmkdir {tmp}\n{chown}{become_user}mariadb-install-db --no-defaults --datadir={tables} --tmpdir={tmp} \
         --auth-root-authentication-method=normal --skip-test-db >{install_log} 2>&1 || {{ cat {install_log}; exit 1; \
         }}\n{run}\n",
        chown = user.chown(data),
        install_log = quoted(data.join("install.log")),
        run = run_command(server, options, &run),
    );
    for (name, text) in [("accounts.sql", accounts), ("start.sh", script)] {
        let path = data.join(name);
        fs::write(&path, text).map_err(|why| format!("{}: {why}", path.display()))?;
    }
    Ok(())
}

fn settings(server: &Server, options: &ServerOptions) -> String {
    let mut words: Vec<String> = SETTINGS.iter().map(quoted).collect();
    if options.log_statements {
        words.push("--general-log".into());
        words.push(format!("--general-log-file={}", quoted(server.statement_log())));
    }
    if options.restarts {
        words.push("--innodb-flush-log-at-trx-commit=1".into());
    }
    words.extend(options.args.iter().map(quoted));
    words.iter().fold(String::new(), |line, word| line + " " + word)
}
