//! Looks after a statement that takes long, from a second connection, while the first one waits for it.
//!
//! Most statements are done before the first look, and then nothing is connected. A second connection that can't be had
//! is no error: the statement is waited for all the same, without news of it.

use std::convert::Infallible;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use brant_core::{Blocker, Event, Observer};
use brant_driver::{Cancel, Connection};
use brant_sql::Dialect;

use crate::blockers;

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
    /// Who keeps it waiting, as far as that is known.
    blockers: Vec<Blocker>,
}

impl<'o> Desk<'o> {
    /// Something begins.
    pub(crate) fn new(observer: &'o mut dyn Observer) -> Self {
        Self(Mutex::new(UnderWay { observer, since: Instant::now(), blockers: Vec::new() }))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, UnderWay<'o>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
    /// Who was told of last, and when.
    told: Option<(Vec<i64>, Instant)>,
}

enum Link {
    /// Nothing had to be looked at so far.
    Unopened,
    Open {
        connection: Box<dyn Connection>,
        questions: Vec<String>,
    },
    /// There is no second connection, or nothing to ask.
    Blind,
}

impl Watcher {
    pub(crate) fn new(dialect: &'static dyn Dialect) -> Self {
        Self { dialect, link: Link::Unopened, told: None }
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
                tokio::time::sleep_until(due.into()).await;
                continue;
            }
            looked = Some(Instant::now());
            let found = tokio::time::timeout(LOOK_LIMIT, self.look(path)).await.unwrap_or_default();
            self.tell(desk, since, found);
        }
    }

    /// Who keeps the connection waiting now.
    async fn look(&mut self, path: &dyn Cancel) -> Vec<Blocker> {
        if matches!(self.link, Link::Unopened) {
            // Until it is open it counts as none: a look that takes too long is not tried again.
            self.link = Link::Blind;
            self.link = open(self.dialect, path).await;
        }
        let Link::Open { connection, questions } = &mut self.link else { return Vec::new() };
        let found = blockers::ask(&mut **connection, questions).await;
        if connection.is_closed() {
            self.link = Link::Blind;
        }
        found
    }

    /// Tells what was found of the statement that began at that time, unless it is done by now.
    fn tell(&mut self, desk: &Desk<'_>, since: Instant, found: Vec<Blocker>) {
        let mut desk = desk.lock();
        if found.is_empty() || desk.since != since {
            return;
        }
        let sessions: Vec<i64> = found.iter().map(|blocker| blocker.session).collect();
        let is_news =
            self.told.as_ref().is_none_or(|(known, at)| *known != sessions || at.elapsed() >= NEWS_EVERY);
        if is_news {
            desk.observer.event(&Event::Blocked { blockers: &found, waited: since.elapsed() });
            self.told = Some((sessions, Instant::now()));
        }
        desk.blockers = found;
    }

    /// Takes leave of the server.
    pub(crate) async fn close(self) {
        if let Link::Open { connection, .. } = self.link {
            connection.close().await;
        }
    }
}

async fn open(dialect: &dyn Dialect, path: &dyn Cancel) -> Link {
    let Some(session) = path.session().await else { return Link::Blind };
    let questions = dialect.blockers(session);
    match path.sibling().await {
        Ok(connection) if !questions.is_empty() => Link::Open { connection, questions },
        _ => Link::Blind,
    }
}
