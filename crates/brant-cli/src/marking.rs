//! `mark` and `baseline`: what is written by hand is shown, agreed to, then written.

use brant::__command_line::{Loaded, identities};
use brant_core::{MarkTarget, Marking, Version};
use brant_driver::Access;
use brant_engine::MarkOrder;
use brant_source::Loader;

use crate::commands::Context;
use crate::confirm::{Question, confirm};
use crate::database::{self, block_on};
use crate::failure::Failure;
use crate::files;
use crate::output::Console;
use crate::output::json::{Body, Marked};
use crate::output::observer::RunObserver;

/// What has to be typed: a habit of saying yes is not enough.
fn answer(target: &MarkTarget) -> &'static str {
    match target {
        MarkTarget::Accepted(_) => "accept",
        _ => "without running",
    }
}

/// A version, as it is typed.
///
/// # Errors
///
/// When it is no number.
pub(crate) fn version(text: &str) -> Result<Version, Failure> {
    text.parse().map(Version).map_err(|_| {
        Failure::arguments(format!("`{text}` is no version"))
            .next("`brant status` lists the versions there are")
    })
}

/// Looks, shows, asks, writes.
///
/// # Errors
///
/// When it makes no sense, when nobody agrees, and whatever the database refuses.
pub(crate) fn run(cx: &Context, console: &mut Console, target: MarkTarget) -> Result<Body, Failure> {
    if !cx.config.policy.versioning {
        return Err(Failure::arguments("without versioning there is no history to write")
            .next("leave `-no-versioning` out"));
    }
    let order = MarkOrder { target, without_file: cx.config.without_file, reason: cx.config.reason.clone() };
    let reachable = database::reach(cx, console)?;
    let files = files::list(cx, console)?;
    let variable = |name: &str| cx.config.environment.all().get(name).cloned();
    let scripts = Loaded::new(&files, Loader::new(database::dialect(cx.named_database())?, &variable));
    let migrations = identities(&files);
    let marks = block_on(async {
        let mut session = reachable.open(Access::Read).await?;
        let marks = session.markings(&migrations, &order).await;
        session.close().await;
        let marks = marks?;
        if cx.config.dry_run {
            return Ok(marks);
        }
        let about = about(&reachable.endpoint.redacted(), &marks);
        let question = Question { about: &about, answer: answer(&order.target) };
        confirm(&cx.config, console, &reachable.options.stop, &question).await?;
        let mut session = reachable.open(Access::Write).await?;
        let mut observer = RunObserver::new(console, cx.config.verbose);
        let marked = session.mark(&migrations, &order, Some(&marks), &scripts, &mut observer).await;
        session.close().await;
        Ok(marked?)
    })?;
    let head = if cx.config.dry_run { "brant: would be marked: " } else { "brant: marked: " };
    for mark in &marks {
        console.result(format_args!("{head}{mark}"));
    }
    let dry_run = cx.config.dry_run.then_some(true);
    Ok(Body { marked: Some(marks.iter().map(Marked::of).collect()), dry_run, ..Body::default() })
}

fn about(database: &str, marks: &[Marking]) -> String {
    let marks: String = marks.iter().map(|mark| format!("\n    {mark}")).collect();
    format!("On {database} this is recorded, and nothing is run:{marks}")
}
