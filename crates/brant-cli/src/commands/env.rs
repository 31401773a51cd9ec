//! `env`

use brant_driver::{driver_by_name, driver_for_url};

use super::{Command, Context};
use crate::env::{GOOSE_DBSTRING, GOOSE_DRIVER, GOOSE_MIGRATION_DIR, GOOSE_TABLE, NO_COLOR};
use crate::failure::Failure;
use crate::go;
use crate::output::Console;
use crate::output::json::Body;

pub(super) const COMMAND: Command = Command {
    name: "env",
    arguments: "",
    summary: "show the variables that are in effect",
    details: "Those of the process and of the .env file together. Passwords are not shown.",
    example: "brant -env production.env env",
    needs_database: false,
    target: None,
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    let environment = &cx.config.environment;
    let value = |name: &str| environment.get(name).unwrap_or_default().to_owned();
    let dir = environment
        .get(GOOSE_MIGRATION_DIR)
        .map_or_else(|| crate::files::default_dir().display().to_string(), ToOwned::to_owned);
    let variables = [
        (GOOSE_DRIVER, value(GOOSE_DRIVER)),
        (GOOSE_DBSTRING, redacted_dbstring(cx)),
        (GOOSE_MIGRATION_DIR, dir),
        (GOOSE_TABLE, value(GOOSE_TABLE)),
        (NO_COLOR, environment.no_color().to_string()),
    ];
    for (name, value) in &variables {
        console.result(format_args!("{name}={}", go::quote(value)));
    }
    Ok(Body { variables: Some(variables.into()), ..Body::default() })
}

/// The connection string as its driver shows it; stars where no driver understands it.
fn redacted_dbstring(cx: &Context) -> String {
    let environment = &cx.config.environment;
    let Some(dbstring) = environment.get(GOOSE_DBSTRING) else { return String::new() };
    let driver = match environment.get(GOOSE_DRIVER) {
        Some(name) => driver_by_name(name),
        None => driver_for_url(dbstring),
    };
    let endpoint = driver.and_then(|driver| driver.parse(dbstring, environment.all()).ok());
    endpoint.map_or_else(|| "***".to_owned(), |endpoint| endpoint.redacted())
}
