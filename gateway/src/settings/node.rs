//! Settings of a node: its listeners, its store, its sockets, its logs.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize};

use super::listen_address::{ListenAddress, SocketMode};
use super::secret::without_password;

/// `[server]`: the listener for browsers, phones and relying parties.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Address and port; `127.0.0.1:8080` by default. Port 0 takes a free one. The variable `PORT`
    /// changes the port alone. Or a Unix socket, such as `unix:/run/saoma/public.sock`, for a proxy on
    /// the same machine, whose `X-Forwarded-For` is then trusted. A listener that systemd hands over
    /// is taken in place of it.
    #[cfg_attr(test, schemars(with = "String"))]
    pub listen: ListenAddress,
    /// Permissions of Unix sockets that the node listens on, in octal digits as of `chmod`; `0660` by
    /// default. Who may write, may connect.
    #[cfg_attr(test, schemars(with = "String"))]
    pub socket_mode: SocketMode,
    /// Group of these sockets, by its name in `/etc/group` or its number; by default that of the
    /// node's process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub socket_group: Option<String>,
    /// Public origin of the gateway, such as `https://login.example`. QR codes lead to it, and it
    /// is the OpenID issuer. The default, `http://127.0.0.1:8080`, is reachable from this machine
    /// only.
    pub public_url: String,
    /// Proxies whose `X-Forwarded-For` is trusted, as addresses or networks. A listed peer can
    /// choose the address that limits count and that the phone shows. A node with an `https` URL
    /// starts only if this is set: a proxy must be in front of it that ends TLS. An empty list
    /// states that no proxy names addresses.
    #[serde(
        default,
        deserialize_with = "networks",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    pub trusted_proxies: Option<Vec<IpNet>>,
    /// Starts the node in spite of settings that are unsafe, or beside nodes with other secrets, with
    /// a warning for each; `false` by default. For trials only.
    pub allow_insecure: bool,
    /// Time limit for a request's head, for the first head of a connection to begin, and again for a
    /// body; 10 s by default, from 10 ms to 5 min. Each unfinished request holds a connection.
    #[serde(with = "humantime_serde")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub header_timeout: Duration,
    /// Time that a connection may wait for its next request; 75 s by default, from 10 ms to 1 h. A
    /// proxy must keep its connections for less: a request on a connection that the node is closing is
    /// lost, and the browser gets a 502. Once three quarters of the node's connections are taken, those
    /// that do not come from `trusted_proxies` wait for `header_timeout` at most.
    #[serde(with = "humantime_serde")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub idle_timeout: Duration,
    /// Connections that the kernel queues before they are accepted; 4,096 by default, at least 1.
    /// The kernel's `somaxconn` caps it.
    pub backlog: u32,
    /// Maximum number of browsers on a node, and again of logins whose code works while no browser of
    /// theirs is connected; 0, the default, is the number that the limit on open files allows, which
    /// also caps other values. Each browser takes a file descriptor and a few KiB, each login some 2
    /// KiB in the store.
    pub max_sockets: usize,
    /// Maximum number of browsers of one address (one /64 in IPv6), and again of its connections
    /// that are no browser's yet; 1,000 by default, at least 1. A /56 may have four times as many,
    /// and a /48 sixteen times. Behind a proxy that is not in `trusted_proxies` all browsers have the
    /// address of the proxy.
    pub max_sockets_per_address: usize,
    /// Maximum number of new browsers per second on a node; 5,000 by default, at least 1. Browsers
    /// above it, for example after another node has died, are asked to come back a little later.
    pub max_new_sockets_per_second: NonZeroU32,
    /// Time for which a stopping node still serves while `/ready` fails, so that the load balancer
    /// stops sending browsers; 5 s by default, at most 1 h.
    #[serde(with = "humantime_serde")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub drain_delay: Duration,
    /// Time after that over which the node sends its browsers away, evenly; 20 s by default, at
    /// most 1 h. The orchestrator's grace period must be longer than both together.
    #[serde(with = "humantime_serde")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub drain_window: Duration,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)).into(),
            socket_mode: SocketMode::DEFAULT,
            socket_group: None,
            public_url: "http://127.0.0.1:8080".into(),
            trusted_proxies: None,
            allow_insecure: false,
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            backlog: 4096,
            max_sockets: 0,
            max_sockets_per_address: 1000,
            max_new_sockets_per_second: NonZeroU32::new(5000).unwrap_or(NonZeroU32::MIN),
            drain_delay: Duration::from_secs(5),
            drain_window: Duration::from_secs(20),
        }
    }
}

/// `[operations]`: the listener for `/live`, `/ready` and `/metrics`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Operations {
    /// Address and port, or a Unix socket as for `server.listen`; `127.0.0.1:9090` by default. Port 0
    /// takes a free one. Every client that reaches it can read the metrics.
    #[cfg_attr(test, schemars(with = "String"))]
    pub listen: ListenAddress,
    /// Starts this listener; `true` by default.
    pub enabled: bool,
}

impl Default for Operations {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 9090)).into(),
            enabled: true,
        }
    }
}

/// `[store]`: the store of logins.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StoreSettings {
    /// `memory:`, the default, for a single node; or a Redis or Valkey from version 6 on:
    /// `redis://[user:password@]host[:port][/db]` for one server;
    /// `redis+sentinel://[user:password@]host[:port],…/service[/db]` for Sentinels, with the
    /// password of the servers, which Sentinels that ask for one also get;
    /// `redis+cluster://[user:password@]host[:port],…` for some of the nodes of a cluster. With
    /// `rediss` in place of `redis` every connection is encrypted, and the servers' certificates
    /// are verified. `redis+unix:///run/redis/redis.sock` is a Unix socket, with the database as
    /// `?db=1`. The variable `REDIS_URL` sets it too.
    pub url: String,
    /// File that holds the password, in place of one in `url`; one newline at its end does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// File with the certificates, in PEM, of the only authorities that are trusted for the
    /// servers; the system's by default. For `rediss` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// File with the certificate by which the node proves itself to the servers (mutual TLS), in PEM,
    /// followed by the authorities between it and the root. For `rediss` only. Read at the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_file: Option<PathBuf>,
    /// File with this certificate's private key, in PEM, that no other user may read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
    /// Connections to Redis; 4 by default, from 1 to 1,000. Each carries many commands at once. In
    /// a cluster each node has one.
    pub pool_size: u32,
    /// Time limit for a command; 1 s by default, from 10 ms to 1 min. A command that takes longer
    /// has failed.
    #[serde(with = "humantime_serde")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub command_timeout: Duration,
    /// With `auto`, the default, a node answers scans, decisions and redemptions once every replica
    /// that may be promoted has them, for at most `command_timeout` and else with 503; where there
    /// are no replicas it waits for none. With `off` a failover may lose what was answered shortly
    /// before it.
    pub wait_for_replicas: WaitForReplicas,
    /// Prefix of all keys and channels; `saoma:` by default. Installations with different prefixes
    /// share a Redis and know nothing of each other. 1 to 64 letters, digits and `:._-`. All nodes
    /// of one installation need the same, and a change of it is a new, empty store.
    pub key_prefix: String,
}

/// The replicas that a node waits for before it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WaitForReplicas {
    /// All that may be promoted.
    #[default]
    Auto,
    /// None.
    Off,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            url: "memory:".into(),
            password_file: None,
            ca_file: None,
            certificate_file: None,
            key_file: None,
            pool_size: 4,
            command_timeout: Duration::from_secs(1),
            wait_for_replicas: WaitForReplicas::Auto,
            key_prefix: "saoma:".into(),
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

/// `[sockets]`: timeouts of waiting browsers, from 10 ms to 1 h.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Sockets {
    /// Interval of pings to a waiting browser; 25 s by default, at most 50 s, because many proxies
    /// close a connection that is silent for 60 s and pages consider it broken. A ping waits for
    /// the answer to the last one, or for its timeout.
    #[serde(with = "humantime_serde")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub ping_interval: Duration,
    /// Time limit for the answer to a ping; 10 s by default.
    #[serde(with = "humantime_serde")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub ping_timeout: Duration,
    /// Time limit for a new socket to open or resume a login; 10 s by default.
    #[serde(with = "humantime_serde")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub open_timeout: Duration,
    /// Interval at which a scanned login is read again, in case its push was lost; 10 s by default.
    /// Each costs the store one short command.
    #[serde(with = "humantime_serde")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub resync_interval: Duration,
    /// Interval at which a login that is not scanned yet is read again; 1 min by default.
    #[serde(with = "humantime_serde")]
    #[cfg_attr(test, schemars(with = "Duration"))]
    pub waiting_resync_interval: Duration,
    /// Time limit for a browser to take its messages, and to answer a close, and for any client to
    /// take something of an answer over HTTP; 10 s by default. After it the connection is reset,
    /// and data in the kernel is dropped.
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

/// `[log]`: log lines on standard error.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// Format for people (`text`, the default) or for programs (`json`).
    pub format: LogFormat,
    /// Filter in the syntax of `tracing-subscriber`: `info`, the default, or
    /// `saoma_gateway=debug,warn`. Crates other than Saoma's log at `info` at most, because below
    /// it they write what they send and receive.
    pub filter: String,
    /// Writes a line of level `info` for each answered request: method, route, status, milliseconds,
    /// bytes, request id, address and login id; `false` by default. It names no code, token or key.
    pub requests: bool,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            filter: "info".into(),
            requests: false,
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
fn networks<'de, D: Deserializer<'de>>(list: D) -> Result<Option<Vec<IpNet>>, D::Error> {
    network_list(list).map(Some)
}

/// The same, where a list without any says no more than no list.
pub(super) fn network_list<'de, D: Deserializer<'de>>(list: D) -> Result<Vec<IpNet>, D::Error> {
    let list = Vec::<String>::deserialize(list)?;
    let networks = list
        .iter()
        .map(|text| network(text).ok_or_else(|| not_a_network(text)));
    networks.collect()
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
            .unwrap_or_default()
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
