//! Waiting for the database and for a request to stop at the same time.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use brant_driver::{Cancel, Connection, DriverError, ErrorKind};

use crate::StopReason;

/// How long the server is given to deliver a cancel request, and then to end the cancelled statement.
const CANCEL_PATIENCE: Duration = Duration::from_secs(5);
pub(crate) const CANCEL_AGAIN: Duration = Duration::from_millis(500);

/// What came of work that could be stopped.
pub(crate) struct Guarded<T> {
    /// The work's own result; `None` if it did not end even after it was cancelled.
    pub(crate) result: Option<T>,
    /// The run was asked to end while the work went on.
    pub(crate) stopped: Option<StopReason>,
}

/// Does the work; if the run is asked to end meanwhile (`stop` is ready), cancels it on the server and waits for it to
/// end.
pub(crate) async fn guarded<T>(
    stop: impl Future<Output = StopReason>,
    canceller: Arc<dyn Cancel>,
    work: impl Future<Output = T>,
) -> Guarded<T> {
    let mut work = pin!(work);
    let reason = tokio::select! {
        biased;
        reason = stop => reason,
        result = &mut work => return Guarded { result: Some(result), stopped: None },
    };
    // The work must be polled on while the cancel requests travel: its connection may be what carries them. They are
    // repeated, since a server may let one statement end and go on with the next.
    let cancels = async {
        loop {
            let _ = tokio::time::timeout(CANCEL_PATIENCE, canceller.cancel()).await;
            tokio::time::sleep(CANCEL_AGAIN).await;
        }
    };
    let work_ends = tokio::time::timeout(2 * CANCEL_PATIENCE, work);
    let result = tokio::select! {
        biased;
        result = work_ends => result.ok(),
        () = cancels => None,
    };
    Guarded { result, stopped: Some(reason) }
}

/// Gives up the connection of work that did not end after it was cancelled, and tells so.
pub(crate) fn given_up(connection: &mut dyn Connection) -> DriverError {
    connection.give_up();
    DriverError::new(
        ErrorKind::Closed,
        "the server did not end the statement after it was asked to; the connection was given up",
    )
}
