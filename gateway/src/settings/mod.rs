//! Settings: flags over environment over file over defaults. The structs are the only definition: what the file, the
//! environment and the flags may hold is read off them.

mod apps;
mod clients;
mod cluster;
mod effective;
mod error;
mod events;
mod fingerprint;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz_properties;
mod identity;
mod known;
mod lifetimes;
mod listen_address;
mod load;
mod node;
mod off_or_duration;
mod oidc;
mod origin;
#[cfg(test)]
pub(crate) mod reference;
mod safety;
mod secret;
mod secret_file;
mod secret_hash;
mod tls;
mod validate;

pub(crate) use apps::CODE_IN_LINK;
pub use apps::{AppSettings, CheckFileSettings};
pub use clients::{
    AgreeSetting, ClientSettings, PkceSetting, RefreshTokensEnd, SubjectSetting, SubjectTypeSetting,
};
pub use cluster::Cluster;
pub use effective::Effective;
pub use error::SettingsError;
pub(crate) use events::BackendCredentials;
pub use events::EventsSettings;
pub(crate) use fingerprint::Fingerprint;
pub use identity::{
    ClaimsSettings, IdentitySettings, IdentitySourceSettings, IntrospectionSettings, JwksSettings,
    StandingSettings,
};
pub(crate) use identity::{IdentitySource, SOURCE_SEPARATOR};
pub use lifetimes::Lifetimes;
pub use listen_address::{ListenAddress, ParseListenAddressError, SocketMode};
pub use load::{Flag, Loaded, Sources};
pub use node::{Log, LogFormat, Operations, Server, Sockets, StoreSettings, WaitForReplicas};
pub use oidc::{Oidc, SigningAlgorithm};
pub use origin::Origin;
pub use safety::{SafetyWarning, is_foreign_http, is_over_wide, weakness};
pub use secret::Secret;
pub use secret_file::SecretFileError;
pub(crate) use secret_hash::SecretHash;
pub use secret_hash::{SecretHashError, hash_secret};
use serde::{Deserialize, Serialize};
pub use tls::{ProxyProtocol, TlsSettings};

pub use crate::limits::Limits;

/// All settings of a node.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The public listener.
    pub server: Server,
    /// TLS on the public listener.
    pub tls: TlsSettings,
    /// Balancers that pass connections on.
    pub proxy_protocol: ProxyProtocol,
    /// The operators' listener.
    pub operations: Operations,
    /// The store of logins.
    pub store: StoreSettings,
    /// The nodes on one store.
    pub cluster: Cluster,
    /// Timeouts of waiting browsers.
    pub sockets: Sockets,
    /// Lifetime of each state.
    pub lifetimes: Lifetimes,
    /// Rate limits.
    pub limits: Limits,
    /// The OpenID provider.
    pub oidc: Oidc,
    /// The source of a phone's person.
    pub identity: IdentitySettings,
    /// Logs.
    pub log: Log,
    /// The apps with which people scan codes.
    pub apps: Vec<AppSettings>,
    /// Files by which other services check the gateway's domain.
    pub check_files: Vec<CheckFileSettings>,
    /// The relying parties.
    pub clients: Vec<ClientSettings>,
}
