//! The service hall of a province that does not exist: a portal, a phone app and the backend of both, logged in through
//! Saoma. What a portal's or an app's developer reads to plug Saoma in.
//!
//! ```text
//! portal (OpenID relying party) ──► gateway ◄── phone (app: scan, confirm, reject)
//!                                      │
//!                                      └──► identity (introspection: who is this, in what standing?)
//! ```
//!
//! `portal`, `phone` and `identity` are the three faces; `accounts`, `cards`, `units` and `citizens` what they know of
//! people; `face` compares theirs with a camera's pictures; [`Demo`] runs all of it in one process.

mod accounts;
mod cards;
mod citizens;
mod db;
mod demo;
mod face;
mod identity;
mod local_network;
mod options;
mod pages;
mod phone;
mod portal;
mod private_file;
mod provider;
mod secret;
mod serving;
mod terminal;
mod units;

pub use accounts::SeedError;
pub use demo::{Demo, StartError};
pub use face::{Claim, FaceVerifier, KeyError, Refusal, Verdict, VerifierError};
pub use local_network::LocalNetworkError;
pub use options::{Elsewhere, Options};
pub use provider::ProviderError;
pub use secret::Secret;
