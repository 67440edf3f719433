//! Options of a demo.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use url::Url;

use crate::example_portal::ExamplePortal;
use crate::face::FaceVerifier;
use crate::secret::Secret;

/// The choices. Port 0 takes a free one.
#[derive(Debug, Clone)]
pub struct Options {
    /// Address of the portal.
    pub portal: SocketAddr,
    /// Address of the phone app, and of the endpoints for the gateway beside it.
    pub phone: SocketAddr,
    /// Origin at which browsers reach the portal, if a proxy stands before it.
    pub portal_url: Option<Url>,
    /// Origin at which phones reach the phone app, if a proxy stands before it.
    pub phone_url: Option<Url>,
    /// Proxies before portal and phone app, whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// Starts in spite of unsafe options, with a warning for each. For trials only.
    pub allow_insecure: bool,
    /// Address of the gateway in this process.
    pub gateway: SocketAddr,
    /// Address of the phone app for phones on the local network, by HTTPS; `None` by default.
    pub phone_lan: Option<SocketAddr>,
    /// The directory of the database, keys and certificates; made if it is not there.
    pub data: PathBuf,
    /// The store of the gateway in this process: `memory:` or a Redis URL.
    pub store_url: String,
    /// Settings for the gateway in this process, as its own environment variables (`SAOMA_…`).
    pub environment: Vec<(String, String)>,
    /// Registers elsewhere, in place of those in the demo's database.
    pub registers: Option<RegistersElsewhere>,
    /// A face verifier, in place of the demo's own comparison of descriptors.
    pub face_verifier: Option<Arc<dyn FaceVerifier>>,
    /// True to keep the developer pages and the published password of the demo's accounts even if other machines reach the
    /// hall.
    pub expose_demo: bool,
    /// Time in which the same form of the same browser is taken for a double click, and is not handled again.
    pub double_click: Duration,
    /// A gateway that runs elsewhere, in place of the one in this process.
    pub elsewhere: Option<Elsewhere>,
    /// The example of a portal, registered at the gateway in this process and run beside the hall.
    pub example_portal: Option<ExamplePortal>,
}

/// A gateway that runs elsewhere, and what this hall is registered there with.
#[derive(Debug, Clone)]
pub struct Elsewhere {
    /// Its public origin.
    pub url: String,
    /// Secret of the portal at the token endpoint.
    pub client_secret: Secret,
    /// Secret of the gateway at the introspection endpoint.
    pub introspection_secret: Secret,
    /// Secret of the app's backend at the gateway, by which it ends sessions there.
    pub events_secret: Secret,
}

/// Registers of an authority, asked over HTTP.
#[derive(Debug, Clone)]
pub struct RegistersElsewhere {
    /// Their origin.
    pub url: Url,
    /// Bearer token of the hall there.
    pub token: Secret,
}

impl Default for Options {
    fn default() -> Self {
        let loopback = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self {
            portal: loopback(8081),
            phone: loopback(8082),
            portal_url: None,
            phone_url: None,
            trusted_proxies: Vec::new(),
            allow_insecure: false,
            gateway: loopback(8080),
            phone_lan: None,
            data: "demo-data".into(),
            store_url: "memory:".into(),
            environment: Vec::new(),
            registers: None,
            face_verifier: None,
            expose_demo: false,
            double_click: Duration::from_secs(1),
            elsewhere: None,
            example_portal: None,
        }
    }
}
