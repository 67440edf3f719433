//! Records that the hall keeps for people beside their login: insurance, announcements,
//! applications, exams, questions, resumes, notices, courses.
//!
//! [`Record`] is the one way in which they are read; each module has what is written.

pub mod applications;
pub mod courses;
pub mod exams;
pub mod inbox;
pub mod insurance;
pub mod person;
pub mod questions;
pub mod resume;
mod seed;
mod store;
mod words;

pub use seed::{RecordsError, seed};
pub use store::{Announcement, OpenRecord, Record};
pub use words::{Words, Yuan};
