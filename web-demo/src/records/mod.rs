//! Records that the hall keeps for people beside their login: insurance, announcements,
//! applications, exams, questions, resumes, notices, courses.
//!
//! [`Record`] is the one way in which they are read; each module has what is written.

pub(crate) mod applications;
pub(crate) mod courses;
pub(crate) mod exams;
pub(crate) mod inbox;
pub(crate) mod insurance;
pub(crate) mod person;
pub(crate) mod questions;
mod removal;
pub(crate) mod resume;
mod seed;
mod store;
mod words;

pub(crate) use removal::forget;
pub(crate) use seed::seed;
pub(crate) use store::{Announcement, OpenRecord, Record};
pub(crate) use words::{Words, Yuan};
