//! From a named database to an open session, and runs on it.

use std::collections::HashMap;

use brant::__command_line::{Loaded, identities};
use brant_core::{Findings, History, Migration, PlanError, Report, Target, Verdict, Version, changes, check};
use brant_driver::{Access, DriverError, Endpoint, driver_for_url};
use brant_engine::{Approval, Options, Preview, RunErrorKind, Scripts, Session};
use brant_source::Loader;
use brant_source::formats::goose::LAYOUT;
use brant_sql::{Dialect, SchemaSql, TableName, dialect_by_name};

use crate::commands::Context;
use crate::config::Config;
use crate::env::DATABASE_URL;
use crate::failure::Failure;
use crate::files;
use crate::invocation::Database;
use crate::origin::Origin;
use crate::output::Console;
use crate::output::observer::RunObserver;
use crate::{protection, signal};

/// A database that can be connected to, and the SQL it speaks.
pub(crate) struct Reachable {
    /// How to connect.
    pub endpoint: Box<dyn Endpoint>,
    dialect: &'static dyn Dialect,
    /// The settings of its sessions.
    pub options: Options,
}

impl Reachable {
    /// Opens a session.
    ///
    /// # Errors
    ///
    /// When the database can't be reached.
    pub(crate) async fn open(&self, access: Access) -> Result<Session<'static>, Failure> {
        Ok(Session::open(&*self.endpoint, self.dialect, access, self.options.clone()).await?)
    }
}

/// Brings the database to the target.
///
/// # Errors
///
/// Whatever stops the run.
pub(crate) fn migrate(cx: &Context, console: &mut Console, target: Target) -> Result<Report, Failure> {
    run(cx, console, target, None)
}

/// The same, if that is still what was approved.
///
/// # Errors
///
/// Whatever stops the run, and that it would be another.
pub(crate) fn migrate_as_approved(
    cx: &Context,
    console: &mut Console,
    target: Target,
    approval: Approval,
) -> Result<Report, Failure> {
    run(cx, console, target, Some(approval))
}

fn run(
    cx: &Context,
    console: &mut Console,
    target: Target,
    approval: Option<Approval>,
) -> Result<Report, Failure> {
    let reachable = reach(cx, console)?;
    let migrations = files::list(cx, console)?;
    let variable = |name: &str| cx.config.environment.all().get(name).cloned();
    let scripts = Loaded::new(&migrations, Loader::new(reachable.dialect, &variable));
    let hooks = files::hooks(cx)?;
    block_on(async {
        let migrations = identities(&migrations);
        let approved = protection::ask(cx, console, &reachable, &migrations, target, &scripts).await?;
        let mut session = reachable.open(Access::Write).await?.with_hooks(hooks);
        if let Some(steps) = approved {
            session = session.with_approved(steps);
        }
        if let Some(approval) = approval {
            session = session.with_approval(approval);
        }
        let mut observer = RunObserver::new(console, cx.config.verbose);
        let result = session.migrate(&migrations, target, &scripts, &mut observer).await;
        session.close().await;
        Ok(result?)
    })
}

/// Finds out what [`migrate`] would do, and what has to be approved if that goes into a file; changes nothing.
///
/// # Errors
///
/// Whatever would stop the run before it begins.
pub(crate) fn preview(
    cx: &Context,
    console: &mut Console,
    target: Target,
) -> Result<(Preview, Option<Approval>), Failure> {
    let reachable = reach(cx, console)?;
    let migrations = files::list(cx, console)?;
    let variable = |name: &str| cx.config.environment.all().get(name).cloned();
    let scripts = Loaded::new(&migrations, Loader::new(reachable.dialect, &variable));
    let hooks = files::hooks(cx)?;
    block_on(async {
        let mut session = reachable.open(Access::Read).await?.with_hooks(hooks);
        let mut observer = RunObserver::new(console, false);
        let preview = session.preview(&identities(&migrations), target, &scripts, &mut observer).await;
        let wants_approval = cx.config.out.is_some() && !cx.config.sql;
        let approval = match &preview {
            Ok(preview) if wants_approval => Some(session.approval(preview).await),
            _ => None,
        };
        session.close().await;
        Ok((preview?, approval.transpose()?))
    })
}

/// Reads what was applied, with its contents where they are compared; changes nothing.
///
/// # Errors
///
/// When the database can't be reached or refuses.
pub(crate) fn history(cx: &Context, console: &mut Console, wants_contents: bool) -> Result<History, Failure> {
    let reachable = reach(cx, console)?;
    block_on(async {
        let mut session = reachable.open(Access::Read).await?;
        let history = session.history(wants_contents).await;
        session.close().await;
        Ok(history?)
    })
}

/// What a database holds beside what it should hold.
pub(crate) struct Look {
    /// By version.
    pub migrations: Vec<Migration>,
    /// What was applied.
    pub history: History,
    /// How they differ.
    pub findings: Findings,
    /// What became of the content of applied migrations, where that can be told.
    pub verdicts: HashMap<Version, Verdict>,
}

/// Compares the migrations with the history; changes nothing.
///
/// # Errors
///
/// When there are no sound migrations, when the database can't be reached or refuses, and when somebody emptied the
/// history.
pub(crate) fn look(cx: &Context, console: &mut Console) -> Result<Look, Failure> {
    let files = files::list(cx, console)?;
    let migrations = files::sound(&files)?;
    let history = history(cx, console, true)?;
    if history.is_emptied() {
        return Err(RunErrorKind::Plan(PlanError::HistoryEmptied).into());
    }
    let variable = |name: &str| cx.config.environment.all().get(name).cloned();
    let scripts = Loaded::new(&files, Loader::new(dialect(cx.named_database())?, &variable));
    let mut findings = check(&migrations, &history, &cx.config.policy, |late| scripts.may_be_late(late))
        .map_err(RunErrorKind::Script)?;
    let mut verdicts = HashMap::new();
    findings.changed = changes(&migrations, &history, |migration, applied| {
        let verdict = scripts.verdict(migration, applied)?;
        verdicts.insert(migration.version, verdict);
        Some(verdict)
    });
    Ok(Look { migrations, history, findings, verdicts })
}

/// Runs to the end what waits for the database.
///
/// # Errors
///
/// Those of the work, or that the system can't wait.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        runtime.map_err(|e| Failure::plain("system", format!("failed to start the runtime: {e}")))?;
    runtime.block_on(work)
}

/// Reads the connection string and everything else that a session needs. Nothing is connected yet.
///
/// # Errors
///
/// When they make no sense.
pub(crate) fn reach(cx: &Context, console: &mut Console) -> Result<Reachable, Failure> {
    let database = cx.named_database();
    let endpoint = endpoint(cx, database)?;
    if matches!(database.origin, Origin::File(_) | Origin::Variable(DATABASE_URL)) {
        console.note(format_args!("brant: database from {}: {}", database.origin, endpoint.redacted()));
    }
    let dialect = dialect(database)?;
    let (table, new_schema) = history_table(cx, dialect)?;
    Ok(Reachable { endpoint, dialect, options: options(cx, table, new_schema) })
}

/// The history table, and how its schema is made if it was asked for by `--schema`.
fn history_table(cx: &Context, dialect: &dyn Dialect) -> Result<(TableName, Option<SchemaSql>), Failure> {
    let table = cx.config.table.as_deref().unwrap_or(LAYOUT.default_table);
    let table = TableName::parse(table, dialect).map_err(|e| {
        Failure::config(e.to_string()).next(format!("give another name with {}", cx.config.setter("table")))
    })?;
    let Some(name) = &cx.config.schema else { return Ok((table, None)) };
    let setter = cx.config.setter("schema");
    if table.schema().is_some() {
        let message =
            format!("the history table `{table}` names a schema already, and {setter} names `{name}`");
        return Err(Failure::config(message).next("leave one of them out"));
    }
    let table = table
        .in_schema(name, dialect)
        .map_err(|e| Failure::config(e.to_string()).next(format!("give another name with {setter}")))?;
    match dialect.schema(table.schema().unwrap_or_default()) {
        Ok(schema) => Ok((table, Some(schema))),
        Err(reason) => {
            let message = format!("the history cannot be kept in the schema `{name}`: {reason}");
            Err(Failure::config(message)
                .next(format!("leave {setter} out; `-table NAME` keeps several histories apart")))
        }
    }
}

/// Reads the connection string.
///
/// # Errors
///
/// When the driver can't make sense of it.
pub(crate) fn endpoint(cx: &Context, database: &Database) -> Result<Box<dyn Endpoint>, Failure> {
    let Config { environment, tls, .. } = &cx.config;
    let parsed = database.driver.parse_with_tls(&database.dbstring, environment.all(), tls);
    parsed.map_err(|DriverError { message, hint, .. }| {
        let failure = Failure::config(message);
        match hint {
            Some(hint) => failure.next(format!("{hint}{}", database.origin.aside())),
            None => advise_on_connection_string(failure, database),
        }
    })
}

fn advise_on_connection_string(
    failure: Failure,
    Database { driver, dbstring, origin }: &Database,
) -> Failure {
    let place = origin.aside();
    match driver_for_url(dbstring) {
        Some(other) if other.names() != driver.names() => failure.next(format!(
            "name the driver that such a connection string{place} is for: `{}`",
            other.names()[0]
        )),
        _ => failure.remedy(format!("correct the connection string{place}: its form is `{}`", driver.form())),
    }
}

/// The dialect that a database speaks.
///
/// # Errors
///
/// Never in a build whose drivers and dialects fit together.
pub(crate) fn dialect(database: &Database) -> Result<&'static dyn Dialect, Failure> {
    let name = database.driver.dialect();
    dialect_by_name(name).ok_or_else(|| Failure::config(format!("unknown dialect `{name}`")))
}

fn options(cx: &Context, table: TableName, new_schema: Option<SchemaSql>) -> Options {
    Options {
        table,
        new_schema,
        layout: &LAYOUT,
        policy: cx.config.policy,
        strict: cx.config.strict,
        single_transaction: cx.config.single_transaction,
        lock: cx.config.lock,
        limits: cx.config.limits,
        os_user: first_variable(cx, &["USER", "LOGNAME", "USERNAME"]),
        host: host(cx),
        tool: concat!("brant ", env!("CARGO_PKG_VERSION")).to_owned(),
        answers: cx.config.answers,
        stop: signal::watch(cx.config.timeout),
    }
}

fn first_variable(cx: &Context, names: &[&str]) -> String {
    names.iter().find_map(|name| cx.config.environment.get(name)).unwrap_or("unknown").to_owned()
}

/// The machine's name, where the system tells it without further ado.
fn host(cx: &Context) -> String {
    let told = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    told.map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| first_variable(cx, &["HOSTNAME", "COMPUTERNAME"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_driver_speaks_a_known_dialect() {
        for driver in brant_driver::DRIVERS {
            let database = Database { driver: *driver, dbstring: String::new(), origin: Origin::Typed };
            assert!(dialect(&database).is_ok(), "{}", driver.names()[0]);
        }
    }

    #[test]
    fn a_plan_error_is_a_failure_without_steps() {
        let failure = Failure::from(RunErrorKind::Plan(brant_core::PlanError::NoMigrations));
        assert_eq!(failure.body.steps.as_deref(), Some(&[][..]));
    }
}
