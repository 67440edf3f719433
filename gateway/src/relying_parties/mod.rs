//! The relying parties that may log browsers in.

mod client;
mod redirect_uris;
mod registry;
mod secrets;
mod sessions;

pub(crate) use self::client::Client;
pub(crate) use self::redirect_uris::landing_origin;
pub(crate) use self::registry::ClientChanges;
pub(crate) use self::registry::{ClientRegistry, Clients};
