//! Load tester of the Saoma gateway: a coordinator, and workers that simulate browsers and phones over real sockets.

pub mod conductor;
pub mod deployment;
pub mod ledger;
pub mod open_model;
pub mod orders;
pub mod pacing;
pub mod report;
pub mod scenario;
pub mod source;
pub mod terminal;
pub mod worker;
