//! Certificates and keys in files.

use std::fs;
use std::path::Path;

use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::der::SecretDocument;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::super::dsn::refuse;
use super::super::files::is_key_shared;
use super::super::ssl::Roots;
use crate::{DriverError, Secret};

/// The certificates of the authorities that are believed; `None`: every server is.
pub(super) fn roots(roots: &Roots) -> Result<Option<Vec<CertificateDer<'static>>>, DriverError> {
    match roots {
        Roots::Unchecked => Ok(None),
        Roots::File(file) => certificates(file, "sslrootcert").map(Some),
        Roots::System { file: None, folder: None } => system(rustls_native_certs::load_native_certs()),
        Roots::System { file, folder } => {
            system(rustls_native_certs::load_certs_from_paths(file.as_deref(), folder.as_deref()))
        }
    }
}

/// Single certificates that can't be read do no harm, as long as there are others.
fn system(
    found: rustls_native_certs::CertificateResult,
) -> Result<Option<Vec<CertificateDer<'static>>>, DriverError> {
    if !found.certs.is_empty() {
        return Ok(Some(found.certs));
    }
    let why = found.errors.first().map(|error| format!(": {error}")).unwrap_or_default();
    Err(refuse(format!(
        "the system has no list of authorities to check the server's certificate with{why} (on Debian, install \
         `ca-certificates`; or name a file with the authority's certificate by `sslrootcert`)"
    )))
}

/// All certificates of a file.
pub(super) fn certificates(path: &Path, key: &str) -> Result<Vec<CertificateDer<'static>>, DriverError> {
    let shown = path.display();
    let text = fs::read(path).map_err(|error| refuse(format!("`{key}`: cannot read `{shown}`: {error}")))?;
    let found = CertificateDer::pem_slice_iter(&text).collect::<Result<Vec<_>, _>>();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(refuse(format!("`{key}`: `{shown}` holds no certificate in PEM form"))),
        Err(error) => Err(refuse(format!("`{key}`: `{shown}` is not in PEM form: {error}"))),
    }
}

/// The key of a file that only its owner can read.
pub(super) fn key(path: &Path, password: Option<&Secret>) -> Result<PrivateKeyDer<'static>, DriverError> {
    let shown = path.display();
    let metadata =
        fs::metadata(path).map_err(|error| refuse(format!("`sslkey`: cannot read `{shown}`: {error}")))?;
    if is_key_shared(&metadata) {
        return Err(refuse(format!(
            "`sslkey`: others can read `{shown}`: make it yours alone with `chmod 600` (if it belongs to root, its \
             group may read it: `chmod 640`)"
        )));
    }
    let bytes =
        fs::read(path).map_err(|error| refuse(format!("`sslkey`: cannot read `{shown}`: {error}")))?;
    parse_key(&bytes, password).map_err(|why| refuse(format!("`sslkey`: the key in `{shown}` {why}")))
}

fn parse_key(bytes: &[u8], password: Option<&Secret>) -> Result<PrivateKeyDer<'static>, String> {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    if let Some(at) = text.find("-----BEGIN ENCRYPTED PRIVATE KEY-----") {
        return decrypt(&text[at..], password);
    }
    if text.contains("Proc-Type: 4,ENCRYPTED") {
        let how = "openssl pkcs8 -topk8 -in OLD -out NEW";
        return Err(format!(
            "is encrypted in OpenSSL's old form, which is not supported: convert it with `{how}`"
        ));
    }
    if text.contains("-----BEGIN ") {
        return PrivateKeyDer::from_pem_slice(bytes).map_err(|error| format!("can't be read: {error}"));
    }
    PrivateKeyDer::try_from(bytes.to_vec()).map_err(|_| "is in neither PEM nor DER form".to_owned())
}

fn decrypt(text: &str, password: Option<&Secret>) -> Result<PrivateKeyDer<'static>, String> {
    let Some(password) = password else {
        return Err("is encrypted: give its password by `sslpassword` or PGSSLPASSWORD".to_owned());
    };
    let unreadable = |error: pkcs8::der::Error| format!("can't be read: {error}");
    let end = "-----END ENCRYPTED PRIVATE KEY-----";
    let text = text.find(end).map_or(text, |at| &text[..at + end.len()]);
    let (_, encrypted) = SecretDocument::from_pem(text).map_err(unreadable)?;
    let encrypted = EncryptedPrivateKeyInfoRef::try_from(encrypted.as_bytes())
        .map_err(|error| format!("can't be read: {error}"))?;
    match encrypted.decrypt(password.expose()) {
        Ok(key) => Ok(PrivatePkcs8KeyDer::from(key.as_bytes().to_vec()).into()),
        Err(_) => {
            Err("can't be decrypted: `sslpassword` is wrong, or the cipher is not supported".to_owned())
        }
    }
}
