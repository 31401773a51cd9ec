//! Whether the client's certificate was shown: a server may let clients in without asking for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::sign::CertifiedKey;

/// Tells, once a session is made, whether the server has asked for the client's certificate and got it.
#[derive(Clone, Debug, Default)]
pub(in crate::drivers::postgres) struct Shown(Arc<AtomicBool>);

impl Shown {
    pub(in crate::drivers::postgres) fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Has the client's keys, and is only asked for them when the server asks for a certificate.
#[derive(Debug)]
pub(super) struct Noting {
    pub(super) keys: Arc<dyn ResolvesClientCert>,
    pub(super) shown: Shown,
}

impl ResolvesClientCert for Noting {
    fn resolve(&self, issuers: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let key = self.keys.resolve(issuers, schemes)?;
        // Else an empty answer is sent in its place.
        self.shown.0.store(key.key.choose_scheme(schemes).is_some(), Ordering::Relaxed);
        Some(key)
    }

    fn has_certs(&self) -> bool {
        self.keys.has_certs()
    }
}
