//! What the wire contract promises to both languages.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that fails says so by panicking"
)]

mod asyncapi;
mod generated;
mod machine;
mod openapi;
mod schemas;
mod standards;
mod wire;
