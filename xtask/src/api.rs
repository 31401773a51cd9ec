//! The public API of the library as a list that is kept beside it, so that no change of it goes unseen.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use public_api::Builder;

const LIST: &str = "crates/brant/public-api.txt";

const HEAD: &str = "\
# What semver will promise of the crates `brant` and `brant-cli`. Written by `cargo xtask api`, checked by
# `cargo xtask api --check`. Implementations that are derived, or that every type has, are left out.
";

/// The crates that others name in their own `Cargo.toml`.
const FACES: &[&str] = &["brant", "brant-cli"];

/// Where the library has the items from that it passes on.
const BEHIND: &[&str] = &["brant-core", "brant-sql", "brant-driver", "brant-engine"];

/// Writes the list.
pub(crate) fn write() -> Result<String, String> {
    fs::write(path(LIST), list()?).map_err(|error| format!("{LIST}: {error}"))?;
    Ok(format!("api: wrote {LIST}"))
}

/// Compares the list with the code.
pub(crate) fn check() -> Result<String, String> {
    let wanted = env!("CARGO_PKG_RUST_VERSION");
    let compiler = output(Command::new("rustdoc").arg("--version"))?;
    if !compiler.starts_with(&format!("rustdoc {wanted}.")) {
        return Ok(format!("api: checked with Rust {wanted} alone, and this is {}", compiler.trim()));
    }
    let (kept, found) = (fs::read_to_string(path(LIST)).unwrap_or_default(), list()?);
    let changes = changes(&kept, &found);
    match changes.is_empty() {
        true => Ok("api: as listed".to_owned()),
        false => Err(format!("{changes}api: if that is what you want, run `cargo xtask api`")),
    }
}

fn changes(kept: &str, found: &str) -> String {
    let (kept, found): (Vec<&str>, Vec<&str>) = (kept.lines().collect(), found.lines().collect());
    let mut text = String::new();
    for line in kept.iter().filter(|line| !found.contains(line)) {
        let _ = writeln!(text, "- {line}");
    }
    for line in found.iter().filter(|line| !kept.contains(line)) {
        let _ = writeln!(text, "+ {line}");
    }
    text
}

fn list() -> Result<String, String> {
    let mut text = HEAD.to_owned();
    let mut passed_on = Vec::new();
    for name in FACES {
        let items = items(name)?;
        let uses = items.iter().filter_map(|item| item.strip_prefix("pub use ")?.rsplit("::").next());
        passed_on.extend(uses.map(ToOwned::to_owned));
        section(&mut text, &format!("## {name}"), &items);
    }
    for name in BEHIND {
        let is_whole = passed_on.iter().any(|used| *used == name.replace("brant-", ""));
        let mut items = items(name)?;
        if !is_whole {
            let krate = name.replace('-', "_");
            items = items.iter().map(|item| without_modules(item, &krate)).collect();
            items.retain(|item| is_of(item, &krate, &passed_on));
            let mut seen = HashSet::new();
            items.retain(|item| seen.insert(item.clone()));
        }
        section(&mut text, &format!("## passed on from {name}"), &items);
    }
    Ok(text)
}

fn section(text: &mut String, head: &str, items: &[String]) {
    let _ = writeln!(text, "\n{head}\n\n{}", items.join("\n"));
}

/// The same without the modules of the crate: what is passed on is known by its name alone, and may be reached by several
/// ways.
fn without_modules(item: &str, krate: &str) -> String {
    let separator = format!("{krate}::");
    let mut pieces = item.split(&separator);
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, mut rest| {
        while let Some((module, inner)) = rest.split_once("::")
            && module.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        {
            rest = inner;
        }
        text + &separator + rest
    })
}

/// Whether an item of a crate is one of these types, traits and functions, or a part of one, or an implementation that
/// has to do with one.
fn is_of(item: &str, krate: &str, names: &[String]) -> bool {
    let separator = format!("{krate}::");
    let mut named = item.split(&separator).skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
        &rest[..end.unwrap_or(rest.len())]
    });
    let is_passed_on = |name: &str| names.iter().any(|passed_on| passed_on == name);
    match item.starts_with("impl") {
        true => named.any(is_passed_on),
        false => named.next().is_some_and(is_passed_on),
    }
}

/// Every public item of a crate, as a line.
fn items(name: &str) -> Result<Vec<String>, String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["rustdoc", "--quiet", "--lib", "--all-features", "--package", name]);
    cargo.args(["--", "-Z", "unstable-options", "--output-format", "json"]);
    output(cargo.env("RUSTDOC", path("xtask/rustdoc.sh")))?;
    let json = target()?.join("doc").join(name.replace('-', "_")).with_extension("json");
    let api = Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build();
    let api = api.map_err(|error| format!("{name}: {error}"))?;
    Ok(api.items().map(ToString::to_string).collect())
}

/// Where cargo puts what it builds: this program is in a folder of it.
fn target() -> Result<PathBuf, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let folder = program.ancestors().nth(2).ok_or("this program is in no folder of cargo's")?;
    Ok(folder.to_owned())
}

fn path(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(below)
}

fn output(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{command:?}:\n{}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_of_what_is_passed_on() {
        let names = ["Report".to_owned()];
        for (item, wanted) in [
            ("pub struct brant_core::Report", true),
            ("pub brant_core::Report::steps: alloc::vec::Vec<brant_core::StepReport>", true),
            ("pub trait brant_core::Report: core::marker::Send", true),
            ("pub brant_core::StepReport::of: brant_core::Report", false),
            ("pub struct brant_core::report::Report", false),
            ("impl core::fmt::Display for brant_core::Report", true),
            ("impl core::convert::From<brant_core::Report> for alloc::string::String", true),
            ("impl core::fmt::Display for brant_core::Plan", false),
        ] {
            assert_eq!(is_of(item, "brant_core", &names), wanted, "{item}");
        }
    }

    #[test]
    fn the_way_to_an_item_does_not_matter() {
        assert_eq!(
            without_modules("pub fn brant_core::plan::plan(brant_core::a::b::Version) -> x::Y", "brant_core"),
            "pub fn brant_core::plan(brant_core::Version) -> x::Y"
        );
    }

    #[test]
    fn changes_are_shown_line_by_line() {
        assert_eq!(changes("a\nb\n", "a\nc\n"), "- b\n+ c\n");
        assert_eq!(changes("a\n", "a\n"), "");
    }
}
