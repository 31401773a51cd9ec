//! Who makes and drops the databases of this process: a thread for each place, which outlives every test.
//!
//! A test's own runtime ends with the test, and everything that was opened in it. The lock that says that the process
//! lives, and what happens after a test, need one that stays.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError, mpsc as blocking};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};

use crate::{Error, Migrator};

/// Where databases are made: a server, or a folder.
#[async_trait]
pub(super) trait Place: Send {
    /// Makes a migrated database, after removing what dead processes left.
    async fn make(&mut self, migrator: &Migrator) -> Result<Made, Error>;
    /// Drops one of them.
    async fn drop(&mut self, name: &str) -> Result<(), Error>;
}

/// A database that was made.
pub(super) struct Made {
    pub(super) name: String,
    pub(super) url: String,
}

enum Job {
    Make(Box<Migrator>, oneshot::Sender<Result<Made, Error>>),
    Drop(String, Box<dyn FnOnce(Result<(), Error>) + Send>),
}

/// How to reach the thread of a place.
#[derive(Clone)]
pub(super) struct Keeper {
    jobs: mpsc::UnboundedSender<Job>,
}

static KEEPERS: LazyLock<Mutex<HashMap<String, Keeper>>> = LazyLock::new(Mutex::default);

/// Part of the name of everything that this process makes.
pub(super) static OWNER: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(std::process::id()));

/// A number that nothing else of this process has.
pub(super) fn new_number() -> u64 {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    COUNT.fetch_add(1, Ordering::Relaxed)
}

impl Keeper {
    /// The keeper of a place, which is made for the first who asks.
    pub(super) fn of(
        key: &str,
        place: impl FnOnce() -> Result<Box<dyn Place>, Error>,
    ) -> Result<Self, Error> {
        let mut keepers = KEEPERS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(keeper) = keepers.get(key).filter(|keeper| !keeper.jobs.is_closed()) {
            return Ok(keeper.clone());
        }
        let keeper = Self::start(place()?)
            .map_err(|error| Error::config(format!("no thread for test databases: {error}")))?;
        keepers.insert(key.to_owned(), keeper.clone());
        Ok(keeper)
    }

    fn start(mut place: Box<dyn Place>) -> std::io::Result<Self> {
        let (jobs, mut received) = mpsc::unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let work = async move {
            while let Some(job) = received.recv().await {
                carry_out(job, &mut *place).await;
            }
        };
        std::thread::Builder::new()
            .name("brant-test-databases".to_owned())
            .spawn(move || runtime.block_on(work))?;
        Ok(Self { jobs })
    }

    /// Makes a database.
    pub(super) async fn make(&self, migrator: Migrator) -> Result<Made, Error> {
        let (reply, made) = oneshot::channel();
        let _ = self.jobs.send(Job::Make(Box::new(migrator), reply));
        made.await.unwrap_or_else(|_| Err(gone()))
    }

    /// Drops a database.
    pub(super) async fn drop(&self, name: &str) -> Result<(), Error> {
        let (reply, dropped) = oneshot::channel();
        self.drop_then(name, move |result| drop(reply.send(result)));
        dropped.await.unwrap_or_else(|_| Err(gone()))
    }

    /// Drops a database, waits for that no longer than so, and forgives everything.
    pub(super) fn drop_within(&self, name: &str, limit: Duration) {
        let (reply, dropped) = blocking::channel();
        self.drop_then(name, move |result| drop(reply.send(result)));
        let _ = dropped.recv_timeout(limit);
    }

    fn drop_then(&self, name: &str, then: impl FnOnce(Result<(), Error>) + Send + 'static) {
        let _ = self.jobs.send(Job::Drop(name.to_owned(), Box::new(then)));
    }
}

async fn carry_out(job: Job, place: &mut dyn Place) {
    match job {
        Job::Make(migrator, reply) => {
            // Nobody may wait any more: a test's own time limit was over.
            if let Err(Ok(unwanted)) = reply.send(place.make(&migrator).await) {
                let _ = place.drop(&unwanted.name).await;
            }
        }
        Job::Drop(name, reply) => reply(place.drop(&name).await),
    }
}

fn gone() -> Error {
    Error::config("the thread that makes test databases has ended: a migration panicked in it")
}
