//! Settings: flags over environment over file over defaults. The structs are the only definition.

mod load;
mod validate;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
pub use load::{SettingsError, Sources};
use serde::{Deserialize, Serialize};

use crate::limits::{LimitName, Rate};

/// All settings of a node.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The public listener.
    pub server: Server,
    /// The operators' listener.
    pub operations: Operations,
    /// Where logins live.
    pub store: StoreSettings,
    /// How waiting browsers are kept.
    pub sockets: Sockets,
    /// How long each state lives.
    pub lifetimes: Lifetimes,
    /// How often attempts may come.
    pub limits: Limits,
    /// The OpenID provider.
    pub oidc: Oidc,
    /// Who knows the persons behind app tokens.
    pub identity: IdentitySettings,
    /// Logs.
    pub log: Log,
    /// The relying parties.
    pub clients: Vec<ClientSettings>,
}

/// `[server]`: where browsers, phones and relying parties connect.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Address and port. The environment's `PORT` changes the port alone.
    pub listen: SocketAddr,
    /// The origin under which everybody reaches the gateway, such as `https://login.example`. QR codes lead here, and
    /// it is the OpenID issuer.
    pub public_url: String,
    /// Proxies whose `X-Forwarded-For` is believed, as addresses or networks. Nobody else's is.
    pub trusted_proxies: Vec<IpNet>,
    /// How long a request's head may take.
    #[serde(with = "humantime_serde")]
    pub header_timeout: Duration,
    /// Connections that the kernel keeps until they are accepted; the kernel's own `somaxconn` caps it.
    pub backlog: u32,
    /// Browsers that one node holds at most; 0 takes what the limit on open files allows.
    pub max_sockets: usize,
    /// How long a stopping node waits for its browsers to leave, and over how long it asks them to come back.
    #[serde(with = "humantime_serde")]
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
            drain_window: Duration::from_secs(20),
        }
    }
}

/// `[operations]`: `/live`, `/ready` and `/metrics`, on a listener of their own.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Operations {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Whether to listen at all.
    pub enabled: bool,
}

impl Default for Operations {
    fn default() -> Self {
        Self { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 9090)), enabled: true }
    }
}

/// `[store]`
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreSettings {
    /// `memory:` for one node with nothing else, or `redis://[user:password@]host[:port][/db]`.
    pub url: String,
    /// Connections to Redis. Each carries many commands at once.
    pub pool_size: u32,
    /// How long a command may take before it counts as failed.
    #[serde(with = "humantime_serde")]
    pub command_timeout: Duration,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self { url: "memory:".into(), pool_size: 4, command_timeout: Duration::from_secs(1) }
    }
}

impl fmt::Debug for StoreSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreSettings").field("url", &without_password(&self.url)).finish_non_exhaustive()
    }
}

/// `[sockets]`
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sockets {
    /// How often a waiting browser is pinged. Many proxies close what is silent for 60 s.
    #[serde(with = "humantime_serde")]
    pub ping_every: Duration,
    /// How long it has to answer.
    #[serde(with = "humantime_serde")]
    pub ping_timeout: Duration,
    /// How long a new socket has to open or resume a login.
    #[serde(with = "humantime_serde")]
    pub open_within: Duration,
}

impl Default for Sockets {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { ping_every: seconds(25), ping_timeout: seconds(10), open_within: seconds(10) }
    }
}

/// `[lifetimes]`: each at least a second, at most a day.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lifetimes {
    /// A code, until it is renewed.
    #[serde(with = "humantime_serde")]
    pub code: Duration,
    /// A login that nobody scans, with all its codes.
    #[serde(with = "humantime_serde")]
    pub waiting: Duration,
    /// From the scan to the confirm.
    #[serde(with = "humantime_serde")]
    pub scanned: Duration,
    /// An authorization code. RFC 6749 §4.1.2 recommends at most ten minutes.
    #[serde(with = "humantime_serde")]
    pub authorization_code: Duration,
    /// An access token: long enough to ask the userinfo endpoint.
    #[serde(with = "humantime_serde")]
    pub access_token: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            code: seconds(120),
            waiting: seconds(600),
            scanned: seconds(90),
            authorization_code: seconds(60),
            access_token: seconds(300),
        }
    }
}

/// `[limits]`: each `{ burst = N, per = "1m" }`: N at once, and N in each period after.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Opens and refreshes from one address (one /64 in IPv6). Many people may share an address.
    pub open_per_address: Rate,
    /// Scans from one address.
    pub scan_per_address: Rate,
    /// Scans by one person.
    pub scan_per_person: Rate,
    /// User codes typed by one person, right or wrong. 5 tries at 34.5 bits keep a guess below 2^-32.
    pub typed_code_per_person: Rate,
    /// Confirms and rejects by one person.
    pub confirm_per_person: Rate,
    /// Requests to the token endpoint by one client.
    pub token_per_client: Rate,
    /// Resumes with an unknown login or wrong receive key from one address.
    pub unknown_key_per_address: Rate,
}

impl Default for Limits {
    fn default() -> Self {
        let per_minute = |burst| Rate::new(burst, Duration::from_secs(60));
        Self {
            open_per_address: per_minute(120),
            scan_per_address: per_minute(120),
            scan_per_person: per_minute(20),
            typed_code_per_person: Rate::new(5, Duration::from_secs(15 * 60)),
            confirm_per_person: per_minute(30),
            token_per_client: per_minute(6000),
            unknown_key_per_address: per_minute(30),
        }
    }
}

impl Limits {
    /// The rate of a limit.
    pub const fn rate(&self, name: LimitName) -> Rate {
        match name {
            LimitName::OpenPerAddress => self.open_per_address,
            LimitName::ScanPerAddress => self.scan_per_address,
            LimitName::ScanPerPerson => self.scan_per_person,
            LimitName::TypedCodePerPerson => self.typed_code_per_person,
            LimitName::ConfirmPerPerson => self.confirm_per_person,
            LimitName::TokenPerClient => self.token_per_client,
            LimitName::UnknownKeyPerAddress => self.unknown_key_per_address,
        }
    }
}

/// `[oidc]`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Oidc {
    /// A file with the RSA key that signs ID tokens, PKCS#8 PEM; `saoma generate-key` makes one. Without it a key is
    /// made at each start, which only a single node on the memory store can do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing_key: Option<PathBuf>,
}

/// `[identity]`: exactly one of the two.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdentitySettings {
    /// Ask the app's backend each time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub introspection: Option<IntrospectionSettings>,
    /// Verify the app's tokens offline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<JwksSettings>,
}

/// `[identity.introspection]`: RFC 7662.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntrospectionSettings {
    /// The endpoint.
    pub url: String,
    /// The gateway's name there.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
    /// How long an answer may take.
    #[serde(with = "humantime_serde", default = "two_seconds")]
    pub timeout: Duration,
}

/// `[identity.jwks]`: RFC 7517.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JwksSettings {
    /// Where the keys are: `https:`, `http:` or `file:`.
    pub url: String,
    /// What `iss` must say.
    pub issuer: String,
    /// What `aud` must contain.
    pub audience: String,
    /// How long keys are kept.
    #[serde(with = "humantime_serde", default = "one_hour")]
    pub refresh: Duration,
}

/// `[log]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// For people or for programs.
    pub format: LogFormat,
    /// What is logged, in the syntax of `tracing-subscriber`'s filter: `info`, `saoma_gateway=debug,warn`.
    pub filter: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".into() }
    }
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One line of text each.
    Text,
    /// One JSON object each.
    Json,
}

/// `[[clients]]`: a relying party.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientSettings {
    /// Its id.
    pub client_id: String,
    /// Its name, as people read it on their phones.
    pub name: String,
    /// Its secret; a client without one is public and proves itself by PKCE alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// Where its browsers may be sent, exactly.
    pub redirect_uris: Vec<String>,
    /// The origins of its pages that show a code.
    #[serde(default)]
    pub origins: Vec<String>,
}

/// A secret from the settings: never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// What it is.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(secret: &str) -> Self {
        Self(secret.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Settings {
    /// The settings as TOML, with secrets starred out.
    pub fn to_redacted_toml(&self) -> String {
        let mut shown = self.clone();
        let starred = || Secret("***".into());
        shown.store.url = without_password(&shown.store.url);
        if let Some(introspection) = &mut shown.identity.introspection {
            introspection.client_secret = starred();
        }
        for client in &mut shown.clients {
            client.secret = client.secret.as_ref().map(|_| starred());
        }
        toml::to_string(&shown).unwrap_or_else(|error| format!("# the settings cannot be shown: {error}\n"))
    }
}

fn without_password(url: &str) -> String {
    match url::Url::parse(url) {
        Ok(mut url) if url.password().is_some() => {
            // The only failure is a URL that cannot have a password; this one has.
            let _ = url.set_password(Some("***"));
            url.into()
        }
        _ => url.to_owned(),
    }
}

const fn two_seconds() -> Duration {
    Duration::from_secs(2)
}

const fn one_hour() -> Duration {
    Duration::from_secs(3600)
}
