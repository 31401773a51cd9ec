//! Looks after a statement that takes long, from a second connection, while the first one waits for it.
//!
//! Most statements are done before the first look, and then nothing is connected. A second connection that can't be had
//! is no error: the statement is waited for all the same, without news of it.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use brant_core::{Blocker, Event, Observer, Progress};
use brant_driver::{Cancel, Connection, DriverError, ErrorKind, Row};
use brant_sql::Dialect;
use tokio::time::{Sleep, sleep_until};

use crate::blockers::blocker;
use crate::guard::CANCEL_AGAIN;

/// How long a statement runs before it is looked at for the first time, and how long until it is looked at again.
const FIRST_LOOK: Duration = Duration::from_millis(500);
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a look may take.
const LOOK_LIMIT: Duration = Duration::from_secs(5);
/// How often an observer hears of the same sessions again.
const NEWS_EVERY: Duration = Duration::from_secs(5);

/// What is under way on the connection: whoever sends keeps it true, the watcher reads it. Both tell the observer.
pub(crate) struct Desk<'o>(Mutex<UnderWay<'o>>);

/// See [`Desk`].
pub(crate) struct UnderWay<'o> {
    pub(crate) observer: &'o mut dyn Observer,
    /// Since when the statement runs that runs now.
    since: Instant,
    /// How long a statement may run.
    limit: Option<Duration>,
    /// It has run for longer, and was cancelled.
    overran: bool,
    /// Who keeps it waiting, as far as that is known.
    blockers: Vec<Blocker>,
}

impl<'o> Desk<'o> {
    /// Something begins.
    pub(crate) fn new(observer: &'o mut dyn Observer, limit: Option<Duration>) -> Self {
        let since = Instant::now();
        Self(Mutex::new(UnderWay { observer, since, limit, overran: false, blockers: Vec::new() }))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, UnderWay<'o>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the failure of the last statement is to be called.
    pub(crate) fn judge(&self, error: DriverError) -> DriverError {
        let UnderWay { overran, limit, .. } = &*self.lock();
        match limit {
            Some(limit) if *overran && error.kind == ErrorKind::Cancelled => DriverError {
                kind: ErrorKind::Statement,
                message: format!("the statement ran for longer than it may ({limit:?})"),
                ..error
            },
            _ => error,
        }
    }

    /// Who kept the last statement waiting.
    pub(crate) fn into_blockers(self) -> Vec<Blocker> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner).blockers
    }
}

impl UnderWay<'_> {
    /// The next statement begins.
    pub(crate) fn next(&mut self) {
        self.since = Instant::now();
        self.blockers.clear();
    }
}

/// What a run looks through.
pub(crate) struct Watcher {
    dialect: &'static dyn Dialect,
    link: Link,
    /// Set when it is first needed, and then when it has run out: to set one for each statement takes longer.
    timer: Option<Pin<Box<Sleep>>>,
    /// Who was told of last, and when.
    told: Option<(Vec<i64>, Instant)>,
}

enum Link {
    /// Nothing had to be looked at so far.
    Unopened,
    Open(Box<Looking>),
    /// There is nothing to ask, or no second connection, and why: as long as nobody was told.
    Blind(Option<String>),
}

/// A second connection, and what is asked on it.
struct Looking {
    connection: Box<dyn Connection>,
    /// The session that the questions are about. Behind a pooler it may be another one for each transaction.
    session: Option<i64>,
    blockers: Vec<String>,
    progress: Vec<String>,
}

/// What a look showed.
#[derive(Default)]
struct Sight {
    /// Who keeps the connection waiting.
    blockers: Vec<Blocker>,
    /// How far its statement is.
    progress: Option<Progress>,
}

impl Watcher {
    pub(crate) fn new(dialect: &'static dyn Dialect) -> Self {
        Self { dialect, link: Link::Unopened, timer: None, told: None }
    }

    /// Does the work, and looks after it meanwhile by its connection's second path.
    pub(crate) async fn beside<T>(
        &mut self,
        path: &Arc<dyn Cancel>,
        desk: &Desk<'_>,
        work: impl Future<Output = T>,
    ) -> T {
        tokio::select! {
            biased;
            result = work => result,
            never = cancel_late(&**path, desk) => match never {},
            never = self.watch(&**path, desk) => match never {},
        }
    }

    async fn watch(&mut self, path: &dyn Cancel, desk: &Desk<'_>) -> Infallible {
        let mut looked: Option<Instant> = None;
        loop {
            let since = desk.lock().since;
            let due = match looked {
                Some(looked) if looked > since => looked + LOOK_EVERY,
                _ => since + FIRST_LOOK,
            };
            if Instant::now() < due {
                self.wait_until(due.into()).await;
                continue;
            }
            looked = Some(Instant::now());
            let sight = tokio::time::timeout(LOOK_LIMIT, self.look(path)).await.unwrap_or_default();
            self.tell(desk, since, sight);
        }
    }

    /// Waits until then, or for less.
    async fn wait_until(&mut self, due: tokio::time::Instant) {
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if timer.is_elapsed() || timer.deadline() > due {
            timer.as_mut().reset(due);
        }
        timer.await;
    }

    /// How things stand on the connection now.
    async fn look(&mut self, path: &dyn Cancel) -> Sight {
        if matches!(self.link, Link::Unopened) {
            // Until it is open it counts as none: a look that takes too long is not tried again.
            self.link = Link::Blind(Some("the second connection takes too long".to_owned()));
            self.link = open(self.dialect, path).await;
        }
        let Link::Open(looking) = &mut self.link else { return Sight::default() };
        let sight = looking.look(self.dialect, path).await;
        if looking.connection.is_closed() {
            self.link = Link::Blind(Some("the second connection was lost".to_owned()));
        }
        sight
    }

    /// Tells what was seen of the statement that began at that time, unless it is done by now.
    fn tell(&mut self, desk: &Desk<'_>, since: Instant, Sight { blockers, progress }: Sight) {
        let mut desk = desk.lock();
        if let Link::Blind(why) = &mut self.link
            && let Some(why) = why.take()
        {
            desk.observer.event(&Event::Unwatched(&why));
        }
        if desk.since != since {
            return;
        }
        if blockers.is_empty() {
            let (running, progress) = (since.elapsed(), progress.as_ref());
            desk.observer.event(&Event::StatementRunning { running, progress });
            return;
        }
        let sessions: Vec<i64> = blockers.iter().map(|blocker| blocker.session).collect();
        let is_news =
            self.told.as_ref().is_none_or(|(known, at)| *known != sessions || at.elapsed() >= NEWS_EVERY);
        if is_news {
            desk.observer.event(&Event::Blocked { blockers: &blockers, waited: since.elapsed() });
            self.told = Some((sessions, Instant::now()));
        }
        desk.blockers = blockers;
    }

    /// Takes leave of the server.
    pub(crate) async fn close(self) {
        if let Link::Open(looking) = self.link {
            looking.connection.close().await;
        }
    }
}

/// Cancels the statement that has run for longer than it may, until it ends.
async fn cancel_late(path: &dyn Cancel, desk: &Desk<'_>) -> Infallible {
    loop {
        let (since, limit) = {
            let desk = desk.lock();
            (desk.since, desk.limit)
        };
        let Some(limit) = limit else { return std::future::pending().await };
        if since.elapsed() < limit {
            tokio::time::sleep_until((since + limit).into()).await;
            continue;
        }
        desk.lock().overran = true;
        let _ = tokio::time::timeout(LOOK_LIMIT, path.cancel()).await;
        tokio::time::sleep(CANCEL_AGAIN).await;
    }
}

async fn open(dialect: &dyn Dialect, path: &dyn Cancel) -> Link {
    if dialect.blockers(0).is_empty() {
        return Link::Blind(None);
    }
    match path.sibling().await {
        Ok(connection) => {
            let (blockers, progress) = (Vec::new(), Vec::new());
            Link::Open(Box::new(Looking { connection, session: None, blockers, progress }))
        }
        Err(error) => Link::Blind(Some(error.message)),
    }
}

impl Looking {
    async fn look(&mut self, dialect: &dyn Dialect, path: &dyn Cancel) -> Sight {
        let session = path.session_seen_from(&mut *self.connection).await;
        let Some(number) = session else { return Sight::default() };
        if self.session != session {
            self.session = session;
            (self.blockers, self.progress) = (dialect.blockers(number), dialect.progress(number));
        }
        let connection = &mut *self.connection;
        let blockers: Vec<Blocker> =
            ask(connection, &mut self.blockers).await.iter().filter_map(blocker).collect();
        let progress = match blockers.is_empty() {
            true => ask(connection, &mut self.progress).await.iter().find_map(progress),
            false => None,
        };
        Sight { blockers, progress }
    }
}

/// Asks until a question has an answer. One that the server does not understand, or does not answer this user, is not
/// asked again.
async fn ask(connection: &mut dyn Connection, questions: &mut Vec<String>) -> Vec<Row> {
    let mut at = 0;
    while let Some(question) = questions.get(at) {
        match connection.query(question).await {
            Ok(rows) if rows.is_empty() => at += 1,
            Ok(rows) => return rows,
            Err(_) if connection.is_closed() => break,
            Err(_) => {
                questions.remove(at);
            }
        }
    }
    Vec::new()
}

fn progress(row: &Row) -> Option<Progress> {
    let text = |i: usize| row.get(i).and_then(Option::as_deref).filter(|text| !text.is_empty());
    let percent = text(1).and_then(|percent| percent.parse().ok()).map(|percent: u8| percent.min(100));
    Some(Progress::new(text(0)?.to_owned(), percent))
}
