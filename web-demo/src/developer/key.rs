//! The key of the developer pages: in the address that the terminal prints, then in a cookie.
//!
//! A request's address, headers and host tell a browser of this machine from a proxy only as far as the proxy lets them.
//! The key is known to the reader of the terminal alone.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::Method;
use saoma_gateway::is_forwarded;

use crate::pages::{CookieName, Cookies, Locale, SetCookies, Surface, missing};
use crate::secret::Secret;
use crate::serving::Connection;

/// The parameter of the key in an address.
const PARAMETER: &str = "key";

/// Life of the cookie in seconds. The key ends with the process.
const A_DAY: u32 = 24 * 3600;

/// The key of one run.
#[derive(Debug, Clone)]
pub(crate) struct DeveloperKey(Secret);

impl DeveloperKey {
    pub(super) fn random() -> Result<Self, getrandom::Error> {
        Ok(Self(Secret::random()?))
    }

    /// Returns a page's path with the key.
    pub(super) fn path(&self, path: &str) -> String {
        format!("{path}?{PARAMETER}={}", self.0.expose())
    }

    /// Digests are compared, so that the time taken tells nothing of the key.
    fn is(&self, text: &str) -> bool {
        Secret::received(text).digest() == self.0.digest()
    }

    fn is_in_query(&self, request: &Request) -> bool {
        let pairs = request.uri().query().unwrap_or_default().split('&');
        let mut values = pairs.filter_map(|pair| pair.strip_prefix(PARAMETER)?.strip_prefix('='));
        values.any(|value| self.is(value))
    }
}

/// Answers requests of this machine with the key, and others as if the page were not there. A right key in the address
/// moves to the cookie, so that it stays in neither the history nor a link.
pub(super) async fn holders_only(
    State(key): State<DeveloperKey>,
    locale: Locale,
    cookies: Cookies,
    request: Request,
    next: Next,
) -> Response {
    if !is_of_this_machine(&request) {
        return missing(Surface::Portal, locale).into_response();
    }
    if request.method() == Method::GET && key.is_in_query(&request) {
        let cookie = cookies.set(CookieName::Developer, key.0.expose(), A_DAY);
        let page = Redirect::to(request.uri().path());
        return (SetCookies::from([cookie]), page).into_response();
    }
    if cookies
        .value(CookieName::Developer)
        .is_some_and(|held| key.is(held))
    {
        return next.run(request).await;
    }
    missing(Surface::Portal, locale).into_response()
}

fn is_of_this_machine(request: &Request) -> bool {
    let connection = request.extensions().get::<Connection>();
    connection.is_some_and(|connection| connection.address.is_loopback())
        && !is_forwarded(request.headers())
}
