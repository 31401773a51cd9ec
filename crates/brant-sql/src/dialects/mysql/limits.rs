//! How long a session waits for locks. The servers' own limits on tables are a day (MariaDB) and a year (MySQL).

use std::time::Duration;

use crate::{LockLimit, LockLimitSql};

/// The variables, with what the servers come with.
const TABLES: (&str, &[u64]) = ("lock_wait_timeout", &[86_400, 31_536_000]);
const ROWS: (&str, &[u64]) = ("innodb_lock_wait_timeout", &[50]);

/// See [`crate::Dialect::lock_limit`].
pub(super) fn of(limit: LockLimit, before: Option<LockLimit>) -> LockLimitSql {
    let set = [
        assignment(TABLES, limit.tables, before.map(|before| before.tables)),
        assignment(ROWS, limit.rows, before.map(|before| before.rows)),
    ];
    let reset = [back(TABLES.0, limit.tables), back(ROWS.0, limit.rows)];
    LockLimitSql::Session {
        set: format!("SET {}", set.join(", ")),
        reset: format!("SET {}", reset.join(", ")),
    }
}

/// Only where it is still as the server came with it, or as brant set it.
fn assignment((name, defaults): (&str, &[u64]), limit: Duration, before: Option<Duration>) -> String {
    let known: Vec<String> =
        defaults.iter().copied().chain(before.map(seconds)).map(|value| value.to_string()).collect();
    let variable = format!("@@SESSION.{name}");
    keeping(&variable, &format!("{variable} IN ({})", known.join(", ")), &seconds(limit).to_string())
}

fn back(name: &str, limit: Duration) -> String {
    let variable = format!("@@SESSION.{name}");
    keeping(&variable, &format!("{variable} = {}", seconds(limit)), &format!("@@GLOBAL.{name}"))
}

/// Leaves a variable as it is unless the condition holds. MySQL takes a mixture of signed and unsigned numbers for a
/// decimal one, and no decimal number for such a variable.
fn keeping(variable: &str, condition: &str, value: &str) -> String {
    format!("{variable} = CAST(IF({condition}, {value}, {variable}) AS UNSIGNED)")
}

/// Whole seconds are all that the servers know.
fn seconds(limit: Duration) -> u64 {
    limit.as_secs() + u64::from(limit.subsec_nanos() > 0)
}
