//! Proxies whose `X-Forwarded-For` is trusted, and signs of proxies that are not declared.

mod forwarded_for;

use std::time::Duration;

use http::HeaderMap;
use ipnet::IpNet;
use prometheus_client::metrics::counter::Counter;
use saoma_protocol::{ErrorCode, Place};

use self::forwarded_for::{X_FORWARDED_FOR, hops, parse_hop};
use super::forwarding::is_forwarded;
use super::peer::Peer;
use crate::client_address::{ClientAddress, canonical_network};
use crate::error::ApiError;
use crate::host_scope::HostScope;
use crate::log_throttle::LogThrottle;

/// Time between two warnings about proxies.
const WARN_EVERY: Duration = Duration::from_secs(60);

/// Proxies whose `X-Forwarded-For` is trusted (threats T16 and T38).
#[derive(Debug)]
pub(crate) struct TrustedProxies {
    networks: Vec<IpNet>,
    public: HostScope,
    misdeclared: Counter,
    warnings: LogThrottle,
}

/// A peer that does not do as the list of proxies says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Misdeclared {
    /// A peer that is not on the list forwards.
    Forwards,
    /// A peer on the list names no address.
    NamesNoAddress,
}

impl TrustedProxies {
    /// Creates the set of proxies in these networks, before a gateway on the internet.
    pub(crate) fn new(networks: Vec<IpNet>) -> Self {
        Self {
            networks: networks.into_iter().map(canonical_network).collect(),
            public: HostScope::Public,
            misdeclared: Counter::default(),
            warnings: LogThrottle::every(WARN_EVERY),
        }
    }

    /// The same before a gateway that is reached at this URL.
    pub(crate) fn before(self, public_url: &str) -> Self {
        Self {
            public: HostScope::of_url(public_url),
            ..self
        }
    }

    /// The same with this counter for requests that contradict the list.
    pub(crate) fn counting(self, misdeclared: Counter) -> Self {
        Self {
            misdeclared,
            ..self
        }
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
        let Some(peer) = ConnectionPeer::of(request) else {
            return Err(ApiError::new(
                ErrorCode::ServerError,
                "the connection's address is not known",
            ));
        };
        if let Some(misdeclared) = self.contradiction(peer, request.headers()) {
            self.report(misdeclared, peer);
        }
        self.resolve(peer, request.headers())
    }

    /// Returns the place of the browser at this address, which [`TrustedProxies::address_of`] has returned.
    ///
    /// A loopback or private address before a gateway on the internet is that of a proxy which sends no header, so its
    /// place is unknown.
    pub(crate) fn place_of<B>(&self, request: &http::Request<B>, address: ClientAddress) -> Place {
        let contradicted = ConnectionPeer::of(request)
            .is_none_or(|peer| self.contradiction(peer, request.headers()).is_some());
        match (address.scope(), self.public) {
            _ if contradicted => Place::Unknown,
            (HostScope::Public, _) => Place::Internet,
            (HostScope::Loopback, HostScope::Loopback) => Place::SameMachine,
            (HostScope::Private, HostScope::Loopback | HostScope::Private) => Place::LocalNetwork,
            _ => Place::Unknown,
        }
    }

    /// Returns true if this address is a trusted proxy.
    pub(crate) fn trusts(&self, address: ClientAddress) -> bool {
        self.networks
            .iter()
            .any(|network| network.contains(&address.ip()))
    }

    /// Returns true if the peer of a request's connection is a trusted proxy.
    pub(super) fn trusts_peer_of<B>(&self, request: &http::Request<B>) -> bool {
        ConnectionPeer::of(request).is_some_and(|peer| self.trusts_peer(peer))
    }

    /// Returns the address of [`TrustedProxies::address_of`] for a log line: that of the peer where a proxy names a
    /// malformed one.
    pub(super) fn probable_address_of<B>(
        &self,
        request: &http::Request<B>,
    ) -> Option<ClientAddress> {
        let peer = ConnectionPeer::of(request)?;
        Some(
            self.resolve(peer, request.headers())
                .unwrap_or(peer.address),
        )
    }

    fn trusts_peer(&self, peer: ConnectionPeer) -> bool {
        peer.is_proxy || self.trusts(peer.address)
    }

    fn resolve(
        &self,
        peer: ConnectionPeer,
        headers: &HeaderMap,
    ) -> Result<ClientAddress, ApiError> {
        let ConnectionPeer {
            mut address,
            mut is_proxy,
        } = peer;
        for hop in hops(headers).rev() {
            if !is_proxy && !self.trusts(address) {
                break;
            }
            is_proxy = false;
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

    fn contradiction(&self, peer: ConnectionPeer, headers: &HeaderMap) -> Option<Misdeclared> {
        if self.trusts_peer(peer) {
            (!headers.contains_key(X_FORWARDED_FOR)).then_some(Misdeclared::NamesNoAddress)
        } else {
            is_forwarded(headers).then_some(Misdeclared::Forwards)
        }
    }

    /// Counts a request that contradicts the list, and warns once in a while. Strangers can send such requests too.
    fn report(&self, misdeclared: Misdeclared, peer: ConnectionPeer) {
        self.misdeclared.inc();
        let (kind, problem) = match misdeclared {
            Misdeclared::Forwards => (
                "forwards",
                "a peer that is not in server.trusted_proxies sends forwarding headers: if it is a proxy of yours, add its address, \
                 since all browsers behind it share one limit and people are not told where a login comes from",
            ),
            Misdeclared::NamesNoAddress => (
                "names no address",
                "a proxy in server.trusted_proxies sends no X-Forwarded-For: configure it to send the browser's address, \
                 since all browsers behind it share one limit and people are not told where a login comes from",
            ),
        };
        if let Some(left_out) = self.warnings.admit(("proxy", kind)) {
            tracing::warn!(peer = %peer.address.ip(), left_out, "{problem}");
        }
    }
}

/// The peer of a request's connection.
#[derive(Debug, Clone, Copy)]
struct ConnectionPeer {
    address: ClientAddress,
    /// It is a proxy, at any address.
    is_proxy: bool,
}

impl ConnectionPeer {
    fn of<B>(request: &http::Request<B>) -> Option<Self> {
        let peer = request.extensions().get::<Peer>()?;
        Some(Self {
            address: ClientAddress::from_ip(peer.address.ip()),
            is_proxy: peer.is_proxy,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use http::{HeaderName, HeaderValue};

    use super::super::forwarding::FORWARDING;
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
        let peer = ConnectionPeer {
            address: ClientAddress::from_ip(peer.parse().expect("an address")),
            is_proxy: false,
        };
        TrustedProxies::new(networks).resolve(peer, &headers)
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
            (&["10.0.0.0/8"], "10.0.0.1", &["fe80::1%eth0"], "fe80::1"),
            (
                &["10.0.0.0/8"],
                "10.0.0.1",
                &["[fe80::1%eth0.5]:443"],
                "fe80::1",
            ),
            (&["10.0.0.0/8"], "10.0.0.1", &["unknown"], "invalid_request"),
            (
                &["10.0.0.0/8"],
                "10.0.0.1",
                &["203.0.113.9%eth0"],
                "invalid_request",
            ),
            (
                &["10.0.0.0/8"],
                "10.0.0.1",
                &["fe80::1%"],
                "invalid_request",
            ),
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

    /// The place of a browser's request with these headers, and the number of contradictions that were counted.
    fn place(public_url: &str, peer: &str, headers: &[(&str, &str)]) -> (Place, u64) {
        let counter = Counter::default();
        let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().expect("a network")])
            .before(public_url)
            .counting(counter.clone());
        let mut request = http::Request::new(());
        let peer = SocketAddr::new(peer.parse().expect("an address"), 443);
        request.extensions_mut().insert(Peer::at(peer));
        for (name, value) in headers {
            let name: HeaderName = name.parse().expect("a name");
            let value = HeaderValue::from_str(value).expect("a value");
            request.headers_mut().append(name, value);
        }
        let address = proxies.address_of(&request).expect("an address");
        (proxies.place_of(&request, address), counter.get())
    }

    /// Row A5, threat T38.
    #[tokio::test]
    async fn a_browser_is_of_this_machine_only_if_the_gateway_is() {
        let (world, lan, here) = (
            "https://login.example",
            "http://192.168.1.7:8080",
            "http://127.0.0.1:8080",
        );
        let nothing: &[(&str, &str)] = &[];
        for (public_url, peer, headers, expected) in [
            (world, "127.0.0.1", nothing, Place::Unknown),
            (world, "192.168.1.7", nothing, Place::Unknown),
            (world, "203.0.113.9", nothing, Place::Internet),
            (lan, "127.0.0.1", nothing, Place::Unknown),
            (lan, "192.168.1.9", nothing, Place::LocalNetwork),
            (lan, "203.0.113.9", nothing, Place::Internet),
            (here, "127.0.0.1", nothing, Place::SameMachine),
            (here, "::1", nothing, Place::SameMachine),
            (here, "192.168.1.9", nothing, Place::LocalNetwork),
            (
                world,
                "10.0.0.1",
                &[("x-forwarded-for", "203.0.113.9")],
                Place::Internet,
            ),
            (
                here,
                "10.0.0.1",
                &[("x-forwarded-for", "127.0.0.1")],
                Place::SameMachine,
            ),
        ] {
            assert_eq!(
                place(public_url, peer, headers),
                (expected, 0),
                "{public_url} {peer}"
            );
        }
    }

    #[test]
    fn a_proxy_on_the_unix_socket_is_believed_once() {
        let mut request = http::Request::new(());
        request.extensions_mut().insert(Peer {
            is_proxy: true,
            ..Peer::at(([127, 0, 0, 1], 0).into())
        });
        let headers = request.headers_mut();
        headers.insert(
            X_FORWARDED_FOR,
            HeaderValue::from_static("6.6.6.6, 198.51.100.1"),
        );
        let address = TrustedProxies::new(Vec::new()).address_of(&request);
        assert_eq!(
            address.expect("an address").ip().to_string(),
            "198.51.100.1"
        );
    }

    /// Row A5, threat T16.
    #[tokio::test]
    async fn a_proxy_that_is_not_declared_makes_the_place_unknown_and_is_counted() {
        for name in &FORWARDING {
            for peer in ["127.0.0.1", "203.0.113.9"] {
                for public_url in ["https://login.example", "http://127.0.0.1:8080"] {
                    let seen = place(public_url, peer, &[(name.as_str(), "198.51.100.1")]);
                    assert_eq!(seen, (Place::Unknown, 1), "{name} {peer} {public_url}");
                }
            }
        }
        let silent = place(
            "https://login.example",
            "10.0.0.1",
            &[("forwarded", "for=203.0.113.9")],
        );
        assert_eq!(silent, (Place::Unknown, 1), "a proxy that names no address");
    }
}
