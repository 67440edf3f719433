//! A hall for each test, and the browsers and phones of its people.

mod browser;
mod hall;
mod process;
mod registering;
mod script;

pub use browser::{Page, TestBrowser};
pub use hall::{Hall, PASSWORD, Site, person};
pub use process::Process;
pub use registering::{Registering, user_form};
