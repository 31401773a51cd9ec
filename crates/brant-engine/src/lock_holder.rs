//! Who holds the lock, and how it is taken from a holder that is in the way.

use std::time::{Duration, Instant};

use brant_driver::Row;
use brant_sql::LockSql;

use crate::lock::{holder_of_file, lock_path, sleep};
use crate::session::{Session, database, nothing_done};
use crate::{RunError, RunErrorKind};

/// How often is looked whether a lock is free.
const PAUSE: Duration = Duration::from_millis(50);

/// A session or process that holds the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockHolder {
    /// The number of its session on the server; `None` where a process of this machine holds a file.
    pub session: Option<i64>,
    /// The number of the session that works under the lock, if it is another one and is known.
    pub worker: Option<i64>,
    /// What is known of it.
    pub description: String,
}

impl Session<'_> {
    /// Who holds the lock of this history; `None`: nobody. Changes nothing.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub async fn lock_holder(&mut self) -> Result<Option<LockHolder>, RunError> {
        self.find_lock_holder().await.map_err(nothing_done)
    }

    /// Ends the sessions of a holder, and waits until it holds the lock no longer. Returns who holds it then: nobody, or
    /// whoever was faster.
    ///
    /// # Errors
    ///
    /// When the server refuses, and when the session still holds the lock after that time.
    pub async fn break_lock(
        &mut self,
        holder: &LockHolder,
        patience: Duration,
    ) -> Result<Option<LockHolder>, RunError> {
        self.end_holder(holder, patience).await.map_err(nothing_done)
    }

    pub(crate) async fn find_lock_holder(&mut self) -> Result<Option<LockHolder>, RunErrorKind> {
        self.probe().await?;
        let holder = match self.lock_sql() {
            LockSql::File => {
                let path = self.connection().database_file().map(|database| lock_path(&database));
                let description = path.and_then(|path| holder_of_file(&path));
                return Ok(description.map(|description| LockHolder {
                    session: None,
                    worker: None,
                    description,
                }));
            }
            LockSql::SideTransaction { holder, .. } | LockSql::Session { holder, .. } => holder,
        };
        let rows = self.ask(&holder).await?;
        let Some(mut found) = rows.into_iter().next().and_then(known) else { return Ok(None) };
        if let Some(journalled) = self.journalled_owner().await {
            found.description.push_str(&journalled);
        }
        Ok(Some(found))
    }

    async fn end_holder(
        &mut self,
        holder: &LockHolder,
        patience: Duration,
    ) -> Result<Option<LockHolder>, RunErrorKind> {
        let began = Instant::now();
        let stop = self.stop().clone();
        let mut ended = Vec::new();
        loop {
            let now = self.find_lock_holder().await?.filter(|now| now.session == holder.session);
            let Some(now) = now else { return self.find_lock_holder().await };
            // What works must not go on when the lock is free.
            if let Some(session) = now.worker.or(now.session).filter(|session| !ended.contains(session)) {
                self.end_session(session).await?;
                ended.push(session);
            }
            let waited = began.elapsed();
            if waited >= patience {
                return Err(RunErrorKind::Locked { holder: now.description, waited });
            }
            sleep(PAUSE, &stop).await.map_err(RunErrorKind::Stopped)?;
        }
    }

    async fn end_session(&mut self, session: i64) -> Result<(), RunErrorKind> {
        let Some(end) = self.dialect().end_session(session) else { return Ok(()) };
        let ended = self.connection().execute(&end).await;
        ended.map_err(|error| database("end the session that holds the lock", error))
    }
}

fn known(row: Row) -> Option<LockHolder> {
    let [session, worker, description] = <[Option<String>; 3]>::try_from(row).ok()?;
    let session = session?.parse().ok()?;
    let worker = worker.and_then(|worker| worker.parse().ok());
    Some(LockHolder { session: Some(session), worker, description: description.unwrap_or_default() })
}
