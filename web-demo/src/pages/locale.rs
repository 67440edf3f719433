//! The language of a page: `?lang=` over the cookie over what the browser accepts over Chinese.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderMap;
use http::header::{ACCEPT_LANGUAGE, SET_COOKIE};
use http::request::Parts;
use saoma_protocol::accepted_language;
use url::form_urlencoded;

use super::cookie::{CookieName, Cookies};

const A_YEAR_IN_SECONDS: u32 = 365 * 24 * 3600;

/// A page's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Locale {
    /// Simplified Chinese.
    Chinese,
    English,
}

impl Locale {
    /// The tag (BCP 47).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    /// The one of the two.
    pub const fn pick<T: Copy>(self, chinese: T, english: T) -> T {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }

    /// The language to switch to.
    pub const fn other(self) -> Self {
        self.pick(Self::English, Self::Chinese)
    }

    /// The language's own name.
    pub const fn name(self) -> &'static str {
        self.pick("中文", "English")
    }

    fn of(query: Option<&str>, cookies: &Cookies, headers: &HeaderMap) -> Self {
        let kept = || Self::known(cookies.value(CookieName::Language)?);
        let chosen = asked_for(query).or_else(kept);
        let accepted = || {
            let lines = headers.get_all(ACCEPT_LANGUAGE).iter();
            let lines: Vec<_> = lines.filter_map(|line| line.to_str().ok()).collect();
            Self::known(accepted_language(&lines.join(","), &["zh", "en"])?)
        };
        chosen.or_else(accepted).unwrap_or(Self::Chinese)
    }

    fn known(tag: &str) -> Option<Self> {
        match tag.get(..2)?.to_ascii_lowercase().as_str() {
            "zh" => Some(Self::Chinese),
            "en" => Some(Self::English),
            _ => None,
        }
    }
}

fn asked_for(query: Option<&str>) -> Option<Locale> {
    let mut parameters = form_urlencoded::parse(query?.as_bytes());
    parameters
        .find(|(name, _)| name == "lang")
        .and_then(|(_, tag)| Locale::known(&tag))
}

impl<S: Sync> FromRequestParts<S> for Locale {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let cookies = Cookies::from_request_parts(parts, state).await?;
        Ok(Self::of(parts.uri.query(), &cookies, &parts.headers))
    }
}

/// Keeps the language that `?lang=` asks for.
pub(crate) async fn remember_locale(cookies: Cookies, request: Request, next: Next) -> Response {
    let asked = asked_for(request.uri().query());
    let mut response = next.run(request).await;
    if let Some(locale) = asked {
        let cookie = cookies.set(CookieName::Language, locale.tag(), A_YEAR_IN_SECONDS);
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

#[cfg(test)]
mod tests {
    use http::header::COOKIE;

    use super::*;

    #[test]
    fn a_page_speaks_the_language_that_was_chosen_last() {
        for (query, cookie, accepted, expected) in [
            (Some("lang=en"), "lang=zh-CN", "zh", Locale::English),
            (Some("a=b&lang=zh"), "lang=en", "en", Locale::Chinese),
            (Some("lang=fr"), "x=y; lang=en", "zh", Locale::English),
            (None, "", "fr, en-GB;q=0.8", Locale::English),
            (None, "lang=", "zh-TW", Locale::Chinese),
            (None, "", "", Locale::Chinese),
            (None, "", "zh;q=0.5, en;q=0.9", Locale::English),
            (None, "", "zh;q=0, fr", Locale::Chinese),
        ] {
            let headers = [(COOKIE, cookie), (ACCEPT_LANGUAGE, accepted)];
            let headers = headers.map(|(name, value)| (name, value.parse().expect("a header")));
            let headers = HeaderMap::from_iter(headers);
            let locale = Locale::of(query, &Cookies::read(&headers, false), &headers);
            assert_eq!(locale, expected, "{query:?} {cookie} {accepted}");
        }
    }
}
