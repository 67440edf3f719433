//! Proxies whose `X-Forwarded-For` is trusted.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Proxies that a listener stands behind (threat T16).
#[derive(Debug, Clone, Default)]
pub(super) struct TrustedProxies(Vec<IpNet>);

/// A trusted proxy forwarded something else than an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MalformedAddress;

impl TrustedProxies {
    pub(super) const fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Returns true if this address is a trusted proxy.
    pub(super) fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Returns the address that a request comes from: the peer of its connection, or, if the peer is a trusted proxy, the
    /// last address in `X-Forwarded-For` that is not one.
    ///
    /// # Errors
    /// Returns an error if a trusted proxy forwards a malformed address: a guess would be a way around the limits.
    pub(super) fn resolve(
        &self,
        peer: IpAddr,
        headers: &HeaderMap,
    ) -> Result<IpAddr, MalformedAddress> {
        let mut address = peer.to_canonical();
        let lines = headers.get_all(X_FORWARDED_FOR).iter();
        // As bytes: parts that a stranger has put before a proxy's own may be malformed, and must not spoil it.
        let hops = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
        let hops: Vec<&[u8]> = hops.collect();
        for hop in hops.into_iter().rev() {
            if !self.trusts(address) {
                break;
            }
            address = parse(hop).ok_or(MalformedAddress)?.to_canonical();
        }
        Ok(address)
    }
}

/// Returns true if a request names addresses that its peer forwards for.
pub(super) fn forwards(headers: &HeaderMap) -> bool {
    headers.contains_key(X_FORWARDED_FOR)
}

/// An address, bare, in brackets, or with a port: proxies write all three.
fn parse(hop: &[u8]) -> Option<IpAddr> {
    let hop = std::str::from_utf8(hop).ok()?.trim();
    let inner = hop
        .strip_prefix('[')
        .and_then(|hop| hop.strip_suffix(']'))
        .unwrap_or(hop);
    let with_port = || Some(hop.parse::<SocketAddr>().ok()?.ip());
    inner.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        for (peer, forwarded, expected) in [
            ("203.0.113.9", "198.51.100.1", Some("203.0.113.9")),
            ("10.0.0.1", "198.51.100.1", Some("198.51.100.1")),
            ("10.0.0.1", "6.6.6.6, 198.51.100.1", Some("198.51.100.1")),
            (
                "10.0.0.1",
                "x, 198.51.100.1, 10.0.0.2",
                Some("198.51.100.1"),
            ),
            ("10.0.0.1", "10.0.0.3", Some("10.0.0.3")),
            ("::ffff:10.0.0.1", "[2001:db8::1]:443", Some("2001:db8::1")),
            ("10.0.0.1", "198.51.100.1:443", Some("198.51.100.1")),
            ("10.0.0.1", "unknown", None),
            ("10.0.0.1", "198.51.100.1,", None),
        ] {
            let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
            let line = (X_FORWARDED_FOR, HeaderValue::from_static(forwarded));
            let resolved = proxies.resolve(peer.parse().unwrap(), &HeaderMap::from_iter([line]));
            let expected = expected.map(|address| address.parse().unwrap());
            assert_eq!(resolved.ok(), expected, "{peer} {forwarded}");
        }
    }
}
