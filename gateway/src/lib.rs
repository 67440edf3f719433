//! The Saoma gateway: holds the sockets of waiting browsers, answers phones, and is an OpenID provider to portals.
//!
//! ```text
//! transport ─┐                         ┌─► store ──► (Redis) ──► inbox ─┐
//! phone ─────┼─► logins (the service) ─┤                                │
//! oidc ──────┘         ▲               └─► limits                      │
//!                      └────── waiters ◄────────────────────────────────┘
//! ```
//!
//! Data flows one way: a door (`transport`, `phone`, `oidc`) calls the service, the service the store; what the store
//! says comes back through the node's inbox to the waiters, and from there to the transports. [`Gateway`] puts the
//! parts together.
#![cfg_attr(
    test,
    allow(
        clippy::disallowed_methods,
        reason = "tests use real clocks, and their tasks end with the runtime of the test"
    )
)]

mod apps;
mod claims;
mod client_address;
mod cluster_secrets;
mod error;
mod error_chain;
mod frontends;
#[cfg(any(test, fuzzing))]
mod fuzz_input;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzz_properties;
mod host_scope;
mod http;
mod identity;
mod jose;
mod known_persons;
pub mod limits;
mod log_throttle;
mod login_secrets;
mod logins;
mod metrics;
mod node;
mod random;
mod relying_parties;
mod replaceable;
mod request_id;
mod routes;
mod scopes;
pub mod settings;
mod shown_text;
pub mod store;
mod subjects;
mod waiting;
mod wall_clock;

pub use self::cluster_secrets::{ParseSecretError, generate_secret};
pub use self::error_chain::chain as error_chain;
pub use self::frontends::oidc::{
    KeyError, KeyKind, KeyRing, KeyRingError, SignError, Signer, generate_pem,
};
pub use self::http::assets;
pub use self::http::forwarding::is_forwarded;
pub use self::http::tls::TlsError;
pub use self::identity::KeysFileError;
pub use self::node::backend_error::BackendError;
pub use self::node::check::{CheckError, check, check_and_probe};
pub use self::node::cluster_watch::ForeignSecrets;
pub use self::node::inherited_listeners::{InheritedListenerError, InheritedListeners};
pub use self::node::reload::{PartChanges, ReloadError, Reloaded};
pub use self::node::{Gateway, StartError};
pub use self::node::{service_manager, telemetry};
pub use self::settings::{Settings, hash_secret};
