//! The load tester's binary, against real gateways.
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

mod redis;
mod runs;
