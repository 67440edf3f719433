//! A hall for each test, and the browsers and phones of its people.

mod browser;
mod hall;
mod login;
mod process;
mod registering;
mod script;

pub(crate) use browser::{Page, TestBrowser};
pub(crate) use hall::{
    GATEWAY, Hall, PASSWORD, PHONE_HOST, PORTAL_HOST, Site, access_token, basic, person, sql,
};
pub(crate) use login::{open_login, until};
pub(crate) use process::Process;
pub(crate) use registering::{Registering, user_form};
pub(crate) use script::check;
