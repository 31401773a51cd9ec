//! The settings of a connection string, completed by a service and by variables.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use super::dsn::{self, refuse};
use super::keys::VARIABLES;
use super::service;
use crate::{DriverError, Environment};

/// A value, and how to name the place that it comes from.
pub(super) struct Setting {
    pub(super) value: String,
    pub(super) source: String,
}

/// The settings that nobody has looked at yet. What is left at the end is for the server.
pub(super) struct Settings(BTreeMap<String, Setting>);

impl Settings {
    /// Of one key, the connection string counts most, then the service, then the variable.
    pub(super) fn collect(dbstring: &str, environment: &Environment) -> Result<Self, DriverError> {
        let mut settings = Self(BTreeMap::new());
        for (variable, key) in VARIABLES {
            if let Some(value) = environment.get(*variable).filter(|value| !value.is_empty()) {
                settings.put(key, value.clone(), format!("`{key}` (from {variable})"));
            }
        }
        let pairs = dsn::pairs(dbstring)?;
        let given = |key: &str| pairs.iter().rfind(|pair| pair.key == key).map(|pair| pair.value.clone());
        settings.add_service(given("service"), given("servicefile"), environment)?;
        for pair in pairs.into_iter().filter(|pair| pair.key != "service" && pair.key != "servicefile") {
            let source = format!("`{}`", pair.key);
            settings.put(&pair.key, pair.value, source);
        }
        match settings.0.values().find(|setting| setting.value.contains('\0')) {
            Some(setting) => Err(refuse(format!("{} has a NUL character in it", setting.source))),
            None => Ok(settings),
        }
    }

    fn put(&mut self, key: &str, value: String, source: String) {
        self.0.insert(key.to_owned(), Setting { value, source });
    }

    /// Adds what the service says whose name is given here or by PGSERVICE.
    fn add_service(
        &mut self,
        name: Option<String>,
        file: Option<String>,
        environment: &Environment,
    ) -> Result<(), DriverError> {
        let (name_by_variable, file_by_variable) = (self.take("service"), self.take("servicefile"));
        let Some(name) = name.or(name_by_variable).filter(|name| !name.is_empty()) else { return Ok(()) };
        let file = file.or(file_by_variable).filter(|file| !file.is_empty());
        for (key, value) in service::settings(&name, file.as_deref(), environment)? {
            let source = format!("`{key}` (from service `{name}`)");
            self.put(&key, value, source);
        }
        Ok(())
    }

    /// Takes a setting; an empty one is as good as none.
    pub(super) fn take_setting(&mut self, key: &str) -> Option<Setting> {
        self.0.remove(key).filter(|setting| !setting.value.is_empty())
    }

    pub(super) fn take(&mut self, key: &str) -> Option<String> {
        self.take_setting(key).map(|setting| setting.value)
    }

    /// Reads a value that may only have certain forms. `wanted` describes them.
    pub(super) fn read<T>(
        &mut self,
        key: &str,
        wanted: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, DriverError> {
        let Some(setting) = self.take_setting(key) else { return Ok(None) };
        match read(setting.value.trim()) {
            Some(value) => Ok(Some(value)),
            None => Err(refuse(format!("{} must be {wanted}", setting.source))),
        }
    }

    /// Reads a value that must be one of these words.
    pub(super) fn choice<T: Copy>(
        &mut self,
        key: &str,
        choices: &[(&str, T)],
    ) -> Result<Option<T>, DriverError> {
        let words: Vec<String> = choices.iter().map(|(word, _)| format!("`{word}`")).collect();
        let wanted = match words.as_slice() {
            [all @ .., last] if !all.is_empty() => format!("{} or {last}", all.join(", ")),
            _ => words.concat(),
        };
        let find = |value: &str| choices.iter().find(|(word, _)| *word == value).map(|(_, choice)| *choice);
        self.read(key, &wanted, find)
    }

    pub(super) fn number<T: FromStr>(&mut self, key: &str) -> Result<Option<T>, DriverError> {
        self.read(key, "a whole number, 0 or more", |value| value.parse().ok())
    }

    /// A length of time, in a unit of the key's own; 0 leaves it to the system.
    pub(super) fn duration(
        &mut self,
        key: &str,
        unit: fn(u64) -> Duration,
    ) -> Result<Option<Duration>, DriverError> {
        Ok(self.number::<u64>(key)?.filter(|&number| number > 0).map(unit))
    }

    /// What nobody has taken.
    pub(super) fn rest(self) -> impl Iterator<Item = (String, Setting)> {
        self.0.into_iter()
    }
}
