//! The service hall of a province that does not exist: a portal, a phone app and the backend of both, logged in through
//! Saoma. What a portal's or an app's developer reads to plug Saoma in.
//!
//! ```text
//! portal (OpenID relying party) ──► gateway ◄── phone (app: scan, confirm, reject)
//!                                      │
//!                                      └──► identity (introspection: who is this, in what standing?)
//! ```
//!
//! `portal`, `phone` and `identity` are the three faces, `home` what people come to the portal for; `accounts`, `cards`,
//! `units`, `citizens`, `records` and `browsers` what they know of people, `registers` what they ask the outside world;
//! `logouts` tells the gateway whom to log out; `face` compares people's faces with a camera's pictures. [`Demo`] runs all of
//! it in one process.

mod accounts;
mod all_logins;
mod browsers;
mod cards;
mod citizens;
mod db;
mod demo;
mod developer;
mod example_portal;
mod face;
mod forgotten_password;
mod form_errors;
mod home;
mod identity;
mod information;
mod kept_pages;
mod key_file;
mod known_browsers;
mod listeners;
mod local_network;
mod log_pace;
mod logouts;
mod option_faults;
mod options;
mod pages;
mod password_login;
mod phone;
mod portal;
mod private_file;
mod proof;
mod provider;
mod purpose;
mod records;
mod registers;
mod registration;
mod routers;
mod sealed;
mod secret;
mod serving;
mod session_page;
mod session_times;
mod sms_codes;
mod surface;
mod terminal;
mod units;
mod verification;

pub use demo::Demo;
pub use example_portal::ExamplePortal;
pub use face::{Claim, FaceVerifier, Refusal, Verdict, VerifierError};
pub use options::{Elsewhere, Options, RegistersElsewhere};
pub use secret::Secret;
