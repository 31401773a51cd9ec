//! Stopping what runs on a connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use brant::driver::{Cancel, Connection as _, DriverError};

use crate::connection::{Options, connect_beside};
use crate::kind::Kind;

/// Asks by another connection, where there is a server to ask, and sets the brake, where the client looks at one.
pub(crate) struct Canceller<DB: Kind> {
    pub(crate) brake: Arc<AtomicBool>,
    pub(crate) sql: Option<String>,
    pub(crate) options: Option<Options<DB>>,
}

#[async_trait]
impl<DB: Kind> Cancel for Canceller<DB> {
    async fn cancel(&self) -> Result<(), DriverError> {
        self.brake.store(true, Ordering::SeqCst);
        let (Some(sql), Some(options)) = (&self.sql, &self.options) else { return Ok(()) };
        let mut connection = connect_beside::<DB>(options).await?;
        let outcome = connection.execute(sql).await;
        Box::new(connection).close().await;
        outcome.or_else(|error| if DB::is_over(&error) { Ok(()) } else { Err(error) })
    }
}
