//! A hall of its own for each test, and the people who visit it.

mod hall;
mod people;
mod process;
mod registering;
mod visitor;

pub use hall::Hall;
pub use people::{PASSWORD, person};
pub use process::Process;
pub use registering::{Registering, user_form};
pub use visitor::{Page, Visitor};
