//! Registration: the checks before a person gets an account, on either surface.
//!
//! ```text
//! agreement ──► identity ──► user ──► done
//! ```
//!
//! A [`draft::Draft`] keeps the input until all of it becomes an account at once, in one transaction.

mod citizen;
mod draft;
mod fields;
pub(crate) mod pages;
mod service;
mod takeover;

pub(crate) use draft::abandon;
