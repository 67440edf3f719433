//! IP addresses of browsers and phones.

use std::net::{IpAddr, Ipv6Addr};

use saoma_protocol::Network;

use crate::host_scope::HostScope;

/// The address of a browser or phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientAddress(IpAddr);

impl ClientAddress {
    /// The address, with IPv4 inside IPv6 taken out.
    pub(crate) const fn from_ip(ip: IpAddr) -> Self {
        Self(ip.to_canonical())
    }

    /// The address.
    pub(crate) const fn ip(&self) -> IpAddr {
        self.0
    }

    /// Returns the network of one subscriber: an IPv4 address, or the /64 of an IPv6 address.
    pub(crate) fn network(&self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).into(),
        }
    }

    /// By what attempts are counted.
    pub(crate) fn limit_key(&self) -> String {
        match self.network() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("{ip}/64"),
        }
    }

    /// Compares the network of this address with another one's. Private addresses are the same on many networks, and one
    /// subscriber may have an IPv4 and an IPv6 address.
    pub(crate) fn network_beside(&self, other: &Self) -> Network {
        if self.network() == other.network() {
            return Network::Same;
        }
        let public = [self, other].map(|address| address.scope() == HostScope::Public);
        if self.0.is_ipv4() != other.0.is_ipv4() || public == [false, false] {
            return Network::Unknown;
        }
        Network::Different
    }

    /// Returns the scope of the address.
    pub(crate) const fn scope(&self) -> HostScope {
        HostScope::of_ip(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_subscriber_is_counted_as_one() {
        let key = |ip: &str| ClientAddress::from_ip(ip.parse().expect("an address")).limit_key();
        assert_eq!(key("2001:db8:1:2::3"), key("2001:db8:1:2:ffff::1"));
        assert_ne!(key("2001:db8:1:2::3"), key("2001:db8:1:3::3"));
        assert_eq!(key("::ffff:192.0.2.1"), "192.0.2.1");
    }

    #[test]
    fn networks_are_compared_by_ipv4_address_and_by_ipv6_64() {
        let address = |ip: &str| ClientAddress::from_ip(ip.parse().expect("an address"));
        for (one, other, network) in [
            ("203.0.113.9", "203.0.113.9", Network::Same),
            ("203.0.113.9", "::ffff:203.0.113.9", Network::Same),
            ("2001:db8:1:2::3", "2001:db8:1:2:ffff::1", Network::Same),
            ("192.168.1.7", "192.168.1.7", Network::Same),
            ("127.0.0.1", "127.0.0.1", Network::Same),
            ("203.0.113.9", "203.0.113.10", Network::Different),
            ("2001:db8:1:2::3", "2001:db8:1:3::3", Network::Different),
            ("192.168.1.7", "203.0.113.9", Network::Different),
            ("192.168.1.7", "192.168.1.8", Network::Unknown),
            ("127.0.0.1", "10.0.0.1", Network::Unknown),
            ("203.0.113.9", "2001:db8::1", Network::Unknown),
        ] {
            let (one, other) = (address(one), address(other));
            assert_eq!(one.network_beside(&other), network);
            assert_eq!(other.network_beside(&one), network);
        }
    }
}
