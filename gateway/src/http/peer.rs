//! The other end of a connection.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The other end of a connection, in each request's extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    /// Its address: the one that the balancer before it names, or a loopback address for a Unix socket.
    pub address: SocketAddr,
    /// True for a proxy that is known as one by the way it connects: a process that may open the node's Unix socket.
    pub is_proxy: bool,
}

impl Peer {
    /// Returns the peer at an address.
    pub(crate) const fn at(address: SocketAddr) -> Self {
        Self {
            address,
            is_proxy: false,
        }
    }

    /// Returns a proxy on this machine.
    pub(super) const fn on_unix_socket() -> Self {
        Self {
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            is_proxy: true,
        }
    }
}
