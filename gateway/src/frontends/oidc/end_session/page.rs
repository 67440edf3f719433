//! The pages of a logout, without scripts.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use http::header::RETRY_AFTER;
use saoma_protocol::ErrorCode;
use url::form_urlencoded;

use super::request::{Back, LogoutFault};
use crate::error::ApiError;
use crate::frontends::oidc::client_auth::Form;
use crate::frontends::oidc::pages::{self, Locale};

/// Parameters of a request that the page's own form sends again.
const REPEATED: [&str; 5] = [
    "id_token_hint",
    "client_id",
    "post_logout_redirect_uri",
    "state",
    "ui_locales",
];

/// Seconds after which a browser asks again if the error does not say.
const TRY_AGAIN_AFTER: u32 = 5;

/// The question before a logout that another site may have caused.
#[derive(Template)]
#[template(path = "logout.html")]
pub(super) struct Question<'a> {
    pub(super) locale: Locale,
    /// The person who is logged in.
    pub(super) person: &'a str,
    /// Fault of the request, which leaves the person's own button only.
    pub(super) fault: Option<LogoutFault>,
    /// Proof that the form comes from this page.
    pub(super) token: String,
    /// Hidden fields.
    pub(super) fields: Vec<(&'static str, &'a str)>,
    /// Query of the same page in the other language.
    pub(super) other_language: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "logged_out.html")]
struct LoggedOut<'a> {
    locale: Locale,
    back: Option<&'a Back>,
    other_language: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "logout_error.html")]
struct LogoutError {
    locale: Locale,
    fault: Option<LogoutFault>,
    /// True if the browser has asked too often.
    is_limited: bool,
    other_language: Option<String>,
}

/// Content that the pages need, and their form: it leads to this endpoint alone.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Returns the parameters that the page's own form repeats.
pub(super) fn repeated(form: &Form) -> Vec<(&'static str, &str)> {
    let fields = REPEATED.into_iter();
    fields
        .filter_map(|name| Some((name, form.value(name)?)))
        .collect()
}

/// Returns the query of the same request in the other language.
pub(super) fn in_other_language(form: &Form, locale: Locale) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(
        repeated(form)
            .into_iter()
            .filter(|(name, _)| *name != "ui_locales"),
    );
    query
        .append_pair("ui_locales", locale.other().tag())
        .finish()
}

/// Asks the person. A request with a fault is refused at the same time, so its status says that.
pub(super) fn ask(question: &Question<'_>) -> Response {
    let status = match question.fault {
        Some(_) => StatusCode::BAD_REQUEST,
        None => StatusCode::OK,
    };
    pages::render(question, status, POLICY)
}

/// Tells of a fault to a browser that is not logged in here. A request that cannot be read has no page in the other language.
pub(super) fn fault(locale: Locale, fault: LogoutFault, form: Option<&Form>) -> Response {
    let fault = Some(fault);
    let page = LogoutError {
        locale,
        fault,
        is_limited: false,
        other_language: form.map(|form| in_other_language(form, locale)),
    };
    pages::render(&page, StatusCode::BAD_REQUEST, POLICY)
}

/// Tells that nothing was done, because the browser has asked too often or the store does not answer.
pub(super) fn not_done(locale: Locale, error: &ApiError, form: &Form) -> Response {
    let is_limited = error.error == ErrorCode::TooManyRequests;
    let page = LogoutError {
        locale,
        fault: None,
        is_limited,
        other_language: Some(in_other_language(form, locale)),
    };
    let status = if is_limited {
        StatusCode::TOO_MANY_REQUESTS
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let mut response = pages::render(&page, status, POLICY);
    let retry_after = error.retry_after_seconds().unwrap_or(TRY_AGAIN_AFTER);
    response
        .headers_mut()
        .insert(RETRY_AFTER, retry_after.into());
    response
}

/// Sends the browser back at once, or tells that it is logged out.
pub(super) fn done(locale: Locale, back: Option<&Back>) -> Response {
    match back {
        Some(back) => Redirect::to(&back.address).into_response(),
        None => logged_out(locale, None),
    }
}

/// Tells that the browser is logged out, and sends it back by navigating by itself: browsers compare redirects after a form
/// with `form-action`, and the site behind the address may redirect further.
pub(super) fn logged_out(locale: Locale, back: Option<&Back>) -> Response {
    let page = LoggedOut {
        locale,
        back,
        // A page that leads on at once is not read.
        other_language: back.is_none().then(|| locale.other().query()),
    };
    pages::render(&page, StatusCode::OK, POLICY)
}
