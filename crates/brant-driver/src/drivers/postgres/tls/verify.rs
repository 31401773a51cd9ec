//! Whether a server's certificate is to be believed.

use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{
    WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use x509_cert::certificate::Version;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_cert::{Certificate, TbsCertificate};

use super::super::dsn::refuse;
use crate::DriverError;

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");

/// Checks certificates as PostgreSQL's own clients do: the chain, the dates and (where wanted) the name. More than
/// rustls does by itself, because servers inside of a company often have certificates that no public authority would
/// issue: one that is its own authority, one in X.509's first version, one with its name in CN alone.
///
/// Without authorities to compare with it takes any certificate, which is what `prefer` and `require` mean in every
/// client: they guard against listeners, not against impostors. (The password still does, where the server has SCRAM:
/// channel binding ties it to the certificate.) That the server holds the certificate's key is checked all the same.
#[derive(Debug)]
pub(super) struct Verifier {
    algorithms: WebPkiSupportedAlgorithms,
    authorities: Option<Authorities>,
    checks_name: bool,
}

/// Those who are believed.
#[derive(Debug)]
struct Authorities {
    store: RootCertStore,
    certificates: Vec<CertificateDer<'static>>,
}

impl Verifier {
    /// `roots`: the authorities to believe; `None`: every certificate will do.
    pub(super) fn new(
        algorithms: WebPkiSupportedAlgorithms,
        roots: Option<Vec<CertificateDer<'static>>>,
        checks_name: bool,
    ) -> Result<Self, DriverError> {
        let Some(certificates) = roots else {
            return Ok(Self { algorithms, authorities: None, checks_name });
        };
        let mut store = RootCertStore::empty();
        if store.add_parsable_certificates(certificates.iter().cloned()).0 == 0 {
            return Err(refuse("none of the certificates in `sslrootcert` can be read"));
        }
        let authorities = Some(Authorities { store, certificates });
        Ok(Self { algorithms, authorities, checks_name })
    }

    fn check_chain(
        &self,
        authorities: &Authorities,
        der: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        let certificate = parse(der)?;
        if authorities.certificates.iter().any(|known| known == der) {
            return check_dates(&certificate.tbs_certificate, now);
        }
        if certificate.tbs_certificate.subject == certificate.tbs_certificate.issuer {
            return Err(CertificateError::UnknownIssuer.into());
        }
        if certificate.tbs_certificate.version == Version::V1 {
            return self.check_first_version(authorities, &certificate, now);
        }
        let parsed = ParsedCertificate::try_from(der)?;
        verify_server_cert_signed_by_trust_anchor(
            &parsed,
            &authorities.store,
            intermediates,
            now,
            self.algorithms.all,
        )
    }

    /// X.509's first version has no extensions, and rustls doesn't read it. An authority must have signed it itself.
    fn check_first_version(
        &self,
        authorities: &Authorities,
        certificate: &Certificate,
        now: UnixTime,
    ) -> Result<(), Error> {
        let tbs = &certificate.tbs_certificate;
        let known = authorities.certificates.iter().filter_map(|known| parse(known).ok());
        let is_issuer = |known: &Certificate| {
            known.tbs_certificate.subject == tbs.issuer
                && check_dates(&known.tbs_certificate, now).is_ok()
                && self.has_signed(known, certificate).unwrap_or(false)
        };
        match known.into_iter().any(|known| is_issuer(&known)) {
            true => check_dates(tbs, now),
            false => Err(CertificateError::UnknownIssuer.into()),
        }
    }

    fn has_signed(&self, issuer: &Certificate, certificate: &Certificate) -> x509_cert::der::Result<bool> {
        let key = &issuer.tbs_certificate.subject_public_key_info;
        let message = certificate.tbs_certificate.to_der()?;
        let signature = certificate.signature.raw_bytes();
        let (key_kind, signature_kind) =
            (contents(&key.algorithm)?, contents(&certificate.signature_algorithm)?);
        Ok(self.algorithms.all.iter().any(|algorithm| {
            algorithm.public_key_alg_id().as_ref() == key_kind
                && algorithm.signature_alg_id().as_ref() == signature_kind
                && algorithm.verify_signature(key.subject_public_key.raw_bytes(), &message, signature).is_ok()
        }))
    }
}

/// An algorithm in DER, without its own tag and length (which is short).
fn contents(algorithm: &AlgorithmIdentifierOwned) -> x509_cert::der::Result<Vec<u8>> {
    Ok(algorithm.to_der()?.split_off(2))
}

fn parse(der: &CertificateDer<'_>) -> Result<Certificate, Error> {
    Certificate::from_der(der).map_err(|_| CertificateError::BadEncoding.into())
}

fn check_dates(certificate: &TbsCertificate, now: UnixTime) -> Result<(), Error> {
    let now = Duration::from_secs(now.as_secs());
    if now < certificate.validity.not_before.to_unix_duration() {
        return Err(CertificateError::NotValidYet.into());
    }
    if now > certificate.validity.not_after.to_unix_duration() {
        return Err(CertificateError::Expired.into());
    }
    Ok(())
}

/// The names that a certificate gives in its extension; where it has none, its CN.
fn check_name(der: &CertificateDer<'_>, name: &ServerName<'_>) -> Result<(), Error> {
    let certificate = parse(der)?.tbs_certificate;
    let extensions = certificate.extensions.as_deref().unwrap_or_default();
    if extensions.iter().any(|extension| extension.extn_id == SUBJECT_ALT_NAME) {
        return verify_server_name(&ParsedCertificate::try_from(der)?, name);
    }
    let attributes = certificate.subject.0.iter().flat_map(|part| part.0.iter());
    let common_names = attributes.filter(|attribute| attribute.oid == COMMON_NAME);
    let wanted = name.to_str();
    match common_names.into_iter().any(|found| is_name_of(found.value.value(), &wanted)) {
        true => Ok(()),
        false => Err(CertificateError::NotValidForName.into()),
    }
}

/// Whether a CN names a host. `*` stands for its first part.
fn is_name_of(common_name: &[u8], host: &str) -> bool {
    let common_name = String::from_utf8_lossy(common_name);
    let covers = |pattern: &str| {
        host.split_once('.')
            .is_some_and(|(first, rest)| !first.is_empty() && rest.eq_ignore_ascii_case(pattern))
    };
    common_name.eq_ignore_ascii_case(host) || common_name.strip_prefix("*.").is_some_and(covers)
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(authorities) = &self.authorities {
            self.check_chain(authorities, end_entity, intermediates, now)?;
            if self.checks_name {
                check_name(end_entity, server_name)?;
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        // By the key alone, so that a certificate in X.509's first version will do.
        let key = parse(cert)?.tbs_certificate.subject_public_key_info;
        let key = key.to_der().map_err(|_| Error::from(CertificateError::BadEncoding))?;
        verify_tls13_signature_with_raw_key(
            message,
            &SubjectPublicKeyInfoDer::from(key.as_slice()),
            dss,
            &self.algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// What is wrong with a TLS session, for people, and what to do; `None`: the library's own words will do.
pub(in crate::drivers::postgres) fn explain(error: &Error) -> Option<(&'static str, &'static str)> {
    let Error::InvalidCertificate(error) = error else { return None };
    Some(match error {
        CertificateError::UnknownIssuer => (
            "the server's certificate comes from nobody who is trusted here",
            "`sslrootcert` names the file with the certificate of the server's authority",
        ),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            ("the server's certificate has expired", "the server needs a new one")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            ("the server's certificate is not valid yet", "check the clock of this machine")
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => (
            "the server's certificate is not for the host's name",
            "connect by a name that is in the certificate (`sslmode=verify-ca` does not compare names)",
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::is_name_of;

    #[test]
    fn a_common_name_may_have_a_star_for_its_first_part() {
        for (common_name, host, want) in [
            ("db.example.com", "db.example.com", true),
            ("DB.example.com", "db.Example.com", true),
            ("db", "db.example.com", false),
            ("*.example.com", "db.example.com", true),
            ("*.example.com", "a.db.example.com", false),
            ("*.example.com", "example.com", false),
            ("*", "db", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("", "db", false),
        ] {
            assert_eq!(is_name_of(common_name.as_bytes(), host), want, "{common_name} {host}");
        }
    }
}
