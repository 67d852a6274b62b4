//! The hidden commands that print what the code generates: the state tables and the OpenAPI
//! documents, which are kept under `docs/`.

use clap::ValueEnum;

use crate::output;

/// Which OpenAPI document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Document {
    /// Dialect Q, under /api/v1/cloud
    Q,
    /// Dialect A, under /v1
    A,
    /// Our own endpoints, under /leasehold/v1
    Leasehold,
}

/// Prints a document as it is served.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn openapi(document: Document) -> anyhow::Result<()> {
    let text = match document {
        Document::Q => leasehold_api::openapi::q(),
        Document::A => leasehold_api::openapi::a(),
        Document::Leasehold => leasehold_api::openapi::leasehold(),
    };
    Ok(output::print(text)?)
}
