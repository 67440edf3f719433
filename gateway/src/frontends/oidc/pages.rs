//! The provider's own pages, and the files that they load.

use askama::Template;
use axum::extract::Path;
use axum::response::{Html, IntoResponse, Response};
use http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use rust_embed::RustEmbed;
use saoma_protocol::accepted_language;

use crate::http::assets;
use crate::relying_parties::landing_origin;

/// Files of the web side's build: the element that shows the code, and the pages' stylesheet.
#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct WebFiles;

/// Policy of the pages that load nothing but the stylesheet.
pub(super) const WITHOUT_SCRIPTS: &str = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A page's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Locale {
    /// Simplified Chinese.
    Chinese,
    /// English.
    English,
}

impl Locale {
    /// The language of `ui_locales` (OIDC Core §3.1.2.1), else the one that the browser likes best (RFC 9110 §12.5.4),
    /// else Chinese.
    pub(super) fn of(ui_locales: Option<&str>, headers: &HeaderMap) -> Self {
        let accepted = || {
            let lines = headers.get_all(ACCEPT_LANGUAGE).iter();
            let lines: Vec<_> = lines.filter_map(|line| line.to_str().ok()).collect();
            Self::known(accepted_language(&lines.join(","), &["zh", "en"])?)
        };
        let mut wanted = ui_locales.into_iter().flat_map(|tags| tags.split(' '));
        wanted
            .find_map(Self::known)
            .or_else(accepted)
            .unwrap_or(Self::Chinese)
    }

    /// Returns the other language.
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Chinese => Self::English,
            Self::English => Self::Chinese,
        }
    }

    /// The language's name in itself.
    pub(super) const fn name(self) -> &'static str {
        self.pick("中文", "English")
    }

    /// Query that asks for this language and nothing else.
    pub(super) fn query(self) -> String {
        format!("ui_locales={}", self.tag())
    }

    fn known(tag: &str) -> Option<Self> {
        match tag.get(..2)?.to_ascii_lowercase().as_str() {
            "zh" => Some(Self::Chinese),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// The tag (BCP 47).
    pub(super) const fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    pub(super) const fn pick<'a>(self, chinese: &'a str, english: &'a str) -> &'a str {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }
}

/// The hosted login page.
#[derive(Debug, Template)]
#[template(path = "login.html")]
pub(super) struct LoginPage<'a> {
    pub(super) locale: Locale,
    pub(super) client_name: &'a str,
    pub(super) client_host: String,
    pub(super) gateway: &'a str,
    pub(super) client_id: &'a str,
    pub(super) redirect_uri: &'a str,
    /// True if the page posts the answer as a form.
    pub(super) is_form_post: bool,
    pub(super) scope: &'a str,
    pub(super) state: Option<&'a str>,
    pub(super) nonce: Option<&'a str>,
    pub(super) claims: Option<String>,
    pub(super) code_challenge: Option<&'a str>,
    /// The app that a phone opens in place of scanning its own screen.
    pub(super) app: Option<OfferedApp<'a>>,
    /// The time of single sign-on in words, if the client has it.
    pub(super) stays: Option<String>,
    /// The person whose session the browser has, though a phone is needed now.
    pub(super) person: Option<String>,
    /// Query of the same page in the other language. A pushed request has none: its reference is used up.
    pub(super) other_language: Option<String>,
}

/// An app that a login page offers on a phone.
#[derive(Debug)]
pub(super) struct OfferedApp<'a> {
    pub(super) name: &'a str,
    /// Its link, with `{code}` where the page puts the scan code.
    pub(super) link: &'a str,
    /// Address from which this browser's phone gets it.
    pub(super) get: Option<&'a str>,
}

/// A page that posts an answer to the redirect URI.
#[derive(Debug, Template)]
#[template(path = "answer.html")]
pub(super) struct AnswerPage<'a> {
    pub(super) locale: Locale,
    pub(super) redirect_uri: &'a str,
    pub(super) parameters: Vec<(&'static str, &'a str)>,
}

#[derive(Debug, Template)]
#[template(path = "error.html")]
struct ErrorPage {
    locale: Locale,
    cause: ErrorCause,
    other_language: Option<String>,
}

/// The reason why a request leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ErrorCause {
    /// It is no request of a registered client.
    Request,
    /// Its pushed parameters are unknown, or not there any more.
    OutOfDate,
    /// A limit is reached.
    Limit,
    /// The gateway cannot answer now.
    Unavailable,
}

/// Answers with the login page. `issuer` is the gateway's public origin, whose sockets the page may open.
pub(super) fn login(page: &LoginPage<'_>, issuer: &str) -> Response {
    let socket = issuer.replacen("http", "ws", 1);
    let form_action = if page.is_form_post {
        landing_origin(page.redirect_uri)
    } else {
        "'none'".to_owned()
    };
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' {socket}; \
         base-uri 'none'; form-action {form_action}; frame-ancestors 'none'; require-trusted-types-for 'script'"
    );
    render(page, StatusCode::OK, &policy)
}

/// Answers with a page that takes an answer on to the redirect URI (OAuth 2.0 Form Post Response Mode §2).
pub(super) fn answer(page: &AnswerPage<'_>) -> Response {
    let form_action = landing_origin(page.redirect_uri);
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; base-uri 'none'; form-action {form_action}; \
         frame-ancestors 'none'; require-trusted-types-for 'script'"
    );
    render(page, StatusCode::OK, &policy)
}

/// Answers what is no request of a registered client: no redirect, and nothing of the request is repeated.
pub(super) fn not_a_request(locale: Locale) -> Response {
    let other_language = Some(locale.other().query());
    error(locale, ErrorCause::Request, other_language)
}

/// Answers a request that leads nowhere, without a redirect. `other_language` is the query of the same request in the other
/// language.
pub(super) fn error(locale: Locale, cause: ErrorCause, other_language: Option<String>) -> Response {
    let status = match cause {
        ErrorCause::Request | ErrorCause::OutOfDate => StatusCode::BAD_REQUEST,
        ErrorCause::Limit => StatusCode::TOO_MANY_REQUESTS,
        ErrorCause::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    };
    let page = ErrorPage {
        locale,
        cause,
        other_language,
    };
    render(&page, status, WITHOUT_SCRIPTS)
}

/// Answers with a page that browsers load by this content security policy.
pub(super) fn render<T: Template>(page: &T, status: StatusCode, policy: &str) -> Response {
    let Ok(html) = page.render() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Answers `GET /assets/{file}`.
pub(super) async fn asset(Path(file): Path<String>, headers: HeaderMap) -> Response {
    assets::serve::<WebFiles>(&file, &headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_speaks_the_language_that_is_asked_for() {
        let browser =
            |tags: &str| HeaderMap::from_iter([(ACCEPT_LANGUAGE, tags.parse().expect("a header"))]);
        assert_eq!(Locale::of(Some("en"), &browser("zh-CN")), Locale::English);
        assert_eq!(Locale::of(Some("fr zh"), &browser("en")), Locale::Chinese);
        assert_eq!(
            Locale::of(None, &browser("fr, en-GB;q=0.8")),
            Locale::English
        );
        assert_eq!(Locale::of(None, &HeaderMap::new()), Locale::Chinese);
    }
}
