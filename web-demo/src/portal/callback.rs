//! The end of a login: the browser comes back from the gateway.

use askama::Template;
use axum::extract::{Extension, Query, State};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::Portal;
use super::authentication_request::{AuthenticationRequest, Browser};
use super::sessions::PortalSession;
use crate::browsers::{LoginMethod, Origin};
use crate::pages::{Failure, Frame, Locale, page};
use crate::serving::Connection;

/// The answer of the gateway (RFC 6749 §4.1.2, RFC 9207).
#[derive(Debug, Deserialize)]
pub(super) struct AuthorizationResponse {
    #[serde(default)]
    state: String,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

pub(super) async fn answer(
    State(portal): State<Portal>,
    session: Option<PortalSession>,
    browser: Browser,
    locale: Locale,
    Extension(connection): Extension<Connection>,
    headers: HeaderMap,
    Query(response): Query<AuthorizationResponse>,
) -> Result<Response, Failure> {
    let request = AuthenticationRequest::take(&portal.db, &browser, &response.state).await?;
    let Some(request) =
        request.filter(|_| response.iss.as_deref() == Some(portal.relying_party.issuer()))
    else {
        // Another tab was faster, or the person went back: an existing login stays as it is.
        return match session {
            Some(_) => Ok(Redirect::to("/").into_response()),
            None => LoginError::NotFromHere.answer(locale),
        };
    };
    let Some(code) = response.code else {
        tracing::info!(error = response.error, "a login came back without a code");
        return LoginError::NotCompleted.answer(locale);
    };
    match portal.relying_party.redeem(request, code).await {
        Ok(logged_in) => {
            let origin = Origin::of(connection, &headers);
            let cookie =
                PortalSession::start(&portal, &logged_in, LoginMethod::Scan, &origin).await?;
            Ok((AppendHeaders([(SET_COOKIE, cookie)]), Redirect::to("/")).into_response())
        }
        Err(error) => {
            tracing::warn!(%error, "a login could not be completed");
            LoginError::NotCompleted.answer(locale)
        }
    }
}

/// Why a login was not completed.
#[derive(Debug, Clone, Copy)]
pub(super) enum LoginError {
    /// This browser has asked for no such login, or it is over: someone may be sending their own (threat T15).
    NotFromHere,
    /// The gateway gave no code, or did not take it back.
    NotCompleted,
    /// The gateway cannot be reached.
    Unreachable,
}

#[derive(Template)]
#[template(path = "portal/login_error.html")]
struct LoginErrorPage<'a> {
    frame: Frame<'a>,
    title: &'static str,
    advice: &'static str,
}

impl LoginError {
    /// The page that tells it.
    pub(super) fn answer(self, locale: Locale) -> Result<Response, Failure> {
        let frame = Frame::portal(locale, "/login");
        let texts = &locale.texts().portal;
        let (status, [title, advice]) = match self {
            Self::NotFromHere => (StatusCode::BAD_REQUEST, texts.not_from_here),
            Self::NotCompleted => (StatusCode::BAD_GATEWAY, texts.not_completed),
            Self::Unreachable => (StatusCode::SERVICE_UNAVAILABLE, texts.unreachable),
        };
        page(
            status,
            &LoginErrorPage {
                frame,
                title,
                advice,
            },
        )
    }
}
