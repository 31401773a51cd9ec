//! TLS sessions, on ring, whatever the process has chosen for itself.

mod files;
mod shown;
mod verify;

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, ring};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, InconsistentKeys, SupportedProtocolVersion, version};
use tokio_postgres_rustls::MakeRustlsConnect;

use self::shown::Noting;
pub(super) use self::shown::Shown;
use self::verify::Verifier;
pub(super) use self::verify::explain;
use super::dsn::refuse;
use super::ssl::{ClientCertificate, Roots, Ssl, SslMode};
use crate::DriverError;

/// What a server that is asked for TLS directly is told it is for.
const PROTOCOL: &[u8] = b"postgresql";

/// What makes TLS sessions.
pub(super) struct Connector(ClientConfig);

impl Connector {
    /// What makes one session, and notes whether the client's certificate was shown in it.
    pub(super) fn session(&self) -> (MakeRustlsConnect, Shown) {
        let (mut config, shown) = (self.0.clone(), Shown::default());
        config.client_auth_cert_resolver =
            Arc::new(Noting { keys: config.client_auth_cert_resolver, shown: shown.clone() });
        (MakeRustlsConnect::new(config), shown)
    }
}

/// `used`: without, no file is read, since no session will be made.
pub(super) fn connector(ssl: &Ssl, used: bool) -> Result<Connector, DriverError> {
    let plain = Ssl { roots: Roots::Unchecked, client: None, ..ssl.clone() };
    let ssl = if used && ssl.mode != SslMode::Disable { ssl } else { &plain };
    let provider = Arc::new(ring::default_provider());
    let verifier = Verifier::new(
        provider.signature_verification_algorithms,
        files::roots(&ssl.roots)?,
        ssl.checks_name(),
    )?;
    let resolver = ssl.client.as_ref().map(|client| identity(client, &provider)).transpose()?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&versions(ssl))
        .map_err(|error| refuse(format!("cannot set up TLS: {error}")))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match resolver {
        Some(key) => config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(key))),
        None => config.with_no_client_auth(),
    };
    config.enable_sni = ssl.sni;
    if ssl.direct {
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
    }
    if ssl.must_show {
        // Who takes up an old session is not asked again.
        config.resumption = Resumption::disabled();
    }
    Ok(Connector(config))
}

fn versions(ssl: &Ssl) -> Vec<&'static SupportedProtocolVersion> {
    let all = [&version::TLS12, &version::TLS13];
    all.into_iter().zip(ssl.versions).filter(|(_, wanted)| *wanted).map(|(version, _)| version).collect()
}

/// The certificate by which this client shows who it is, with its key.
fn identity(client: &ClientCertificate, provider: &CryptoProvider) -> Result<CertifiedKey, DriverError> {
    let certificates = files::certificates(&client.certificate, "sslcert")?;
    let key = files::key(&client.key, client.key_password.as_ref())?;
    let shown = client.key.display();
    let key = provider
        .key_provider
        .load_private_key(key)
        .map_err(|error| refuse(format!("`sslkey`: cannot use the key in `{shown}`: {error}")))?;
    let identity = CertifiedKey::new(certificates, key);
    match identity.keys_match() {
        Err(rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => Err(refuse(format!(
            "`sslkey`: the key in `{shown}` is not the key of the certificate in `{}`",
            client.certificate.display()
        ))),
        // What can't be compared, the server will.
        _ => Ok(identity),
    }
}
