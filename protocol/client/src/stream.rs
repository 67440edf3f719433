//! Connections to a gateway: plain, or by TLS to an `https` or `wss` address.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};
use url::Url;

use crate::{BrowserError, tcp};

static CONNECTOR: OnceLock<TlsConnector> = OnceLock::new();

/// Failure to take over certificate authorities.
#[derive(Debug, thiserror::Error)]
pub enum AuthoritiesError {
    /// The text is not PEM, or holds no certificate.
    #[error("expected certificates in PEM")]
    NotPem,
    /// A certificate cannot be the root of a chain.
    #[error("invalid certificate")]
    Invalid(#[source] rustls::Error),
    /// Authorities were set before.
    #[error("the authorities of this process are set already")]
    SetBefore,
}

/// Sets the certificate authorities, in PEM, that this process trusts for gateways. Without them it trusts the system's.
/// Must be called before the first connection by TLS.
///
/// # Errors
/// Returns an error if the text holds no usable certificate, or if authorities are in use already.
pub fn trust_only(pem: &[u8]) -> Result<(), AuthoritiesError> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| AuthoritiesError::NotPem)?;
        roots.add(certificate).map_err(AuthoritiesError::Invalid)?;
    }
    if roots.is_empty() {
        return Err(AuthoritiesError::NotPem);
    }
    let set = CONNECTOR.set(connector(roots).map_err(AuthoritiesError::Invalid)?);
    set.map_err(|_| AuthoritiesError::SetBefore)
}

fn connector(roots: RootCertStore) -> Result<TlsConnector, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Returns the connector of this process, with the system's authorities unless others were set.
fn shared_connector() -> io::Result<TlsConnector> {
    if let Some(connector) = CONNECTOR.get() {
        return Ok(connector.clone());
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let connector = connector(roots).map_err(io::Error::other)?;
    Ok(CONNECTOR.get_or_init(|| connector).clone())
}

/// A connection to a gateway.
#[derive(Debug)]
pub enum Stream {
    /// To an `http` or `ws` address.
    Plain(TcpStream),
    /// To an `https` or `wss` address. Boxed because it is large.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// Connects to a URL's address, from one of this machine's addresses if one is given.
    ///
    /// # Errors
    /// Returns an error if the URL has no host, the machine does not have the address, or the server cannot be reached or
    /// has a certificate that no trusted authority has signed for this host.
    pub async fn connect(url: &Url, local_address: Option<IpAddr>) -> Result<Self, BrowserError> {
        let tcp = match local_address {
            Some(address) => tcp::connect_from(address, url).await?,
            None => tcp::connect(url).await?,
        };
        Ok(Self::over(tcp, url).await?)
    }

    /// Continues a TCP connection to a URL's address, by TLS if the URL says so.
    ///
    /// # Errors
    /// Returns an error if the server has no certificate that a trusted authority has signed for this host.
    pub async fn over(tcp: TcpStream, url: &Url) -> io::Result<Self> {
        if !matches!(url.scheme(), "https" | "wss") {
            return Ok(Self::Plain(tcp));
        }
        let host = url.host_str().unwrap_or_default();
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned());
        let name = name.map_err(io::Error::other)?;
        let stream = shared_connector()?.connect(name, tcp).await?;
        Ok(Self::Tls(Box::new(stream)))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
