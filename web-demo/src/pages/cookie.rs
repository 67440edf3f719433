//! Cookies (RFC 6265): read from requests, set by responses. Scripts never see one.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

/// The name of a cookie. Portal, phone and gateway of a demo share a host, and cookies know no ports: names differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CookieName(pub &'static str);

/// A cookie to set: `HttpOnly`, `SameSite=Lax`, for the whole host.
#[derive(Debug, Clone, Copy)]
pub struct Cookie<'a> {
    /// Its name.
    pub name: CookieName,
    /// Its value: characters that need no quoting.
    pub value: &'a str,
    /// Seconds until the browser forgets it.
    pub max_age: u32,
    /// Whether it goes over HTTPS only.
    pub secure: bool,
}

impl Cookie<'_> {
    /// The value of `Set-Cookie`.
    pub fn to_header(self) -> HeaderValue {
        let Self {
            name: CookieName(name),
            value,
            max_age,
            secure,
        } = self;
        let secure = if secure { "; Secure" } else { "" };
        let cookie =
            format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}");
        HeaderValue::try_from(cookie).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

/// The value of `Set-Cookie` that makes a browser forget a cookie.
pub fn expired(name: CookieName) -> HeaderValue {
    Cookie {
        name,
        value: "",
        max_age: 0,
        secure: false,
    }
    .to_header()
}

/// What a request's cookie holds, if it has one and something is in it.
pub fn value_of(headers: &HeaderMap, name: CookieName) -> Option<&str> {
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
