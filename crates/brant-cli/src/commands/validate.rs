//! `validate`

use brant::__command_line::{Loaded, identities};
use brant::Migrations;
use brant_source::Loader;
use brant_source::validate::{Row, Validation, validate};
use brant_sql::{DIALECTS, Dialect, dialect_by_name};

use super::{Command, Context};
use crate::failure::{Failure, FailureKind};
use crate::output::json::{Body, Checked, Problem};
use crate::output::{Console, text};
use crate::{database, files, invocation};

pub(super) const COMMAND: Command = Command {
    name: "validate",
    arguments: "",
    summary: "parse every file, run nothing",
    details: "Both directions are read. -dir may also name a single file. With -v a table shows what each file holds. \
              Where no driver is named, the files may be in any dialect.",
    example: "brant -dir migrations -v validate",
    needs_database: false,
    target: None,
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    let validation = validation(cx, console)?;
    for warning in validation.warnings {
        console.warn(warning);
    }
    if cx.config.verbose && !validation.rows.is_empty() {
        let rows: Vec<Vec<String>> = validation.rows.iter().map(cells).collect();
        console.result(text::table(&["Type", "Txn", "Up", "Down", "Name"], &rows));
    }
    let body = Body {
        files: Some(validation.rows.iter().map(checked).collect()),
        problems: Some(validation.errors.iter().map(Problem::of).collect()),
        ..Body::default()
    };
    if validation.errors.is_empty() {
        return Ok(body);
    }
    Err(Failure::from(FailureKind::Problems(validation.errors)).with_body(body))
}

/// Parses in the dialect of the driver that is named somewhere, else in the first that makes sense of all files.
fn validation(cx: &Context, console: &mut Console) -> Result<Validation, Failure> {
    let variable = |name: &str| cx.config.environment.all().get(name).cloned();
    let (linked, dirs) = (linked(cx, console)?, cx.config.dirs());
    let read = |dialect: &dyn Dialect| match &linked {
        Some(migrations) => Ok(of_linked(migrations, Loader::new(dialect, &variable))),
        None => validate(&dirs, dialect, &variable).map_err(|error| files::failure(&error, &cx.config)),
    };
    if let Some(dialect) = named_dialect(cx)? {
        return read(dialect);
    }
    let all: Vec<Validation> = DIALECTS.iter().map(|dialect| read(*dialect)).collect::<Result<_, _>>()?;
    Ok(all.into_iter().min_by_key(|validation| validation.errors.len()).unwrap_or_default())
}

/// What is linked in, where no directory was named.
fn linked(cx: &Context, console: &mut Console) -> Result<Option<Migrations>, Failure> {
    cx.is_on_linked().then(|| files::list(cx, console)).transpose()
}

fn of_linked(migrations: &Migrations, loader: Loader<'_>) -> Validation {
    let loaded = Loaded::new(migrations, loader);
    Validation::of(&identities(migrations), |migration, direction| {
        loaded.read(migration, direction).map(|work| work.script)
    })
}

fn named_dialect(cx: &Context) -> Result<Option<&'static dyn Dialect>, Failure> {
    if let Some(database) = &cx.database {
        return database::dialect(database).map(Some);
    }
    let driver = invocation::driver(&cx.config.environment, &cx.config.settings);
    Ok(driver.and_then(|driver| dialect_by_name(driver.dialect())))
}

fn cells(row: &Row) -> Vec<String> {
    let counts = match row.counts {
        Some(c) => [if c.transaction { "✔" } else { "✘" }.to_owned(), c.up.to_string(), c.down.to_string()],
        None => ["-", "-", "-"].map(ToOwned::to_owned),
    };
    let [transaction, up, down] = counts;
    vec![row.kind.to_owned(), transaction, up, down, row.name.clone()]
}

fn checked(row: &Row) -> Checked {
    Checked {
        file: row.path.display().to_string(),
        kind: row.kind.to_owned(),
        transaction: row.counts.map(|c| c.transaction),
        up: row.counts.map(|c| c.up),
        down: row.counts.map(|c| c.down),
    }
}
