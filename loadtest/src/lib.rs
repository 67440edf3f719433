//! Load tester of the Saoma gateway: a coordinator, and workers that simulate browsers and phones over real sockets.
#![allow(
    clippy::disallowed_methods,
    reason = "a load tester measures by real clocks, and its tasks end with the process"
)]

pub mod coordinator;
pub mod deployment;
pub mod ledger;
pub mod loopback;
pub mod messages;
pub mod open_model;
pub mod ports;
pub mod ramp;
pub mod report;
pub mod scenario;
pub mod terminal;
pub mod worker;
