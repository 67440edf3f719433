//! The wire contract, which both languages share.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failing test panics"
)]

mod asyncapi;
mod generated;
mod machine;
mod openapi;
mod schemas;
mod standards;
mod wire;
