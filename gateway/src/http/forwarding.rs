//! Signs of a proxy in a request's headers.

use http::{HeaderMap, HeaderName};

/// Headers that proxies add and browsers do not.
///
/// Each says that the peer of the connection is not the browser: the registered ones (RFC 7239, RFC 8586, RFC 9110
/// §7.6.3), the customary ones of nginx and its ingress, HAProxy, Envoy and Traefik, and those of Cloudflare, Akamai,
/// Fastly, Azure and Fly.
pub(super) const FORWARDING: [HeaderName; 16] = [
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("forwarded"),
    HeaderName::from_static("via"),
    HeaderName::from_static("cdn-loop"),
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-original-forwarded-for"),
    HeaderName::from_static("x-client-ip"),
    HeaderName::from_static("x-cluster-client-ip"),
    HeaderName::from_static("x-envoy-external-address"),
    HeaderName::from_static("cf-connecting-ip"),
    HeaderName::from_static("true-client-ip"),
    HeaderName::from_static("fastly-client-ip"),
    HeaderName::from_static("x-azure-clientip"),
    HeaderName::from_static("fly-client-ip"),
];

/// Returns true if a request says that its peer is a proxy. A proxy may also say nothing.
pub fn is_forwarded(headers: &HeaderMap) -> bool {
    FORWARDING.iter().any(|name| headers.contains_key(name))
}
