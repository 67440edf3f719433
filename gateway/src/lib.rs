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

mod admission;
pub mod assets;
mod backends;
mod body;
mod capacity;
mod client_address;
mod clients;
mod clock;
mod drain;
mod gateway;
mod identity;
mod inbox;
pub mod limits;
mod logins;
mod metrics;
mod oidc;
mod operations;
mod phone;
mod problem;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod properties;
mod random;
mod server;
pub mod settings;
mod shown_text;
pub mod store;
mod sweep;
pub mod telemetry;
mod transport;
mod waiter;
mod waiters;
mod wheel;

pub use backends::BackendError;
pub use gateway::{Gateway, StartError};
pub use oidc::{KeyError, KeyKind, generate_pem};
pub use settings::Settings;
