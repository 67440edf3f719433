//! The wire contract, which both languages share.
#![allow(
    clippy::disallowed_methods,
    reason = "tests use real clocks, and their tasks end with the runtime of the test"
)]
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
mod provider;
mod schemas;
mod standards;
mod wire;
