//! `plan [COMMAND...]`

use super::{Command, Context, check_arguments, find};
use crate::failure::Failure;
use crate::output::Console;
use crate::output::json::Body;
use crate::preview;

pub(super) const COMMAND: Command = Command {
    name: "plan",
    arguments: "[COMMAND...]",
    summary: "show what a command would do: steps, transactions, locks, sizes",
    details: "COMMAND is one that changes the database, with its arguments; without one it is `up`. Everything is read \
              and parsed as in a run, and nothing is changed: no table is made, no lock is taken. Each statement that \
              keeps others waiting is shown with the lock it takes, who waits, and the size of the table; with -v all \
              statements are. --sql writes one script for the database's own client instead. With \
              --detailed-exit-codes the exit code is 3 where there is something to do.",
    example: "brant -dir migrations sqlite3 ./app.db plan up-to 20260131120000",
    needs_database: true,
    target: None,
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    let (name, args) = cx.args.split_first().map_or(("up", &[][..]), |(name, args)| (name.as_str(), args));
    let planned = find(name).and_then(|command| Some((command, command.target?)));
    let Some((command, target)) = planned else {
        return Err(Failure::arguments(format!("`{name}` is no command that changes a database"))
            .next("`plan up`, `plan down-to VERSION`, …: `brant help plan` tells more"));
    };
    check_arguments(command, args)?;
    let planned = Context { args: args.to_vec(), ..cx.clone() };
    preview::show(cx, console, &cx.args, target(&planned)?)
}
