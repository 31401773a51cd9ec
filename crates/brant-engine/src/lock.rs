//! One run at a time: the lock that a run holds while it changes a database.
//!
//! Never by blocking in the database: on PostgreSQL a session that waits for a lock deadlocks with the holder's
//! CREATE INDEX CONCURRENTLY. Instead the lock is tried for again and again, with growing, jittered pauses.

use std::fs::{File, OpenOptions, TryLockError};
use std::hash::{BuildHasher, Hasher};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use brant_core::{Event, Observer};
use brant_driver::{Cancel, Connection, DriverError, ErrorKind};
use brant_sql::{LockSql, SessionLockSql};

use crate::error::RunErrorKind;
use crate::{Stop, StopReason};

const PAUSE_FIRST: Duration = Duration::from_millis(10);
const PAUSE_LAST: Duration = Duration::from_millis(250);
/// A lock that nothing was heard of for so long is asked for, and how long the answer may take.
const SILENT_MAX: Duration = Duration::from_secs(1);
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// How often an observer hears that the run still waits.
const NEWS_EVERY: Duration = Duration::from_secs(5);

/// The lock of a run.
pub(crate) enum Held {
    /// No lock was wanted, or the database belongs to this process alone.
    Nothing,
    /// A transaction on a connection of its own.
    Side { connection: Box<dyn Connection>, end: String, question: String, heard: Instant },
    /// A lock of the main connection's session.
    Session { release: String, question: String, heard: Instant },
    /// A lock file.
    File { file: File, path: PathBuf },
}

/// Locks, waiting at most `patience`.
pub(crate) async fn acquire(
    connection: &mut dyn Connection,
    sql: &LockSql,
    patience: Duration,
    owner: &str,
    stop: &Stop,
    observer: &mut dyn Observer,
) -> Result<Held, RunErrorKind> {
    let signature = signature(owner, &*connection.canceller()).await;
    let mut attempt = Attempt::prepare(connection, sql, owner, &signature).await.map_err(failed)?;
    let started = Instant::now();
    let mut pause = PAUSE_FIRST;
    let mut news: Option<Instant> = None;
    loop {
        if let Some(held) = attempt.try_once(connection).await.map_err(failed)? {
            return Ok(held);
        }
        let waited = started.elapsed();
        if waited >= patience {
            let holder = attempt.holder(connection).await;
            attempt.give_up().await;
            return Err(RunErrorKind::Locked { holder, waited });
        }
        if news.is_none_or(|at| at.elapsed() >= NEWS_EVERY) {
            let holder = attempt.holder(connection).await;
            observer.event(&Event::LockWaiting { holder: &holder, waited });
            news = Some(Instant::now());
        }
        if let Err(reason) = sleep(jittered(pause).min(patience.saturating_sub(waited)), stop).await {
            attempt.give_up().await;
            return Err(RunErrorKind::Stopped(reason));
        }
        pause = (pause * 2).min(PAUSE_LAST);
    }
}

fn failed(error: DriverError) -> RunErrorKind {
    RunErrorKind::Database { doing: "take the lock", error }
}

pub(crate) async fn sleep(pause: Duration, stop: &Stop) -> Result<(), StopReason> {
    tokio::select! {
        reason = stop.requested() => Err(reason),
        () = tokio::time::sleep(pause) => Ok(()),
    }
}

/// Between half of the pause and all of it, so that waiting runs do not march in step.
pub(crate) fn jittered(pause: Duration) -> Duration {
    let drawn = std::collections::hash_map::RandomState::new().build_hasher().finish();
    let share = u32::try_from(drawn % 512).unwrap_or(0);
    pause / 2 + pause * share / 1024
}

/// A way of trying for the lock.
enum Attempt<'a> {
    Nothing,
    Side {
        side: Option<Box<dyn Connection>>,
        try_lock: &'a str,
        end: &'a str,
        holder: &'a str,
        signature: &'a str,
    },
    Session {
        try_lock: &'a str,
        release: &'a str,
        held: &'a str,
        holder: &'a str,
    },
    File {
        path: PathBuf,
        owner: &'a str,
    },
}

impl<'a> Attempt<'a> {
    async fn prepare(
        connection: &mut dyn Connection,
        sql: &'a LockSql,
        owner: &'a str,
        signature: &'a str,
    ) -> Result<Self, DriverError> {
        match sql {
            LockSql::SideTransaction { begin_and_try, end, holder, session, .. } => {
                match connection.sibling().await {
                    Ok(side) => {
                        Ok(Self::Side { side: Some(side), try_lock: begin_and_try, end, holder, signature })
                    }
                    // A lock of the session would stay behind with whoever comes next.
                    Err(error) if connection.is_pooled().await? => Err(second_connection_needed(&error)),
                    Err(_) => Ok(Self::session(session, holder)),
                }
            }
            LockSql::Session { session, holder, .. } => Ok(Self::session(session, holder)),
            LockSql::File => Ok(match connection.database_file() {
                Some(database) => Self::File { path: lock_path(&database), owner },
                None => Self::Nothing,
            }),
        }
    }

    fn session(SessionLockSql { try_lock, release, held }: &'a SessionLockSql, holder: &'a str) -> Self {
        Self::Session { try_lock, release, held, holder }
    }

    async fn try_once(&mut self, connection: &mut dyn Connection) -> Result<Option<Held>, DriverError> {
        match self {
            Self::Nothing => Ok(Some(Held::Nothing)),
            Self::Side { side, try_lock, end, signature, .. } => {
                let Some(mut candidate) = side.take() else { return Ok(None) };
                if is_true(&candidate.query(&format!("{signature}{try_lock}")).await?) {
                    let (end, question) = ((*end).to_owned(), format!("{signature}SELECT 1"));
                    return Ok(Some(Held::Side {
                        connection: candidate,
                        end,
                        question,
                        heard: Instant::now(),
                    }));
                }
                candidate.execute(end).await?;
                *side = Some(candidate);
                Ok(None)
            }
            Self::Session { try_lock, release, held, .. } => {
                let got = is_true(&connection.query(try_lock).await?);
                let (release, question) = ((*release).to_owned(), (*held).to_owned());
                Ok(got.then(|| Held::Session { release, question, heard: Instant::now() }))
            }
            Self::File { path, owner } => try_file(path, owner).map_err(|error| {
                let text = format!("cannot lock `{}`: {error}", path.display());
                let hint = "the lock is a file beside the database: its folder must be writable";
                DriverError { hint: Some(hint.to_owned()), ..DriverError::new(ErrorKind::Connect, text) }
            }),
        }
    }

    async fn holder(&mut self, connection: &mut dyn Connection) -> String {
        let rows = match self {
            Self::Nothing => return String::new(),
            Self::Side { side: Some(side), holder, .. } => side.query(holder).await,
            Self::Side { holder, .. } | Self::Session { holder, .. } => connection.query(holder).await,
            Self::File { path, .. } => return file_holder(path),
        };
        let row = rows.ok().and_then(|rows| rows.into_iter().next());
        row.and_then(|mut row| row.pop().flatten())
            .unwrap_or_else(|| "the server does not tell whom".to_owned())
    }

    async fn give_up(self) {
        if let Self::Side { side: Some(side), .. } = self {
            side.close().await;
        }
    }
}

impl Held {
    /// The lock is known to be lost.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self, Self::Side { connection, .. } if connection.is_closed())
    }

    /// So lately was the lock heard of that [`Held::is_found_lost`] would not ask.
    pub(crate) fn was_heard(&self) -> bool {
        match self {
            Self::Side { heard, .. } | Self::Session { heard, .. } => {
                !self.is_lost() && heard.elapsed() < SILENT_MAX
            }
            Self::Nothing | Self::File { .. } => true,
        }
    }

    /// Asks whether the lock is still there, if that was last heard long ago: that it is gone may not show.
    pub(crate) async fn is_found_lost(&mut self, main: &mut dyn Connection) -> bool {
        let (connection, question, heard): (&mut dyn Connection, _, _) = match self {
            Self::Side { connection, question, heard, .. } => (&mut **connection, question, heard),
            Self::Session { question, heard, .. } => (main, question, heard),
            Self::Nothing | Self::File { .. } => return false,
        };
        if connection.is_closed() || heard.elapsed() < SILENT_MAX {
            return connection.is_closed();
        }
        let answer = tokio::time::timeout(ANSWER_LIMIT, connection.query(question)).await;
        *heard = Instant::now();
        if answer.is_err() {
            connection.give_up();
        }
        !matches!(answer, Ok(Ok(rows)) if is_true(&rows))
    }

    /// Gives the lock back, whatever became of the run. Where the server does not answer, it is left to find out itself.
    pub(crate) async fn release(self, main: &mut dyn Connection) {
        match self {
            Self::Nothing => {}
            Self::Side { mut connection, end, .. } => {
                let _ = tokio::time::timeout(ANSWER_LIMIT, connection.execute(&end)).await;
                connection.close().await;
            }
            Self::Session { release, .. } => {
                let _ = tokio::time::timeout(ANSWER_LIMIT, main.query(&release)).await;
            }
            Self::File { file, path } => {
                // Removed while still locked: whoever waits on the removed file notices that its name is gone.
                let _ = std::fs::remove_file(path);
                drop(file);
            }
        }
    }
}

/// What is put in front of a lock's statements, for whoever looks at the server's sessions: whose it is, and which
/// session works under it.
async fn signature(owner: &str, path: &dyn Cancel) -> String {
    let owner = owner.replace("*/", "").replace("/*", "");
    let owner = owner.split_whitespace().collect::<Vec<_>>().join(" ");
    let works_in = match path.session().await {
        Some(session) => format!("/* works in {session} */ "),
        None => String::new(),
    };
    format!("/* brant: {owner} */ {works_in}")
}

fn is_true(rows: &[brant_driver::Row]) -> bool {
    let value = rows.first().and_then(|row| row.first()).and_then(Option::as_deref);
    matches!(value, Some("t" | "true" | "1"))
}

fn second_connection_needed(error: &DriverError) -> DriverError {
    let text = format!(
        "a second connection is needed for the lock, because a connection pooler stands in front of the server, and \
         it failed: {error}; allow brant one more connection, or make sure that no other run overlaps and pass \
         `--no-lock`"
    );
    DriverError::new(ErrorKind::Connect, text)
}

pub(crate) fn lock_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-brant-lock");
    name.into()
}

fn try_file(path: &Path, owner: &str) -> std::io::Result<Option<Held>> {
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    if !is_still_named(&file, path) {
        return Ok(None);
    }
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(owner.as_bytes())?;
    Ok(Some(Held::File { file, path: path.to_owned() }))
}

/// Whether the name still leads to this very file: its last holder may have removed it since it was opened.
#[cfg(unix)]
fn is_still_named(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

/// Elsewhere an open file can't be removed.
#[cfg(not(unix))]
fn is_still_named(_: &File, _: &Path) -> bool {
    true
}

pub(crate) fn file_holder(path: &Path) -> String {
    let mut text = String::new();
    let read = File::open(path).and_then(|mut file| file.read_to_string(&mut text));
    match read {
        Ok(_) if !text.trim().is_empty() => text,
        _ => format!("the holder of `{}`", path.display()),
    }
}

/// Who holds the lock of a file; `None`: nobody.
pub(crate) fn holder_of_file(path: &Path) -> Option<String> {
    let file = File::open(path).ok()?;
    matches!(file.try_lock(), Err(TryLockError::WouldBlock)).then(|| file_holder(path))
}
