//! TLS: which authorities are trusted, and which certificate is shown to the server.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use mysql_async::{ClientIdentity, SslOpts};
use rustls::RootCertStore;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use crate::{Environment, TlsFiles};

/// What `tls=…` asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    /// `false`
    #[default]
    Off,
    /// `preferred`: against listeners only, and only where the server offers it.
    Preferred,
    /// `skip-verify`: against listeners only.
    SkipVerify,
    /// `true`: the certificate must be of this host, by an authority that the system trusts.
    Verify,
    /// `custom`: as `true`, by an authority of `-certfile`.
    Custom,
}

impl Mode {
    /// Whoever answers must prove that it is the server.
    pub(super) fn verifies(self) -> bool {
        matches!(self, Self::Verify | Self::Custom)
    }
}

/// How a connection is secured: the mode, with everything read that it needs.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Tls {
    pub(super) mode: Mode,
    /// Present unless the mode is off. Holds the client's private key.
    options: Option<SslOpts>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("mode", &self.mode).finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// Which flag or parameter is wrong, and why.
    pub(super) fn new(mode: Mode, files: &TlsFiles, environment: &Environment) -> Result<Self, String> {
        // As goose: the flag wins over the parameter.
        let mode = if files.authorities.is_some() { Mode::Custom } else { mode };
        let identity = identity(files)?;
        let options = match (mode, &files.authorities) {
            (Mode::Off, _) if identity.is_some() => {
                return Err(
                    "`-ssl-cert` and `-ssl-key` need TLS: add `-certfile FILE`, or `tls=true` to the connection string"
                        .to_owned(),
                );
            }
            (Mode::Off, _) => return Ok(Self::default()),
            (Mode::Custom, None) => {
                return Err("`tls=custom` needs `-certfile FILE` with the authority's certificate".to_owned());
            }
            (Mode::Custom, Some(file)) => trust(custom_authorities(file)?),
            (Mode::Verify, _) => trust(system_authorities(environment)),
            // The client library wants authorities even here, and uses those built in.
            (Mode::SkipVerify | Mode::Preferred, _) => {
                SslOpts::default().with_danger_accept_invalid_certs(true)
            }
        };
        // The client library takes the process's choice of cryptography, and panics where there is none.
        let _ = ring::default_provider().install_default();
        Ok(Self { mode, options: Some(options.with_client_identity(identity)) })
    }

    /// What the client library wants to know, for a connection over TCP.
    pub(super) fn options(&self) -> Option<SslOpts> {
        self.options.clone()
    }
}

/// Trusts these and no others; where there are none, those that are built in.
fn trust(authorities: Vec<CertificateDer<'static>>) -> SslOpts {
    let only_these = !authorities.is_empty();
    let roots = authorities.into_iter().map(|certificate| certificate.to_vec().into()).collect();
    SslOpts::default().with_root_certs(roots).with_disable_built_in_roots(only_these)
}

/// The certificates of `-certfile`, each of which must be usable.
fn custom_authorities(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates = certificates("-certfile", file)?;
    for certificate in &certificates {
        RootCertStore::empty()
            .add(certificate.clone())
            .map_err(|error| complaint("-certfile", file, &format!("not usable as an authority: {error}")))?;
    }
    Ok(certificates)
}

/// Where systems keep the authorities that they trust, as one file.
const SYSTEM_AUTHORITIES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The authorities that the system trusts: those in the file that `SSL_CERT_FILE` names, or in the first that is
/// there. What is not usable is passed over, as everywhere: such files hold a hundred and more, and some are strange.
fn system_authorities(environment: &Environment) -> Vec<CertificateDer<'static>> {
    let named = environment.get("SSL_CERT_FILE").filter(|file| !file.is_empty()).map(PathBuf::from);
    let files = named.map_or_else(|| SYSTEM_AUTHORITIES.map(PathBuf::from).to_vec(), |file| vec![file]);
    let Some(text) = files.iter().find_map(|file| fs::read(file).ok()) else { return Vec::new() };
    let certificates = CertificateDer::pem_slice_iter(&text).filter_map(Result::ok);
    certificates.filter(|certificate| RootCertStore::empty().add(certificate.clone()).is_ok()).collect()
}

/// The client's certificate and key; goose takes them only together.
fn identity(files: &TlsFiles) -> Result<Option<ClientIdentity>, String> {
    let (certificate, key) = match (&files.client_certificate, &files.client_key) {
        (None, None) => return Ok(None),
        (Some(_), None) => return Err("`-ssl-cert` needs `-ssl-key FILE` too".to_owned()),
        (None, Some(_)) => return Err("`-ssl-key` needs `-ssl-cert FILE` too".to_owned()),
        (Some(certificate), Some(key)) => (certificate, key),
    };
    let chain = certificates("-ssl-cert", certificate)?;
    let secret = read("-ssl-key", key)?;
    let parsed = PrivateKeyDer::from_pem_slice(&secret)
        .map_err(|_| complaint("-ssl-key", key, key_complaint(&secret)))?;
    CertifiedKey::from_der(chain, parsed, &ring::default_provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => {
            format!("`-ssl-key`: the key in `{}` is not that of the certificate", key.display())
        }
        error => complaint("-ssl-cert", certificate, &format!("not usable: {error}")),
    })?;
    let chain = read("-ssl-cert", certificate)?;
    Ok(Some(ClientIdentity::new(chain.into(), secret.into())))
}

fn key_complaint(text: &[u8]) -> &'static str {
    let text = String::from_utf8_lossy(text);
    let is_encrypted = text.contains("ENCRYPTED");
    if is_encrypted { "the key is encrypted, which is not supported" } else { "no private key in it (PEM)" }
}

/// The certificates of a PEM file, at least one.
fn certificates(flag: &str, file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let text = read(flag, file)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(complaint(flag, file, "no certificate in it (PEM)")),
    }
}

fn read(flag: &str, file: &Path) -> Result<Vec<u8>, String> {
    fs::read(file).map_err(|error| complaint(flag, file, &error.to_string()))
}

fn complaint(flag: &str, file: &Path, why: &str) -> String {
    format!("`{flag}`: `{}`: {why}", file.display())
}
