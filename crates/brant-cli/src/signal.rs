//! What ends a run early: Ctrl-C, SIGTERM, a terminal that is gone, and the time given with `-timeout`.

use std::io::Write as _;
use std::sync::mpsc::Sender;
use std::time::Duration;

use brant_engine::{Stop, StopReason, Stopper};
use tokio::runtime::Builder;

/// Watches from a thread of its own, so that a signal is heard whatever the run is doing. It is heard from here on.
///
/// The first signal asks the run to end; the second ends the process at once.
pub(crate) fn watch(timeout: Option<Duration>) -> Stop {
    let (stopper, stop) = Stopper::new();
    let (ready, is_ready) = std::sync::mpsc::channel::<()>();
    // A system that has no thread to spare still runs migrations; the signals then keep their default meaning.
    let _ = std::thread::Builder::new().spawn(move || {
        if let Ok(runtime) = Builder::new_current_thread().enable_all().build() {
            runtime.block_on(listen(&stopper, timeout, ready));
        }
    });
    // Whatever comes of the thread, its end of the channel is dropped then.
    let _ = is_ready.recv();
    stop
}

async fn listen(stopper: &Stopper, timeout: Option<Duration>, ready: Sender<()>) {
    let deadline = async {
        match timeout {
            Some(timeout) => tokio::time::sleep(timeout).await,
            None => std::future::pending().await,
        }
        stopper.stop(StopReason::TimedOut);
        std::future::pending::<()>().await;
    };
    let signals = async {
        let signals = Signals::new();
        drop(ready);
        let Ok(mut signals) = signals else { return std::future::pending().await };
        signals.next().await;
        say("brant: interrupted: ending the run safely; once more to end at once");
        stopper.stop(StopReason::Interrupted);
        let code = signals.next().await;
        say("brant: ended at once: the last statement may have been carried out or not");
        end(code);
    };
    tokio::join!(deadline, signals);
}

fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

#[expect(clippy::exit, reason = "the second signal means: now, whatever is going on")]
fn end(code: i32) {
    std::process::exit(code)
}

/// The signals that end a run.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// The terminal is gone. Not listened to where somebody wants the run to outlive that (`nohup`).
    hangup: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let hangup = if hangup_is_ignored() { None } else { Some(signal(SignalKind::hangup())?) };
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup,
        })
    }

    /// Waits for one, and returns the exit code that shells expect after it.
    async fn next(&mut self) -> i32 {
        tokio::select! {
            _ = self.interrupt.recv() => 130,
            _ = self.terminate.recv() => 143,
            () = async {
                match &mut self.hangup {
                    Some(hangup) => drop(hangup.recv().await),
                    None => std::future::pending().await,
                }
            } => 129,
        }
    }
}

/// Whether this process was started with SIGHUP ignored. Where the system does not tell, the signal keeps its meaning.
#[cfg(unix)]
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_none_or(|mask| mask & 1 == 1)
}

/// The signals that end a run.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    /// Waits for one, and returns the exit code that shells expect after it.
    async fn next(&mut self) -> i32 {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        130
    }
}
