//! Where a request comes from, as far as it can be believed.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use saoma_protocol::{ErrorCode, Place};

use crate::logins::Denial;
use crate::server::Peer;

/// Where proxies say for whom they ask.
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// The address, with IPv4 inside IPv6 taken out.
    pub const fn from_ip(ip: IpAddr) -> Self {
        Self(ip.to_canonical())
    }

    /// The address.
    pub const fn ip(&self) -> IpAddr {
        self.0
    }

    /// What one subscriber has at least: an IPv4 address, or the /64 of an IPv6 address.
    pub fn network(&self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).into(),
        }
    }

    /// By what attempts are counted.
    pub fn limit_key(&self) -> String {
        match self.network() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("{ip}/64"),
        }
    }

    /// The scope of the address.
    pub const fn place(&self) -> Place {
        let (loopback, local) = match self.0 {
            IpAddr::V4(ip) => (ip.is_loopback(), ip.is_private() || ip.is_link_local()),
            IpAddr::V6(ip) => (
                ip.is_loopback(),
                ip.is_unique_local() || ip.is_unicast_link_local(),
            ),
        };
        if loopback {
            Place::SameMachine
        } else if local {
            Place::LocalNetwork
        } else {
            Place::Internet
        }
    }
}

/// The proxies whose word is believed (threat T16).
#[derive(Debug)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Believes proxies in these networks.
    pub const fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Where a request comes from: its connection's other end, or, where that is a trusted proxy, the last address in
    /// `X-Forwarded-For` that is none.
    ///
    /// # Errors
    /// A trusted proxy forwards what is no address: the proxy is set up wrongly, and guessing would let limits be
    /// walked round.
    pub fn address_of<B>(&self, request: &http::Request<B>) -> Result<ClientAddress, Denial> {
        let Some(Peer(peer)) = request.extensions().get::<Peer>() else {
            return Err(Denial::new(
                ErrorCode::ServerError,
                "the connection's address is not known",
            ));
        };
        self.resolve(peer.ip(), request.headers())
    }

    fn resolve(&self, peer: IpAddr, headers: &HeaderMap) -> Result<ClientAddress, Denial> {
        let mut address = ClientAddress::from_ip(peer);
        for hop in hops(headers).rev() {
            if !self.trusts(address) {
                break;
            }
            let ip = parse_hop(hop).ok_or_else(|| {
                Denial::new(
                    ErrorCode::InvalidRequest,
                    "X-Forwarded-For holds what is no address",
                )
            })?;
            address = ClientAddress::from_ip(ip);
        }
        Ok(address)
    }

    /// Whether the word of whoever is at this address counts.
    pub fn trusts(&self, address: ClientAddress) -> bool {
        self.0.iter().any(|network| network.contains(&address.ip()))
    }
}

/// What stands between the commas, as bytes: what a stranger has put before a proxy's own word may be anything, and must
/// not take that word with it.
fn hops(headers: &HeaderMap) -> impl DoubleEndedIterator<Item = &[u8]> {
    headers
        .get_all(X_FORWARDED_FOR)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
}

/// An address, bare, in brackets, or with a port: proxies write all three.
fn parse_hop(hop: &[u8]) -> Option<IpAddr> {
    let hop = std::str::from_utf8(hop).ok()?.trim();
    let bare = hop
        .strip_prefix('[')
        .and_then(|hop| hop.strip_suffix(']'))
        .unwrap_or(hop);
    bare.parse()
        .ok()
        .or_else(|| hop.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn resolve(trusted: &[&str], peer: &str, forwarded: &[&[u8]]) -> Result<ClientAddress, Denial> {
        let networks = trusted
            .iter()
            .map(|network| network.parse().expect("a network"))
            .collect();
        let value = |bytes: &&[u8]| HeaderValue::from_bytes(bytes).expect("a header value");
        let headers = forwarded
            .iter()
            .map(|bytes| (X_FORWARDED_FOR, value(bytes)))
            .collect();
        TrustedProxies::new(networks).resolve(peer.parse().expect("an address"), &headers)
    }

    fn seen(trusted: &[&str], peer: &str, forwarded: &[&str]) -> String {
        let forwarded: Vec<&[u8]> = forwarded.iter().map(|value| value.as_bytes()).collect();
        resolve(trusted, peer, &forwarded).map_or_else(
            |denial| denial.error.as_str().to_owned(),
            |address| address.ip().to_string(),
        )
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        for (trusted, peer, forwarded, expected) in [
            (&[][..], "203.0.113.9", &["198.51.100.1"][..], "203.0.113.9"),
            (
                &["10.0.0.0/8"],
                "203.0.113.9",
                &["198.51.100.1"],
                "203.0.113.9",
            ),
            (
                &["10.0.0.0/8"],
                "10.0.0.1",
                &["198.51.100.1"],
                "198.51.100.1",
            ),
            (
                &["10.0.0.0/8"],
                "10.0.0.1",
                &["6.6.6.6, 198.51.100.1"],
                "198.51.100.1",
            ),
            (
                &["10.0.0.0/8"],
                "10.0.0.1",
                &["6.6.6.6", "198.51.100.1, 10.0.0.2"],
                "198.51.100.1",
            ),
            (&["10.0.0.0/8"], "10.0.0.1", &[], "10.0.0.1"),
            (
                &["10.0.0.0/8"],
                "::ffff:10.0.0.1",
                &["[2001:db8::1]:443"],
                "2001:db8::1",
            ),
            (
                &["10.0.0.0/8"],
                "10.0.0.1",
                &["198.51.100.1:443"],
                "198.51.100.1",
            ),
            (
                &["10.0.0.0/8"],
                "10.0.0.1",
                &["evil, 198.51.100.1"],
                "198.51.100.1",
            ),
            (
                &["10.0.0.0/8"],
                "10.0.0.1",
                &["10.0.0.3, 10.0.0.2"],
                "10.0.0.3",
            ),
            (&["10.0.0.0/8"], "10.0.0.1", &["unknown"], "invalid_request"),
            (
                &["10.0.0.0/8"],
                "10.0.0.1",
                &["198.51.100.1,"],
                "invalid_request",
            ),
            (&["10.0.0.0/8"], "10.0.0.1", &["[[::1]]"], "invalid_request"),
        ] {
            assert_eq!(
                seen(trusted, peer, forwarded),
                expected,
                "{peer} {forwarded:?}"
            );
        }
    }

    #[test]
    fn an_ipv6_subscriber_is_counted_as_one() {
        let key = |ip: &str| ClientAddress::from_ip(ip.parse().expect("an address")).limit_key();
        assert_eq!(key("2001:db8:1:2::3"), key("2001:db8:1:2:ffff::1"));
        assert_ne!(key("2001:db8:1:2::3"), key("2001:db8:1:3::3"));
        assert_eq!(key("::ffff:192.0.2.1"), "192.0.2.1");
    }

    #[test]
    fn the_place_is_the_scope_of_the_address() {
        for (ip, place) in [
            ("127.0.0.1", Place::SameMachine),
            ("::1", Place::SameMachine),
            ("192.168.1.7", Place::LocalNetwork),
            ("fd00::1", Place::LocalNetwork),
            ("fe80::1", Place::LocalNetwork),
            ("169.254.0.1", Place::LocalNetwork),
            ("203.0.113.9", Place::Internet),
            ("2001:db8::1", Place::Internet),
        ] {
            assert_eq!(
                ClientAddress::from_ip(ip.parse().expect("an address")).place(),
                place,
                "{ip}"
            );
        }
    }
}
