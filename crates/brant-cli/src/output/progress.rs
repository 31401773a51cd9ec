//! One line on a terminal that shows how far a run is. It appears after a second and is gone before anything else
//! is written.

use std::io::{self, Write as _};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Runs shorter than this show nothing.
const QUIET: Duration = Duration::from_secs(1);
/// How often the line is drawn anew.
const INTERVAL: Duration = Duration::from_millis(200);
/// Longer lines would wrap, and could not be erased.
const WIDTH: usize = 78;

/// The progress line. A thread of its own draws it, so that it moves while the run waits for the database.
#[derive(Debug, Default)]
pub(crate) struct Progress(Option<(Arc<Shared>, JoinHandle<()>)>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    label: String,
    started: Instant,
    /// Since when the label's time counts.
    since: Instant,
    /// What the terminal shows now; empty for nothing.
    drawn: String,
    over: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress {
    /// Shows this, from now on, and the time since then.
    pub(crate) fn show(&mut self, label: String, since: Instant) {
        if let Some((shared, _)) = &self.0 {
            let mut state = shared.lock();
            (state.label, state.since) = (label, since);
            return;
        }
        let state = State { label, started: Instant::now(), since, drawn: String::new(), over: false };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let drawer = Arc::clone(&shared);
        // Without a thread there is no progress line, and nothing else is missing.
        if let Ok(thread) = std::thread::Builder::new().spawn(move || draw(&drawer)) {
            self.0 = Some((shared, thread));
        }
    }

    /// Erases the line, and holds it back as long as the returned value lives.
    pub(crate) fn pause(&self) -> Option<impl Drop + '_> {
        let (shared, _) = self.0.as_ref()?;
        let mut state = shared.lock();
        erase(&mut state);
        Some(state)
    }

    /// Erases the line for good.
    pub(crate) fn stop(&mut self) {
        let Some((shared, thread)) = self.0.take() else { return };
        shared.lock().over = true;
        shared.changed.notify_all();
        let _ = thread.join();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.stop();
    }
}

fn draw(shared: &Shared) {
    let mut state = shared.lock();
    while !state.over {
        if state.started.elapsed() >= QUIET {
            let line = format!("{} ({}s)", state.label, state.since.elapsed().as_secs());
            let line: String = line.chars().take(WIDTH).collect();
            if line != state.drawn {
                let _ = write!(io::stderr().lock(), "\r\x1b[K{line}");
                state.drawn = line;
            }
        }
        state = shared.changed.wait_timeout(state, INTERVAL).unwrap_or_else(PoisonError::into_inner).0;
    }
    erase(&mut state);
}

fn erase(state: &mut State) {
    if !state.drawn.is_empty() {
        let _ = write!(io::stderr().lock(), "\r\x1b[K");
        state.drawn.clear();
    }
}
