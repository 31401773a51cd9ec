//! Signals and sudden deaths.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// A signal to send to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT, as from Ctrl-C.
    Int,
    /// SIGTERM, as from a service manager.
    Term,
    /// SIGHUP, as from a terminal that is closed.
    Hup,
    /// SIGKILL, which no process survives or notices.
    Kill,
    /// SIGSTOP: the process stands still.
    Stop,
    /// SIGCONT: it goes on.
    Cont,
}

/// Sends a signal to one process; false if there is no such process.
pub fn signal(pid: u32, signal: Signal) -> bool {
    let name = match signal {
        Signal::Int => "INT",
        Signal::Term => "TERM",
        Signal::Hup => "HUP",
        Signal::Kill => "KILL",
        Signal::Stop => "STOP",
        Signal::Cont => "CONT",
    };
    send(pid, name)
}

fn send(pid: u32, name: &str) -> bool {
    // `sh` has `kill` built in, so that the separate program need not be installed.
    let mut sh = Command::new("sh");
    sh.args(["-c", "kill -s \"$1\" \"$2\"", "sh", name]).arg(pid.to_string());
    sh.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
}

/// Kills a child (SIGKILL) after that time, unless it ended before, and returns how it ended.
///
/// # Panics
/// When the system can't tell how the child ended.
pub fn kill_after(child: &mut Child, delay: Duration) -> ExitStatus {
    std::thread::sleep(delay);
    let _ = child.kill();
    child.wait().unwrap_or_else(|why| panic!("cannot wait for the child: {why}"))
}

/// Sends a signal to the processes with this path in their arguments: a server without its watchdog.
pub(crate) fn signal_all_with_argument(path: &Path, name: &str) {
    let path = path.as_os_str().as_bytes();
    let Ok(processes) = std::fs::read_dir("/proc") else { return };
    for entry in processes.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let arguments = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let named = |argument: &[u8]| argument.windows(path.len()).any(|part| part == path);
        if pid != std::process::id() && arguments.split(|byte| *byte == 0).any(named) {
            send(pid, name);
        }
    }
}
