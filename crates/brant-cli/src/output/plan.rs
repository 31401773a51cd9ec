//! A run that has not been, for people.

use std::collections::HashMap;
use std::fmt::Write as _;

use brant_core::{Direction, Statement};
use brant_engine::{Boundary, Preview, TableSize};
use brant_sql::TableName;
use brant_sql::effects::{Blocks, Effect, Effects, Subject, Work};

use super::text::statement as shown;

/// What is known of the tables that are there.
type Sizes<'a> = HashMap<&'a TableName, &'a TableSize>;

/// The steps in their transactions, each with the statements that keep others waiting; with `verbose`, with all.
pub(crate) fn text(preview: &Preview, verbose: bool) -> String {
    let plan = &preview.plan;
    if plan.steps.is_empty() {
        return "nothing to do".to_owned();
    }
    let sizes = preview.sizes.iter().map(|size| (&size.table, size)).collect();
    let mut text = head(preview);
    for group in &preview.groups {
        let _ = writeln!(text, "\n{}", boundary(preview.boundary(group.start), group.len()));
        for i in group.clone() {
            step(&mut text, preview, i, &sizes, verbose);
        }
    }
    text.trim_end().to_owned()
}

fn head(preview: &Preview) -> String {
    let plan = &preview.plan;
    let mut text = format!("{} on {}", count(plan.steps.len(), "migration"), preview.server);
    if let (Some(from), Some(to)) = (plan.current, plan.version_after(plan.steps.len())) {
        let _ = write!(text, ", from version {from} to version {to}");
    }
    text.push('\n');
    if preview.makes_history() {
        text.push_str("the history table is made first\n");
    }
    text
}

fn boundary(boundary: Boundary, n_steps: usize) -> &'static str {
    match boundary {
        Boundary::Transaction | Boundary::Code if n_steps > 1 => "in one transaction:",
        Boundary::Transaction | Boundary::Code => "in a transaction:",
        Boundary::Statements => "statement by statement, what is done stays done:",
        Boundary::CodeInParts => "as the code commits, what is done stays done:",
    }
}

fn step(text: &mut String, preview: &Preview, i: usize, sizes: &Sizes<'_>, verbose: bool) {
    let (step, work) = (&preview.plan.steps[i], &preview.works[i]);
    let arrow = match step.direction {
        Direction::Up => "up  ",
        Direction::Down => "down",
    };
    let what = match (work.code.is_some(), work.script.statements.len()) {
        (true, _) => "program code: what it does is not known".to_owned(),
        (false, 0) => "nothing to run, only its record".to_owned(),
        (false, n) => count(n, "statement"),
    };
    let earlier = earlier(preview, i);
    let _ = writeln!(text, "  {arrow} {} ({what}{earlier})", step.migration.file_name());
    let statements = work.script.statements.iter().zip(&preview.effects[i]);
    for (statement, effects) in statements.skip(preview.done_before(i)) {
        describe(text, statement, effects, sizes, verbose);
    }
}

/// What an earlier run has done of a step.
fn earlier(preview: &Preview, i: usize) -> String {
    let done = match preview.done_before(i) {
        0 => String::new(),
        1 => ", 1 of them done by an earlier run".to_owned(),
        n => format!(", {n} of them done by an earlier run"),
    };
    match preview.is_in_doubt(i) {
        true => format!("{done}; whether the next one is done is found out first"),
        false => done,
    }
}

fn describe(text: &mut String, statement: &Statement, effects: &Effects, sizes: &Sizes<'_>, verbose: bool) {
    let line = statement.position.line;
    if verbose {
        for sql in shown(&statement.source).lines() {
            let _ = writeln!(text, "         {sql}");
        }
    }
    for effect in effects.on.iter().filter(|effect| verbose || matters(effect)) {
        let _ = writeln!(text, "       line {line}: {}", sentence(effect, sizes));
    }
    if let Some(why) = effects.refused {
        let _ = writeln!(text, "       line {line}: {why}");
    }
    if effects.has_unknown {
        let _ = writeln!(text, "       line {line}: it is not known what this statement locks");
    }
}

/// Somebody may notice it.
fn matters(effect: &Effect) -> bool {
    let waits = |blocks: Blocks| blocks >= Blocks::Writes;
    waits(effect.lock.blocks) || waits(effect.lock.queue) || effect.work >= Work::Scan
}

fn sentence(effect: &Effect, sizes: &Sizes<'_>) -> String {
    let Effect { lock, work, unless, note, .. } = effect;
    let mut text = format!("{}{}: {}", effect.subject, size(&effect.subject, sizes), lock.name);
    let _ = write!(text, "; {}", who_waits(lock.blocks));
    if lock.queue > lock.blocks {
        let _ = write!(text, ", but {} for a moment", who_waits(lock.queue));
    }
    let _ = write!(text, "; {}", what_is_done(*work));
    if let Some(unless) = unless {
        let _ = write!(text, ", unless {unless}");
    }
    if let Some(note) = note {
        let _ = write!(text, "; {note}");
    }
    text
}

fn size(subject: &Subject, sizes: &Sizes<'_>) -> String {
    let (Subject::Named(table) | Subject::TableOf(table)) = subject else { return String::new() };
    let Some(found) = sizes.get(table) else { return String::new() };
    let rows = found.rows.map(|rows| format!("about {rows} rows"));
    let parts: Vec<String> = rows.into_iter().chain(found.bytes.map(bytes)).collect();
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
}

fn who_waits(blocks: Blocks) -> &'static str {
    match blocks {
        Blocks::Nothing => "nobody waits",
        Blocks::SameRows => "writes to the same rows wait",
        Blocks::Writes => "writes wait",
        Blocks::Everything => "reads and writes wait",
        Blocks::Unknown => "it is not known who waits",
    }
}

fn what_is_done(work: Work) -> &'static str {
    match work {
        Work::Catalog => "only the catalog changes",
        Work::Rows => "some rows are read or changed",
        Work::Scan => "every row is read",
        Work::Index => "every row is read and an index is built",
        Work::Rewrite => "every row is written anew",
        Work::Unknown => "it is not known what is done with the rows",
    }
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// `14.2 MB`
fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "kB", "MB", "GB", "TB"];
    let (mut whole, mut tenths, mut unit) = (n, 0, 0);
    while whole >= 1024 && unit + 1 < UNITS.len() {
        (whole, tenths, unit) = (whole / 1024, whole % 1024 * 10 / 1024, unit + 1);
    }
    if unit == 0 || whole >= 100 {
        format!("{whole} {}", UNITS[unit])
    } else {
        format!("{whole}.{tenths} {}", UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_have_three_figures_at_most() {
        for (n, text) in [
            (0, "0 bytes"),
            (1023, "1023 bytes"),
            (8192, "8.0 kB"),
            (157_286_400, "150 MB"),
            (u64::MAX, "16777215 TB"),
        ] {
            assert_eq!(bytes(n), text);
        }
    }
}
