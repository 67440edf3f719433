//! Cookies (RFC 6265bis): the hall's names and their attributes, how a request's are read, and how an answer sets them.
//!
//! Scripts never see one. Over HTTPS each name begins with `__Host-`: a browser takes such a cookie only from this very
//! host over HTTPS, so that neither another host of the domain nor a page without TLS can plant one (threat T40). Over
//! plain HTTP, which only this machine uses, browsers refuse such names, and the plain ones stand for them.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Request};
use axum::middleware::Next;
use axum::response::{IntoResponseParts, Response, ResponseParts};
use http::header::{COOKIE, SET_COOKIE};
use http::request::Parts;
use http::{Extensions, HeaderMap, HeaderValue, StatusCode};
use strum::VariantArray;

use super::plain;
use crate::secret::Secret;
use crate::serving::Connection;

/// A cookie of the hall. Portal, phone and gateway of a demo share a host, and cookies know no ports: names differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray)]
pub(crate) enum CookieName {
    /// The language of the pages.
    Language,
    /// The size of the text.
    TextSize,
    /// A browser before a login at the portal.
    PortalBrowser,
    /// The persons who have logged in by password in this browser.
    PortalKnown,
    /// A forgotten password at the portal.
    PortalReset,
    /// A registration under way at the portal.
    PortalRegistration,
    /// A login at the portal.
    PortalSession,
    /// The persons who have logged in by password on this phone.
    PhoneKnown,
    /// A forgotten password on the phone.
    PhoneReset,
    /// A registration under way on the phone.
    PhoneRegistration,
    /// A login on the phone.
    PhoneSession,
    /// A login code that came to the phone by a link.
    LinkedCode,
    /// A face check under way, or one that was passed.
    FaceCheck,
    /// The key of the developer pages.
    Developer,
    /// A browser at the portal, for the pages and forms that are kept for it.
    PortalPages,
    /// A phone, for the pages and forms that are kept for it.
    PhonePages,
    /// The page at the portal that a stranger wanted to see.
    PortalNext,
    /// The page on the phone that a stranger wanted to see.
    PhoneNext,
}

const PREFIX: &str = "__Host-";

impl CookieName {
    /// The name without TLS.
    const fn plain(self) -> &'static str {
        match self {
            Self::Language => "lang",
            Self::TextSize => "text_size",
            Self::PortalBrowser => "shili_hall_browser",
            Self::PortalKnown => "shili_hall_known",
            Self::PortalReset => "shili_hall_reset",
            Self::PortalRegistration => "shili_hall_registration",
            Self::PortalSession => "shili_hall",
            Self::PhoneKnown => "shili_app_known",
            Self::PhoneReset => "shili_app_reset",
            Self::PhoneRegistration => "shili_app_registration",
            Self::PhoneSession => "shili_app",
            Self::LinkedCode => "shili_app_link",
            Self::FaceCheck => "shili_face",
            Self::Developer => "shili_developer",
            Self::PortalPages => "shili_hall_pages",
            Self::PhonePages => "shili_app_pages",
            Self::PortalNext => "shili_hall_next",
            Self::PhoneNext => "shili_app_next",
        }
    }

    /// Returns true if this is the cookie's name on a connection.
    fn is(self, name: &str, secure: bool) -> bool {
        let expected = if secure {
            name.strip_prefix(PREFIX)
        } else {
            Some(name)
        };
        expected == Some(self.plain())
    }

    /// `Lax` where a link or a redirect of another site leads to a page that reads the cookie, as from the gateway back to
    /// the portal; `Strict` where only forms and scripts of the hall's own pages need it.
    const fn same_site(self) -> &'static str {
        match self {
            Self::Language
            | Self::TextSize
            | Self::PortalBrowser
            | Self::PortalRegistration
            | Self::PortalSession
            | Self::PhoneRegistration
            | Self::PhoneSession
            | Self::PortalPages
            | Self::PhonePages
            | Self::PortalNext
            | Self::PhoneNext
            | Self::LinkedCode
            // The terminal may be a page itself.
            | Self::Developer => "Lax",
            Self::PortalKnown
            | Self::PortalReset
            | Self::PhoneKnown
            | Self::PhoneReset
            | Self::FaceCheck => "Strict",
        }
    }
}

/// The hall's cookies of one request, and the way to set others in its answer.
#[derive(Debug, Clone)]
pub(crate) struct Cookies {
    secure: bool,
    values: Vec<(CookieName, String)>,
}

impl Cookies {
    fn of(headers: &HeaderMap, extensions: &Extensions) -> Self {
        let secure = extensions
            .get::<Connection>()
            .is_some_and(|connection| connection.secure);
        Self::read(headers, secure)
    }

    /// Reads the cookies of a request. `secure` requires the names of HTTPS.
    pub(crate) fn read(headers: &HeaderMap, secure: bool) -> Self {
        let lines = headers
            .get_all(COOKIE)
            .into_iter()
            .filter_map(|line| line.to_str().ok());
        let pairs = lines
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        let values = pairs.filter_map(|(name, value)| {
            let mut names = CookieName::VARIANTS.iter();
            let found = names.find(|known| known.is(name, secure))?;
            Some((*found, value.to_owned()))
        });
        Self {
            secure,
            values: values.collect(),
        }
    }

    /// Returns a cookie's value. An empty one counts as none, and so do two of one name: one of them may be planted.
    pub(crate) fn value(&self, name: CookieName) -> Option<&str> {
        let mut values = self.values.iter().filter(|(found, _)| *found == name);
        match (values.next(), values.next()) {
            (Some((_, value)), None) if !value.is_empty() => Some(value),
            _ => None,
        }
    }

    /// Returns a cookie's value as a secret, whose digest may be looked up.
    pub(crate) fn secret(&self, name: CookieName) -> Option<Secret> {
        self.value(name).map(Secret::received)
    }

    /// Returns true if the browser sent none of the hall's cookies.
    pub(crate) const fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Returns true if there are two of one name.
    fn are_doubled(&self) -> bool {
        let mut names = self.values.iter().enumerate();
        names.any(|(place, (name, _))| {
            let mut before = self.values[..place].iter();
            before.any(|(earlier, _)| earlier == name)
        })
    }

    /// Returns the `Set-Cookie` of a cookie for this host, for `max_age` seconds. The value must need no quoting.
    pub(crate) fn set(&self, name: CookieName, value: &str, max_age: u32) -> HeaderValue {
        let (prefix, secure) = if self.secure {
            (PREFIX, "; Secure")
        } else {
            ("", "")
        };
        let (plain, same_site) = (name.plain(), name.same_site());
        let cookie = format!(
            "{prefix}{plain}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite={same_site}{secure}"
        );
        HeaderValue::try_from(cookie).unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    /// Returns the `Set-Cookie` that makes a browser forget a cookie. Its attributes are those of a cookie that is set:
    /// browsers ignore a line about a `__Host-` name without them.
    pub(crate) fn expire(&self, name: CookieName) -> HeaderValue {
        self.set(name, "", 0)
    }
}

impl<S: Sync> FromRequestParts<S> for Cookies {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers, &parts.extensions))
    }
}

/// `Set-Cookie` lines of an answer. Of two lines for one name the later counts.
#[derive(Debug, Default)]
pub(crate) struct SetCookies(Vec<HeaderValue>);

impl SetCookies {
    /// The lines of another answer.
    pub(crate) const fn of(lines: Vec<HeaderValue>) -> Self {
        Self(lines)
    }

    /// Adds lines behind these.
    #[must_use]
    pub(crate) fn and(mut self, more: impl IntoIterator<Item = HeaderValue>) -> Self {
        self.0.extend(more);
        self
    }
}

impl<const N: usize> From<[HeaderValue; N]> for SetCookies {
    fn from(lines: [HeaderValue; N]) -> Self {
        Self(lines.into())
    }
}

impl IntoIterator for SetCookies {
    type Item = HeaderValue;
    type IntoIter = std::vec::IntoIter<HeaderValue>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl IntoResponseParts for SetCookies {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        for line in self {
            parts.headers_mut().append(SET_COOKIE, line);
        }
        Ok(parts)
    }
}

/// Answers 400 to a request with two cookies of one name. Both come from this browser, but one may have been planted for a
/// path or a domain of its own, and the order tells nothing.
pub(crate) async fn refuse_doubled_cookies(request: Request, next: Next) -> Response {
    // The page that says so needs its stylesheet.
    let is_page = !request.uri().path().starts_with("/assets/");
    if is_page && Cookies::of(request.headers(), request.extensions()).are_doubled() {
        return plain(StatusCode::BAD_REQUEST, |texts| texts.common.doubled_cookie);
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(line: &'static str, secure: bool) -> Cookies {
        let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_static(line))]);
        Cookies::read(&headers, secure)
    }

    /// Row A10.
    #[test]
    fn over_https_only_host_names_are_read_and_set() {
        let line = "shili_hall=planted; __Host-shili_hall=own; __Host-other=x; __host-lang=en";
        let over_https = cookies(line, true);
        let session = CookieName::PortalSession;
        assert_eq!(over_https.value(session), Some("own"));
        assert_eq!(over_https.value(CookieName::Language), None);
        assert_eq!(cookies("shili_hall=planted", true).value(session), None);
        assert_eq!(cookies(line, false).value(session), Some("planted"));
        for name in CookieName::VARIANTS {
            let line = over_https.set(*name, "v", 9);
            let line = line.to_str().unwrap();
            let begin = format!("__Host-{}=v; Path=/; Max-Age=9; HttpOnly; ", name.plain());
            assert!(
                line.starts_with(&begin) && line.ends_with("; Secure"),
                "{line}"
            );
            assert!(!line.contains("Domain"), "{line}");
            let line = cookies("", false).expire(*name);
            let line = line.to_str().unwrap();
            let begin = format!("{}=; Path=/; Max-Age=0; HttpOnly; SameSite=", name.plain());
            assert!(
                line.starts_with(&begin) && !line.contains("Secure"),
                "{line}"
            );
        }
    }

    /// Row A10.
    #[test]
    fn two_cookies_of_one_name_are_none() {
        let session = CookieName::PhoneSession;
        for (line, value, doubled) in [
            ("shili_app=a", Some("a"), false),
            ("shili_app=a; x=1; x=2", Some("a"), false),
            ("shili_app=", None, false),
            ("shili_app=a; shili_app=b", None, true),
            ("shili_app=a; shili_app=a", None, true),
            ("shili_app=a; shili_app=", None, true),
        ] {
            let found = cookies(line, false);
            assert_eq!(found.value(session), value, "{line}");
            assert_eq!(found.are_doubled(), doubled, "{line}");
        }
    }
}
