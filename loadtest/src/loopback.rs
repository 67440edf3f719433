//! Local addresses of connections to a target on loopback, which has 16 million of them: ports do not run out, and
//! limits per address see many clients.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use saoma_client::tcp;
use url::Url;

/// Returns an address of 127.0.0.0/8 for each number, from 127.1.0.1 on. The last byte is never 0 or 255.
pub fn address(number: u64) -> IpAddr {
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

/// Returns the address of a target if it is on IPv4 loopback.
pub fn target_address(target: &Url) -> Option<SocketAddr> {
    let found = tcp::socket_address(target).ok()?;
    (found.is_ipv4() && found.ip().is_loopback()).then_some(found)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn sixty_thousand_browsers_have_an_address_each() {
        let addresses: HashSet<_> = (0..60_000).map(address).collect();
        assert_eq!(addresses.len(), 60_000);
        assert!(addresses.iter().all(IpAddr::is_loopback));
        assert_eq!(address(0), IpAddr::from([127, 1, 0, 1]));
        assert_eq!(address(254), IpAddr::from([127, 1, 1, 1]));
    }

    #[test]
    fn only_targets_on_ipv4_loopback_have_many_local_addresses() {
        let target =
            |text: &str| target_address(&Url::parse(text).unwrap()).map(|address| address.port());
        assert_eq!(target("http://127.0.0.1:8080"), Some(8080));
        assert_eq!(target("ws://127.3.0.1/sub/{id}"), Some(80));
        assert_eq!(target("http://10.0.0.1:8080"), None);
        assert_eq!(target("http://[::1]:8080"), None);
    }
}
