//! Reports of runs: as text and as a page for people, as JSON for programs.

pub mod abuse;
pub mod commands;
pub mod compare;
pub mod figures;
pub mod file;
pub(crate) mod format;
pub mod html;
pub mod latencies;
pub mod memory;
pub mod model;
#[cfg(test)]
pub(crate) mod sample;
pub mod steps;
mod text;
pub mod threshold;
pub mod verdict;

pub use latencies::Latencies;
pub use model::{Report, SCHEMA};
