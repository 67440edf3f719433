//! Local addresses of connections to a target on loopback, which has 16 million of them: ports do not run out, and
//! limits per address see many clients.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use saoma_client::tcp;
use url::Url;

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
    let address = tcp::socket_address(target).ok()?;
    (address.is_ipv4() && address.ip().is_loopback()).then_some(address)
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
