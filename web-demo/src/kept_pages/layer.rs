//! The layer around the pages of a surface.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{ALLOW, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::fill::fill;
use super::next;
use super::repeats::Repeats;
use super::requests::{
    Sent, cookies_style, digest_of, is_form, is_html, is_navigation, kept_key, needs_login,
    referring_page, with_html,
};
use super::store::{self, Holder, KeptForm};
use crate::pages::{
    CookieName, Cookies, Failure, Locale, RequestFacts, SessionBar, SetCookies, Surface, TextSize,
    cookies_off, has_script, plain,
};
use crate::secret::Secret;
use crate::session_page;
use crate::session_times::{self, EndReason, LoginState};
use crate::surface::SurfaceContext;

/// Lifetime of the browser's cookie. It names no person, and is worth nothing without a page's key.
const COOKIE_SECONDS: u32 = 30 * 24 * 3600;

/// Steps up from the address of a form to a page.
const MAX_STEPS_UP: usize = 8;

/// The script that counts down the end of a login.
const SCRIPT: &str = "session-bar.js";

/// The stylesheet by which a browser without cookies shows a warning.
const COOKIES_STYLE: &str = "/cookies.css";

/// The forms of a surface.
#[derive(Debug, Clone)]
pub(crate) struct Forms<S> {
    pub(super) surface: S,
    /// The pages, to look up which addresses can be loaded.
    pages: Router,
    repeats: Repeats,
    /// Forms under way.
    tasks: TaskTracker,
}

impl<S: SurfaceContext> Forms<S> {
    /// The forms of these pages. The same form within `double_click` is answered as the first was, and does nothing.
    pub(crate) fn new(surface: S, pages: Router, double_click: Duration) -> Self {
        Self {
            surface,
            pages,
            repeats: Repeats::within(double_click),
            tasks: TaskTracker::new(),
        }
    }

    /// Returns the login of a browser's cookie.
    async fn login(&self, cookies: &Cookies, is_activity: bool) -> Result<LoginState, Failure> {
        let Some(cookie) = cookies.secret(S::SESSION_COOKIE) else {
            return Ok(LoginState::Nobody);
        };
        let db = self.surface.db();
        Ok(session_times::state(db, S::SURFACE, &cookie, is_activity).await?)
    }

    /// Returns the facts of a request for the frame of its page.
    fn facts(
        cookies: &Cookies,
        login: &LoginState,
        path: &str,
        locale: Locale,
        kept: Option<&Secret>,
    ) -> RequestFacts {
        let mut notices = Vec::new();
        let next = cookies.value(S::NEXT_COOKIE).and_then(next::read);
        let texts = &locale.texts().ends;
        let is_at_login = path.starts_with("/login");
        // A code of a link waits in the app for its person to log in.
        let confirms =
            S::SURFACE == Surface::Phone && cookies.value(CookieName::LinkedCode).is_some();
        let session = match login {
            LoginState::LoggedIn { time, .. } if path != session_page::PATH => Some(SessionBar {
                seconds: time.seconds,
                until: time.until.clone(),
                is_maximum: time.is_maximum,
                script: has_script(SCRIPT).then_some(SCRIPT),
            }),
            LoginState::Ended {
                reason,
                told: false,
                ..
            } => {
                notices.push(reason.text(S::SURFACE, locale));
                None
            }
            LoginState::Nobody if is_at_login && next.is_some() && !confirms => {
                notices.push(texts.log_in_first.to_owned());
                None
            }
            _ => None,
        };
        if is_at_login && session.is_none() && confirms {
            notices.push(texts.log_in_to_confirm.to_owned());
        }
        if is_at_login && session.is_none() && next.is_some_and(|page| next::has_form(&page)) {
            notices.push(texts.typed_waits.to_owned());
        }
        RequestFacts {
            kept: kept.map(|key| key.expose().to_owned()),
            notices,
            session,
            are_cookies_unproved: cookies.is_empty(),
        }
    }

    /// Notes that the browser was told why its login has ended, if the answer is a page.
    async fn told(&self, cookies: &Cookies, login: &LoginState, is_page: bool) {
        let LoginState::Ended { told: false, .. } = login else {
            return;
        };
        if let Some(cookie) = cookies.secret(S::SESSION_COOKIE)
            && is_page
            && let Err(error) = session_times::tell(self.surface.db(), S::SURFACE, &cookie).await
        {
            tracing::warn!(%error, "a login's end could not be noted as told");
        }
    }

    /// Returns true if a page can be loaded at this path. The pages answer a method that none of them has by naming those
    /// they have, and run nothing.
    async fn is_page(&self, path: &str) -> bool {
        let Ok(request) = http::Request::builder()
            .method(Method::OPTIONS)
            .uri(path)
            .body(Body::empty())
        else {
            return false;
        };
        let Ok(answer) = self.pages.clone().oneshot(request).await;
        let allowed = answer.headers().get(ALLOW);
        let allowed = allowed.and_then(|methods| methods.to_str().ok());
        answer.status() == StatusCode::METHOD_NOT_ALLOWED
            && allowed.is_some_and(|methods| methods.split(',').any(|method| method == "GET"))
    }

    /// Returns the page that the form of an address stands on: the page itself, else the one that the browser came from,
    /// else the next page above.
    pub(super) async fn page_of(&self, path: &str, headers: &HeaderMap) -> String {
        if self.is_page(path).await {
            return path.to_owned();
        }
        if let Some(from) = referring_page(headers)
            && self
                .is_page(from.split('?').next().unwrap_or_default())
                .await
        {
            return from;
        }
        let mut above = path;
        for _ in 0..MAX_STEPS_UP {
            above = above.rsplit_once('/').map_or("", |(above, _)| above);
            if above.is_empty() {
                break;
            }
            if self.is_page(above).await {
                return above.to_owned();
            }
        }
        "/".to_owned()
    }

    async fn load(
        self,
        request: Request,
        next: Next,
        cookies: Cookies,
    ) -> Result<Response, Failure> {
        let (mut parts, body) = request.into_parts();
        let Ok(locale) = Locale::from_request_parts(&mut parts, &()).await;
        let (uri, headers) = (parts.uri.clone(), parts.headers.clone());
        let request = Request::from_parts(parts, body);
        let path = uri.path();
        let is_activity = is_navigation(&headers) && path != session_page::PATH;
        let login = self.login(&cookies, is_activity).await?;
        let wanted = cookies.value(S::NEXT_COOKIE);
        if path == "/"
            && let Some(page) = wanted.and_then(next::read)
            && matches!(login, LoginState::LoggedIn { .. })
        {
            let forget = SetCookies::from([cookies.expire(S::NEXT_COOKIE)]);
            return Ok((forget, Redirect::to(&page)).into_response());
        }
        let key = kept_key(&uri);
        let kept = match (&key, cookies.secret(S::PAGES_COOKIE)) {
            (Some(key), Some(browser)) => {
                let account_id = login.account_id().to_owned();
                let holder = Holder {
                    browser,
                    account_id,
                };
                store::find(self.surface.db(), &holder, key).await?
            }
            _ => None,
        };
        let shown_key = kept.as_ref().and(key.as_ref());
        let facts = Self::facts(&cookies, &login, path, locale, shown_key);
        let mut response = match &kept {
            Some(KeptForm {
                path: sent_to,
                answer: Some(answer),
                ..
            }) if sent_to == path
                && answer.language == locale.tag()
                && TextSize::asked_for(uri.query()).is_none() =>
            {
                answer.clone().show()
            }
            _ => facts.around(next.run(request)).await,
        };
        if response.status() == StatusCode::METHOD_NOT_ALLOWED {
            let page = self.page_of(path, &headers).await;
            let query = uri.query().map(|query| format!("?{query}"));
            let query = query.filter(|_| !page.contains('?')).unwrap_or_default();
            return Ok(Redirect::to(&format!("{page}{query}")).into_response());
        }
        if needs_login(path, &login, &response) {
            let page = uri
                .path_and_query()
                .map_or("/", http::uri::PathAndQuery::as_str);
            next::remember(&mut response, &cookies, S::NEXT_COOKIE, page);
        }
        if let Some(kept) = kept.filter(|kept| !kept.fields.is_empty())
            && response.status() == StatusCode::OK
            && is_html(response.headers())
        {
            let note = locale.texts().common.typed_is_here;
            response = with_html(response, |html| {
                fill(&html, path, &kept.path, &kept.fields, note)
            })
            .await;
        }
        let is_page = is_html(response.headers());
        self.told(&cookies, &login, is_page).await;
        if is_page && is_news_of_disowned(&login) {
            // The browser forgets that it knows the person: the next login asks there whether it is them.
            let forget = HeaderValue::from_static("\"storage\"");
            response.headers_mut().insert("clear-site-data", forget);
        }
        if path == "/" && wanted.is_some() {
            // A person who begins at the first page wants no other any more.
            let forget = cookies.expire(S::NEXT_COOKIE);
            response.headers_mut().append(SET_COOKIE, forget);
        }
        if is_html(response.headers()) && cookies.value(S::PAGES_COOKIE).is_none() {
            let browser = Secret::random()?;
            let cookie = cookies.set(S::PAGES_COOKIE, browser.expose(), COOKIE_SECONDS);
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        Ok(response)
    }

    async fn send(
        self,
        request: Request,
        next: Next,
        cookies: Cookies,
    ) -> Result<Response, Failure> {
        let (mut parts, body) = request.into_parts();
        let Ok(locale) = Locale::from_request_parts(&mut parts, &()).await;
        if !is_form(&parts) {
            return Ok(next.run(Request::from_parts(parts, body)).await);
        }
        let path = parts.uri.path();
        if cookies.is_empty() && is_navigation(&parts.headers) {
            // Each page with a form sets a cookie. Without one a login would be lost at the next page: nothing is begun.
            let page = self.page_of(path, &parts.headers).await;
            return cookies_off(S::SURFACE, locale, &page);
        }
        let read = Bytes::from_request(Request::from_parts(parts.clone(), body), &()).await;
        let body = match read {
            Ok(body) => body,
            Err(refused) => {
                let page = plain(refused.status(), |texts| texts.common.cannot_be_handled);
                return Ok(page);
            }
        };
        let login = self.login(&cookies, is_navigation(&parts.headers)).await?;
        let Some(browser) = cookies.secret(S::PAGES_COOKIE) else {
            let facts = Self::facts(&cookies, &login, path, locale, None);
            let request = Request::from_parts(parts.clone(), body.into());
            return Ok(facts.around(next.run(request)).await);
        };
        let (key, form) = (Secret::random()?, digest_of(&parts, &body));
        let turn = self.repeats.turn(&browser.digest()).await;
        if let Some(answer) = turn.as_ref().and_then(|turn| turn.answered(&form)) {
            return Ok(answer);
        }
        let request = Request::from_parts(parts.clone(), body.clone().into());
        let facts = Self::facts(&cookies, &login, path, locale, Some(&key));
        let mut response = facts.around(next.run(request)).await;
        let was_taken = response.status().is_redirection();
        let is_page = is_html(response.headers());
        self.told(&cookies, &login, is_page).await;
        let account_id = login.account_id().to_owned();
        let holder = Holder {
            browser,
            account_id,
        };
        let sent = Sent {
            parts: &parts,
            body: &body,
            locale,
        };
        if is_html(response.headers()) && is_navigation(&parts.headers) {
            response = self.keep(&holder, &key, sent, response).await;
        } else if needs_login(path, &login, &response) {
            let page = self.page_after_login(holder, &key, sent, &login).await?;
            next::remember(&mut response, &cookies, S::NEXT_COOKIE, &page);
        }
        if let Some(turn) = turn {
            turn.end(form, &response, was_taken);
        }
        Ok(response)
    }
}

/// Returns true if the browser is told that the person has disowned its login.
const fn is_news_of_disowned(login: &LoginState) -> bool {
    matches!(
        login,
        LoginState::Ended {
            reason: EndReason::Disowned,
            told: false,
            ..
        }
    )
}

/// Keeps the answers to forms, and shows them.
pub(crate) async fn answer_forms<S: SurfaceContext>(
    State(forms): State<Forms<S>>,
    cookies: Cookies,
    request: Request,
    next: Next,
) -> Response {
    if request.uri().path().starts_with("/assets/") {
        return next.run(request).await;
    }
    if request.uri().path() == COOKIES_STYLE {
        return cookies_style(&cookies);
    }
    match *request.method() {
        Method::GET | Method::HEAD => {
            let loaded = forms.load(request, next, cookies).await;
            loaded.unwrap_or_else(IntoResponse::into_response)
        }
        Method::POST => {
            // A browser that goes away, as at the second click of two, does not stop what the first has begun.
            let handled = forms
                .tasks
                .clone()
                .spawn(forms.send(request, next, cookies));
            let handled = handled.await;
            let handled = handled.map(|sent| sent.unwrap_or_else(IntoResponse::into_response));
            handled.unwrap_or_else(|error| {
                tracing::error!(%error, "a form could not be handled");
                plain(StatusCode::INTERNAL_SERVER_ERROR, |texts| {
                    texts.common.failure
                })
            })
        }
        _ => next.run(request).await,
    }
}
