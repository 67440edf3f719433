//! Proxies whose `X-Forwarded-For` is trusted.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use saoma_protocol::ErrorCode;

use super::server::Peer;
use crate::client_address::ClientAddress;
use crate::error::ApiError;

/// Header in which proxies name the address that they forward for.
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Proxies whose `X-Forwarded-For` is trusted (threat T16).
#[derive(Debug)]
pub(crate) struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Creates the set of proxies in these networks.
    pub(crate) const fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Returns the address that a request comes from: the peer of its connection, or, if the peer is a trusted proxy, the
    /// last address in `X-Forwarded-For` that is not one.
    ///
    /// # Errors
    /// Returns an error if a trusted proxy forwards a malformed address: the proxy is misconfigured, and a guess would be
    /// a way around the limits.
    pub(crate) fn address_of<B>(
        &self,
        request: &http::Request<B>,
    ) -> Result<ClientAddress, ApiError> {
        let Some(Peer(peer)) = request.extensions().get::<Peer>() else {
            return Err(ApiError::new(
                ErrorCode::ServerError,
                "the connection's address is not known",
            ));
        };
        self.resolve(peer.ip(), request.headers())
    }

    fn resolve(&self, peer: IpAddr, headers: &HeaderMap) -> Result<ClientAddress, ApiError> {
        let mut address = ClientAddress::from_ip(peer);
        for hop in hops(headers).rev() {
            if !self.trusts(address) {
                break;
            }
            let ip = parse_hop(hop).ok_or_else(|| {
                ApiError::new(
                    ErrorCode::InvalidRequest,
                    "malformed X-Forwarded-For: expected addresses",
                )
            })?;
            address = ClientAddress::from_ip(ip);
        }
        Ok(address)
    }

    /// Returns true if this address is a trusted proxy.
    pub(crate) fn trusts(&self, address: ClientAddress) -> bool {
        self.0.iter().any(|network| network.contains(&address.ip()))
    }
}

/// Returns the parts between commas, as bytes: parts that a stranger has put before a proxy's own may be malformed, and
/// must not spoil it.
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

    fn resolve(
        trusted: &[&str],
        peer: &str,
        forwarded: &[&[u8]],
    ) -> Result<ClientAddress, ApiError> {
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
}
