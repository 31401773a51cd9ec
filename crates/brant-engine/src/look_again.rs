//! A new connection in place of one that broke, to see what the database holds.

use std::time::Duration;

use brant_driver::Connection;
use brant_sql::LockSql;

use crate::Stop;
use crate::session::is_true;

/// How long a new connection is tried for, and how long the server may be busy with the broken one.
const PATIENCE: Duration = Duration::from_secs(5);
/// The same once the run was asked to end.
const PATIENCE_STOPPED: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(50);

/// Connects anew and waits until the server has done with the broken connection.
pub(crate) async fn look_again(
    broken: &mut dyn Connection,
    lock: &LockSql,
    stop: &Stop,
) -> Option<Box<dyn Connection>> {
    let patience = if stop.reason().is_some() { PATIENCE_STOPPED } else { PATIENCE };
    tokio::time::timeout(patience, async {
        loop {
            if let Ok(mut connection) = broken.sibling().await
                && is_at_rest(&mut *connection, lock).await
            {
                return connection;
            }
            tokio::time::sleep(PAUSE).await;
        }
    })
    .await
    .ok()
}

/// Waits for the end of the broken session; false if that can't be found out on this connection.
async fn is_at_rest(connection: &mut dyn Connection, lock: &LockSql) -> bool {
    let Some(question) = lock.at_work() else { return true };
    loop {
        let Ok(rows) = connection.query(question).await else { return false };
        let at_work = rows.first().and_then(|row| row.first()).is_some_and(|v| is_true(v.as_deref()));
        if !at_work {
            return true;
        }
        tokio::time::sleep(PAUSE).await;
    }
}
