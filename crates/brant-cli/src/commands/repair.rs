//! `repair [--accept VERSION...]`

use brant_core::{Findings, MarkTarget, Version, WayOn};

use super::{Command, Context};
use crate::database::{self, Look};
use crate::failure::Failure;
use crate::marking;
use crate::output::json::{self, Body};
use crate::output::{Console, text};

pub(super) const COMMAND: Command = Command {
    name: "repair",
    arguments: "[--accept VERSION...]",
    summary: "show what needs a person, and settle it",
    details: "Shows migrations that are out of order, that were applied and have no file, that were edited after they were \
              applied, and that a run left half done, each with what settles it. `--accept VERSION` takes the edited file as the applied one: nothing is run, and only the journal \
              is written. It asks first, or takes `--yes`; `--dry-run` shows what would be written. `--reason TEXT` is kept \
              in the journal.",
    example: "brant repair --accept 20260131120000 --reason typo-in-a-comment-of-the-table",
    needs_database: true,
    target: None,
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    if cx.config.accept.is_empty() {
        return show(cx, console);
    }
    let versions = cx.config.accept.iter().chain(&cx.args);
    let versions: Result<Vec<Version>, Failure> = versions.map(|text| marking::version(text)).collect();
    marking::run(cx, console, MarkTarget::Accepted(versions?))
}

fn show(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    if let Some(version) = cx.arg() {
        return Err(Failure::arguments("`repair` by itself takes no version")
            .next(format!("`brant repair --accept {version}` takes its file as it is")));
    }
    let Look { findings, .. } = database::look(cx, console)?;
    let rows = rows(&findings);
    match rows.is_empty() {
        true => console.result("brant: nothing needs repair"),
        false => console.result(text::table(&["Finding", "Migration", "What settles it"], &rows)),
    }
    Ok(Body { findings: Some(json::Findings::of(&findings, &[])), ..Body::default() })
}

fn rows(findings: &Findings) -> Vec<Vec<String>> {
    let row = |finding: &str, migration: &str, remedy: String| {
        vec![finding.to_owned(), migration.to_owned(), remedy]
    };
    let out_of_order = findings.out_of_order.iter().map(|migration| {
        let remedy = "look at what was applied above it, then `brant up --allow-out-of-order`; or give it a newer version";
        row("out of order", &migration.file_name(), remedy.to_owned())
    });
    let missing = findings.missing.iter().map(|version| {
        let remedy = format!(
            "put the file back; or `brant mark pending {version}`, if nothing of it is in the database"
        );
        row("missing", &format!("version {version}"), remedy)
    });
    let changed = findings.changed.iter().map(|change| {
        let version = change.migration.version;
        let remedy = format!(
            "`brant show {version} --diff` shows the edit; `brant repair --accept {version}` takes it, or put the file back"
        );
        row("changed", &change.migration.file_name(), remedy)
    });
    let half_done = findings.half_done.iter().map(|left| {
        let version = left.version;
        let (first, flag) = match WayOn::with(left, findings) {
            WayOn::Mark => ("bring its file back, under this version", " --without-file"),
            WayOn::Answer => ("`brant resume --statement-done=yes` or `=no` says what is done, and goes on", ""),
            WayOn::Undo => ("undo what it left, then `brant resume --statement-done=no` begins it anew", ""),
            WayOn::Run(_) => ("`brant resume` goes on", ""),
        };
        let remedy = format!(
            "{first}; or finish it by hand, then `brant mark applied {version}{flag}`, or undo it, then `brant mark pending \
             {version}`"
        );
        row("half done", &left.name, remedy)
    });
    out_of_order.chain(missing).chain(changed).chain(half_done).collect()
}
