//! A model behind a certificate of the operator's own authority.

use std::path::Path;
use std::sync::Arc;

use leasehold_agent::Fault;
use leasehold_agent::catalogue::Catalogue;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::talk::{answer, hello};

const TEXT: &str = include_str!("streams/anthropic_text.sse");

/// An authority's certificate as PEM, and a server of `localhost` that it vouches for.
fn authority() -> (String, TlsAcceptor) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )
        .unwrap();
    (authority.pem(), TlsAcceptor::from(Arc::new(config)))
}

/// Serves the same answer to everybody; gives the port.
async fn serve(acceptor: TlsAcceptor) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = Vec::new();
            while !request.ends_with(b"}]}") {
                if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
                    break;
                }
            }
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n";
            let answer = format!("{head}content-length: {}\r\n\r\n{TEXT}", TEXT.len());
            stream.write_all(answer.as_bytes()).await.unwrap_or_default();
            stream.shutdown().await.unwrap_or_default();
        }
    });
    port
}

fn models(folder: &Path, keys: &str) -> Catalogue {
    let path = folder.join("models.toml");
    let table = format!("[[model]]\nid = 'm'\nprovider = 'anthropic'\nretries = 0\n{keys}");
    std::fs::write(&path, table).unwrap();
    Catalogue::read(&path, &|_| None).unwrap()
}

#[tokio::test]
async fn an_authority_of_ones_own_is_trusted_if_it_is_named() {
    let (pem, acceptor) = authority();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ca.pem"), pem).unwrap();
    let address = format!("base_url = 'https://localhost:{}'\n", serve(acceptor).await);

    let trusting = models(folder.path(), &format!("{address}ca_file = 'ca.pem'\n"));
    let (lines, error) = answer(&trusting, hello()).await;
    assert_eq!((error, lines.last().unwrap().as_str()), (None, "done EndTurn"));

    let (stranger, _) = authority();
    std::fs::write(folder.path().join("other.pem"), stranger).unwrap();
    let wary = models(folder.path(), &format!("{address}ca_file = 'other.pem'\n"));
    let (_, error) = answer(&wary, hello()).await;
    assert_eq!(error.unwrap().fault, Fault::RequestFailed);
}
