//! From which address of this machine a connection comes: on loopback there are 16 million, so that ports do not run
//! out and limits for each address see many people.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::net::{TcpSocket, TcpStream};
use url::Url;

use crate::browser::BrowserError;

/// An address of 127.0.0.0/8 for each number, from 127.1.0.1 on; the last part is never 0 or 255.
pub fn loopback(number: u64) -> IpAddr {
    let number = number % (254 * 256 * 254);
    let part = |value: u64| u8::try_from(value).unwrap_or(1);
    Ipv4Addr::new(
        127,
        part(1 + number / (254 * 256)),
        part(number / 254 % 256),
        part(1 + number % 254),
    )
    .into()
}

/// Where a target listens, when it is given as an IPv4 loopback address.
pub fn loopback_target(target: &Url) -> Option<SocketAddr> {
    let address = socket_address(target).ok()?;
    (address.is_ipv4() && address.ip().is_loopback()).then_some(address)
}

/// Where a target listens.
///
/// # Errors
/// It names no address.
pub fn socket_address(target: &Url) -> Result<SocketAddr, BrowserError> {
    let addresses = target.socket_addrs(|| match target.scheme() {
        "ws" => Some(80),
        "wss" => Some(443),
        _ => None,
    });
    let first = addresses.ok().and_then(|found| found.into_iter().next());
    first.ok_or_else(|| BrowserError::Target(target.to_string()))
}

/// A connection to a target from this address.
///
/// # Errors
/// The machine has no such address, or the target does not answer.
pub async fn bound_stream(source: IpAddr, target: &Url) -> Result<TcpStream, BrowserError> {
    let failed = |error: std::io::Error| BrowserError::Connection(error.to_string());
    let socket = TcpSocket::new_v4().map_err(failed)?;
    socket.bind(SocketAddr::new(source, 0)).map_err(failed)?;
    let stream = socket
        .connect(socket_address(target)?)
        .await
        .map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn sixty_thousand_browsers_have_an_address_each() {
        let addresses: HashSet<_> = (0..60_000).map(loopback).collect();
        assert_eq!(addresses.len(), 60_000);
        assert!(addresses.iter().all(IpAddr::is_loopback));
        assert_eq!(loopback(0), IpAddr::from([127, 1, 0, 1]));
        assert_eq!(loopback(254), IpAddr::from([127, 1, 1, 1]));
    }

    #[test]
    fn only_loopback_targets_are_reached_from_many_addresses() {
        let target =
            |text: &str| loopback_target(&Url::parse(text).unwrap()).map(|address| address.port());
        assert_eq!(target("http://127.0.0.1:8080"), Some(8080));
        assert_eq!(target("ws://127.3.0.1/sub/{id}"), Some(80));
        assert_eq!(target("http://10.0.0.1:8080"), None);
        assert_eq!(target("http://[::1]:8080"), None);
    }
}
