//! How to find, initialise and start PostgreSQL.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Server, ServerOptions, ServerUser, folder_of_program, quoted, run_command};

/// A folder with PostgreSQL's programs to use in place of the installed ones.
const PROGRAMS_VAR: &str = "BRANT_TEST_POSTGRES_BIN";

const SETTINGS: [&str; 9] = [
    "fsync=off",
    "full_page_writes=off",
    "dynamic_shared_memory_type=mmap", // below the data, and so deleted with it
    "listen_addresses=127.0.0.1",
    "max_connections=200",
    "max_wal_size=256MB",
    "shared_buffers=64MB",
    "timezone=UTC",
    "log_checkpoints=off",
];

/// The folder of the newest PostgreSQL server installed.
pub(super) fn programs() -> Result<PathBuf, String> {
    if let Some(folder) = std::env::var_os(PROGRAMS_VAR) {
        return Ok(folder.into());
    }
    newest_of_debian().or_else(|| folder_of_program("postgres")).ok_or_else(|| {
        "no PostgreSQL server was found: neither in /usr/lib/postgresql/*/bin nor in the search path\n\
         help: install it (Debian: `apt-get install postgresql`), or leave it out: \
         BRANT_TEST_ENGINES=sqlite,mariadb"
            .into()
    })
}

fn newest_of_debian() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let found = versions.filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        let folder = entry.path().join("bin");
        folder.join("postgres").is_file().then_some((version, folder))
    });
    found.max().map(|(_, folder)| folder)
}

/// Names the superuser and writes `start.sh`.
pub(super) fn prepare(server: &mut Server, options: &ServerOptions) -> Result<(), String> {
    server.user = "brant".into();
    let user = ServerUser::find(&["postgres", "nobody"])?;
    let data = &server.data;
    let cluster = data.join("cluster");
    let (become_user, password_file) = (user.prefix(), data.join("password"));
    // initdb wants a password even where nobody will be asked for it.
    let (auth, password) = match server.password.as_str() {
        "" => ("trust", "unused"),
        password => ("scram-sha-256", password),
    };
    fs::write(&password_file, password).map_err(|why| format!("{}: {why}", password_file.display()))?;
    let initdb = format!(
        "{initdb} -D {cluster} -U brant --pwfile={password} -A {auth} -E UTF8 --locale=C --no-sync --no-instructions",
        initdb = quoted(server.programs.join("initdb")),
        cluster = quoted(&cluster),
        password = quoted(&password_file),
    );
    let make =
        options.standby_of.as_ref().map_or(initdb, |primary| copy_of(primary, &server.programs, &cluster));
    if let Some(primary) = &options.standby_of {
        server.password.clone_from(&primary.password);
    }
    let data = &server.data;
    let run = format!(
        "{become_user}{postgres} -D {cluster} -p {port} -k {socket}{settings}",
        postgres = quoted(server.programs.join("postgres")),
        cluster = quoted(&cluster),
        port = server.port,
        socket = quoted(data),
        settings = settings(options),
    );
    let script = format!(
        "set -e\n{chown}{become_user}{make}\n{run}\n",
        chown = user.chown(data),
        run = run_command(server, options, &run),
    );
    let start = data.join("start.sh");
    fs::write(&start, script).map_err(|why| format!("{}: {why}", start.display()))?;
    Ok(())
}

/// The command that makes a standby's data.
fn copy_of(primary: &Server, programs: &Path, cluster: &Path) -> String {
    let Server { user, password, port, .. } = primary;
    let source = format!("host=127.0.0.1 port={port} user={user} password='{password}'");
    let program = programs.join("pg_basebackup");
    format!("{} -D {} -R -c fast --no-sync -X stream -d {}", quoted(program), quoted(cluster), quoted(source))
}

fn settings(options: &ServerOptions) -> String {
    let mut words: Vec<String> = SETTINGS.iter().flat_map(|set| ["-c".to_owned(), quoted(set)]).collect();
    if options.log_statements {
        for set in ["log_statement=all", "log_line_prefix=%m [%p] %d %a "] {
            words.extend(["-c".to_owned(), quoted(set)]);
        }
    }
    words.extend(options.args.iter().map(quoted));
    words.iter().fold(String::new(), |line, word| line + " " + word)
}
