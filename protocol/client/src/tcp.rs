//! TCP connections from a chosen local address.
//!
//! A load generator on one machine runs out of ports and into limits per address unless its connections come from
//! several addresses.

use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::net::{TcpSocket, TcpStream};
use url::Url;

use crate::BrowserError;

/// Returns the first address that a URL resolves to. `ws` has port 80 by default, `wss` 443.
///
/// # Errors
/// Returns [`BrowserError::InvalidAddress`] if the URL has no host or the host cannot be resolved.
pub fn socket_address(url: &Url) -> Result<SocketAddr, BrowserError> {
    let addresses = url.socket_addrs(|| default_port(url.scheme()));
    let first = addresses.ok().and_then(|found| found.into_iter().next());
    first.ok_or_else(|| BrowserError::InvalidAddress(url.to_string()))
}

/// Connects to the first of a URL's addresses that accepts.
///
/// # Errors
/// Returns an error if the URL has no host, or no address accepts the connection.
pub async fn connect(url: &Url) -> Result<TcpStream, BrowserError> {
    let invalid = || BrowserError::InvalidAddress(url.to_string());
    let host = url.host_str().ok_or_else(invalid)?;
    let port = default_port(url.scheme()).or(url.port_or_known_default());
    let port = url.port().or(port).ok_or_else(invalid)?;
    let stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "ws" => Some(80),
        "wss" => Some(443),
        _ => None,
    }
}

/// Connects to a URL's address from one of this machine's addresses.
///
/// # Errors
/// Returns an error if the machine does not have the address, or the server does not accept the connection.
pub async fn connect_from(local_address: IpAddr, url: &Url) -> Result<TcpStream, BrowserError> {
    Ok(bound(local_address, socket_address(url)?).await?)
}

async fn bound(local_address: IpAddr, remote: SocketAddr) -> io::Result<TcpStream> {
    let socket = if remote.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.bind(SocketAddr::new(local_address, 0))?;
    let stream = socket.connect(remote).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
