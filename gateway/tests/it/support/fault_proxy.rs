//! A TCP proxy for fault injection, in the test's own process.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use saoma_load::ports;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Address of proxies. It is not 127.0.0.1, so no local client can take a proxy's port while the
/// proxy refuses.
const ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// Direction of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Towards {
    Client,
    Server,
    Both,
}

/// Forwards connections to a server and injects faults on request. A fault affects all connections.
/// A connection that has lost bytes never recovers; after [`FaultProxy::restore`] only new ones
/// pass.
pub(crate) struct FaultProxy {
    address: SocketAddr,
    server: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
    /// Holds the port while connections are refused: a socket that is bound and does not listen
    /// refuses.
    refusing: Option<TcpSocket>,
}

/// State shared by all connections.
struct Shared {
    faults: watch::Sender<Faults>,
    /// Connections so far, and how many of them are open.
    counts: watch::Sender<Counts>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Faults {
    swallow: Option<Towards>,
    delay: Duration,
    /// Connections up to this number are to be reset.
    reset_up_to: u64,
    /// Connections up to this number lose all that they are given.
    silent_up_to: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    accepted: u64,
    open: usize,
}

impl FaultProxy {
    /// A proxy on a free port that passes everything on.
    pub(crate) fn to(server: SocketAddr) -> Self {
        // Its address is free for a moment when it begins to refuse. The reservation keeps it.
        let socket = socket(SocketAddr::from((ADDRESS, ports::reserve().unwrap())));
        let shared = Arc::new(Shared {
            faults: watch::Sender::default(),
            counts: watch::Sender::default(),
        });
        let listener = socket.listen(64).unwrap();
        let address = listener.local_addr().unwrap();
        let accepting = tokio::spawn(accept(listener, server, Arc::clone(&shared)));
        Self {
            address,
            server,
            shared,
            accepting,
            refusing: None,
        }
    }

    /// Returns the address for clients.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Resets every open connection. New ones pass.
    pub(crate) fn reset_all(&self) {
        let so_far = self.shared.counts.borrow().accepted;
        self.shared
            .faults
            .send_modify(|faults| faults.reset_up_to = so_far);
    }

    /// Resets every open connection and refuses new ones.
    pub(crate) async fn refuse(&mut self) {
        self.accepting.abort();
        // Its end is what closes the listener, and frees the address.
        let _ = (&mut self.accepting).await;
        self.refusing.get_or_insert_with(|| socket(self.address));
        self.reset_all();
    }

    /// Drops all bytes in this direction silently. Connections are still accepted.
    pub(crate) fn swallow(&self, way: Towards) {
        self.shared
            .faults
            .send_modify(|faults| faults.swallow = Some(way));
    }

    /// Drops all bytes of the open connections, in both directions. New connections pass.
    pub(crate) fn blackhole_all(&self) {
        let so_far = self.shared.counts.borrow().accepted;
        self.shared
            .faults
            .send_modify(|faults| faults.silent_up_to = so_far);
    }

    /// Delays all bytes.
    pub(crate) fn delay(&self, by: Duration) {
        self.shared.faults.send_modify(|faults| faults.delay = by);
    }

    /// Ends all faults. Connections that have lost bytes stay dead.
    pub(crate) fn restore(&mut self) {
        self.shared
            .faults
            .send_modify(|faults| (faults.swallow, faults.delay) = (None, Duration::ZERO));
        if let Some(socket) = self.refusing.take() {
            let listener = socket.listen(64).unwrap();
            self.accepting = tokio::spawn(accept(listener, self.server, Arc::clone(&self.shared)));
        }
    }

    /// Connections that it has accepted so far.
    pub(crate) fn accepted(&self) -> u64 {
        self.shared.counts.borrow().accepted
    }

    /// Waits until it has accepted so many connections.
    pub(crate) async fn once_accepted(&self, count: u64) {
        let mut counts = self.shared.counts.subscribe();
        let enough = counts.wait_for(|counts| counts.accepted >= count);
        tokio::time::timeout(Duration::from_secs(30), enough)
            .await
            .expect("connections come")
            .unwrap();
    }

    /// Waits until no connection is open.
    pub(crate) async fn once_all_closed(&self) {
        let mut counts = self.shared.counts.subscribe();
        let none = counts.wait_for(|counts| counts.open == 0);
        tokio::time::timeout(Duration::from_secs(30), none)
            .await
            .expect("connections end")
            .unwrap();
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.reset_all();
    }
}

fn socket(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket
}

async fn accept(listener: TcpListener, server: SocketAddr, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        shared.counts.send_modify(|counts| {
            (counts.accepted, counts.open) = (counts.accepted + 1, counts.open + 1);
        });
        let (number, shared) = (shared.counts.borrow().accepted, Arc::clone(&shared));
        tokio::spawn(async move {
            connection(number, client, server, &shared).await;
            shared.counts.send_modify(|counts| counts.open -= 1);
        });
    }
}

async fn connection(number: u64, client: TcpStream, server: SocketAddr, shared: &Shared) {
    // Closing resets the connection, so that neither end sees an orderly end.
    client.set_zero_linger().unwrap();
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    server.set_zero_linger().unwrap();
    let (_, _) = (client.set_nodelay(true), server.set_nodelay(true));
    let ((from_client, to_client), (from_server, to_server)) =
        (client.into_split(), server.into_split());
    let mut faults = shared.faults.subscribe();
    tokio::select! {
        () = pass(from_client, to_server, (number, Towards::Server), shared.faults.subscribe()) => {}
        () = pass(from_server, to_client, (number, Towards::Client), shared.faults.subscribe()) => {}
        _ = faults.wait_for(|faults| faults.reset_up_to >= number) => {}
    }
}

/// Passes bytes on until either end closes; once it has swallowed some, until the one that sends
/// closes.
async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    way: (u64, Towards),
    faults: watch::Receiver<Faults>,
) {
    let (mut bytes, mut lost) = (vec![0; 16 * 1024], false);
    loop {
        let count = match from.read(&mut bytes).await {
            // With bytes lost before it, the end is lost as well.
            Ok(0) | Err(_) if lost || swallows(&faults, way) => std::future::pending().await,
            Ok(0) | Err(_) => return,
            Ok(count) => count,
        };
        lost |= swallows(&faults, way);
        if lost {
            continue;
        }
        let delay = faults.borrow().delay;
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

/// `way` is the number of a connection, and a direction of it.
fn swallows(faults: &watch::Receiver<Faults>, (number, way): (u64, Towards)) -> bool {
    let faults = faults.borrow();
    number <= faults.silent_up_to
        || faults
            .swallow
            .is_some_and(|swallowed| swallowed == way || swallowed == Towards::Both)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::{FaultProxy, Towards};

    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    tokio::io::copy(&mut from, &mut to).await
                });
            }
        });
        address
    }

    async fn said_back(stream: &mut TcpStream) -> bool {
        let mut answer = [0; 2];
        let asked = async {
            stream.write_all(b"hi").await?;
            stream.read_exact(&mut answer).await
        };
        matches!(
            tokio::time::timeout(Duration::from_millis(200), asked).await,
            Ok(Ok(_))
        )
    }

    #[tokio::test]
    async fn it_fails_as_it_is_told_and_gets_well_again() {
        let mut proxy = FaultProxy::to(echo().await);
        let mut first = TcpStream::connect(proxy.address()).await.unwrap();
        assert!(said_back(&mut first).await);
        proxy.reset_all();
        assert!(!said_back(&mut first).await);
        proxy.once_all_closed().await;

        let mut second = TcpStream::connect(proxy.address()).await.unwrap();
        assert!(said_back(&mut second).await);
        proxy.refuse().await;
        assert!(!said_back(&mut second).await);
        assert!(TcpStream::connect(proxy.address()).await.is_err());
        proxy.restore();

        for way in [Towards::Client, Towards::Server, Towards::Both] {
            let mut silent = TcpStream::connect(proxy.address()).await.unwrap();
            assert!(said_back(&mut silent).await);
            proxy.swallow(way);
            assert!(!said_back(&mut silent).await);
            proxy.restore();
            assert!(
                !said_back(&mut silent).await,
                "what has lost bytes stays silent"
            );
        }
        let mut last = TcpStream::connect(proxy.address()).await.unwrap();
        assert!(said_back(&mut last).await);
        proxy.delay(Duration::from_secs(1));
        assert!(!said_back(&mut last).await);
        proxy.once_accepted(6).await;
        assert_eq!(proxy.accepted(), 6);
    }
}
