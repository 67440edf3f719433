//! Connections to one server, with its credentials and time limits.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use redis::aio::{MultiplexedConnection, SendError};
use redis::io::tcp::TcpSettings;
use redis::io::tcp::socket2::TcpKeepalive;
use redis::{
    AsyncConnectionConfig, Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo,
    ProtocolVersion, PushInfo, PushKind, RedisResult, TlsCertificates,
};
use tokio::sync::mpsc;

use super::address::RedisAddress;
use super::error::failure;
use super::replica_set::ServerAddress;
use crate::store::StoreError;

/// Silence on a connection after which the kernel asks whether the other end is still there, and between askings.
const KEEPALIVE: Duration = Duration::from_secs(5);

/// Askings without an answer after which the connection is broken.
const KEEPALIVE_ASKINGS: u32 = 2;

/// Pushes that wait for the node to take them. More mean that it cannot keep up: the subscription is given up then, and
/// what was missed is read again.
const PUSHES_AHEAD: usize = 8192;

/// Certificates by which node and servers know each other.
#[derive(Clone, Default)]
pub struct TlsAuthentication {
    /// The only certificate authority to believe, in PEM; `None` believes the system's.
    pub ca: Option<Vec<u8>>,
    /// The node's own certificate and its key, in PEM.
    pub own: Option<(Vec<u8>, Vec<u8>)>,
}

impl fmt::Debug for TlsAuthentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsAuthentication").finish_non_exhaustive()
    }
}

/// Connects to servers.
#[derive(Debug, Clone)]
pub(super) struct Dialer {
    certificates: Option<TlsCertificates>,
    timeout: Duration,
}

/// Messages that a server sends unasked. The channel ends with the connection, or when its receiver is full.
pub(crate) type Pushes = mpsc::Receiver<PushInfo>;

impl Dialer {
    /// For the servers at this address. `authentication` is of encrypted connections.
    pub(super) fn new(
        address: &RedisAddress,
        authentication: &TlsAuthentication,
        timeout: Duration,
    ) -> Result<Self, StoreError> {
        let own = authentication.own.as_ref();
        let certificates = address.tls.then(|| TlsCertificates {
            client_tls: own.map(|(certificate, key)| ClientTlsConfig {
                client_cert: certificate.clone(),
                client_key: key.clone(),
            }),
            root_cert: authentication.ca.clone(),
        });
        let dialer = Self {
            certificates,
            timeout,
        };
        // Reads the certificates, so that a file that holds none shows itself at once.
        for node in &address.nodes {
            dialer.client(node).map_err(failure)?;
        }
        Ok(dialer)
    }

    /// Connects for commands. `broken` becomes true when the connection ends, without anybody having to use it.
    pub(super) async fn connect(
        &self,
        node: &ConnectionInfo,
        broken: &Arc<AtomicBool>,
    ) -> RedisResult<MultiplexedConnection> {
        let broken = Arc::clone(broken);
        let noted = move |push: PushInfo| {
            if push.kind == PushKind::Disconnection {
                broken.store(true, Ordering::Relaxed);
            }
            Ok::<_, SendError>(())
        };
        self.client(&speaking_resp3(node))?
            .get_multiplexed_async_connection_with_config(&self.config().set_push_sender(noted))
            .await
    }

    /// Connects for one question.
    pub(super) async fn connect_once(
        &self,
        node: &ConnectionInfo,
    ) -> RedisResult<MultiplexedConnection> {
        self.client(node)?
            .get_multiplexed_async_connection_with_config(&self.config())
            .await
    }

    /// Connects for a subscription.
    pub(super) async fn connect_to_hear(
        &self,
        node: &ConnectionInfo,
    ) -> RedisResult<(MultiplexedConnection, Pushes)> {
        let (sender, pushes) = mpsc::channel(PUSHES_AHEAD);
        let sender = Arc::new(Mutex::new(Some(sender)));
        let config = self.config().set_push_sender(move |push| {
            let mut sender = sender.lock();
            let sent = sender
                .as_ref()
                .map_or(Ok(()), |open| open.try_send(push).map_err(|_| ()));
            if sent.is_err() {
                // One that was lost makes all that follow worthless.
                *sender = None;
            }
            sent
        });
        let client = self.client(&speaking_resp3(node))?;
        Ok((
            client
                .get_multiplexed_async_connection_with_config(&config)
                .await?,
            pushes,
        ))
    }

    /// The certificates to believe, where connections are encrypted.
    pub(super) const fn certificates(&self) -> Option<&TlsCertificates> {
        self.certificates.as_ref()
    }

    fn client(&self, node: &ConnectionInfo) -> RedisResult<Client> {
        let node = node.clone().set_tcp_settings(tcp_settings(self.timeout));
        match &self.certificates {
            Some(certificates) => Client::build_with_tls(node, certificates.clone()),
            None => Client::open(node),
        }
    }

    fn config(&self) -> AsyncConnectionConfig {
        AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.timeout))
            .set_response_timeout(Some(self.timeout))
    }
}

/// The protocol in which a server may speak without having been asked.
fn speaking_resp3(node: &ConnectionInfo) -> ConnectionInfo {
    let settings = node
        .redis_settings()
        .clone()
        .set_protocol(ProtocolVersion::RESP3);
    node.clone().set_redis_settings(settings)
}

/// Commands are small segments, which must not wait for one another; and a server that vanished without a word must not
/// be waited for until the kernel's own patience of many minutes ends.
pub(super) fn tcp_settings(timeout: Duration) -> TcpSettings {
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE)
        .with_interval(KEEPALIVE)
        .with_retries(KEEPALIVE_ASKINGS);
    TcpSettings::default()
        .set_nodelay(true)
        .set_keepalive(keepalive)
        .set_user_timeout(timeout.max(KEEPALIVE) * 2)
}

/// The same server settings at another address.
pub(super) fn at(node: &ConnectionInfo, host: &str, port: u16) -> ConnectionInfo {
    let host = host.to_owned();
    node.clone().set_addr(match node.addr() {
        ConnectionAddr::TcpTls {
            insecure,
            tls_params,
            ..
        } => ConnectionAddr::TcpTls {
            host,
            port,
            insecure: *insecure,
            tls_params: tls_params.clone(),
        },
        _ => ConnectionAddr::Tcp(host, port),
    })
}

/// Returns the address in a server's settings.
pub(super) fn address_of(node: &ConnectionInfo) -> ServerAddress {
    match node.addr() {
        ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
            ServerAddress::new(host, *port)
        }
        other => ServerAddress::new(other.to_string(), 0),
    }
}

/// Host and port of `host:port`, where the host may be left out or be an IPv6 address.
pub(super) fn host_and_port(text: &str) -> Option<(&str, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    Some((host.trim_matches(['[', ']']), port.parse().ok()?))
}
