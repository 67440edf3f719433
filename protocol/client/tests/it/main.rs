//! One login from code to redirect, over each transport.
#![allow(
    clippy::disallowed_methods,
    reason = "tests use real clocks, and their tasks end with the runtime of the test"
)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing test reports by panicking"
)]

mod support {
    include!("../world.rs.in");
}
mod transports;
