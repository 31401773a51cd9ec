//! The repository's own checks and chores: `cargo xtask tidy`.

mod tidy;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["tidy"] => tidy(),
        _ => {
            say("usage: cargo xtask tidy    checks the rules that the repository has for itself");
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

#[expect(clippy::print_stdout, reason = "a chore's result, not brant's")]
fn say(text: &str) {
    println!("{text}");
}
