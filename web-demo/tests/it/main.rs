//! The hall at its boundary: its pages over HTTP, on a real database.
#![allow(
    clippy::disallowed_methods,
    reason = "tests use real clocks, and their tasks end with the runtime of the test"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that fails says so by panicking"
)]

mod accounts;
mod backchannel;
mod card_password;
mod cookies;
mod cookies_off;
mod delegations;
mod developer;
mod e_card;
mod foreign_ids;
mod forgotten_password;
mod home;
mod introspection;
mod kept_pages;
mod lockout;
mod logouts;
mod look;
mod misleading_text;
mod phone_inbox;
mod phone_registration;
mod phone_scan;
mod restart;
mod session_ends;
mod short_messages;
mod strangers;
mod support;
mod takeover;
mod typed_spellings;
mod verification;
mod web_registration;
mod web_registration_refusals;
mod whole_or_nothing;
