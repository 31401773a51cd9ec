//! `config`

use super::{Command, Context};
use crate::config::{Effective, default_of};
use crate::database;
use crate::env::GOOSE_DRIVER;
use crate::failure::{Failure, FailureKind};
use crate::invocation::{self, Database};
use crate::origin::Origin;
use crate::output::json::{Body, Setting};
use crate::output::{Console, text};

pub(super) const COMMAND: Command = Command {
    name: "config",
    arguments: "",
    summary: "show each setting that is in effect, and who set it",
    details: "A flag goes before a variable, which goes before `brant.toml`, which goes before the default. Passwords are \
              not shown, and nothing is connected to.",
    example: "brant --environment production config",
    needs_database: false,
    target: None,
    run,
};

fn run(cx: &Context, console: &mut Console) -> Result<Body, Failure> {
    let mut settings: Vec<Setting> = Vec::new();
    if let Some(name) = &cx.config.settings.environment {
        let origin = cx.config.settings.file();
        settings.push(Setting { name: "environment", value: Some(format!("{name:?}")), origin });
    }
    settings.extend(database_settings(cx));
    settings.extend(cx.config.effective.iter().map(|Effective { name, value, origin }| Setting {
        name,
        value: value.clone().or_else(|| default_of(name)),
        origin: origin.shown(),
    }));
    let row = |s: &Setting| {
        vec![s.name.to_owned(), s.value.clone().unwrap_or_else(|| "-".to_owned()), s.origin.clone()]
    };
    let rows: Vec<Vec<String>> = settings.iter().map(row).collect();
    console.result(text::table(&["Setting", "Value", "From"], &rows));
    Ok(Body { settings: Some(settings), ..Body::default() })
}

/// Driver and database, the latter as the driver shows it. What is wrong with them is shown in their place: this is the
/// command to find it out by.
fn database_settings(cx: &Context) -> [Setting; 2] {
    let setting = |name, value, origin: &str| Setting { name, value, origin: origin.to_owned() };
    match invocation::surrounding(&cx.config.environment, &cx.config.settings) {
        Ok(named) => {
            let driver = format!("{:?}", named.driver.names()[0]);
            [
                setting("driver", Some(driver), &driver_origin(cx)),
                setting("database", Some(redacted(cx, &named)), &named.origin.shown()),
            ]
        }
        Err(Failure { kind: FailureKind::Plain { message, .. }, .. }) => {
            [setting("driver", None, "-"), setting("database", None, &message)]
        }
        Err(_) => [setting("driver", None, "-"), setting("database", None, "-")],
    }
}

fn driver_origin(cx: &Context) -> String {
    match (cx.config.environment.get(GOOSE_DRIVER), &cx.config.settings.driver) {
        (Some(_), _) => Origin::Variable(GOOSE_DRIVER).shown(),
        (None, Some(set)) => cx.config.settings.place(set),
        (None, None) => "the scheme of `database`".to_owned(),
    }
}

fn redacted(cx: &Context, named: &Database) -> String {
    match database::endpoint(cx, named) {
        Ok(endpoint) => format!("{:?}", endpoint.redacted()),
        // A string that no driver understands may be a password from end to end.
        Err(_) => "***".to_owned(),
    }
}
