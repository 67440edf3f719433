//! Cookies (RFC 6265): read from requests, set by responses. Scripts never see one.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

/// The name of a cookie. Portal, phone and gateway of a demo share a host, and cookies know no ports: names differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CookieName(pub &'static str);

/// Returns the `Set-Cookie` of a cookie for the whole host, `HttpOnly` and `SameSite=Lax`, for
/// `max_age` seconds. `secure` sends it over HTTPS only. The value must need no quoting.
pub(crate) fn set_cookie(name: CookieName, value: &str, max_age: u32, secure: bool) -> HeaderValue {
    let (CookieName(name), secure) = (name, if secure { "; Secure" } else { "" });
    let cookie =
        format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::try_from(cookie).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// The value of `Set-Cookie` that makes a browser forget a cookie.
pub(crate) fn expired(name: CookieName) -> HeaderValue {
    set_cookie(name, "", 0, false)
}

/// Returns the value of a request's cookie, if it is not empty.
pub(crate) fn value_of(headers: &HeaderMap, name: CookieName) -> Option<&str> {
    let lines = headers
        .get_all(COOKIE)
        .into_iter()
        .filter_map(|line| line.to_str().ok());
    let mut pairs = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(found, value)| *found == name.0 && !value.is_empty())
        .map(|(_, value)| value)
}
