//! IP addresses of browsers and phones.

use std::net::{IpAddr, Ipv6Addr};

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
}
