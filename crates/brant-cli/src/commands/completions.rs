//! `completions SHELL`

use clap_complete::{Shell, generate};

use super::{Command, Context};
use crate::failure::Failure;
use crate::manual;
use crate::output::Console;
use crate::output::json::Body;

pub(super) const COMMAND: Command = Command {
    name: "completions",
    arguments: "SHELL",
    summary: "write the completion script of a shell",
    details: "SHELL is bash, elvish, fish, powershell or zsh. The script goes where the shell looks for such, or is read \
              by the shell at its start.",
    example: "brant completions bash > ~/.local/share/bash-completion/completions/brant",
    needs_database: false,
    target: None,
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    let name =
        cx.arg().ok_or_else(|| Failure::arguments("`completions` needs the name of a shell").next(SHELLS))?;
    let shell: Shell =
        name.parse().map_err(|_| Failure::arguments(format!("unknown shell `{name}`")).next(SHELLS))?;
    let mut script = Vec::new();
    generate(shell, &mut manual::command(), "brant", &mut script);
    let script = String::from_utf8_lossy(&script).trim_end().to_owned();
    console.result(&script);
    Ok(Body { text: Some(script + "\n"), ..Body::default() })
}

const SHELLS: &str = "one of `bash`, `elvish`, `fish`, `powershell`, `zsh`";
