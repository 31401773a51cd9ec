//! Asking a person before something that is hard to take back.

use std::io::{self, IsTerminal as _};

use brant_engine::{RunErrorKind, Stop, StopReason};

use crate::config::Config;
use crate::failure::{Failure, INTERRUPTED};
use crate::output::Console;

/// What a person is asked.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    /// What will be done, and to which database, in one line or several.
    pub about: &'a str,
    /// What has to be typed: a word that nobody types by habit.
    pub answer: &'a str,
}

/// Goes on if `--yes` was given, or if the person at the terminal types the answer.
///
/// The run can be stopped while the person thinks: what is asked for holds no lock and no transaction.
///
/// # Errors
///
/// When the answer is another one, when there is nobody to ask, or when the run is stopped.
pub(crate) async fn confirm(
    config: &Config,
    console: &mut Console,
    stop: &Stop,
    question: &Question<'_>,
) -> Result<(), Failure> {
    if config.yes {
        return Ok(());
    }
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        let message =
            format!("{}\nthis has to be confirmed, and there is no terminal to ask at", question.about);
        return Err(refused(message).next("see that it is what you want, then add `--yes`"));
    }
    console.ask(format_args!("{}\nType `{}` to go on: ", question.about, question.answer));
    let typed = tokio::select! {
        biased;
        reason = stop.requested() => return Err(stopped(reason)),
        typed = line() => typed,
    };
    match typed {
        Some(typed) if typed.trim() == question.answer => Ok(()),
        _ => Err(refused("not confirmed: nothing was changed")),
    }
}

/// Whoever presses Ctrl-C at a question means no, and the shell's own word for it.
fn stopped(reason: StopReason) -> Failure {
    match reason {
        StopReason::Interrupted => Failure::plain(INTERRUPTED, "interrupted: nothing was changed"),
        reason => RunErrorKind::Stopped(reason).into(),
    }
}

fn refused(message: impl Into<String>) -> Failure {
    Failure::plain("not_confirmed", message)
}

/// The next line of the standard input. A thread of its own waits for it, which ends with the process.
async fn line() -> Option<String> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let reader = std::thread::Builder::new().spawn(move || {
        let mut line = String::new();
        let read = io::stdin().read_line(&mut line);
        let _ = sender.send(read.ok().map(|_| line));
    });
    reader.ok()?;
    receiver.await.ok().flatten()
}
