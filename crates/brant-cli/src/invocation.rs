//! Which command to run, on which database: what the arguments between the flags mean.
//!
//! goose's rules come first, to the letter: `DRIVER DBSTRING COMMAND`, with `GOOSE_DRIVER` put before the arguments
//! and `GOOSE_DBSTRING` after the first of them. What goose would refuse may be one of brant's shorter forms:
//! `COMMAND` alone, with the database from `GOOSE_DBSTRING`, `DATABASE_URL` or `brant.toml`, and `DBSTRING COMMAND`.

use brant_driver::{Driver, driver_by_name, driver_for_url};

use crate::commands::{self, Command};
use crate::env::{DATABASE_URL, Environment, GOOSE_DBSTRING, GOOSE_DRIVER};
use crate::failure::Failure;
use crate::origin::Origin;
use crate::settings::{self, Located, Settings};

/// A command with its arguments and the database it should work on.
#[derive(Debug)]
pub(crate) struct Invocation {
    /// The command.
    pub command: &'static Command,
    /// What follows the command's name.
    pub args: Vec<String>,
    /// The database, if one was named.
    pub database: Option<Database>,
}

/// A database, as named.
#[derive(Clone)]
pub(crate) struct Database {
    /// The client library that can reach it.
    pub driver: &'static dyn Driver,
    /// The connection string. Holds passwords: shown by nobody but [`brant_driver::Endpoint::redacted`].
    pub dbstring: String,
    /// Who named it.
    pub origin: Origin,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Database({})", self.driver.names()[0])
    }
}

/// Finds out what to run.
///
/// # Errors
///
/// When there is no such command or driver, or no database was named for a command that needs one.
pub(crate) fn resolve(
    words: &[String],
    environment: &Environment,
    settings: &Settings,
) -> Result<Invocation, Failure> {
    if let Some((first, args)) = words.split_first()
        && let Some(command) = commands::find(first).filter(|c| !c.needs_database)
    {
        return Ok(Invocation { command, args: args.to_vec(), database: None });
    }
    let (database, rest) = database(words, environment, settings)?;
    let (name, args) = rest
        .split_first()
        .ok_or_else(|| Failure::arguments("no command was given").next("`brant help` lists the commands"))?;
    let command = commands::find(name).ok_or_else(|| unknown_command(name, environment))?;
    Ok(Invocation { command, args: args.to_vec(), database: Some(database) })
}

/// Takes the database from the first words or from the surroundings; the command follows.
fn database<'a>(
    words: &'a [String],
    environment: &Environment,
    settings: &Settings,
) -> Result<(Database, &'a [String]), Failure> {
    let typed = |driver, of_driver: &Origin, dbstring| by_name((driver, of_driver), dbstring, Origin::Typed);
    let is_command = |word: &String| commands::find(word).is_some();
    match (environment.get(GOOSE_DRIVER), environment.get(GOOSE_DBSTRING), words) {
        (Some(_), Some(_), _) => Ok((surrounding(environment, settings)?, words)),
        (Some(_), None, [command, ..]) if settings.database.is_some() && is_command(command) => {
            Ok((surrounding(environment, settings)?, words))
        }
        (Some(driver), None, [dbstring, rest @ ..]) if !rest.is_empty() => {
            Ok((typed(driver, &OF_VARIABLE, dbstring)?, rest))
        }
        (Some(_), None, _) => Ok((surrounding(environment, settings)?, words)),
        (None, Some(dbstring), [driver, rest @ ..]) if driver_by_name(driver).is_some() => {
            Ok((typed(driver, &Origin::Typed, dbstring)?, rest))
        }
        (None, None, [driver, dbstring, rest @ ..])
            if driver_by_name(driver).is_some() && !rest.is_empty() =>
        {
            Ok((typed(driver, &Origin::Typed, dbstring)?, rest))
        }
        (None, None, [driver, ..]) if driver_by_name(driver).is_some() => {
            Err(no_dbstring(driver, &Origin::Typed))
        }
        (None, _, [command, ..]) if is_command(command) => Ok((surrounding(environment, settings)?, words)),
        (None, _, [dbstring, rest @ ..]) if driver_for_url(dbstring).is_some() => {
            Ok((by_url(dbstring, Origin::Typed).ok_or_else(no_database)?, rest))
        }
        (None, None, [command] | [command, _]) => Err(unknown_command(command, environment)),
        (None, _, [driver, ..]) => Err(unknown_driver(driver, &Origin::Typed)),
        (None, _, []) => Err(no_database()),
    }
}

/// The database that nobody typed: that of the variables, else that of `brant.toml`.
///
/// # Errors
///
/// When there is none; also when an environment was chosen that has a database, and a variable names another one.
pub(crate) fn surrounding(environment: &Environment, settings: &Settings) -> Result<Database, Failure> {
    let Some(found) = of_variables(environment, settings) else {
        let set = settings.database.as_ref();
        return match (set, environment.get(GOOSE_DRIVER)) {
            (Some(set), _) => of_file(set, environment, settings),
            (None, Some(driver)) => {
                driver_by_name(driver).ok_or_else(|| unknown_driver(driver, &OF_VARIABLE))?;
                Err(no_dbstring(driver, &OF_VARIABLE))
            }
            (None, None) => Err(no_database()),
        };
    };
    let database = found?;
    if let (Some(name), Some(set)) = (&settings.environment, &settings.database)
        && expanded(set, environment, settings)? != database.dbstring
    {
        let message = format!(
            "{} names another database than the environment `{name}` ({})",
            database.origin,
            settings.place(set)
        );
        return Err(
            Failure::config(message).next(format!("unset {}, or leave the environment out", database.origin))
        );
    }
    Ok(database)
}

/// The database of `GOOSE_DBSTRING`, else that of `DATABASE_URL`, if one of them is set.
fn of_variables(environment: &Environment, settings: &Settings) -> Option<Result<Database, Failure>> {
    let driver = environment.get(GOOSE_DRIVER);
    let (variable, dbstring) = match (environment.get(GOOSE_DBSTRING), driver) {
        (Some(dbstring), _) => (GOOSE_DBSTRING, dbstring),
        (None, None) => (DATABASE_URL, environment.get(DATABASE_URL)?),
        (None, Some(_)) => return None,
    };
    let origin = Origin::Variable(variable);
    let tells_itself = driver.is_none() && driver_for_url(dbstring).is_some();
    let driver = if tells_itself { None } else { driver_name(environment, settings) };
    Some(match driver {
        Some((driver, of_driver)) => by_name((driver, &of_driver), dbstring, origin),
        None => by_url(dbstring, origin).ok_or_else(|| match variable {
            GOOSE_DBSTRING => Failure::config("GOOSE_DBSTRING does not tell what sort of database it is").next(
                "set GOOSE_DRIVER too, or put the driver before the command; `brant drivers` lists them",
            ),
            _ => Failure::config("DATABASE_URL does not begin with a scheme that a driver answers to").next(
                "name driver and database: `brant DRIVER DBSTRING COMMAND`; `brant drivers` lists the drivers",
            ),
        }),
    })
}

fn of_file(
    set: &Located<String>,
    environment: &Environment,
    settings: &Settings,
) -> Result<Database, Failure> {
    let (place, dbstring) = (settings.place(set), expanded(set, environment, settings)?);
    match driver_name(environment, settings) {
        Some((driver, of_driver)) => by_name((driver, &of_driver), &dbstring, Origin::File(place)),
        None => by_url(&dbstring, Origin::File(place.clone())).ok_or_else(|| {
            Failure::config(format!("{place}: `database` does not tell what sort of database it is"))
                .next("set `driver` too; `brant drivers` lists them")
        }),
    }
}

/// The connection string of the file with the values of its variables, which are secrets from here on.
fn expanded(
    set: &Located<String>,
    environment: &Environment,
    settings: &Settings,
) -> Result<String, Failure> {
    settings::expand(&set.value, environment).map_err(|why| {
        Failure::config(format!("{}: {why}", settings.place(set)))
            .next("set it, or write a default: `${NAME:-default}`")
    })
}

/// The driver that commands without a database go by, if one is named anywhere.
pub(crate) fn driver(environment: &Environment, settings: &Settings) -> Option<&'static dyn Driver> {
    if let Some(name) = environment.get(GOOSE_DRIVER) {
        return driver_by_name(name);
    }
    let of_variable = environment.get(GOOSE_DBSTRING).or_else(|| environment.get(DATABASE_URL));
    of_variable
        .and_then(driver_for_url)
        .or_else(|| driver_by_name(&settings.driver.as_ref()?.value))
        .or_else(|| driver_for_url(&settings.database.as_ref()?.value))
}

const OF_VARIABLE: Origin = Origin::Variable(GOOSE_DRIVER);

/// The driver that nobody typed.
fn driver_name<'a>(environment: &'a Environment, settings: &'a Settings) -> Option<(&'a str, Origin)> {
    let of_file = || settings.driver.as_ref().map(|set| (set.value.as_str(), settings.origin(set)));
    environment.get(GOOSE_DRIVER).map(|name| (name, OF_VARIABLE)).or_else(of_file)
}

fn by_name((name, of_driver): (&str, &Origin), dbstring: &str, origin: Origin) -> Result<Database, Failure> {
    let driver = driver_by_name(name).ok_or_else(|| unknown_driver(name, of_driver))?;
    Ok(Database { driver, dbstring: dbstring.to_owned(), origin })
}

fn by_url(url: &str, origin: Origin) -> Option<Database> {
    let driver = driver_for_url(url)?;
    Some(Database { driver, dbstring: url.to_owned(), origin })
}

fn no_database() -> Failure {
    Failure::config("no database was named")
        .next("`brant DRIVER DBSTRING COMMAND`, or set GOOSE_DRIVER and GOOSE_DBSTRING, or DATABASE_URL, or `database` in brant.toml")
}

fn no_dbstring(driver: &str, of_driver: &Origin) -> Failure {
    // A driver that is set is not typed once more.
    let typed = if *of_driver == Origin::Typed { format!("{driver} ") } else { String::new() };
    Failure::config(format!("no connection string was given for the driver `{driver}`{}", of_driver.aside()))
        .next(format!("`brant {typed}DBSTRING COMMAND`, or set GOOSE_DBSTRING"))
}

/// A word that stands where it makes no sense. It may be a connection string, and hold a password.
pub(crate) fn shown(word: &str) -> &str {
    if word.contains([':', '@', '=']) { "***" } else { word }
}

fn unknown_driver(name: &str, origin: &Origin) -> Failure {
    Failure::plain("unknown_driver", format!("unknown driver `{}`{}", shown(name), origin.aside()))
        .next("`brant drivers` lists the drivers of this build")
}

fn unknown_command(name: &str, environment: &Environment) -> Failure {
    let from_environment = [GOOSE_DRIVER, GOOSE_DBSTRING].map(|v| environment.get(v).is_some());
    let next = match (commands::nearest(name), from_environment) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, [true, true]) => {
            "GOOSE_DRIVER and GOOSE_DBSTRING are set: give the command alone, without driver and connection string"
                .to_owned()
        }
        (None, [true, false]) => {
            "GOOSE_DRIVER is set: give connection string and command, without the driver".to_owned()
        }
        (None, [false, true]) => {
            "GOOSE_DBSTRING is set: give driver and command, without a connection string".to_owned()
        }
        (None, [false, false]) => "`brant help` lists the commands".to_owned(),
    };
    Failure::plain("unknown_command", format!("no such command: `{}`", shown(name))).next(next)
}

#[cfg(all(test, feature = "sqlite", feature = "postgres", feature = "mysql"))]
mod tests {
    use super::*;
    use crate::failure::FailureKind;

    /// `driver dbstring command args`, or the message.
    fn resolved(line: &str, environment: &[(&str, &str)]) -> String {
        let words: Vec<String> = line.split_whitespace().map(ToOwned::to_owned).collect();
        match resolve(&words, &Environment::of(environment), &Settings::default()) {
            Ok(Invocation { command, args, database }) => {
                let database = database.map_or_else(String::new, |d| {
                    let origin = if d.origin == Origin::Variable(DATABASE_URL) { "url:" } else { "" };
                    format!("{} {origin}{} ", d.driver.names()[0], d.dbstring)
                });
                format!("{database}{} {}", command.name, args.join(" ")).trim_end().to_owned()
            }
            Err(Failure { kind: FailureKind::Plain { message, .. }, .. }) => format!("! {message}"),
            Err(failure) => panic!("{failure:?}"),
        }
    }

    const DRIVER: (&str, &str) = (GOOSE_DRIVER, "postgres");
    const DBSTRING: (&str, &str) = (GOOSE_DBSTRING, "postgres://u:p@h/db");
    const URL: (&str, &str) = (DATABASE_URL, "mysql://u:p@h/db");

    #[test]
    fn gooses_rules_hold() {
        for (line, environment, wanted) in [
            ("sqlite3 a.db up", &[][..], "sqlite3 a.db up"),
            ("sqlite a.db up-to 3 x", &[], "sqlite3 a.db up-to 3 x"),
            ("sqlite3 up status", &[], "sqlite3 up status"),
            ("sqlite3 a.db create x sql", &[], "sqlite3 a.db create x sql"),
            ("create x sql", &[], "create x sql"),
            ("create x sql", &[DRIVER, DBSTRING], "create x sql"),
            ("up-to 3", &[DRIVER, DBSTRING], "postgres postgres://u:p@h/db up-to 3"),
            ("host=h up", &[DRIVER], "postgres host=h up"),
            ("pgx up", &[DBSTRING], "postgres postgres://u:p@h/db up"),
            ("postgres x up", &[DRIVER, DBSTRING], "! no such command: `postgres`"),
            ("postgres postgres://u:p@h/db up", &[DBSTRING], "! no such command: `***`"),
            ("nosuch x up", &[], "! unknown driver `nosuch`"),
            ("postgresql x up", &[], "! unknown driver `postgresql`"),
            ("up", &[(GOOSE_DRIVER, "nosuch"), DBSTRING], "! unknown driver `nosuch` (from GOOSE_DRIVER)"),
            ("sqlite3 a.db nosuch", &[], "! no such command: `nosuch`"),
        ] {
            assert_eq!(resolved(line, environment), wanted, "{line} {environment:?}");
        }
    }

    #[test]
    fn the_short_forms_take_what_goose_would_refuse() {
        for (line, environment, wanted) in [
            ("up 2", &[DBSTRING][..], "postgres postgres://u:p@h/db up 2"),
            ("up 2", &[URL], "mysql url:mysql://u:p@h/db up 2"),
            ("up", &[DBSTRING, URL], "postgres postgres://u:p@h/db up"),
            ("up", &[DRIVER, DBSTRING, URL], "postgres postgres://u:p@h/db up"),
            ("mysql://h/db status", &[], "mysql mysql://h/db status"),
            ("mysql://h/db status", &[DBSTRING, URL], "mysql mysql://h/db status"),
            ("up", &[], "! no database was named"),
            (
                "up",
                &[DRIVER, URL],
                "! no connection string was given for the driver `postgres` (from GOOSE_DRIVER)",
            ),
            (
                "up",
                &[(GOOSE_DBSTRING, "host=h")],
                "! GOOSE_DBSTRING does not tell what sort of database it is",
            ),
            (
                "up",
                &[(DATABASE_URL, "oracle://h")],
                "! DATABASE_URL does not begin with a scheme that a driver answers to",
            ),
            ("postgres up", &[], "! no connection string was given for the driver `postgres`"),
            ("postgres://h/db", &[], "! no command was given"),
            ("stauts", &[], "! no such command: `stauts`"),
            ("a:b@tcp nosuch x", &[], "! unknown driver `***`"),
        ] {
            assert_eq!(resolved(line, environment), wanted, "{line} {environment:?}");
        }
    }
}
