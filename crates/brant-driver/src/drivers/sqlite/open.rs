//! Opening a database, and saying why it can't be opened.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::stepping::statement_error;
use crate::{Access, DriverError, ErrorKind};

use super::dbstring::{DbString, Mode, Place};
use super::pragmas::{is_lasting, name_of};

/// A database that was opened.
pub(super) struct Opened {
    pub(super) connection: Connection,
    /// Absolute, where it is a file.
    pub(super) database_file: Option<PathBuf>,
}

/// How the library asks what to do while somebody else has the lock.
type BusyHandler = fn(i32) -> bool;

/// Opens a database and sets it up.
pub(super) fn open(dbstring: &DbString, access: Access, busy: BusyHandler) -> Result<Opened, DriverError> {
    match &dbstring.place {
        Place::Memory(name) => {
            let name = if name.is_empty() { ":memory:" } else { name };
            open_as(dbstring, &uri(dbstring, name, true), Mode::Create, false, busy).map(without_file)
        }
        Place::Temporary => open_as(dbstring, "", Mode::Create, false, busy).map(without_file),
        Place::File(path) => open_file(dbstring, path, access, busy),
    }
}

fn without_file(connection: Connection) -> Opened {
    Opened { connection, database_file: None }
}

fn open_file(
    dbstring: &DbString,
    path: &Path,
    access: Access,
    busy: BusyHandler,
) -> Result<Opened, DriverError> {
    let is_missing = check_path(path)?;
    if is_missing && access == Access::Read {
        // An empty database, that is what it would be; nothing is created by looking.
        return open_as(dbstring, ":memory:", Mode::Create, true, busy).map(without_file);
    }
    let name = path_text(path)?;
    let name = if dbstring.uri_parameters.is_empty() { name } else { uri(dbstring, &name, false) };
    let connection = match access {
        Access::Write => open_as(dbstring, &name, dbstring.mode, false, busy),
        Access::Read => open_to_read(dbstring, &name, path, busy),
    };
    let connection = connection.map_err(|error| explain(error, path))?;
    // By now the file exists. Where links cannot be followed, the name as given is the best there is.
    let database_file = fs::canonicalize(path).or_else(|_| std::path::absolute(path)).ok();
    Ok(Opened { connection, database_file })
}

/// Opens without writing anything, if that is possible.
///
/// Reading in the WAL mode needs two files beside the database. A connection that may only read leaves them behind
/// when they were not there; so where they are not, one that may write opens it, and takes them away again. Whoever
/// finds a transaction that a crash has left half done must write, too, to undo it.
fn open_to_read(
    dbstring: &DbString,
    name: &str,
    path: &Path,
    busy: BusyHandler,
) -> Result<Connection, DriverError> {
    let leaves_files = is_wal(path) && !with_suffix(path, "-wal").exists();
    let modes = if leaves_files { [Mode::Write, Mode::Read] } else { [Mode::Read, Mode::Write] };
    if dbstring.mode == Mode::Read {
        return open_as(dbstring, name, Mode::Read, true, busy);
    }
    let opened = open_as(dbstring, name, modes[0], true, busy).or_else(|error| match is_access(&error) {
        true => open_as(dbstring, name, modes[1], true, busy),
        false => Err(error),
    });
    opened.map_err(|error| match leaves_files && is_access(&error) {
        true => DriverError { hint: Some(WAL_HINT.to_owned()), ..error },
        false => error,
    })
}

const WAL_HINT: &str = "SQLite writes beside a database in the WAL mode even to read it; if nobody changes this one \
                        meanwhile, `?immutable=1` behind its path reads it as it is";

/// The file, or its folder, may not be used so.
fn is_access(error: &DriverError) -> bool {
    let code = error.number.map(|number| number & 0xff);
    code == Some(i64::from(rusqlite::ffi::SQLITE_CANTOPEN))
        || code == Some(i64::from(rusqlite::ffi::SQLITE_READONLY))
}

/// The database's header says that it is in the WAL mode.
fn is_wal(path: &Path) -> bool {
    let mut header = [0; 20];
    File::open(path).and_then(|mut file| file.read_exact(&mut header)).is_ok() && header[18..20] == [2, 2]
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn open_as(
    dbstring: &DbString,
    name: &str,
    mode: Mode,
    only_read: bool,
    busy: BusyHandler,
) -> Result<Connection, DriverError> {
    let mut flags = OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
    flags |= match mode {
        Mode::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Mode::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
        Mode::Create => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    };
    if name.starts_with("file:") {
        flags |= OpenFlags::SQLITE_OPEN_URI;
    }
    let opened = match &dbstring.vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(name, flags, vfs.as_str()),
        None => Connection::open_with_flags(name, flags),
    };
    let connect_error = |error: &rusqlite::Error| {
        let error = statement_error(error, "");
        DriverError { kind: ErrorKind::Connect, ..error }
    };
    let mut connection = opened.map_err(|error| connect_error(&error))?;
    // Versions of `rusqlite` differ in whether it must be lent mutably.
    let lent = &mut connection;
    lent.busy_handler(Some(busy)).map_err(|error| connect_error(&error))?;
    // The library itself has foreign keys off, the copy that `rusqlite` builds has them on.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)
        .map_err(|error| connect_error(&error))?;
    let is_locked = probe(&connection).map_err(|error| connect_error(&error))?;
    if only_read && !is_locked {
        // What keeps it from being set will be told by the first statement.
        let _ = send_pragma(&connection, PAGES_OF_A_READER);
    }
    set_up(&connection, dbstring, only_read)?;
    Ok(connection)
}

/// Whoever only looks goes through a table once. To keep the pages behind costs the time that it takes to get memory for
/// them; the library's own two megabytes are for those who come back, and who write.
const PAGES_OF_A_READER: &str = "cache_size(-256)";

/// The library reads the file only when it must: makes it, so that what is no database is known now. True: it is locked.
fn probe(connection: &Connection) -> rusqlite::Result<bool> {
    let outcome = connection.query_row("PRAGMA schema_version", [], |_| Ok(false));
    // A lock will go; the statement that meets it will say so if it does not.
    match outcome {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Ok(true),
        outcome => outcome,
    }
}

/// Sends the pragmas that the connection string asks for.
fn set_up(connection: &Connection, dbstring: &DbString, only_read: bool) -> Result<(), DriverError> {
    for text in &dbstring.pragmas {
        let name = name_of(text);
        if only_read && is_lasting(&name) {
            continue;
        }
        // The library passes over a pragma that it does not know.
        if !is_pragma(connection, &name) {
            return Err(DriverError::new(
                ErrorKind::Config,
                format!("unknown pragma `{name}` in _pragma={text}"),
            ));
        }
        send_pragma(connection, text)?;
    }
    if only_read {
        send_pragma(connection, "query_only(1)")?;
    }
    Ok(())
}

fn is_pragma(connection: &Connection, name: &str) -> bool {
    let count = "SELECT count(*) FROM pragma_pragma_list WHERE name = ?";
    connection.query_row(count, [name], |row| row.get::<_, i64>(0)).is_ok_and(|count| count > 0)
}

fn send_pragma(connection: &Connection, text: &str) -> Result<(), DriverError> {
    let step = || -> rusqlite::Result<()> {
        let mut statement = connection.prepare(&format!("PRAGMA {text}"))?;
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {}
        Ok(())
    };
    step().map_err(|error| {
        let error = statement_error(&error, "");
        let message = format!("PRAGMA {text}: {}", error.message);
        DriverError { kind: ErrorKind::Config, message, ..error }
    })
}

/// Looks at the path before the library does, which has only one error for everything. True: there is no such file.
fn check_path(path: &Path) -> Result<bool, DriverError> {
    let shown = path.display();
    let refuse = |reason: String| {
        Err(DriverError::new(ErrorKind::Connect, format!("unable to open `{shown}`: {reason}")))
    };
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => refuse("it is a folder, not a database file".to_owned()),
        Ok(_) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            match folder.filter(|folder| !folder.exists()) {
                Some(folder) => refuse(format!("the folder `{}` does not exist", folder.display())),
                None => Ok(true),
            }
        }
        Err(error) => refuse(error.to_string()),
    }
}

/// Says it with the file's name, and in plain words where the library is brief.
fn explain(error: DriverError, path: &Path) -> DriverError {
    if error.kind != ErrorKind::Connect {
        return error;
    }
    let shown = path.display();
    let code = error.number.map(|number| number & 0xff);
    let message = if code == Some(i64::from(rusqlite::ffi::SQLITE_NOTADB)) {
        format!("`{shown}` is not an SQLite database ({})", error.message)
    } else if code == Some(i64::from(rusqlite::ffi::SQLITE_CANTOPEN)) {
        let reason =
            File::open(path).err().map_or_else(|| error.message.clone(), |reason| reason.to_string());
        format!("unable to open `{shown}`: {reason}")
    } else {
        format!("unable to open `{shown}`: {}", error.message)
    };
    DriverError { message, ..error }
}

fn path_text(path: &Path) -> Result<String, DriverError> {
    let text = path.to_str().map(str::to_owned);
    // A plain name that begins like a URI would be taken for one.
    let text = text.map(|text| if text.starts_with("file:") { format!("./{text}") } else { text });
    text.ok_or_else(|| {
        DriverError::new(ErrorKind::Config, format!("the path `{}` is not UTF-8", path.display()))
    })
}

/// The URI that says to the library what only a URI can say.
fn uri(dbstring: &DbString, path: &str, in_memory: bool) -> String {
    let mut uri = "file:".to_owned();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' | b':' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    let memory = in_memory.then(|| ("mode".to_owned(), "memory".to_owned()));
    let parameters = memory.iter().chain(&dbstring.uri_parameters);
    let parameters: Vec<String> = parameters.map(|(key, value)| format!("{key}={value}")).collect();
    if parameters.is_empty() { uri } else { format!("{uri}?{}", parameters.join("&")) }
}
