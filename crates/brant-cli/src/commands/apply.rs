//! `apply FILE`

use std::path::Path;

use super::{Command, Context, find};
use crate::approval_file::{self, ApprovalFile};
use crate::database;
use crate::failure::Failure;
use crate::output::Console;
use crate::output::json::Body;

pub(super) const COMMAND: Command = Command {
    name: "apply",
    arguments: "FILE",
    summary: "carry out exactly the plan in FILE, as `plan --out FILE` wrote it",
    details: "Under the lock the plan is made anew. Where it is another than that in FILE (a file changed, the database \
              was migrated since, it is another database), nothing is done, and what moved is told. Flags that change \
              what a plan holds (-table, --allow-out-of-order, …) have to be given as they were given to `plan`.",
    example: "brant -dir migrations sqlite3 ./app.db apply plan.json",
    needs_database: true,
    target: None,
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    let path = cx.arg().ok_or_else(|| {
        Failure::arguments("apply must be of form: `brant [OPTIONS] DRIVER DBSTRING apply FILE`")
            .next("`brant plan --out FILE` writes such a file")
    })?;
    let ApprovalFile { command, approval, .. } = approval_file::read(Path::new(path))?;
    let (name, args) = command.split_first().map_or(("up", &[][..]), |(name, args)| (name.as_str(), args));
    let target = find(name).and_then(|command| command.target);
    let target = target.ok_or_else(|| approval_file::not_a_plan(Path::new(path)))?;
    let planned = Context { args: args.to_vec(), ..cx.clone() };
    let report = database::migrate_as_approved(cx, console, target(&planned)?, approval.into())?;
    let n = report.steps.len();
    console.result(format_args!(
        "brant: the plan is carried out: {n} migration{}",
        if n == 1 { "" } else { "s" }
    ));
    Ok(Body::of_report(&report))
}
