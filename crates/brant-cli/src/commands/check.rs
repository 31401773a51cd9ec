//! `check`

use brant_core::change::seconds;
use brant_core::{FindingKind, Findings, History, nearest};

use super::{Command, Context};
use crate::database::{self, Look};
use crate::exit::Standing;
use crate::failure::Failure;
use crate::output::json::{self, Body};
use crate::output::{Console, text};

pub(super) const COMMAND: Command = Command {
    name: "check",
    arguments: "",
    summary: "tell by the exit code whether the database is what the files say",
    details: "For pipelines and deployments. Changes nothing. 0: up to date. 3: migrations are pending. 5: one was \
              edited after it was applied. 7: the history needs a person, since something is out of order, applied without \
              a file, or half done. The worst counts, and all is told. `--allow KIND` (pending, out_of_order, missing, \
              changed, half_done) tells it without counting it.",
    example: "brant -dir migrations sqlite3 ./app.db check --allow pending",
    needs_database: true,
    target: None,
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    let allowed = allowed(&cx.config.allow)?;
    if !cx.config.policy.versioning {
        return Err(Failure::arguments("without versioning there is no history to check")
            .next("leave `-no-versioning` out; `brant validate` checks the files by themselves"));
    }
    let Look { migrations, history, findings, .. } = database::look(cx, console)?;
    if let Some(run) = history.under_way() {
        console.warn(run.to_string());
    }
    let rows = rows(&findings, &history, &allowed);
    if rows.is_empty() {
        let applied = match migrations.len() {
            1 => "1 migration is applied".to_owned(),
            n => format!("{n} migrations are applied"),
        };
        console.result(format_args!("brant: up to date: {applied}"));
    } else {
        console.result(text::table(&["Finding", "Migration", "What it means"], &rows));
    }
    Ok(Body {
        standing: Standing::of(&findings, &allowed),
        findings: Some(json::Findings::of(&findings, &allowed)),
        ..Body::default()
    })
}

fn allowed(names: &[String]) -> Result<Vec<FindingKind>, Failure> {
    let all = FindingKind::ALL.map(FindingKind::name);
    let kind = |name: &String| {
        FindingKind::from_name(&name.replace('-', "_")).ok_or_else(|| {
            let failure = Failure::arguments(format!("`--allow {name}`: there is no such sort of finding"));
            match nearest(name, all.into_iter()) {
                Some(near) => failure.next(format!("did you mean `{near}`?")),
                None => failure.next(format!("there are {}", all.join(", "))),
            }
        })
    };
    names.iter().map(kind).collect()
}

fn rows(findings: &Findings, history: &History, allowed: &[FindingKind]) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut add = |kind: FindingKind, migration: String, meaning: String| {
        let mark = if allowed.contains(&kind) { " (allowed)" } else { "" };
        rows.push(vec![format!("{}{mark}", kind.name().replace('_', " ")), migration, meaning]);
    };
    for migration in &findings.pending {
        add(FindingKind::Pending, migration.file_name(), "`up` would apply it".to_owned());
    }
    let highest = history.highest_applied();
    for migration in &findings.out_of_order {
        let meaning = format!("`up` refuses it: version {highest} is applied already");
        add(FindingKind::OutOfOrder, migration.file_name(), meaning);
    }
    for version in &findings.missing {
        add(
            FindingKind::Missing,
            format!("version {version}"),
            "applied, and there is no file of it".to_owned(),
        );
    }
    for change in &findings.changed {
        let at = change.applied_at.as_deref().map_or_else(String::new, |at| format!(" on {}", seconds(at)));
        add(FindingKind::Changed, change.migration.file_name(), format!("edited after it was applied{at}"));
    }
    for left in &findings.half_done {
        let meaning = format!(
            "{}: {} of {} statements are done",
            left.direction, left.statements_done, left.statements_total
        );
        add(FindingKind::HalfDone, left.name.clone(), meaning);
    }
    rows
}
