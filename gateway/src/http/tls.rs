//! TLS for connections, with a certificate that can be replaced while the node runs.

mod validity;

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use parking_lot::RwLock;
use prometheus_client::metrics::gauge::Gauge;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use tokio_rustls::rustls::server::NoServerSessionStorage;
use tokio_rustls::rustls::{self, ServerConfig, version};
use tokio_rustls::server::TlsStream;

use crate::wall_clock;

/// Time before a certificate's end at which warnings begin: what renews it by itself does so earlier.
const WARN_BEFORE: Duration = Duration::from_secs(14 * 24 * 3600);

/// Interval at which a certificate's end is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(12 * 3600);

/// Files of a certificate and its key, in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    /// The certificate, followed by the authorities between it and the root.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Reasons for files to give no certificate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read, or is no PEM.
    #[error("{setting}: cannot read {}", .path.display())]
    File {
        /// The setting that names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: pem::Error,
    },
    /// The file holds no certificate.
    #[error("tls.certificate_file: {} holds no certificate in PEM", .0.display())]
    NoCertificate(PathBuf),
    /// The certificate's dates cannot be read.
    #[error("tls.certificate_file: the first certificate in {} is malformed", .0.display())]
    Malformed(PathBuf),
    /// Certificate and key cannot be used together.
    #[error("tls.certificate_file: cannot use {} with {}", .certificate.display(), .key.display())]
    Unusable {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// The cause.
        source: rustls::Error,
    },
}

/// The certificate that new connections get.
#[derive(Debug)]
pub(crate) struct Certificate {
    current: RwLock<NextCertificate>,
    /// End of its validity, in Unix seconds.
    not_after: Gauge,
}

/// A certificate that connections can get next.
#[derive(Debug)]
pub(crate) struct NextCertificate {
    config: Arc<ServerConfig>,
    leaf: CertificateDer<'static>,
    not_after: u64,
}

impl Certificate {
    /// Reads the files. `not_after` shows the certificate's end, in Unix seconds.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read, or if certificate and key do not belong together.
    pub(crate) fn read(files: &TlsFiles, not_after: Gauge) -> Result<Self, TlsError> {
        let certificate = Self {
            current: RwLock::new(NextCertificate::read(files)?),
            not_after,
        };
        certificate.show();
        Ok(certificate)
    }

    /// Gives new connections the next certificate; those that are open keep theirs. Returns true if it is another one.
    pub(crate) fn replace(&self, next: NextCertificate) -> bool {
        let old = std::mem::replace(&mut *self.current.write(), next);
        self.show();
        old.leaf != self.current.read().leaf
    }

    /// Returns the end of its validity, in Unix seconds.
    fn not_after(&self) -> u64 {
        self.current.read().not_after
    }

    /// Does the handshake of a connection.
    ///
    /// # Errors
    /// Returns an error if the client breaks off, or speaks no TLS from 1.2 on.
    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<TlsSocket> {
        let config = Arc::clone(&self.current.read().config);
        let stream = TlsAcceptor::from(config).accept(stream).await?;
        Ok(TlsSocket(Box::new(stream)))
    }

    /// Warns of the certificate's end, again and again.
    pub(crate) async fn watch(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            self.show();
        }
    }

    fn show(&self) {
        let not_after = self.not_after();
        self.not_after
            .set(i64::try_from(not_after).unwrap_or(i64::MAX));
        let left = Duration::from_secs(not_after).saturating_sub(wall_clock::since_epoch());
        if left.is_zero() {
            tracing::error!(
                not_after,
                "the certificate has expired, and browsers refuse it: renew tls.certificate_file and send SIGHUP"
            );
        } else if left < WARN_BEFORE {
            let days = left.as_secs() / (24 * 3600);
            tracing::warn!(
                not_after,
                days,
                "the certificate expires soon: renew tls.certificate_file and send SIGHUP"
            );
        }
    }
}

impl NextCertificate {
    /// Reads the files.
    ///
    /// # Errors
    /// As [`Certificate::read`].
    pub(crate) fn read(files: &TlsFiles) -> Result<Self, TlsError> {
        let unreadable = |setting, path: &Path, source| TlsError::File {
            setting,
            path: path.to_owned(),
            source,
        };
        let chain = CertificateDer::pem_file_iter(&files.certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|source| unreadable("tls.certificate_file", &files.certificate, source))?;
        let leaf = chain
            .first()
            .cloned()
            .ok_or_else(|| TlsError::NoCertificate(files.certificate.clone()))?;
        let not_after = validity::not_after(&leaf)
            .ok_or_else(|| TlsError::Malformed(files.certificate.clone()))?;
        let key = PrivateKeyDer::from_pem_file(&files.key)
            .map_err(|source| unreadable("tls.key_file", &files.key, source))?;
        let config = config(chain, key).map_err(|source| TlsError::Unusable {
            certificate: files.certificate.clone(),
            key: files.key.clone(),
            source,
        })?;
        Ok(Self {
            config: Arc::new(config),
            leaf,
            not_after,
        })
    }
}

fn config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, rustls::Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&version::TLS13, &version::TLS12])?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    // A WebSocket takes an HTTP/1.1 connection of its own, and nothing else is spoken here.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // A browser that comes back resumes by a ticket that it keeps, so that the node keeps nothing for it.
    config.ticketer = aws_lc_rs::Ticketer::new()?;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    Ok(config)
}

/// A connection over TLS. In a box, so that a hibernated socket over plain TCP is no larger for it.
#[derive(Debug)]
pub(crate) struct TlsSocket(Box<TlsStream<TcpStream>>);

impl TlsSocket {
    /// Returns the connection below.
    pub(crate) fn tcp(&self) -> &TcpStream {
        self.0.get_ref().0
    }
}

impl AsyncRead for TlsSocket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for TlsSocket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
