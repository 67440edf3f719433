//! The listeners of portal and phone app, and the origins at which browsers reach them.

use std::net::SocketAddr;

use anyhow::{Context, anyhow};
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
    /// Returns an error if a listener has no address.
    pub(crate) fn origins(&self, options: &Options) -> anyhow::Result<Origins> {
        let backend = origin(&self.phone)?;
        let portal = origin(&self.portal)?;
        let (at_portal, at_phone) = self.addresses()?;
        let is_local = at_portal.ip().is_loopback()
            && at_phone.ip().is_loopback()
            && options.portal_url.as_ref().is_none_or(is_loopback)
            && options.phone_url.as_ref().is_none_or(is_loopback);
        Ok(Origins {
            is_local,
            portal: options.portal_url.as_ref().map_or(portal, origin_of),
            phone: options
                .phone_url
                .as_ref()
                .map_or_else(|| backend.clone(), origin_of),
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

/// Returns true for a URL of this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
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

fn origin_of(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn https_origin(listener: &TcpListener) -> Option<String> {
    let port = listener.local_addr().ok()?.port();
    Some(format!("https://{}", SocketAddr::new(own_address()?, port)))
}
