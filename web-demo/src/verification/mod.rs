//! Verification makes a provisional account a verified one: by a code to the phone on file with the social-security card, or by
//! the card's password.

mod notice;
mod pages;
mod ways;

pub(crate) use notice::Notice;
pub(crate) use pages::routes;
pub(crate) use ways::phone_on_file;
