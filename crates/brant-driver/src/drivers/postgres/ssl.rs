//! The settings of TLS: whether, with whom, and as whom.

use std::path::{Path, PathBuf};

use tokio_postgres::config::SslMode as Library;

use super::dsn::refuse;
use super::settings::Settings;
use crate::{DriverError, Environment, Secret};

/// How much TLS is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SslMode {
    Disable,
    /// Only if the server lets nobody in without.
    Allow,
    /// If the server has it.
    Prefer,
    Require,
    /// The certificate must come from a known authority.
    VerifyCa,
    /// And bear the server's name.
    VerifyFull,
}

const MODES: &[(&str, SslMode)] = &[
    ("disable", SslMode::Disable),
    ("allow", SslMode::Allow),
    ("prefer", SslMode::Prefer),
    ("require", SslMode::Require),
    ("verify-ca", SslMode::VerifyCa),
    ("verify-full", SslMode::VerifyFull),
];

impl SslMode {
    /// The modes in which a connection is tried, in turn, as the client library knows them.
    pub(super) fn attempts(self) -> &'static [Library] {
        match self {
            Self::Disable => &[Library::Disable],
            Self::Allow => &[Library::Disable, Library::Require],
            Self::Prefer => &[Library::Prefer, Library::Disable],
            Self::Require | Self::VerifyCa | Self::VerifyFull => &[Library::Require],
        }
    }
}

/// Whom to believe that a certificate is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Roots {
    /// Nobody: every certificate will do.
    Unchecked,
    /// The authorities in this file.
    File(PathBuf),
    /// Those that the operating system trusts, unless SSL_CERT_FILE or SSL_CERT_DIR name others, as for OpenSSL.
    System { file: Option<PathBuf>, folder: Option<PathBuf> },
}

/// Whether the client's certificate is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CertificateMode {
    Disable,
    /// If the server asks for it.
    Allow,
    /// And it must ask.
    Require,
}

const CERTIFICATE_MODES: &[(&str, CertificateMode)] = &[
    ("disable", CertificateMode::Disable),
    ("allow", CertificateMode::Allow),
    ("require", CertificateMode::Require),
];

/// The files by which this client shows who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClientCertificate {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
    pub(super) key_password: Option<Secret>,
}

/// Everything about TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ssl {
    pub(super) mode: SslMode,
    pub(super) roots: Roots,
    pub(super) client: Option<ClientCertificate>,
    /// A server that doesn't ask for the client's certificate is not the right one.
    pub(super) must_show: bool,
    /// The server is told, in the clear, by what name it was looked for.
    pub(super) sni: bool,
    /// TLS begins at once, without asking for it in PostgreSQL's protocol first.
    pub(super) direct: bool,
    /// Versions of TLS that will do: 1.2, 1.3.
    pub(super) versions: [bool; 2],
}

impl Ssl {
    /// `home` is where files lie that nobody names.
    pub(super) fn read(
        settings: &mut Settings,
        home: Option<&Path>,
        environment: &Environment,
    ) -> Result<Self, DriverError> {
        let own = |name: &str| Some(home?.join(".postgresql").join(name)).filter(|path| path.exists());
        let variable = |name: &str| environment.get(name).filter(|path| !path.is_empty()).map(PathBuf::from);
        let system = Roots::System { file: variable("SSL_CERT_FILE"), folder: variable("SSL_CERT_DIR") };
        let (mode, roots) = mode_and_roots(settings, own("root.crt"), system)?;
        let direct = settings.choice("sslnegotiation", &[("postgres", false), ("direct", true)])?;
        let direct = direct.unwrap_or(false);
        if direct && mode < SslMode::Require {
            return Err(refuse(
                "`sslnegotiation=direct` needs `sslmode` to be `require`, `verify-ca` or `verify-full`",
            ));
        }
        let certificate_mode = settings.choice("sslcertmode", CERTIFICATE_MODES)?;
        let certificate_mode = certificate_mode.unwrap_or(CertificateMode::Allow);
        Ok(Self {
            mode,
            roots,
            client: client(settings, certificate_mode, home, own("postgresql.crt"))?,
            must_show: certificate_mode == CertificateMode::Require,
            sni: settings.choice("sslsni", &[("0", false), ("1", true)])?.unwrap_or(true),
            direct,
            versions: versions(settings)?,
        })
    }

    /// Whether the certificate must bear the server's name.
    pub(super) fn checks_name(&self) -> bool {
        self.mode == SslMode::VerifyFull
    }
}

/// `own_file`: the user's own list of authorities, where there is one.
fn mode_and_roots(
    settings: &mut Settings,
    own_file: Option<PathBuf>,
    system: Roots,
) -> Result<(SslMode, Roots), DriverError> {
    let mode = settings.choice("sslmode", MODES)?;
    let given = settings.take_setting("sslrootcert");
    if given.as_ref().is_some_and(|given| given.value == "system") {
        // With every public authority trusted, anybody can have a certificate: only its name tells it apart.
        return match mode {
            Some(SslMode::Disable) => Ok((SslMode::Disable, Roots::Unchecked)),
            _ => Ok((SslMode::VerifyFull, system)),
        };
    }
    let mode = mode.unwrap_or(SslMode::Prefer);
    let given = given.map(|given| PathBuf::from(given.value));
    let roots = match (mode, given, own_file) {
        (SslMode::Disable, ..) => Roots::Unchecked,
        (_, Some(file), _) => Roots::File(file),
        (SslMode::Allow | SslMode::Prefer, None, _) | (SslMode::Require, None, None) => Roots::Unchecked,
        (_, None, Some(file)) => Roots::File(file),
        (SslMode::VerifyFull, None, None) => system,
        (SslMode::VerifyCa, None, None) => {
            return Err(refuse(
                "`sslmode=verify-ca` needs to know the authority: name the file with its certificate by \
                 `sslrootcert`, or put it at `~/.postgresql/root.crt` (`verify-full` does without, by the system's list)",
            ));
        }
    };
    Ok((mode, roots))
}

/// `own_certificate`: the one of the user's own, where there is one.
fn client(
    settings: &mut Settings,
    mode: CertificateMode,
    home: Option<&Path>,
    own_certificate: Option<PathBuf>,
) -> Result<Option<ClientCertificate>, DriverError> {
    let wanted = mode != CertificateMode::Disable;
    let certificate = settings.take("sslcert").map(PathBuf::from).or(own_certificate);
    let key = settings.take_setting("sslkey");
    let key_password = settings.take("sslpassword").map(Secret::new);
    let own_key = || Some(home?.join(".postgresql").join("postgresql.key"));
    match (certificate.filter(|_| wanted), key) {
        (None, Some(key)) if wanted => Err(refuse(format!(
            "{} is the key of a certificate: give that one too, by `sslcert`",
            key.source
        ))),
        (None, _) if mode == CertificateMode::Require => {
            Err(refuse("`sslcertmode=require` needs the client's certificate: name its file by `sslcert`"))
        }
        (None, _) => Ok(None),
        (Some(certificate), key) => {
            let key = key.map(|key| PathBuf::from(key.value)).or_else(own_key);
            let key = key
                .ok_or_else(|| refuse("`sslcert` needs the certificate's key: name its file by `sslkey`"))?;
            Ok(Some(ClientCertificate { certificate, key, key_password }))
        }
    }
}

/// Older versions than 1.2 are never spoken; that they would be allowed does no harm.
fn versions(settings: &mut Settings) -> Result<[bool; 2], DriverError> {
    let least = [("TLSv1", false), ("TLSv1.1", false), ("TLSv1.2", false), ("TLSv1.3", true)];
    let only_13 = settings.choice("ssl_min_protocol_version", &least)?.unwrap_or(false);
    let only_12 = settings.choice("ssl_max_protocol_version", &[("TLSv1.2", true), ("TLSv1.3", false)])?;
    let versions = [!only_13, only_12 != Some(true)];
    if versions == [false, false] {
        return Err(refuse("`ssl_min_protocol_version` is above `ssl_max_protocol_version`"));
    }
    Ok(versions)
}
