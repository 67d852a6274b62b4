//! TLS settings, built by hand so that no process-wide provider is needed or changed.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use rustls_platform_verifier::BuilderVerifierExt as _;

use crate::{Error, Result};

/// Settings that trust what this machine trusts.
pub(crate) fn verifying() -> Result<ClientConfig> {
    let verified = builder()?.with_platform_verifier().map_err(setup)?;
    Ok(verified.with_no_client_auth())
}

/// Settings for a client that never speaks TLS; they trust nobody. A machine without certificates
/// can thus still talk to a plain address.
pub(crate) fn unused() -> Result<ClientConfig> {
    Ok(builder()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(setup)
}

fn setup(source: rustls::Error) -> Error {
    Error::Setup { reason: "TLS cannot be set up".to_owned(), source: Some(Box::new(source)) }
}
