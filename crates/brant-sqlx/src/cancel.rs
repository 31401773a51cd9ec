//! Stopping what runs on a connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use brant::driver::facts::process::UnderWay;
use brant::driver::{Cancel, Connection, DriverError};

use crate::connection::{Options, connect_beside, no_second};
use crate::kind::Kind;

/// Asks by another connection, where there is a server to ask, and sets the brake, where the client looks at one.
pub(crate) struct Canceller<DB: Kind> {
    pub(crate) brake: Arc<AtomicBool>,
    pub(crate) session: String,
    pub(crate) under_way: Arc<UnderWay>,
    pub(crate) options: Option<Options<DB>>,
}

#[async_trait]
impl<DB: Kind> Cancel for Canceller<DB> {
    async fn cancel(&self) -> Result<(), DriverError> {
        self.brake.store(true, Ordering::SeqCst);
        let sql = DB::stop_sql(&self.session, &self.under_way);
        let (Some(sql), Some(options)) = (sql, &self.options) else { return Ok(()) };
        let mut connection = connect_beside::<DB>(options).await?;
        let outcome = connection.execute(&sql).await;
        Box::new(connection).close().await;
        outcome.or_else(|error| if DB::is_over(&error) { Ok(()) } else { Err(error) })
    }

    async fn session_seen_from(&self, other: &mut dyn Connection) -> Option<i64> {
        DB::session(&self.session, &self.under_way, other).await
    }

    async fn sibling(&self) -> Result<Box<dyn Connection>, DriverError> {
        match &self.options {
            Some(options) if !self.session.is_empty() => Ok(Box::new(connect_beside::<DB>(options).await?)),
            _ => Err(no_second("a borrowed connection of which the options are not known")),
        }
    }
}
