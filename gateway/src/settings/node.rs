//! What one node is made of: its listeners, its store, its sockets, its logs.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize};

use super::secret::without_password;

/// `[server]`: where browsers, phones and relying parties connect.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Address and port; `127.0.0.1:8080` by default, port 0 takes a free one. The environment's `PORT` changes the port
    /// alone.
    pub listen: SocketAddr,
    /// The origin under which everybody reaches the gateway, such as `https://login.example`; `http://127.0.0.1:8080`
    /// by default, which only this machine can follow. QR codes lead here, and it is the OpenID issuer.
    pub public_url: String,
    /// Proxies whose `X-Forwarded-For` is believed, as addresses or networks; none by default. Whoever is on the list
    /// can choose by which address limits count and what the person is shown.
    #[serde(deserialize_with = "networks")]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub trusted_proxies: Vec<IpNet>,
    /// How long a request's head may take, and its body again; 10 s by default, from 10 ms to 5 min. Each that is under
    /// way costs a connection.
    #[serde(with = "humantime_serde")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub header_timeout: Duration,
    /// Connections that the kernel keeps until they are accepted; 4096 by default, at least 1. The kernel's own
    /// `somaxconn` caps it.
    pub backlog: u32,
    /// Browsers that one node holds at most; 0, the default, takes what the limit on open files allows, and nothing
    /// exceeds that. Each costs a file and a few KiB.
    pub max_sockets: usize,
    /// Browsers of one address (one /64 in IPv6), and as many connections that are no browser's yet; 1,000 by default, at
    /// least 1. Behind a proxy that is not on the list of trusted ones all browsers have one address: its own.
    pub max_sockets_per_address: usize,
    /// New browsers a second that one node takes; 5,000 by default, at least 1. What comes faster, as after the end of
    /// another node, is asked to come back a little later.
    pub max_new_sockets_per_second: NonZeroU32,
    /// How long a stopping node serves on while `/ready` already says no, so that the balancer sends nobody new; 5 s by
    /// default, at most 1 h.
    #[serde(with = "humantime_serde")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub drain_delay: Duration,
    /// Over how long after that it sends its browsers away, evenly; 20 s by default, at most 1 h. The orchestrator's own
    /// patience must be longer than both together.
    #[serde(with = "humantime_serde")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub drain_window: Duration,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            public_url: "http://127.0.0.1:8080".into(),
            trusted_proxies: Vec::new(),
            header_timeout: Duration::from_secs(10),
            backlog: 4096,
            max_sockets: 0,
            max_sockets_per_address: 1000,
            max_new_sockets_per_second: NonZeroU32::new(5000).unwrap_or(NonZeroU32::MIN),
            drain_delay: Duration::from_secs(5),
            drain_window: Duration::from_secs(20),
        }
    }
}

/// `[operations]`: `/live`, `/ready` and `/metrics`, on a listener of their own.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Operations {
    /// Address and port; `127.0.0.1:9090` by default, port 0 takes a free one. Whoever reaches it sees the metrics.
    pub listen: SocketAddr,
    /// Whether to listen at all; `true` by default.
    pub enabled: bool,
}

impl Default for Operations {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 9090)),
            enabled: true,
        }
    }
}

/// `[store]`: where logins live.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StoreSettings {
    /// `memory:`, the default, for one node with nothing else; or a Redis or Valkey from version 6 on, by one of
    /// `redis://[user:password@]host[:port][/db]`,
    /// `redis+sentinel://[user:password@]host[:port],…/service[/db]`, where the hosts are Sentinels and the password is
    /// the servers' (Sentinels that ask for one are given the same), and
    /// `redis+cluster://[user:password@]host[:port],…`, where the hosts are some of the nodes.
    /// With `rediss` in the place of `redis` all connections are encrypted, and the servers' certificates are checked.
    /// The environment's `REDIS_URL` sets it too.
    pub url: String,
    /// A file with the certificates, in PEM, of the only authorities that are believed of a server; by default the
    /// system's are. Goes with `rediss` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// Connections to Redis; 4 by default, from 1 to 1000. Each carries many commands at once. Of a cluster each node
    /// has one.
    pub pool_size: u32,
    /// How long a command may take before it counts as failed; 1 s by default, from 10 ms to 1 min.
    #[serde(with = "humantime_serde")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub command_timeout: Duration,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            url: "memory:".into(),
            ca_file: None,
            pool_size: 4,
            command_timeout: Duration::from_secs(1),
        }
    }
}

impl fmt::Debug for StoreSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreSettings")
            .field("url", &without_password(&self.url))
            .finish_non_exhaustive()
    }
}

/// `[sockets]`: how waiting browsers are kept. Times from 10 ms to 1 h.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Sockets {
    /// How often a waiting browser is pinged, though not before the last ping was answered or ran out of time; 25 s by
    /// default, 50 s at most. Many proxies close what is silent for 60 s, and pages take it for broken.
    #[serde(with = "humantime_serde")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub ping_interval: Duration,
    /// How long it has to answer; 10 s by default.
    #[serde(with = "humantime_serde")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub ping_timeout: Duration,
    /// How long a new socket has to open or resume a login; 10 s by default.
    #[serde(with = "humantime_serde")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub open_timeout: Duration,
    /// How often a scanned login is read again, should its push have been lost; 10 s by default. Each costs the store one
    /// short command.
    #[serde(with = "humantime_serde")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub resync_interval: Duration,
    /// How often a login that nobody has scanned yet is; 1 min by default.
    #[serde(with = "humantime_serde")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub waiting_resync_interval: Duration,
    /// How long a browser has to take what it is sent, and to answer a close; 10 s by default. Then the connection is
    /// reset, and what the kernel still kept for it is dropped.
    #[serde(with = "humantime_serde")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub write_timeout: Duration,
}

impl Default for Sockets {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            ping_interval: seconds(25),
            ping_timeout: seconds(10),
            open_timeout: seconds(10),
            resync_interval: seconds(10),
            waiting_resync_interval: seconds(60),
            write_timeout: seconds(10),
        }
    }
}

/// `[log]`: what the node writes to standard error.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// For people (`text`, the default) or for programs (`json`).
    pub format: LogFormat,
    /// What is logged, in the syntax of `tracing-subscriber`'s filter: `info`, the default, or
    /// `saoma_gateway=debug,warn`.
    pub filter: String,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            filter: "info".into(),
        }
    }
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One line of text each.
    Text,
    /// One JSON object each.
    Json,
}

/// Networks, where a bare address stands for itself alone.
fn networks<'de, D: Deserializer<'de>>(list: D) -> Result<Vec<IpNet>, D::Error> {
    let list = Vec::<String>::deserialize(list)?;
    list.iter()
        .map(|text| network(text).ok_or_else(|| not_a_network(text)))
        .collect()
}

fn network(text: &str) -> Option<IpNet> {
    text.parse()
        .ok()
        .or_else(|| text.parse().map(IpAddr::into).ok())
}

fn not_a_network<E: serde::de::Error>(text: &str) -> E {
    E::custom(format!(
        "{text:?} is neither an address nor a network such as 10.0.0.0/8"
    ))
}

#[cfg(test)]
mod tests {
    use super::super::Settings;

    #[test]
    fn proxies_are_addresses_or_networks() {
        let proxies =
            |list: &str| Settings::from_toml(&format!("server.trusted_proxies = [{list}]"));
        let settings = proxies("'10.0.0.0/8', '192.0.2.1', '::1'").expect("good settings");
        let shown: Vec<String> = settings
            .server
            .trusted_proxies
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(shown, ["10.0.0.0/8", "192.0.2.1/32", "::1/128"]);
        let error = proxies("'proxy.example'").expect_err("a name").to_string();
        assert!(
            error.contains("neither an address nor a network"),
            "{error}"
        );
    }
}
