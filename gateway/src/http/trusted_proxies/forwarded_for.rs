//! The header `X-Forwarded-For`.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName};

/// Header in which proxies name the address that they forward for.
pub(super) const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Returns the parts between commas, as bytes: parts that a stranger has put before a proxy's own may be malformed, and
/// must not spoil it.
pub(super) fn hops(headers: &HeaderMap) -> impl DoubleEndedIterator<Item = &[u8]> {
    headers
        .get_all(X_FORWARDED_FOR)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
}

/// An address, bare, in brackets, or with a port: proxies write all three. Some add the zone of a link-local address
/// (RFC 4007 §11), which means nothing on another machine.
pub(super) fn parse_hop(hop: &[u8]) -> Option<IpAddr> {
    let hop = without_zone(std::str::from_utf8(hop).ok()?.trim());
    let bare = hop
        .strip_prefix('[')
        .and_then(|hop| hop.strip_suffix(']'))
        .unwrap_or(&hop);
    bare.parse()
        .ok()
        .or_else(|| hop.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// Takes `%zone` out of an IPv6 address. The zone's characters are those of names of interfaces.
fn without_zone(hop: &str) -> Cow<'_, str> {
    let Some((address, rest)) = hop.split_once('%') else {
        return Cow::Borrowed(hop);
    };
    let end = rest.find(']').unwrap_or(rest.len());
    let (zone, rest) = rest.split_at(end);
    let is_zone = !zone.is_empty()
        && zone.len() <= 32
        && zone
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if is_zone && address.contains(':') {
        Cow::Owned(format!("{address}{rest}"))
    } else {
        Cow::Borrowed(hop)
    }
}
