//! The program `brant`: the command line with nothing linked in.

use std::process::ExitCode;

fn main() -> ExitCode {
    brant_cli::main(brant::Migrations::new())
}
