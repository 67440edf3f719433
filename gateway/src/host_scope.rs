//! Scopes of hosts and addresses: this machine, a private network, or the internet.

use std::net::IpAddr;

use url::{Host, Url};

/// Endings of names that the public DNS does not resolve (RFC 6762, RFC 8375, and ICANN's `internal`).
const PRIVATE_NAMES: [&str; 4] = [".local", ".internal", ".lan", ".home.arpa"];

/// The networks from which a host can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HostScope {
    /// This machine: loopback addresses, `localhost`, and the unspecified address, which leads nowhere else.
    Loopback,
    /// A private network: private and link-local addresses, names without a dot, and names for private networks.
    Private,
    /// The internet, as far as the name tells.
    Public,
}

impl HostScope {
    /// Returns the scope of an address.
    pub(crate) const fn of_ip(ip: IpAddr) -> Self {
        let (loopback, private) = match ip.to_canonical() {
            IpAddr::V4(ip) => (
                ip.is_loopback() || ip.is_unspecified(),
                ip.is_private() || ip.is_link_local(),
            ),
            IpAddr::V6(ip) => (
                ip.is_loopback() || ip.is_unspecified(),
                ip.is_unique_local() || ip.is_unicast_link_local(),
            ),
        };
        if loopback {
            Self::Loopback
        } else if private {
            Self::Private
        } else {
            Self::Public
        }
    }

    /// Returns the scope of a host name or of an address in text.
    pub(crate) fn of_host(host: &str) -> Self {
        let bare = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        if let Ok(ip) = bare.unwrap_or(host).parse() {
            return Self::of_ip(ip);
        }
        let name = host.trim_end_matches('.').to_ascii_lowercase();
        if name == "localhost" || name.ends_with(".localhost") {
            Self::Loopback
        } else if !name.contains('.') || PRIVATE_NAMES.iter().any(|ending| name.ends_with(ending)) {
            Self::Private
        } else {
            Self::Public
        }
    }

    /// Returns the scope of a URL's host. A URL without a host is treated as public.
    pub(crate) fn of_url(url: &str) -> Self {
        match Url::parse(url).as_ref().map(Url::host) {
            Ok(Some(Host::Domain(name))) => Self::of_host(name),
            Ok(Some(Host::Ipv4(ip))) => Self::of_ip(ip.into()),
            Ok(Some(Host::Ipv6(ip))) => Self::of_ip(ip.into()),
            Ok(None) | Err(_) => Self::Public,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_of_this_machine_of_a_private_network_or_of_the_internet() {
        for (host, scope) in [
            ("127.0.0.1", HostScope::Loopback),
            ("::1", HostScope::Loopback),
            ("[::1]", HostScope::Loopback),
            ("::ffff:127.0.0.1", HostScope::Loopback),
            ("0.0.0.0", HostScope::Loopback),
            ("localhost", HostScope::Loopback),
            ("hall.LOCALHOST.", HostScope::Loopback),
            ("192.168.1.7", HostScope::Private),
            ("fd00::1", HostScope::Private),
            ("fe80::1", HostScope::Private),
            ("169.254.0.1", HostScope::Private),
            ("redis", HostScope::Private),
            ("redis.default.svc.cluster.local", HostScope::Private),
            ("203.0.113.9", HostScope::Public),
            ("2001:db8::1", HostScope::Public),
            ("login.example", HostScope::Public),
            ("local.example", HostScope::Public),
        ] {
            assert_eq!(HostScope::of_host(host), scope, "{host}");
        }
        assert_eq!(HostScope::of_url("http://[::1]:8080"), HostScope::Loopback);
        assert_eq!(
            HostScope::of_url("https://login.example"),
            HostScope::Public
        );
        assert_eq!(HostScope::of_url("memory:"), HostScope::Public);
    }
}
