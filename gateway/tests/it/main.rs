//! The gateway as its users meet it: over real sockets, with a real Redis.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says so by panicking")]

mod browser;
mod cli;
mod conformance;
mod hosted_page;
mod hostile_frames;
mod limits;
mod many_nodes;
mod outage;
mod phone;
mod relying_party;
mod secrets_in_logs;
mod store_contract;
mod support;
mod tidy;
