//! `/session`: the time that a login has left, and the way to stay logged in.
//!
//! The button on each page opens it in a window of its own, so that what was typed stays where it is. A script asks for JSON.

use askama::Template;
use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue};
use serde_json::json;

use crate::pages::{Cookies, Failure, Frame, Locale, shown};
use crate::session_times::{self, LoginState, TimeLeft};
use crate::surface::SurfaceContext;

/// The page's path. To look at it is no activity.
pub(crate) const PATH: &str = "/session";

#[derive(Template)]
#[template(path = "session.html")]
struct SessionPage<'a> {
    frame: Frame<'a>,
    sentence: String,
}

pub(crate) fn routes<S: SurfaceContext>() -> Router<S> {
    Router::new()
        .route(PATH, get(show::<S>))
        .route("/session/extend", post(extend::<S>))
}

/// Tells when a login ends.
fn sentence(time: &TimeLeft, locale: Locale) -> String {
    let texts = &locale.texts().ends;
    if time.is_maximum {
        texts.maximum_until(&time.until)
    } else {
        texts.logged_in_until(&time.until)
    }
}

async fn show<S: SurfaceContext>(
    State(surface): State<S>,
    cookies: Cookies,
    locale: Locale,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    answer(&surface, &cookies, locale, &headers, false).await
}

async fn extend<S: SurfaceContext>(
    State(surface): State<S>,
    cookies: Cookies,
    locale: Locale,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    answer(&surface, &cookies, locale, &headers, true).await
}

async fn answer<S: SurfaceContext>(
    surface: &S,
    cookies: &Cookies,
    locale: Locale,
    headers: &HeaderMap,
    extends: bool,
) -> Result<Response, Failure> {
    let state = match cookies.secret(S::SESSION_COOKIE) {
        Some(cookie) => session_times::state(surface.db(), S::SURFACE, &cookie, extends).await?,
        None => LoginState::Nobody,
    };
    let accepted = headers.get(ACCEPT).map_or(&b""[..], HeaderValue::as_bytes);
    let is_script = accepted == b"application/json";
    match state {
        LoginState::LoggedIn { time, .. } if is_script => {
            let text = sentence(&time, locale);
            Ok(Json(json!({ "seconds": time.seconds, "text": text })).into_response())
        }
        _ if is_script => Ok(Json(json!({ "seconds": 0 })).into_response()),
        LoginState::LoggedIn { .. } if extends => Ok(Redirect::to(PATH).into_response()),
        LoginState::LoggedIn { time, .. } => shown(&SessionPage {
            frame: Frame::new(S::SURFACE, locale, PATH),
            sentence: sentence(&time, locale),
        }),
        _ => Ok(Redirect::to("/login").into_response()),
    }
}
