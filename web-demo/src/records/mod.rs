//! What the hall keeps for people beside their login: insurance, announcements, applications, exams, questions, resumes,
//! notices, courses. Each module writes and reads tables of its own.

pub mod announcements;
pub mod applications;
pub mod exams;
pub mod inbox;
pub mod insurance;
pub mod person;
pub mod questions;
pub mod resume;
mod seed;
pub mod training;
mod words;

pub use seed::{RecordsError, seed};
pub use words::{Words, Yuan};
