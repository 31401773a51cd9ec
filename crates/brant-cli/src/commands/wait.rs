//! `wait`

use std::time::{Duration, Instant};

use brant_driver::{Access, Connection, DriverError, Endpoint, ErrorKind};
use brant_engine::RunErrorKind;

use super::{Command, Context};
use crate::failure::Failure;
use crate::output::Console;
use crate::output::json::{Body, Millis};
use crate::{database, go, signal};

/// How soon a server that was not there is looked for again, at first and in the end.
const PAUSE_FIRST: Duration = Duration::from_millis(50);
const PAUSE_LAST: Duration = Duration::from_secs(1);

pub(super) const COMMAND: Command = Command {
    name: "wait",
    arguments: "",
    summary: "wait until the database accepts connections",
    details: "For scripts that start a server and then migrate it. Only a server that can't be reached, or is not ready \
              yet, is waited for: a refused password and a malformed connection string end it at once. Nothing is \
              changed.",
    example: "brant wait --for 90s && brant up",
    needs_database: true,
    target: None,
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    let endpoint = database::endpoint(cx, cx.named_database())?;
    let patience = cx.config.wait_for;
    let stop = signal::watch(cx.config.timeout);
    let started = Instant::now();
    let server = database::block_on(async {
        let connection = tokio::select! {
            biased;
            reason = stop.requested() => return Err(RunErrorKind::Stopped(reason).into()),
            connection = reach(&*endpoint, patience, console) => connection?,
        };
        let server = connection.server().to_owned();
        connection.close().await;
        Ok(server)
    })?;
    console.result(format_args!("brant: the database accepts connections: {server}"));
    Ok(Body { server: Some(server), waited_ms: Some(Millis(started.elapsed())), ..Body::default() })
}

/// Tries until the time is over. The last error is the one that tells what is wrong.
async fn reach(
    endpoint: &dyn Endpoint,
    patience: Duration,
    console: &mut Console,
) -> Result<Box<dyn Connection>, Failure> {
    let deadline = Instant::now() + patience;
    // Even without patience one attempt is worth its time.
    let last_moment = deadline.max(Instant::now() + PAUSE_LAST);
    let mut pause = PAUSE_FIRST;
    let mut last: Option<DriverError> = None;
    loop {
        let error = match tokio::time::timeout_at(last_moment.into(), endpoint.connect(Access::Read)).await {
            Ok(Ok(connection)) => return Ok(connection),
            Ok(Err(error)) => error,
            Err(_) => return Err(too_late(last.unwrap_or_else(no_answer), patience)),
        };
        if !may_pass(&error) {
            return Err(RunErrorKind::Database { doing: "connect", error }.into());
        }
        if Instant::now() + pause >= deadline {
            return Err(too_late(error, patience));
        }
        if last.is_none() {
            console.note(format_args!("brant: waiting for the database: {error}"));
        }
        last = Some(error);
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_LAST);
    }
}

/// Whether time may help: the server can't be reached, is not ready, or does not have its database yet. It does not
/// help against a refused user (SQLSTATE class 28) or a missing right (class 42, to which MySQL counts a database
/// that does not exist, number 1049).
fn may_pass(error: &DriverError) -> bool {
    let refused =
        error.sqlstate.as_deref().is_some_and(|state| state.starts_with("28") || state.starts_with("42"));
    error.kind == ErrorKind::Connect && (!refused || error.number == Some(1049))
}

fn no_answer() -> DriverError {
    DriverError::new(ErrorKind::Connect, "no answer from the server")
}

fn too_late(error: DriverError, patience: Duration) -> Failure {
    let patience = go::format_duration(patience);
    let failure = Failure::plain("connect", format!("no connection within {patience}: {error}"));
    failure.next(
        error.hint.unwrap_or_else(|| "see that the server runs, or wait longer with `--for`".to_owned()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_is_waited_for() {
        let error = |kind, state: Option<&str>, number| DriverError {
            sqlstate: state.map(ToOwned::to_owned),
            number,
            ..DriverError::new(kind, "")
        };
        for (kind, state, number, waits) in [
            (ErrorKind::Connect, None, None, true),
            (ErrorKind::Connect, Some("57P03"), None, true),
            (ErrorKind::Connect, Some("3D000"), None, true),
            (ErrorKind::Connect, Some("08004"), Some(1040), true),
            (ErrorKind::Connect, Some("42000"), Some(1049), true),
            (ErrorKind::Connect, Some("42000"), Some(1044), false),
            (ErrorKind::Connect, Some("28P01"), None, false),
            (ErrorKind::Connect, Some("28000"), Some(1045), false),
            (ErrorKind::Config, None, None, false),
        ] {
            assert_eq!(may_pass(&error(kind, state, number)), waits, "{kind:?} {state:?} {number:?}");
        }
    }
}
