//! Clients over TLS: HTTP, and a tunnel for the browser and the phone, which speak plain TCP.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::Url;

use super::authority::Authority;

/// Returns an HTTP client that trusts this authority only.
pub(crate) fn https(authority: &Authority) -> reqwest::Client {
    let certificate = reqwest::Certificate::from_pem(authority.pem().as_bytes()).unwrap();
    reqwest::Client::builder()
        .tls_certs_only([certificate])
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

/// Connects plain TCP connections to a TLS server. Returns the URL of its near end.
pub(crate) async fn tls_tunnel(authority: &Authority, server: SocketAddr) -> Url {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap())
        .unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let near = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut plain, _)) = listener.accept().await {
            let connector = connector.clone();
            tokio::spawn(async move {
                let far = TcpStream::connect(server).await.unwrap();
                let name = ServerName::IpAddress(server.ip().into());
                let Ok(mut far) = connector.connect(name, far).await else {
                    return;
                };
                let _ = copy_bidirectional(&mut plain, &mut far).await;
            });
        }
    });
    Url::parse(&format!("http://{near}")).unwrap()
}
