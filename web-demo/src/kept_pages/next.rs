//! The page that a stranger wanted to see, in a cookie: it is shown after the login, by any way in.
//!
//! No address names it, so no link of another site can choose where a login leads.

use axum::response::Response;
use http::header::SET_COOKIE;
use url::form_urlencoded;

use crate::pages::{CookieName, Cookies, KEPT};

/// Lifetime of the cookie: a registration takes a while.
const LIFETIME_SECONDS: u32 = 30 * 60;

/// The longest address of a page.
const MAX_BYTES: usize = 512;

/// Reads the cookie. Only a path of this origin is a page.
pub(super) fn read(cookie: &str) -> Option<String> {
    let text = format!("page={cookie}");
    let (_, page) = form_urlencoded::parse(text.as_bytes()).next()?;
    is_page(&page).then(|| page.into_owned())
}

/// Returns true if a form is kept for the page.
pub(super) fn has_form(page: &str) -> bool {
    let query = page.split_once('?').map_or("", |(_, query)| query);
    form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == KEPT)
}

/// Remembers a page in the browser that is sent to the login.
pub(super) fn remember(response: &mut Response, cookies: &Cookies, name: CookieName, page: &str) {
    if is_page(page) {
        let value: String = form_urlencoded::byte_serialize(page.as_bytes()).collect();
        let cookie = cookies.set(name, &value, LIFETIME_SECONDS);
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

/// Browsers take `\\` for `/`, and `//host` for another site.
fn is_page(page: &str) -> bool {
    let mut letters = page.bytes();
    letters.next() == Some(b'/')
        && letters.next().is_some_and(|second| second != b'/')
        && page.len() <= MAX_BYTES
        && page
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Row U3.
    #[test]
    fn only_a_page_of_this_origin_is_shown_after_a_login() {
        for (cookie, expected) in [
            ("%2Fquestions%3Fkept%3Dabc", Some("/questions?kept=abc")),
            ("/insurance/pension", Some("/insurance/pension")),
            ("%2F%2Fevil.example", None),
            ("%2F%5Cevil.example", None),
            ("https%3A%2F%2Fevil.example", None),
            ("%2Fa%0D%0ASet-Cookie", None),
            ("%2Fa+b", None),
            ("%2F", None),
            ("", None),
        ] {
            assert_eq!(read(cookie).as_deref(), expected, "{cookie}");
        }
        assert_eq!(read(&format!("/{}", "a".repeat(MAX_BYTES))), None);
        assert!(has_form("/questions?page=2&kept=abc"));
        assert!(!has_form("/questions?page=2"));
    }
}
