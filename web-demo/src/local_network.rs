//! Phones on the local network: this machine's address there, and HTTPS, without which no browser opens a camera.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use rcgen::generate_simple_self_signed;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto};

use crate::private_file;

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
/// Returns an error if no certificate can be made or kept, or the kept one is of no use.
pub(crate) fn acceptor(address: IpAddr, data: &Path) -> anyhow::Result<TlsAcceptor> {
    let name = address.to_string().replace(':', "_");
    let file = data.join(format!("certificate-{name}.pem"));
    let pem = private_file::read_or_make(&file, || {
        let made = generate_simple_self_signed([address.to_string()])
            .context("cannot make a certificate")?;
        anyhow::Ok(made.cert.pem() + &made.signing_key.serialize_pem())
    })
    .context("cannot keep the certificate")?;
    let kept = || {
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes())?;
        let key = PrivateKeyDer::from_pem_slice(pem.as_bytes())?;
        let provider = Arc::new(crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)?;
        anyhow::Ok(config)
    };
    let config = kept().with_context(|| {
        format!(
            "the certificate in {} cannot be used, delete it to have it made anew",
            file.display()
        )
    })?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
