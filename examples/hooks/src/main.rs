//! Hooks and an observer around migrations on SQLite: `cargo run -p example-hooks`.

use brant::{
    BoxError, Context, Direction, Error, Hooks, Migration, Migrations, Migrator, Observer, SqlHooks,
    StepInfo, StepOutcome, StepReport, Url, async_trait,
};

/// Counts the rows of `users` in a migration's own transaction, and lets none drop a table that has any.
struct Careful;

#[async_trait]
impl Hooks for Careful {
    async fn before_migration(&self, step: &StepInfo<'_>, ctx: &mut Context<'_>) -> Result<(), BoxError> {
        if !step.migration.name.starts_with("drop_") {
            return Ok(());
        }
        let rows: i64 = ctx.query_one("SELECT count(*) FROM users", ()).await?.get(0)?;
        match rows {
            0 => Ok(()),
            _ => Err(format!("`users` has {rows} rows: ask somebody first").into()),
        }
    }

    async fn after_migration(
        &self,
        step: &StepInfo<'_>,
        outcome: &StepOutcome<'_>,
        _: &mut Context<'_>,
    ) -> Result<(), BoxError> {
        let ending = if outcome.failure.is_none() { "done" } else { "stopped" };
        say(&format!("hook: version {} {}: {ending}", step.migration.version, step.direction));
        Ok(())
    }
}

/// Writes the run as lines of keys and values.
struct Lines;

impl Observer for Lines {
    fn step_started(&mut self, migration: &Migration, direction: Direction, number: usize, total: usize) {
        let name = &migration.name;
        say(&format!("event=step_started name={name} direction={direction} step={number}/{total}"));
    }

    fn step_finished(&mut self, step: &StepReport) {
        say(&format!("event=step_finished name={} statements={}", step.migration.name, step.n_statements));
    }

    fn warning(&mut self, text: &str) {
        say(&format!("event=warning text={text:?}"));
    }
}

#[expect(clippy::print_stdout, reason = "a program, and no library")]
fn say(line: &str) {
    println!("{line}");
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let migrations = Migrations::from_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"))?;
    let migrator = Migrator::builder(migrations)
        .hooks(Careful)
        .hooks(SqlHooks::new().before_each("PRAGMA defer_foreign_keys = on"))
        .observer(Lines)
        .build();
    // The last migration is vetoed.
    if let Err(error) = migrator.up(&Url::parse("sqlite::memory:")?).await {
        say(&format!("{error}"));
    }
    Ok(())
}
