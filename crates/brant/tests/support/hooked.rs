//! What the tests of hooks share.

use std::sync::{Arc, Mutex};

use brant::{Builder, Context, Hooks, Migrations, Migrator, Observer, RustMigration};

/// Does the work to its end.
pub(crate) fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// A migration in a transaction, one without, and one in Rust. They need the table `base`.
pub(crate) fn three() -> Migrations {
    async fn up(ctx: &mut Context<'_>) -> brant::Result<()> {
        ctx.execute("INSERT INTO base VALUES ($1)", (3,)).await?;
        Ok(())
    }
    async fn down(ctx: &mut Context<'_>) -> brant::Result<()> {
        ctx.execute("DELETE FROM base WHERE id = $1", (3,)).await?;
        Ok(())
    }
    let rows = "-- +goose Up\nINSERT INTO base VALUES (1);\nINSERT INTO base VALUES (2);\n-- +goose Down\nDELETE FROM base;\n";
    let table = "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE b (id int);\nINSERT INTO b VALUES (1);\n-- +goose Down\nDROP TABLE b;\n";
    let code = RustMigration::new(3, "code").up(up).down(down);
    Migrations::new().sql("1_rows.sql", rows).unwrap().sql("2_table.sql", table).unwrap().rust(code).unwrap()
}

/// A single migration that can't be taken back.
pub(crate) fn one(name: &str, up: &str) -> Migrations {
    Migrations::new().sql(name, format!("-- +goose Up\n{up}\n-- +goose Down\n")).unwrap()
}

/// A migrator with hooks.
pub(crate) fn with(migrations: Migrations, hooks: impl Hooks + 'static) -> Builder {
    Migrator::builder(migrations).hooks(hooks)
}

/// What is written down while a run goes on.
pub(crate) type Notes = Arc<Mutex<Vec<String>>>;

/// Keeps the warnings of a run.
pub(crate) struct Warnings(pub(crate) Notes);

impl Observer for Warnings {
    fn warning(&mut self, text: &str) {
        self.0.lock().unwrap().push(text.to_owned());
    }
}
