//! What a run came to: for people as a table, for programs as JSON.

pub mod latencies;
pub mod model;
mod text;

pub use latencies::Latencies;
pub use model::{Report, SCHEMA};
