//! The keys of connection strings, and the variables that stand in for them.

use super::dsn::refuse;
use crate::DriverError;

/// The variables that are read, with the key that each stands for.
pub(super) const VARIABLES: &[(&str, &str)] = &[
    ("PGHOST", "host"),
    ("PGHOSTADDR", "hostaddr"),
    ("PGPORT", "port"),
    ("PGDATABASE", "dbname"),
    ("PGUSER", "user"),
    ("PGPASSWORD", "password"),
    ("PGPASSFILE", "passfile"),
    ("PGAPPNAME", "application_name"),
    ("PGCONNECT_TIMEOUT", "connect_timeout"),
    ("PGSSLMODE", "sslmode"),
    ("PGCHANNELBINDING", "channel_binding"),
    ("PGTARGETSESSIONATTRS", "target_session_attrs"),
    ("PGOPTIONS", "options"),
    ("PGCLIENTENCODING", "client_encoding"),
    ("PGTZ", "timezone"),
    ("PGDATESTYLE", "datestyle"),
    ("PGGEQO", "geqo"),
    ("PGSERVICE", "service"),
    ("PGSERVICEFILE", "servicefile"),
    ("PGSSLCERT", "sslcert"),
    ("PGSSLKEY", "sslkey"),
    ("PGSSLROOTCERT", "sslrootcert"),
    ("PGSSLPASSWORD", "sslpassword"),
    ("PGSSLSNI", "sslsni"),
    ("PGSSLNEGOTIATION", "sslnegotiation"),
    ("PGSSLCRL", "sslcrl"),
    ("PGSSLCRLDIR", "sslcrldir"),
    ("PGSSLCOMPRESSION", "sslcompression"),
    ("PGREQUIRESSL", "requiressl"),
    ("PGSSLCERTMODE", "sslcertmode"),
    ("PGSSLMINPROTOCOLVERSION", "ssl_min_protocol_version"),
    ("PGSSLMAXPROTOCOLVERSION", "ssl_max_protocol_version"),
    ("PGREQUIREPEER", "requirepeer"),
    ("PGREQUIREAUTH", "require_auth"),
    ("PGGSSENCMODE", "gssencmode"),
    ("PGGSSLIB", "gsslib"),
    ("PGGSSDELEGATION", "gssdelegation"),
    ("PGKRBSRVNAME", "krbsrvname"),
    ("PGMINPROTOCOLVERSION", "min_protocol_version"),
    ("PGMAXPROTOCOLVERSION", "max_protocol_version"),
    ("PGLOADBALANCEHOSTS", "load_balance_hosts"),
];

/// Keys of pgx that have no effect on the simple query protocol.
const WITHOUT_EFFECT: &[&str] =
    &["default_query_exec_mode", "statement_cache_capacity", "description_cache_capacity"];

/// Keys of other clients that this one lacks, with the values (if any) that ask for what happens anyway.
///
/// Without this list they would go to the server as run-time parameters, and its refusal would puzzle.
const LACKING: &[(&str, &[&str])] = &[
    ("sslcrl", &[]),
    ("sslcrldir", &[]),
    ("sslcompression", &["0"]),
    ("requirepeer", &[]),
    ("requiressl", &["0"]),
    ("require_auth", &[]),
    ("scram_client_key", &[]),
    ("scram_server_key", &[]),
    ("gssencmode", &["disable", "prefer"]),
    ("gsslib", &[]),
    ("gssdelegation", &["0"]),
    ("krbspn", &[]),
    ("krbsrvname", &[]),
    ("oauth_issuer", &[]),
    ("oauth_client_id", &[]),
    ("oauth_client_secret", &[]),
    ("oauth_scope", &[]),
    ("min_protocol_version", &["3.0"]),
    ("max_protocol_version", &["3.0", "latest"]),
    ("replication", &["0", "off", "false", "no"]),
];

/// Whether every client of PostgreSQL knows this key: it has a variable of its own.
pub(super) fn is_known(key: &str) -> bool {
    VARIABLES.iter().any(|(_, known)| *known == key)
}

/// What to do with a key that brant does not use itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Other {
    /// It is a run-time parameter for the server.
    Parameter,
    /// It has no effect here.
    Nothing,
}

/// Tells what a key is that brant does not use itself; `source` names it in an error. An empty value asks for nothing.
pub(super) fn other(key: &str, value: &str, source: &str) -> Result<Other, DriverError> {
    if WITHOUT_EFFECT.contains(&key) {
        return Ok(Other::Nothing);
    }
    match LACKING.iter().find(|(lacking, _)| *lacking == key) {
        None => Ok(Other::Parameter),
        Some((_, harmless)) if value.is_empty() || harmless.contains(&value) => Ok(Other::Nothing),
        Some((_, [])) => Err(refuse(format!("{source} is not supported yet"))),
        Some((_, harmless)) => {
            let harmless = harmless.join("`, `");
            Err(refuse(format!("{source} is not supported yet with this value (only `{harmless}`)")))
        }
    }
}
