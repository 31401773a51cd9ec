//! What lies behind an error, where its number tells: then it is not the SQL that has to be corrected.

use crate::DriverError;

/// A cause outside of the SQL that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// Two sessions waited for each other, or changed the same rows: another try may well succeed.
    Conflict,
    /// Another session held a lock for longer than the statement was allowed to wait.
    LockTimeout,
    /// The statement ran longer than it was allowed to, or somebody cancelled it.
    Cancelled,
    /// The user lacks a right.
    Permission,
    /// The database, or the transaction, takes no changes.
    ReadOnly,
    /// There is no room left, on a disk or in memory.
    NoSpace,
    /// The server has as many connections as it allows.
    TooManyConnections,
    /// The server did not accept user or password.
    Authentication,
    /// There is no database of that name.
    NoDatabase,
    /// There is no schema of that name.
    NoSchema,
}

impl Cause {
    /// Others were in the way: once they are done, the same may well succeed.
    #[must_use]
    pub fn is_contention(self) -> bool {
        matches!(self, Self::Conflict | Self::LockTimeout)
    }
}

/// SQLSTATEs of PostgreSQL. MySQL's are too coarse to tell anything; there the number does.
const STATES: &[(&str, Cause)] = &[
    ("40001", Cause::Conflict),
    ("40P01", Cause::Conflict),
    ("55P03", Cause::LockTimeout),
    ("57014", Cause::Cancelled),
    ("42501", Cause::Permission),
    ("25006", Cause::ReadOnly),
    ("53100", Cause::NoSpace),
    ("53200", Cause::NoSpace),
    ("53300", Cause::TooManyConnections),
    ("28000", Cause::Authentication),
    ("28P01", Cause::Authentication),
    ("3D000", Cause::NoDatabase),
    ("3F000", Cause::NoSchema),
];

/// Numbers of MySQL and MariaDB, which come with an SQLSTATE.
const MYSQL: &[(i64, Cause)] = &[
    (1213, Cause::Conflict),
    (1020, Cause::Conflict),
    (1205, Cause::LockTimeout),
    (1317, Cause::Cancelled),
    (1969, Cause::Cancelled),
    (3024, Cause::Cancelled),
    (1044, Cause::Permission),
    (1142, Cause::Permission),
    (1143, Cause::Permission),
    (1227, Cause::Permission),
    (1370, Cause::Permission),
    (1290, Cause::ReadOnly),
    (1792, Cause::ReadOnly),
    (1836, Cause::ReadOnly),
    (1021, Cause::NoSpace),
    (1041, Cause::NoSpace),
    (1114, Cause::NoSpace),
    (1040, Cause::TooManyConnections),
    (1203, Cause::TooManyConnections),
    (1045, Cause::Authentication),
    (1049, Cause::NoDatabase),
];

/// Primary result codes of SQLite, which come without one.
const SQLITE: &[(i64, Cause)] = &[
    (5, Cause::LockTimeout),
    (6, Cause::LockTimeout),
    (8, Cause::ReadOnly),
    (9, Cause::Cancelled),
    (13, Cause::NoSpace),
];

/// SQLite's primary result code for a row that does not keep to a constraint.
const SQLITE_CONSTRAINT: i64 = 19;

impl DriverError {
    /// What lies behind the error, if its number tells.
    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        let by_number = |table: &[(i64, Cause)], number: i64| {
            table.iter().find(|(known, _)| *known == number).map(|(_, cause)| *cause)
        };
        match (self.sqlstate.as_deref(), self.number) {
            (Some(_), Some(number)) => by_number(MYSQL, number),
            (Some(state), None) => STATES.iter().find(|(known, _)| *known == state).map(|(_, cause)| *cause),
            (None, Some(number)) => by_number(SQLITE, number & 0xff),
            (None, None) => None,
        }
    }

    /// Whether rows do not keep to a constraint. At a commit it is a deferred one: all others were checked before.
    #[must_use]
    pub fn breaks_constraint(&self) -> bool {
        match (self.sqlstate.as_deref(), self.number) {
            (Some(state), _) => state.starts_with("23"),
            (None, number) => number.is_some_and(|number| number & 0xff == SQLITE_CONSTRAINT),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn error(sqlstate: Option<&str>, number: Option<i64>) -> DriverError {
        let sqlstate = sqlstate.map(ToOwned::to_owned);
        DriverError { sqlstate, number, ..DriverError::new(ErrorKind::Statement, "") }
    }

    #[test]
    fn numbers_of_each_engine_tell() {
        for (sqlstate, number, cause) in [
            (Some("40P01"), None, Some(Cause::Conflict)),
            (Some("42P01"), None, None),
            (Some("HY000"), Some(1205), Some(Cause::LockTimeout)),
            (Some("42000"), Some(1064), None),
            (None, Some(1032), Some(Cause::ReadOnly)),
            (None, Some(1), None),
            (None, None, None),
        ] {
            assert_eq!(error(sqlstate, number).cause(), cause, "{sqlstate:?} {number:?}");
        }
    }

    #[test]
    fn constraints_are_told_by_class() {
        for (sqlstate, number, breaks) in [
            (Some("23503"), None, true),
            (Some("23000"), Some(1452), true),
            (Some("40001"), None, false),
            (None, Some(787), true),
            (None, Some(13), false),
            (None, None, false),
        ] {
            assert_eq!(error(sqlstate, number).breaks_constraint(), breaks, "{sqlstate:?} {number:?}");
        }
    }
}
