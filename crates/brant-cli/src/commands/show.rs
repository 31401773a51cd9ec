//! `show VERSION`

use brant::__command_line::{Loaded, identities};
use brant_core::{Migration, PlanError};
use brant_driver::Access;
use brant_engine::{RunErrorKind, Scripts as _};
use brant_source::Loader;

use super::{Command, Context};
use crate::database::{self, block_on};
use crate::failure::Failure;
use crate::output::Console;
use crate::output::json::Body;
use crate::output::shown::Shown;
use crate::{files, marking};

pub(super) const COMMAND: Command = Command {
    name: "show",
    arguments: "VERSION",
    summary: "show what is known of a version: when, by whom, from which file, with which text",
    details: "What the journal tells of it, and the text that was stored when it was applied, without passwords. With \
              `--diff`: what was edited in the file since then. Changes nothing.",
    example: "brant -dir migrations sqlite3 ./app.db show 20260131120000 --diff",
    needs_database: true,
    target: None,
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    let Some(text) = cx.arg() else {
        return Err(
            Failure::arguments("`show` takes a version").next("`brant status` lists the versions there are")
        );
    };
    let version = marking::version(text)?;
    let reachable = database::reach(cx, console)?;
    let (history, (log, text)) = block_on(async {
        let mut session = reachable.open(Access::Read).await?;
        let found =
            async { Ok::<_, Failure>((session.history(true).await?, session.log(version).await?)) }.await;
        session.close().await;
        found
    })?;
    let files = files::list(cx, console)?;
    let migrations = identities(&files);
    let migration = migrations.iter().find(|migration| migration.version == version);
    if migration.is_none() && history.record(version).is_none() && log.is_empty() {
        return Err(RunErrorKind::Plan(PlanError::UnknownVersion { version }).into());
    }
    let variable = |name: &str| cx.config.environment.all().get(name).cloned();
    let scripts = Loaded::new(&files, Loader::new(database::dialect(cx.named_database())?, &variable));
    let content = history.content(version);
    let shown = Shown {
        version: version.0,
        name: migration.map(Migration::file_name).or_else(|| log.last().map(|entry| entry.name.clone())),
        file: migration.map(|migration| migration.path.display().to_string()),
        applied: history.is_applied(version),
        applied_at: history.record(version).filter(|r| r.applied).and_then(|record| record.at.clone()),
        content: migration.zip(content).and_then(|(migration, content)| scripts.verdict(migration, content)),
        log,
        text,
        diff: None,
    };
    let now = migration.and_then(|migration| scripts.sql(migration));
    let shown = if cx.config.diff { shown.with_diff(now.as_deref()) } else { shown };
    console.result(shown.to_text());
    Ok(Body { shown: Some(shown), ..Body::default() })
}
