//! The thread that a connection lives on.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, InterruptHandle};
use tokio::sync::{mpsc, oneshot};

use crate::stepping;
use crate::{Access, BatchError, DriverError, ErrorKind, ResultSet, Row};

use super::dbstring::{Begin, DbString};
use super::open::{Opened, open};

/// Durations of successes are passed on when that much time has gone since the last time, or at the end: waking the
/// other side for each of a thousand short statements would take longer than the statements.
const REPORT_INTERVAL: Duration = Duration::from_millis(20);

/// So few statements are told of at once, that who watches sees which one takes long.
const FEW: usize = 16;

/// What the thread is asked to do.
pub(super) enum Job {
    /// Run texts one after the other until one fails.
    Run {
        texts: Vec<String>,
        /// Hears how long each success took.
        times: mpsc::UnboundedSender<Vec<Duration>>,
        reply: oneshot::Sender<Result<(), BatchError>>,
    },
    /// Run one text and return its rows, or of those of a command that begin alike only the first.
    Query { text: String, only_firsts: bool, reply: oneshot::Sender<Result<Vec<Row>, DriverError>> },
    /// Run one text and return what its last command returned.
    Results { text: String, reply: oneshot::Sender<Result<ResultSet, DriverError>> },
    /// Close the database and end.
    Close { reply: oneshot::Sender<()> },
}

/// The wish to stop what runs, shared between the thread and those who may wish it.
#[derive(Debug, Default)]
pub(super) struct Interruption {
    running: AtomicBool,
    wanted: AtomicBool,
}

impl Interruption {
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::SeqCst)
    }

    /// Asks what runs now to stop. False: nothing runs.
    fn want(&self) -> bool {
        let is_running = self.running.load(Ordering::SeqCst);
        if is_running {
            self.wanted.store(true, Ordering::SeqCst);
        }
        is_running
    }

    fn start(&self) {
        self.wanted.store(false, Ordering::SeqCst);
        self.running.store(true, Ordering::SeqCst);
    }

    fn end(&self) {
        self.running.store(false, Ordering::SeqCst);
    }
}

/// What stops the thread's work from elsewhere.
#[derive(Clone)]
pub(super) struct Brake {
    interruption: Arc<Interruption>,
    handle: Arc<InterruptHandle>,
}

impl Brake {
    /// Stops what runs now. Nothing runs: nothing happens.
    pub(super) fn pull(&self) {
        if self.interruption.want() {
            self.handle.interrupt();
        }
    }
}

/// The other side of the thread.
pub(super) struct Worker {
    pub(super) jobs: Sender<Job>,
    pub(super) brake: Brake,
    pub(super) database_file: Option<PathBuf>,
}

/// Starts a thread and opens a database on it.
pub(super) async fn start(dbstring: Arc<DbString>, access: Access) -> Result<Worker, DriverError> {
    let (jobs, inbox) = channel();
    let (reply, opened) = oneshot::channel();
    let interruption = Arc::new(Interruption::default());
    let shared = Arc::clone(&interruption);
    let thread = thread::Builder::new().name("sqlite".to_owned());
    let started = thread.spawn(move || {
        BUSY.set(Some(Waiting { limit: dbstring.busy_timeout, interruption: Arc::clone(&shared) }));
        match open(&dbstring, access, wait_for_lock) {
            Err(error) => drop(reply.send(Err(error))),
            Ok(Opened { connection, database_file }) => {
                let handle = Arc::new(connection.get_interrupt_handle());
                if reply.send(Ok((handle, database_file))).is_ok() {
                    work(connection, &inbox, dbstring.begin, &shared);
                }
            }
        }
    });
    if let Err(error) = started {
        return Err(DriverError::new(ErrorKind::Connect, format!("cannot start a thread: {error}")));
    }
    let (handle, database_file) = opened.await.unwrap_or_else(|_| Err(closed()))?;
    Ok(Worker { jobs, brake: Brake { interruption, handle }, database_file })
}

/// Does what it is asked to until nobody is left who could ask.
fn work(connection: Connection, inbox: &Receiver<Job>, begin: Begin, interruption: &Interruption) {
    while let Ok(job) = inbox.recv() {
        interruption.start();
        match job {
            Job::Run { texts, times, reply } => {
                let is_abandoned = || reply.is_closed();
                let outcome = run(&connection, &texts, begin, interruption, &times, is_abandoned);
                // Nobody hears more times after this, so that who listens goes on to the reply.
                drop(times);
                interruption.end();
                let _ = reply.send(outcome);
            }
            // Whoever asked has gone.
            Job::Query { reply, .. } if reply.is_closed() => interruption.end(),
            Job::Query { text, only_firsts, reply } => {
                let is_stopped = || interruption.is_wanted();
                let outcome = match only_firsts {
                    true => stepping::firsts(&connection, &text, is_stopped),
                    false => stepping::query(&connection, &text, is_stopped),
                };
                interruption.end();
                let _ = reply.send(outcome);
            }
            Job::Results { reply, .. } if reply.is_closed() => interruption.end(),
            Job::Results { text, reply } => {
                let outcome =
                    stepping::results(&connection, resolve_begin(&text, begin), || interruption.is_wanted());
                interruption.end();
                let _ = reply.send(outcome);
            }
            Job::Close { reply } => {
                interruption.end();
                drop(connection);
                let _ = reply.send(());
                return;
            }
        }
    }
}

fn run(
    connection: &Connection,
    texts: &[String],
    begin: Begin,
    interruption: &Interruption,
    times: &mpsc::UnboundedSender<Vec<Duration>>,
    is_abandoned: impl Fn() -> bool,
) -> Result<(), BatchError> {
    let mut untold = Vec::new();
    let mut told = Instant::now();
    let mut start = told;
    let mut outcome = Ok(());
    for (index, text) in texts.iter().enumerate() {
        if is_abandoned() {
            break;
        }
        outcome = stepping::execute(connection, resolve_begin(text, begin), || interruption.is_wanted())
            .map_err(|error| BatchError { index, error });
        if outcome.is_err() {
            break;
        }
        let now = Instant::now();
        untold.push(now - start);
        start = now;
        if texts.len() <= FEW || now - told >= REPORT_INTERVAL {
            let _ = times.send(std::mem::take(&mut untold));
            told = now;
        }
    }
    let _ = times.send(untold);
    outcome
}

/// The bare `BEGIN` begins what `_txlock` says, as it does in Go's drivers.
fn resolve_begin(sql: &str, begin: Begin) -> &str {
    match begin {
        Begin::Immediate if sql == "BEGIN" => "BEGIN IMMEDIATE",
        Begin::Exclusive if sql == "BEGIN" => "BEGIN EXCLUSIVE",
        _ => sql,
    }
}

/// The thread has ended.
pub(super) fn closed() -> DriverError {
    DriverError::new(ErrorKind::Closed, "the connection to the database is closed")
}

/// How this thread waits for locks.
struct Waiting {
    limit: Duration,
    interruption: Arc<Interruption>,
}

thread_local! {
    static BUSY: RefCell<Option<Waiting>> = const { RefCell::new(None) };
}

/// How long to sleep at each try, in milliseconds: the library's own steps. The last repeats.
const STEPS: [u64; 12] = [1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100];

/// Called by the library when somebody else has the lock. False: give up.
///
/// The library's own way of waiting can't be interrupted.
fn wait_for_lock(n_tries: i32) -> bool {
    BUSY.with_borrow(|waiting| {
        let Some(Waiting { limit, interruption }) = waiting else { return false };
        let tries = usize::try_from(n_tries).unwrap_or(0);
        let last = STEPS.len() - 1;
        let repeated = u64::try_from(tries.saturating_sub(last)).unwrap_or(0) * STEPS[last];
        let slept = Duration::from_millis(STEPS[..tries.min(last)].iter().sum::<u64>() + repeated);
        let Some(left) = limit.checked_sub(slept).filter(|left| !left.is_zero()) else { return false };
        if interruption.is_wanted() {
            return false;
        }
        thread::sleep(left.min(Duration::from_millis(STEPS[tries.min(last)])));
        true
    })
}
