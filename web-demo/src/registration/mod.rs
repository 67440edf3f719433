//! Registering: what has to be right before somebody has an account, whichever surface they register on.
//!
//! ```text
//! agreement ──► identity ──► user ──► done
//! ```
//!
//! What is typed is kept in a [`Draft`] until all of it becomes an account at once, in one transaction.

mod desk;
mod draft;
mod fields;
pub mod pages;
mod problem;

pub use desk::{Desk, Proof};
pub use draft::{Draft, Step};
pub use fields::{CredentialFields, UserFields, masked_phone};
pub use problem::{Problem, Problems};
