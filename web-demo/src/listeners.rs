//! The listeners of portal and phone app, and the origins at which browsers reach them.

use std::net::SocketAddr;

use anyhow::{Context, anyhow, ensure};
use tokio::net::TcpListener;
use url::{Host, Url};

use crate::local_network::own_address;
use crate::options::Options;

/// The name of the listener that `--lan` adds.
const LAN: &str = "phone page on the local network";

#[derive(Debug)]
pub(crate) struct Listeners {
    pub portal: TcpListener,
    pub phone: TcpListener,
    pub phone_on_lan: Option<TcpListener>,
}

/// Origins, such as `https://hall.example`.
#[derive(Debug)]
pub(crate) struct Origins {
    pub portal: String,
    pub phone: String,
    pub phone_on_lan: Option<String>,
    /// Of the phone app's listener itself: the gateway asks its backend there, and not through a proxy.
    pub backend: String,
    /// True if portal and phone app are for this machine alone, besides phones on the local network by `--lan`.
    pub is_local: bool,
}

impl Listeners {
    /// Binds the listeners of the options.
    ///
    /// # Errors
    /// Returns an error if an address is in use, or not this machine's.
    pub(crate) async fn bind(options: &Options) -> anyhow::Result<Self> {
        Ok(Self {
            portal: listen("portal", options.portal, "portal").await?,
            phone: listen("phone page", options.phone, "phone").await?,
            phone_on_lan: match options.phone_lan {
                Some(address) => Some(listen(LAN, address, "lan-port").await?),
                None => None,
            },
        })
    }

    /// Returns the origins of the listeners, or of the proxies before them.
    ///
    /// # Errors
    /// See [`public`].
    pub(crate) fn origins(&self, options: &Options) -> anyhow::Result<Origins> {
        let backend = origin(&self.phone)?;
        let portal = origin(&self.portal)?;
        let (at_portal, at_phone) = self.addresses()?;
        behind_proxy_or_local(at_portal, "portal", options.portal_url.as_ref())?;
        behind_proxy_or_local(at_phone, "phone", options.phone_url.as_ref())?;
        let is_local = at_portal.ip().is_loopback()
            && at_phone.ip().is_loopback()
            && options.portal_url.as_ref().is_none_or(is_loopback)
            && options.phone_url.as_ref().is_none_or(is_loopback);
        Ok(Origins {
            is_local,
            portal: public(options, options.portal_url.as_ref())?.unwrap_or(portal),
            phone: public(options, options.phone_url.as_ref())?.unwrap_or_else(|| backend.clone()),
            phone_on_lan: self.phone_on_lan.as_ref().and_then(https_origin),
            backend,
        })
    }

    /// Returns the addresses of portal and phone app.
    pub(crate) fn addresses(&self) -> std::io::Result<(SocketAddr, SocketAddr)> {
        Ok((self.portal.local_addr()?, self.phone.local_addr()?))
    }
}

impl Origins {
    /// The phone app's origin for the phone of a person who reads the portal's pages.
    pub(crate) fn app(&self) -> &str {
        self.phone_on_lan.as_deref().unwrap_or(&self.phone)
    }

    /// Returns true if developer pages and published passwords may be there.
    pub(crate) const fn shows_demo(&self, options: &Options) -> bool {
        self.is_local || options.expose_demo
    }
}

/// Binds one listener. `flag` is the option that chooses another address.
pub(crate) async fn listen(
    surface: &str,
    address: SocketAddr,
    flag: &str,
) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        anyhow!(
            "cannot listen on {address} for the {surface}: {error}. Stop what uses it, or choose another by --{flag}"
        )
    })
}

/// Returns the origin of a proxy before a listener.
///
/// # Errors
/// Returns an error if passwords and cookies would go over a network without TLS, or if no proxy is named that would tell
/// people's addresses.
fn public(options: &Options, url: Option<&Url>) -> anyhow::Result<Option<String>> {
    let Some(url) = url else {
        return Ok(None);
    };
    let is_origin = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    ensure!(
        is_origin && (url.scheme() == "https" || url.scheme() == "http" && is_loopback(url)),
        "{url} is not an origin of HTTPS, such as https://hall.example"
    );
    ensure!(
        !options.trusted_proxies.is_empty(),
        "{url} is reached through a proxy. Name its address by --trusted-proxy: without it all people count as one"
    );
    Ok(Some(url.origin().ascii_serialization()))
}

/// Refuses a listener that other machines reach without TLS.
///
/// # Errors
/// Returns an error if the address is not a loopback one, and no proxy stands before it by the option `--{flag}-url`.
fn behind_proxy_or_local(address: SocketAddr, flag: &str, url: Option<&Url>) -> anyhow::Result<()> {
    ensure!(
        address.ip().is_loopback() || url.is_some(),
        "other machines reach {address} without TLS, so that passwords can be read on the way. Listen on 127.0.0.1 by \
         --{flag}, or put a proxy with TLS before it and name its origin by --{flag}-url"
    );
    Ok(())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Returns the origin of a listener on this machine.
pub(crate) fn origin(listener: &TcpListener) -> anyhow::Result<String> {
    let address = listener.local_addr().context("a listener has no address")?;
    Ok(format!("http://{address}"))
}

fn https_origin(listener: &TcpListener) -> Option<String> {
    let port = listener.local_addr().ok()?.port();
    Some(format!("https://{}", SocketAddr::new(own_address()?, port)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Row A13.
    #[test]
    fn plain_http_is_for_this_machine_or_behind_a_proxy() {
        let url = "https://hall.example".parse().unwrap();
        for (address, url, expected) in [
            ("127.0.0.1:8081", None, true),
            ("[::1]:8081", None, true),
            ("0.0.0.0:8081", None, false),
            ("192.0.2.1:8081", None, false),
            ("192.0.2.1:8081", Some(&url), true),
        ] {
            let allowed = behind_proxy_or_local(address.parse().unwrap(), "portal", url);
            assert_eq!(allowed.is_ok(), expected, "{address}");
        }
    }

    /// Row A5.
    #[test]
    fn a_public_origin_needs_tls_and_a_proxy_that_is_named() {
        let origin = |url: &str, proxies: &[&str]| {
            let options = Options {
                trusted_proxies: proxies.iter().map(|proxy| proxy.parse().unwrap()).collect(),
                ..Options::default()
            };
            public(&options, Some(&url.parse().unwrap())).ok().flatten()
        };
        let proxies = &["127.0.0.1/32"][..];
        for (url, proxies, expected) in [
            (
                "https://hall.example",
                proxies,
                Some("https://hall.example"),
            ),
            (
                "https://hall.example:8443/",
                proxies,
                Some("https://hall.example:8443"),
            ),
            (
                "http://127.0.0.1:9000",
                proxies,
                Some("http://127.0.0.1:9000"),
            ),
            ("https://hall.example", &[], None),
            ("http://hall.example", proxies, None),
            ("https://hall.example/portal", proxies, None),
        ] {
            assert_eq!(origin(url, proxies).as_deref(), expected, "{url}");
        }
    }
}
