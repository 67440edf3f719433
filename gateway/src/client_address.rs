//! IP addresses of browsers and phones.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net};
use saoma_protocol::Network;

use crate::host_scope::HostScope;

/// A network whose members are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct CountedNetwork {
    address: IpAddr,
    /// Bits of the prefix in IPv6.
    prefix: u8,
}

impl CountedNetwork {
    /// Returns the allowance of the network as a multiple of a subscriber's.
    pub(crate) const fn share(&self) -> u32 {
        match self.prefix {
            48 => 16,
            56 => 4,
            _ => 1,
        }
    }

    /// Returns the key by which attempts of the network are counted.
    pub(crate) fn key(&self) -> String {
        match self.address {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("{ip}/{}", self.prefix),
        }
    }
}

/// The address of a browser or phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientAddress(IpAddr);

impl ClientAddress {
    /// The address, with IPv4 inside IPv6 taken out: mapped (RFC 4291 §2.5.5.2), or translated under the well-known
    /// prefix (RFC 6052 §2.1). Otherwise all of IPv4 would share one /64 behind a translator.
    pub(crate) const fn from_ip(ip: IpAddr) -> Self {
        let ip = ip.to_canonical();
        if let IpAddr::V6(v6) = ip
            && let [0x64, 0xff9b, 0, 0, 0, 0, _, _] = v6.segments()
        {
            let [.., a, b, c, d] = v6.octets();
            let v4 = Ipv4Addr::new(a, b, c, d);
            // The prefix stands for global addresses alone (RFC 6052 §3.1).
            if !(v4.is_private() || v4.is_loopback() || v4.is_link_local()) {
                return Self(IpAddr::V4(v4));
            }
        }
        Self(ip)
    }

    /// The address.
    pub(crate) const fn ip(&self) -> IpAddr {
        self.0
    }

    /// Returns the network of one subscriber: an IPv4 address, or the /64 of an IPv6 address.
    pub(crate) fn network(&self) -> IpAddr {
        self.within(64).address
    }

    /// Returns the networks whose members are counted together, the largest first: the /48, /56 and /64 of an IPv6
    /// address, or the IPv4 address alone.
    pub(crate) fn networks(&self) -> impl Iterator<Item = CountedNetwork> {
        let prefixes: &'static [u8] = match self.0 {
            IpAddr::V4(_) => &[64],
            IpAddr::V6(_) => &[48, 56, 64],
        };
        let address = *self;
        prefixes.iter().map(move |prefix| address.within(*prefix))
    }

    /// Returns the key by which attempts of the address are counted.
    pub(crate) fn limit_key(&self) -> String {
        self.within(64).key()
    }

    fn within(self, prefix: u8) -> CountedNetwork {
        let address = match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(ip) => {
                let mask = u128::MAX << (128 - u32::from(prefix));
                Ipv6Addr::from_bits(ip.to_bits() & mask).into()
            }
        };
        CountedNetwork { address, prefix }
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

/// Returns a network of IPv4 addresses within IPv6 as one of IPv4, because addresses are compared in that form.
pub(crate) fn canonical_network(network: IpNet) -> IpNet {
    let IpNet::V6(v6) = network else {
        return network;
    };
    let prefix = v6.prefix_len().checked_sub(96);
    let mapped = v6.addr().to_ipv4_mapped().zip(prefix);
    mapped
        .and_then(|(address, prefix)| Ipv4Net::new(address, prefix).ok())
        .map_or(network, IpNet::V4)
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
        assert_eq!(key("64:ff9b::192.0.2.1"), "192.0.2.1");
        assert_eq!(key("64:ff9b::192.168.2.1"), "64:ff9b::/64");
    }

    #[test]
    fn an_ipv6_address_lies_in_three_networks_and_an_ipv4_address_in_one() {
        let networks = |ip: &str| {
            let address = ClientAddress::from_ip(ip.parse().expect("an address"));
            let networks = address.networks();
            networks
                .map(|network| (network.key(), network.share()))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            networks("2001:db8:1:2345::9"),
            [
                ("2001:db8:1::/48".to_owned(), 16),
                ("2001:db8:1:2300::/56".to_owned(), 4),
                ("2001:db8:1:2345::/64".to_owned(), 1),
            ]
        );
        assert_eq!(networks("192.0.2.1"), [("192.0.2.1".to_owned(), 1)]);
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

    #[test]
    fn a_network_within_mapped_addresses_is_one_of_ipv4() {
        for (written, means) in [
            ("::ffff:127.0.0.1/128", "127.0.0.1/32"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("::ffff:0:0/95", "::ffff:0:0/95"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("192.0.2.0/24", "192.0.2.0/24"),
        ] {
            let network: IpNet = written.parse().expect("a network");
            assert_eq!(Ok(canonical_network(network)), means.parse(), "{written}");
        }
    }
}
