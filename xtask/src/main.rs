//! The repository's own checks and chores: `cargo xtask tidy`, `cargo xtask api`.

mod api;
mod tidy;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["tidy"] => tidy(),
        ["api"] => told(api::write()),
        ["api", "--check"] => told(api::check()),
        _ => {
            say("usage: cargo xtask tidy           checks the rules that the repository has for itself");
            say("       cargo xtask api            writes the list of the library's public API");
            say("       cargo xtask api --check    compares it with the code");
            ExitCode::from(2)
        }
    }
}

fn tidy() -> ExitCode {
    let findings = tidy::run(&tidy::Repo::here());
    for finding in &findings {
        say(&finding.to_string());
    }
    let n_errors = findings.iter().filter(|finding| finding.level == tidy::Level::Error).count();
    say(&format!("tidy: {n_errors} errors, {} warnings", findings.len() - n_errors));
    if n_errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn told(result: Result<String, String>) -> ExitCode {
    match result {
        Ok(text) => {
            say(&text);
            ExitCode::SUCCESS
        }
        Err(text) => {
            say(&text);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "a chore's result, not brant's")]
fn say(text: &str) {
    println!("{text}");
}
