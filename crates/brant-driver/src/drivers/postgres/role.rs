//! What sort of server is wanted (`target_session_attrs`), and whether this is one.

use super::settings::Settings;
use crate::{Connection, DriverError, ErrorKind};

/// What a server must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    /// A standby if any of the hosts is one, else whatever answers.
    PreferStandby,
}

const ROLES: &[(&str, Role)] = &[
    ("any", Role::Any),
    ("read-write", Role::ReadWrite),
    ("read-only", Role::ReadOnly),
    ("primary", Role::Primary),
    ("standby", Role::Standby),
    ("prefer-standby", Role::PreferStandby),
];

/// What a server tells of itself unasked, from PostgreSQL 14 on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reported {
    pub(super) standby: Option<bool>,
    pub(super) read_only_by_default: Option<bool>,
}

impl Reported {
    /// Reads the parameters that the server reports when a session begins.
    pub(super) fn read<'a>(parameter: impl Fn(&str) -> Option<&'a str>) -> Self {
        let is_on = |name: &str| parameter(name).map(|value| value == "on");
        Self {
            standby: is_on("in_hot_standby"),
            read_only_by_default: is_on("default_transaction_read_only"),
        }
    }
}

impl Role {
    pub(super) fn read(settings: &mut Settings) -> Result<Self, DriverError> {
        Ok(settings.choice("target_session_attrs", ROLES)?.unwrap_or(Self::Any))
    }

    /// What is asked of the hosts, in turn: all of them are tried for the first before any is for the second.
    pub(super) fn rounds(self) -> &'static [Self] {
        match self {
            Self::Any => &[Self::Any],
            Self::ReadWrite => &[Self::ReadWrite],
            Self::ReadOnly => &[Self::ReadOnly],
            Self::Primary => &[Self::Primary],
            Self::Standby => &[Self::Standby],
            Self::PreferStandby => &[Self::Standby, Self::Any],
        }
    }

    /// Whether the server is what is wanted. It is only asked where it has not told already.
    pub(super) async fn check(
        self,
        connection: &mut dyn Connection,
        reported: Reported,
    ) -> Result<(), DriverError> {
        let (right, wrong) = match self {
            Self::Any | Self::PreferStandby => return Ok(()),
            Self::ReadWrite => (!is_read_only(connection, reported).await?, "the server is read-only"),
            Self::ReadOnly => (is_read_only(connection, reported).await?, "the server is not read-only"),
            Self::Primary => (!is_standby(connection, reported).await?, "the server is a standby"),
            Self::Standby => (is_standby(connection, reported).await?, "the server is not a standby"),
        };
        if right { Ok(()) } else { Err(DriverError::new(ErrorKind::Connect, wrong)) }
    }
}

async fn is_read_only(connection: &mut dyn Connection, reported: Reported) -> Result<bool, DriverError> {
    match (reported.standby, reported.read_only_by_default) {
        (Some(standby), Some(read_only)) => Ok(standby || read_only),
        _ => ask(connection, "SHOW transaction_read_only").await,
    }
}

async fn is_standby(connection: &mut dyn Connection, reported: Reported) -> Result<bool, DriverError> {
    match reported.standby {
        Some(standby) => Ok(standby),
        None => ask(connection, "SELECT pg_catalog.pg_is_in_recovery()").await,
    }
}

async fn ask(connection: &mut dyn Connection, question: &str) -> Result<bool, DriverError> {
    let rows = connection.query(question).await?;
    let answer = rows.first().and_then(|row| row.first()).and_then(Option::as_deref);
    Ok(matches!(answer, Some("on" | "t")))
}
