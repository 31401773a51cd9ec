//! `lock status|break`

use std::time::Duration;

use brant_driver::Access;
use brant_engine::{LockHolder, LockMode, Session};

use super::{Command, Context};
use crate::confirm::{Question, confirm};
use crate::database::{self, Reachable};
use crate::exit::Standing;
use crate::failure::Failure;
use crate::output::Console;
use crate::output::json::{self, Body};

/// How long an ended session may take to be gone, where `--no-lock` says nothing of waiting.
const PATIENCE: Duration = Duration::from_secs(15);

pub(super) const COMMAND: Command = Command {
    name: "lock",
    arguments: "status|break",
    summary: "show who holds the lock, or end the session that does",
    details: "`break` shows who it is and asks first, or takes `--yes`; then it ends the session on the server, which rolls \
              back, and waits until the lock is free. `--dry-run` only shows. SQLite's lock is a file that the system frees \
              when its process ends: the process is named.",
    example: "brant lock status",
    needs_database: true,
    target: None,
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    let ends = match cx.args.as_slice() {
        [word] if word == "status" => false,
        [word] if word == "break" => !cx.config.dry_run,
        _ => {
            return Err(Failure::arguments("`lock` takes `status` or `break`")
                .next("`brant lock status` or `brant lock break`"));
        }
    };
    let reachable = database::reach(cx, console)?;
    database::block_on(async {
        let mut session = reachable.open(Access::Read).await?;
        let result = look(cx, console, &reachable, &mut session, ends).await;
        session.close().await;
        result
    })
}

async fn look(
    cx: &Context,
    console: &mut Console,
    reachable: &Reachable,
    session: &mut Session<'_>,
    ends: bool,
) -> Result<Body, Failure> {
    let Some(holder) = session.lock_holder().await? else {
        console.result("the lock is free");
        return Ok(body(None, None));
    };
    if !ends {
        console.result(format_args!("the lock is held by {}", holder.description));
        return Ok(body(Some(&holder), None));
    }
    if holder.session.is_none() {
        let message =
            format!("the lock is held by {}: the system frees it when that process ends", holder.description);
        return Err(Failure::plain("lock_of_a_process", message).next("end that process"));
    }
    let about = format!(
        "The lock of {} is held by {}.\nIts sessions will be ended, and what it has not committed is rolled back.",
        reachable.endpoint.redacted(),
        holder.description
    );
    confirm(&cx.config, console, &reachable.options.stop, &Question { about: &about, answer: "break" })
        .await?;
    let patience = match cx.config.lock {
        LockMode::Wait(patience) => patience,
        LockMode::Off => PATIENCE,
    };
    let left = session.break_lock(&holder, patience).await?;
    console.result(format_args!("ended {}", holder.description));
    match &left {
        None => console.result("the lock is free"),
        Some(next) => console.result(format_args!("the lock is held by {} now", next.description)),
    }
    Ok(body(left.as_ref(), Some(&holder)))
}

fn body(holder: Option<&LockHolder>, ended: Option<&LockHolder>) -> Body {
    Body {
        lock: Some(json::Lock {
            held: holder.is_some(),
            holder: holder.map(json::Holder::of),
            ended: ended.map(json::Holder::of),
        }),
        standing: if holder.is_some() { Standing::Locked } else { Standing::UpToDate },
        ..Body::default()
    }
}
