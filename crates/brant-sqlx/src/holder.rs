//! The ways to have a connection: from a pool, borrowed, or for oneself.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, Database};
use tokio::sync::MutexGuard;
use tokio::time::timeout;

/// How long a server may take to take leave.
const GOODBYE: Duration = Duration::from_secs(1);

/// Whoever has a connection.
#[async_trait]
pub(crate) trait Holder<DB: Database>: Send {
    fn get(&self) -> &DB::Connection;
    fn get_mut(&mut self) -> &mut DB::Connection;
    /// Done with it. Is it as it was, somebody else may go on with it.
    async fn release(self, is_as_before: bool);
    /// Nobody waits any more for what was under way on it. True: nobody will ever use it again.
    fn abandon(&mut self) -> bool;
}

#[async_trait]
impl<DB: Database> Holder<DB> for PoolConnection<DB> {
    fn get(&self) -> &DB::Connection {
        self
    }

    fn get_mut(&mut self) -> &mut DB::Connection {
        self
    }

    async fn release(self, is_as_before: bool) {
        if !is_as_before {
            let _ = timeout(GOODBYE, self.close()).await;
        }
    }

    fn abandon(&mut self) -> bool {
        self.close_on_drop();
        true
    }
}

#[async_trait]
impl<DB: Database> Holder<DB> for MutexGuard<'_, &mut DB::Connection> {
    fn get(&self) -> &DB::Connection {
        self
    }

    fn get_mut(&mut self) -> &mut DB::Connection {
        self
    }

    async fn release(self, _: bool) {}

    fn abandon(&mut self) -> bool {
        false
    }
}

/// A connection that nobody else has.
pub(crate) struct Own<DB: Database>(pub(crate) DB::Connection);

#[async_trait]
impl<DB: Database> Holder<DB> for Own<DB> {
    fn get(&self) -> &DB::Connection {
        &self.0
    }

    fn get_mut(&mut self) -> &mut DB::Connection {
        &mut self.0
    }

    async fn release(self, _: bool) {
        let _ = timeout(GOODBYE, self.0.close()).await;
    }

    fn abandon(&mut self) -> bool {
        true
    }
}
