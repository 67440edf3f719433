//! Post, redirect, get: the answer to a form is kept for its browser, which is sent on to read it.
//!
//! A page that answers a POST cannot be loaded again or returned to without sending the form again. [`answer_forms`] stands
//! around all pages of a surface. It keeps such a page and redirects to `<path>?kept=<key>`, where the page is shown with its
//! own status, by this browser and person only, for [`LIFETIME_SECONDS`]. Afterwards the plain page of the path is shown.
//! A form that was sent after the login's end is kept for the person who was logged in, and stands on its page again after
//! the next login, to which [`next`] leads.
//! In another language the plain page is shown with what was typed, because a page cannot be made again without the form.

mod fill;
mod keeping;
mod layer;
mod next;
mod repeats;
mod requests;
mod store;

pub(crate) use layer::{Forms, answer_forms};

/// Lifetime of a kept page or form.
pub(crate) const LIFETIME_SECONDS: u32 = 15 * 60;
