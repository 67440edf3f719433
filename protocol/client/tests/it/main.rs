//! One login from code to redirect, over each transport.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing test reports by panicking"
)]

mod support {
    include!("../world.rs.in");
}
mod transports;
