//! What went wrong with TLS, in words that tell what to do.

use std::time::Duration;

use mysql_async::{Error, IoError, TlsError};
use rustls::{AlertDescription, CertificateError, Error as RustlsError};

use super::tls::Mode;

/// What is wrong, and what to do about it.
pub(super) struct TlsFailure {
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

/// The failure of TLS in an error of the client library, if it is one.
pub(super) fn tls_failure(error: &Error, mode: Mode, host: &str) -> Option<TlsFailure> {
    let reason = match error {
        Error::Io(IoError::Io(error)) => error.get_ref()?.downcast_ref::<RustlsError>()?,
        Error::Io(IoError::Tls(TlsError::Tls(error))) => error,
        Error::Io(IoError::Tls(error)) => return Some(TlsFailure { message: error.to_string(), hint: None }),
        _ => return None,
    };
    Some(match reason {
        RustlsError::InvalidCertificate(error) => certificate_failure(error, mode, host),
        RustlsError::AlertReceived(alert) => {
            TlsFailure { message: alert_message(*alert), hint: alert_hint(*alert).map(str::to_owned) }
        }
        other => TlsFailure { message: other.to_string(), hint: None },
    })
}

/// What to do about a certificate whose time is over.
const NEW_ONE: &str = "the server needs a new one";

fn certificate_failure(error: &CertificateError, mode: Mode, host: &str) -> TlsFailure {
    let (message, hint) = match error {
        CertificateError::Expired => {
            ("the server's certificate has expired".to_owned(), Some(NEW_ONE.to_owned()))
        }
        CertificateError::ExpiredContext { time, not_after } => {
            let age = time.as_secs().saturating_sub(not_after.as_secs());
            (format!("the server's certificate expired {} ago", about(age)), Some(NEW_ONE.to_owned()))
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => (
            "the server's certificate is not valid yet".to_owned(),
            Some("check the clock of this machine".to_owned()),
        ),
        CertificateError::NotValidForName => (
            format!("the server's certificate is not for `{host}`"),
            Some("connect by a name that is in the certificate".to_owned()),
        ),
        CertificateError::NotValidForNameContext { presented, .. } => (
            format!("the server's certificate is not for `{host}` but for {}", names(presented)),
            Some("connect by a name that is in the certificate".to_owned()),
        ),
        CertificateError::UnknownIssuer if mode == Mode::Custom => (
            "the server's certificate is not signed by an authority in the file of `-certfile`".to_owned(),
            Some("name the file that holds the certificate of the server's authority".to_owned()),
        ),
        CertificateError::UnknownIssuer => (
            "the server's certificate is not signed by an authority that is trusted here".to_owned(),
            Some("give the authority's certificate with `-certfile FILE`".to_owned()),
        ),
        other => (format!("the server's certificate is not usable: {other}"), None),
    };
    TlsFailure { message, hint }
}

/// The server ended the handshake: it is not content with this side's certificate, as a rule.
fn alert_message(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::UnknownCA => {
            "the server does not know the authority that signed the client's certificate".to_owned()
        }
        AlertDescription::CertificateExpired => "the client's certificate has expired".to_owned(),
        AlertDescription::CertificateRequired => "the server wants a certificate of the client".to_owned(),
        other => format!("the server ended the TLS handshake: {other:?}"),
    }
}

fn alert_hint(alert: AlertDescription) -> Option<&'static str> {
    (alert == AlertDescription::CertificateRequired).then_some("give one with `-ssl-cert` and `-ssl-key`")
}

/// Two days and more in days, two hours and more in hours, else minutes.
fn about(seconds: u64) -> String {
    let minutes = Duration::from_secs(seconds).as_secs() / 60;
    match minutes {
        0..120 => format!("{minutes} minutes"),
        120..2880 => format!("{} hours", minutes / 60),
        _ => format!("{} days", minutes / 1440),
    }
}

/// The names as people write them: `DnsName("a.example")` is a.example.
fn names(presented: &[String]) -> String {
    let bare = |name: &String| {
        let inner = name.split_once('(').and_then(|(_, inner)| inner.strip_suffix(')')).unwrap_or(name);
        format!("`{}`", inner.trim_matches('"'))
    };
    match presented {
        [] => "no host at all".to_owned(),
        _ => presented.iter().map(bare).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::{ServerName, UnixTime};

    use super::*;

    fn told(error: RustlsError, mode: Mode) -> (String, Option<String>) {
        let error = Error::Io(IoError::Io(std::io::Error::other(error)));
        let failure = tls_failure(&error, mode, "db.example").expect("a failure of TLS");
        (failure.message, failure.hint)
    }

    #[test]
    fn the_certificate_is_told_of() {
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let name = ServerName::try_from("db.example").expect("a name");
        let table = [
            (CertificateError::Expired, "the server's certificate has expired"),
            (
                CertificateError::ExpiredContext { time: at(90_000), not_after: at(0) },
                "the server's certificate expired 25 hours ago",
            ),
            (
                CertificateError::ExpiredContext { time: at(900_000), not_after: at(0) },
                "the server's certificate expired 10 days ago",
            ),
            (CertificateError::NotValidYet, "the server's certificate is not valid yet"),
            (CertificateError::NotValidForName, "the server's certificate is not for `db.example`"),
            (
                CertificateError::NotValidForNameContext {
                    expected: name.clone(),
                    presented: vec!["DnsName(\"a.example\")".to_owned(), "IpAddress(::1)".to_owned()],
                },
                "the server's certificate is not for `db.example` but for `a.example`, `::1`",
            ),
            (
                CertificateError::NotValidForNameContext { expected: name, presented: Vec::new() },
                "the server's certificate is not for `db.example` but for no host at all",
            ),
            (
                CertificateError::UnknownIssuer,
                "the server's certificate is not signed by an authority that is trusted here",
            ),
        ];
        for (error, expected) in table {
            assert_eq!(told(RustlsError::InvalidCertificate(error), Mode::Verify).0, expected);
        }
        let unknown = RustlsError::InvalidCertificate(CertificateError::UnknownIssuer);
        assert!(told(unknown, Mode::Custom).0.contains("`-certfile`"));
    }

    #[test]
    fn the_servers_refusal_is_told_of() {
        let (message, hint) =
            told(RustlsError::AlertReceived(AlertDescription::CertificateRequired), Mode::Verify);
        assert_eq!(message, "the server wants a certificate of the client");
        assert_eq!(hint.as_deref(), Some("give one with `-ssl-cert` and `-ssl-key`"));
        let (message, _) = told(RustlsError::AlertReceived(AlertDescription::HandshakeFailure), Mode::Verify);
        assert_eq!(message, "the server ended the TLS handshake: HandshakeFailure");
    }

    #[test]
    fn other_errors_are_not_of_tls() {
        let error = Error::Io(IoError::Io(std::io::Error::from(std::io::ErrorKind::ConnectionRefused)));
        assert!(tls_failure(&error, Mode::Verify, "h").is_none());
    }
}
