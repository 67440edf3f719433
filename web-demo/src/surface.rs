//! The two surfaces as the rooms see them that have pages on both: registration and verification.

use std::future::Future;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{HOST, SET_COOKIE};
use sqlx::SqlitePool;

use crate::accounts::{Account, Accounts};
use crate::browsers::Origin;
use crate::face::FaceChecks;
use crate::known_browsers::KnownBrowsers;
use crate::logouts::Logouts;
use crate::pages::{
    CookieName, Cookies, Failure, PageContext, PersonBar, PortalAddress, SetCookies, Surface,
    TextSize,
};
use crate::registers::Registers;
use crate::secret::Secret;
use crate::sms_codes::Outgoing;

/// A surface on which people register, verify themselves and log in.
pub(crate) trait SurfaceContext: Clone + Send + Sync + 'static {
    const SURFACE: Surface;

    /// The cookie of a registration under way there.
    const REGISTRATION_COOKIE: CookieName;

    /// The cookie of the persons who have logged in there by password.
    const KNOWN_COOKIE: CookieName;

    /// The cookie of a forgotten password there.
    const RESET_COOKIE: CookieName;

    /// The cookie of a browser, for the pages and forms that are kept for it.
    const PAGES_COOKIE: CookieName;

    /// The cookie of a login.
    const SESSION_COOKIE: CookieName;

    /// The cookie of the page that a stranger wanted to see.
    const NEXT_COOKIE: CookieName;

    /// The public origin of the portal.
    fn portal_origin(&self) -> &str;

    /// The hall's database.
    fn db(&self) -> &SqlitePool;

    /// The accounts, for logins by password.
    fn accounts(&self) -> &Accounts;

    /// The registers of people, cards, units and messages.
    fn registers(&self) -> &Registers;

    /// The outbox of logouts for the gateway.
    fn logouts(&self) -> &Logouts;

    /// Short messages that no answer waits for.
    fn outgoing(&self) -> &Outgoing;

    /// The browsers in which people have logged in before.
    fn known_browsers(&self) -> &KnownBrowsers;

    /// The face checks; `None` on a surface that makes none.
    fn face_checks(&self) -> Option<&FaceChecks>;

    /// Logs the owner of an account in, who has typed the password or shown their face. Everything that this browser held
    /// before the login is worth nothing afterwards: a login under a planted cookie would be the planter's too.
    fn log_in(
        &self,
        account: Account,
        cookies: &Cookies,
        origin: &Origin,
    ) -> impl Future<Output = Result<SetCookies, Failure>> + Send;

    /// Returns the person who is logged in by a request's cookies.
    fn visitor(
        &self,
        cookies: &Cookies,
    ) -> impl Future<Output = Result<Option<Visitor>, Failure>> + Send;

    /// Returns what the head of each page says of the person who is logged in by a request's cookies.
    fn person_bar(
        &self,
        cookies: &Cookies,
    ) -> impl Future<Output = Result<Option<PersonBar>, Failure>> + Send;
}

/// A person who is logged in.
#[derive(Debug)]
pub(crate) struct Visitor {
    pub account_id: String,
    /// A secret of the browser or phone.
    pub holder: Secret,
}

/// Tells the frame of each page who is logged in and how large the text is, and keeps the size that a link asks for.
pub(crate) async fn with_page_context<S: SurfaceContext>(
    State(surface): State<S>,
    cookies: Cookies,
    request: Request,
    next: Next,
) -> Response {
    if request.uri().path().starts_with("/assets/") {
        return next.run(request).await;
    }
    let asked = TextSize::asked_for(request.uri().query());
    let size = asked.or_else(|| TextSize::kept(&cookies));
    let host = request.headers().get(HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    let origin = surface.portal_origin().to_owned();
    let portal = PortalAddress {
        // A portal of this machine alone is not there for a phone in its network.
        opens_here: !is_of_this_machine(&origin) || is_of_this_machine(host),
        origin,
    };
    let context = match surface.person_bar(&cookies).await {
        Ok(bar) => PageContext {
            bar,
            size: size.unwrap_or_default(),
            portal,
        },
        Err(failure) => return failure.into_response(),
    };
    let mut response = context.around(next.run(request)).await;
    if let Some(size) = asked {
        response
            .headers_mut()
            .append(SET_COOKIE, size.keep(&cookies));
    }
    response
}

/// Returns true if an origin or a `Host` is a loopback address.
fn is_of_this_machine(address: &str) -> bool {
    let authority = address.rsplit("//").next().unwrap_or_default();
    ["127.", "localhost", "[::1]"]
        .iter()
        .any(|loopback| authority.starts_with(loopback))
}
