//! Phones on the local network: this machine's address there, and HTTPS, without which no browser opens a camera.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::path::Path;
use std::sync::Arc;

use rcgen::generate_simple_self_signed;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use tokio_rustls::rustls::{self, ServerConfig, crypto};

use crate::private_file;

/// Why phones cannot be served by HTTPS.
#[derive(Debug, thiserror::Error)]
pub enum LocalNetworkError {
    /// The certificate cannot be kept.
    #[error("cannot keep the certificate: {0}")]
    File(#[from] std::io::Error),
    /// None could be made.
    #[error("cannot make a certificate: {0}")]
    Make(#[from] rcgen::Error),
    /// The one that was kept cannot be read.
    #[error("the certificate cannot be read, delete it to have it made anew: {0}")]
    Read(#[from] pem::Error),
    /// It is not one that a server can use.
    #[error("the certificate cannot be used, delete it to have it made anew: {0}")]
    Use(#[from] rustls::Error),
}

/// This machine's address on the network that leads to everybody else; none without a network.
pub(crate) fn own_address() -> Option<IpAddr> {
    // Nothing is sent: connecting a UDP socket only makes the system choose the way, here to an address for examples.
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    socket
        .local_addr()
        .ok()
        .map(|address| address.ip())
        .filter(|address| !address.is_loopback())
}

/// HTTPS under a self-made certificate for this address, kept in `data`: a phone that has accepted it once is not asked
/// again.
///
/// # Errors
/// See [`LocalNetworkError`].
pub(crate) fn acceptor(address: IpAddr, data: &Path) -> Result<TlsAcceptor, LocalNetworkError> {
    let file = data.join(format!(
        "certificate-{}.pem",
        address.to_string().replace(':', "_")
    ));
    let pem = private_file::read_or_make(&file, || {
        let made = generate_simple_self_signed([address.to_string()])?;
        Ok::<_, LocalNetworkError>(format!(
            "{}{}",
            made.cert.pem(),
            made.signing_key.serialize_pem()
        ))
    })?;
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes())?;
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes())?;
    let config =
        ServerConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
