//! `status`

use brant_core::{History, PlanError, Record, Status as Row, statuses};
use brant_engine::RunErrorKind;

use super::{Command, Context};
use crate::exit::Standing;
use crate::failure::Failure;
use crate::output::json::{Body, Status, Unfinished};
use crate::output::{Console, text};
use crate::{database, files};

pub(super) const COMMAND: Command = Command {
    name: "status",
    arguments: "",
    summary: "show each migration and when it was applied",
    details: "Changes nothing, and makes no table. Applied versions without a file are shown too. With \
              --detailed-exit-codes the exit code is 3 where migrations are pending, and 7 where the history needs a \
              person.",
    example: "brant -dir migrations sqlite3 ./app.db status",
    needs_database: true,
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    let migrations = files::list_sound(cx, console)?;
    if !cx.config.policy.versioning {
        let lines = migrations.iter().map(|m| text::status_line("no versioning", &m.file_name()));
        show(console, lines);
        let statuses = migrations.iter().map(Status::without_versioning).collect();
        return Ok(Body { migrations: Some(statuses), ..Body::default() });
    }
    let history = database::history(cx, console)?;
    if history.is_emptied() {
        return Err(RunErrorKind::Plan(PlanError::HistoryEmptied).into());
    }
    let rows = statuses(&migrations, &history);
    show(console, rows.iter().map(line));
    for left in history.unfinished() {
        console.warn(left.to_string());
    }
    let statuses = rows.iter().map(as_json).collect();
    let unfinished = history.unfinished().iter().map(Unfinished::of).collect();
    let standing = standing(&rows, &history, cx.config.policy.allow_out_of_order);
    Ok(Body { migrations: Some(statuses), unfinished, standing, ..Body::default() })
}

/// What `up` would come upon.
fn standing(rows: &[Row<'_>], history: &History, allow_out_of_order: bool) -> Standing {
    let mut standing = Standing::UpToDate;
    for row in rows {
        match row {
            Row::Applied(..) => {}
            Row::MissingFile(_) => return Standing::NeedsPerson,
            Row::Pending(m) if m.version < history.highest_applied() && !allow_out_of_order => {
                return Standing::NeedsPerson;
            }
            Row::Pending(_) => standing = Standing::Pending,
        }
    }
    if history.unfinished().is_empty() { standing } else { Standing::NeedsPerson }
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
