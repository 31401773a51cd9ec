//! Showing a run beforehand: as text, as JSON, or as a script.

use brant_core::Target;
use brant_engine::Preview;

use crate::commands::{Command, Context};
use crate::exit::Standing;
use crate::failure::Failure;
use crate::output::json::Body;
use crate::output::plan_json::Plan;
use crate::output::{Console, plan};
use crate::{approval_file, database, private_file};

/// Refuses flags that the command would not heed: whoever gives one of them wants nothing changed.
///
/// # Errors
///
/// When the command would run although it should be shown.
pub(crate) fn check_flags(cx: &Context, command: &Command) -> Result<(), Failure> {
    let shows = command.name == "plan" || (cx.config.dry_run && command.target.is_some());
    match (shows, cx.config.sql, &cx.config.out) {
        (false, true, _) => Err(only_shown("--sql")),
        (false, _, Some(_)) => Err(only_shown("--out")),
        _ => Ok(()),
    }
}

fn only_shown(flag: &str) -> Failure {
    Failure::arguments(format!("`{flag}` is for `plan` and `--dry-run`"))
        .next(format!("`brant plan COMMAND {flag}` shows what COMMAND would do"))
}

/// Shows what a run of the command, which goes to the target, would do.
///
/// # Errors
///
/// Whatever would stop the run before it begins, or that it can't be shown so.
pub(crate) fn show(
    cx: &Context,
    console: &mut Console,
    command: &[String],
    target: Target,
) -> Result<Body, Failure> {
    let (preview, approval) = database::preview(cx, console, target)?;
    let plan = &preview.plan;
    let standing = if plan.steps.is_empty() { Standing::UpToDate } else { Standing::Pending };
    let shown = Plan::of(&preview);
    if let (Some(path), Some(approval)) = (&cx.config.out, approval) {
        approval_file::write(path, command, &approval, &shown)?;
        console.note(format_args!("brant: wrote {}", path.display()));
    }
    let mut body = Body {
        version_before: plan.current.map(|v| v.0),
        version_after: plan.version_after(plan.steps.len()).map(|v| v.0),
        plan: Some(Box::new(shown)),
        standing,
        ..Body::default()
    };
    if cx.config.sql {
        body.text = show_script(cx, console, &preview)?;
    } else {
        console.result(plan::text(&preview, cx.config.verbose));
    }
    Ok(body)
}

/// Writes the script, and returns it for JSON unless it went into a file.
fn show_script(cx: &Context, console: &mut Console, preview: &Preview) -> Result<Option<String>, Failure> {
    if let Some(migration) = preview.code() {
        let message = format!("`{}` is program code: no script can hold it", migration.path.display());
        return Err(Failure::plain("foreign_code", message)
            .next("make scripts of what comes before and after it (`plan up-to VERSION --sql`), and run it with brant"));
    }
    if let Some(migration) = preview.half_done() {
        let message = format!("`{}` is half done: no script can go on with it", migration.path.display());
        return Err(Failure::plain("half_done", message).next(
            "bring it to its end with `brant resume`, or settle it with `brant mark`; then make the script",
        ));
    }
    if cx.config.hooks.is_some() {
        console.warn("hooks are not in the script: whoever runs it runs the migrations alone");
    }
    let script = preview.script();
    match &cx.config.out {
        Some(path) => {
            private_file::write(path, &script)?;
            console.note(format_args!("brant: wrote {}", path.display()));
            Ok(None)
        }
        None => {
            if preview.holds_values() {
                console.warn(
                    "the script holds the values of variables: `--out FILE` writes it where only you can read it",
                );
            }
            console.result(script.trim_end());
            Ok(Some(script))
        }
    }
}
