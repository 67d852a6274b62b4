//! TLS settings, built by hand so that no process-wide provider is needed or changed.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

/// Certificates that are trusted beside those of the machine.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roots(Vec<CertificateDer<'static>>);

impl Roots {
    /// Reads a PEM file's bytes; `None` if there is no certificate in them or one is malformed.
    pub(crate) fn from_pem(pem: &[u8]) -> Option<Self> {
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let certificates = certificates.ok().filter(|certificates| !certificates.is_empty())?;
        // A certificate that no verifier takes is noticed here and not at the first request.
        let mut store = RootCertStore::empty();
        let fine = certificates.iter().all(|certificate| store.add(certificate.clone()).is_ok());
        fine.then_some(Self(certificates))
    }
}

/// Settings that trust what this machine trusts, and `roots`.
pub(crate) fn verifying(roots: &Roots) -> Result<ClientConfig, rustls::Error> {
    let provider = provider();
    let verifier = Verifier::new_with_extra_roots(roots.0.iter().cloned(), Arc::clone(&provider))?;
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

/// Settings for a client that never speaks TLS; they trust nobody. A machine without certificates
/// can thus still talk to a plain address.
pub(crate) fn unused() -> Result<ClientConfig, rustls::Error> {
    Ok(ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth())
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
