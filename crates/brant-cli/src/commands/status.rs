//! `status`

use brant_core::{FindingKind, Record, Status as Row, WayOn, statuses};

use super::{Command, Context};
use crate::database::{self, Look};
use crate::exit::Standing;
use crate::failure::Failure;
use crate::files;
use crate::output::json::{Body, Status, Unfinished};
use crate::output::{Console, text};

pub(super) const COMMAND: Command = Command {
    name: "status",
    arguments: "",
    summary: "show each migration and when it was applied",
    details: "Changes nothing, and makes no table. Applied versions without a file are shown too. With \
              --detailed-exit-codes the exit code is 3 where migrations are pending, and 7 where the history needs a \
              person; with --strict too it is 5 where a migration was edited after it was applied.",
    example: "brant -dir migrations sqlite3 ./app.db status",
    needs_database: true,
    target: None,
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    if !cx.config.policy.versioning {
        let migrations = files::list_sound(cx, console)?;
        let lines = migrations.iter().map(|m| text::status_line("no versioning", &m.file_name()));
        show(console, lines);
        let statuses = migrations.iter().map(Status::without_versioning).collect();
        return Ok(Body { migrations: Some(statuses), ..Body::default() });
    }
    let Look { migrations, history, findings, verdicts } = database::look(cx, console)?;
    let rows = statuses(&migrations, &history);
    show(console, rows.iter().map(line));
    if let Some(run) = history.under_way() {
        console.warn(run.to_string());
    }
    for left in history.unfinished() {
        console.warn(format!("{left}; {}", advice(WayOn::with(left, &findings))));
    }
    for change in &findings.changed {
        console.warn(change.to_string());
    }
    let verdict = |row: &Row<'_>| verdicts.get(&row.version()).copied();
    let statuses = rows.iter().map(|row| as_json(row).compared(verdict(row))).collect();
    let unfinished = history.unfinished().iter().map(|left| Unfinished::of(left, &findings)).collect();
    let passed_over: &[FindingKind] = if cx.config.strict { &[] } else { &[FindingKind::Changed] };
    let standing = Standing::of(&findings, passed_over);
    Ok(Body { migrations: Some(statuses), unfinished, standing, ..Body::default() })
}

fn advice(way: WayOn) -> String {
    match way {
        WayOn::Mark => {
            "no file has its version: bring it back, or say with `brant mark` what became of it".to_owned()
        }
        WayOn::Answer => "say what is done: `brant resume --statement-done=yes` or `=no`".to_owned(),
        WayOn::Undo => "undo what it left, then say so: `brant resume --statement-done=no`".to_owned(),
        WayOn::Run(_) => format!("`{}` goes on there", text::command(way)),
    }
}

/// Written as one, so that ten thousand lines are not ten thousand writes.
fn show(console: &mut Console, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = std::iter::once(text::STATUS_HEAD.to_owned()).chain(lines).collect();
    console.result(lines.join("\n"));
}

fn line(row: &Row<'_>) -> String {
    let time =
        |record: &Record| record.at.as_deref().map_or_else(|| "(time not known)".to_owned(), text::ansi_c);
    match row {
        Row::Applied(migration, record) => text::status_line(&time(record), &migration.file_name()),
        Row::Pending(migration) => text::status_line("Pending", &migration.file_name()),
        Row::MissingFile(record) => {
            text::status_line(&time(record), &format!("(version {}: file missing)", record.version))
        }
    }
}

fn as_json(row: &Row<'_>) -> Status {
    match row {
        Row::Applied(migration, record) => Status::of(migration, Some(record)),
        Row::Pending(migration) => Status::of(migration, None),
        Row::MissingFile(record) => Status::missing_file(record),
    }
}
