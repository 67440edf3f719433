//! The end of a login: the browser comes back from the gateway.

use askama::Template;
use axum::extract::{Extension, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::Portal;
use super::authentication_request::AuthenticationRequest;
use super::sessions::PortalSession;
use crate::accounts::attempts::{AttemptLimit, Wait, address_key};
use crate::browsers::{LoginMethod, Origin};
use crate::form_errors::FieldError;
use crate::log_pace::LogPace;
use crate::pages::{Cookies, Failure, Frame, Locale, SetCookies, Surface, cookies_off, page};
use crate::registration;
use crate::serving::Connection;
use crate::surface::SurfaceContext;

/// Codes that cannot be redeemed, from one address, where an office may sit: twenty, then one in ten seconds. Each is a
/// question to the gateway.
const CODES_PER_ADDRESS: AttemptLimit = AttemptLimit::new("callback_address", 20, 10);

static NOT_COMPLETED: LogPace = LogPace::new();

/// Characters of the gateway's error that are logged: it came by way of the browser, which may have written it.
const MAX_ERROR_CHARS: usize = 60;

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
    cookies: Cookies,
    locale: Locale,
    Extension(connection): Extension<Connection>,
    headers: HeaderMap,
    Query(response): Query<AuthorizationResponse>,
) -> Result<Response, Failure> {
    let request = portal.requests.find(&cookies, &response.state).await?;
    let Some(request) =
        request.filter(|_| response.iss.as_deref() == Some(portal.relying_party.issuer()))
    else {
        // Another tab was faster, or the person went back: an existing login stays as it is.
        return match session {
            Some(_) => Ok(Redirect::to("/").into_response()),
            None if cookies.is_empty() => cookies_off(Surface::Portal, locale, "/login"),
            None => LoginError::NotFromHere.answer(locale),
        };
    };
    // The request has had its answer. From now on this browser has another, or none.
    let forget = || SetCookies::from([AuthenticationRequest::forget(&cookies)]);
    let Some(code) = response.code else {
        if let Some(unlogged) = NOT_COMPLETED.admit() {
            let error = response.error.unwrap_or_default();
            let error: String = error.chars().take(MAX_ERROR_CHARS).collect();
            tracing::info!(error, unlogged, "a login came back without a code");
        }
        return Ok((forget(), LoginError::NotCompleted.answer(locale)?).into_response());
    };
    let address = address_key(connection.address);
    if let Err(wait) = CODES_PER_ADDRESS.count(&portal.db, &address).await? {
        return LoginError::TooMany(wait).answer(locale);
    }
    match portal.relying_party.redeem(request, code).await {
        Ok(logged_in) => {
            CODES_PER_ADDRESS.forgive(&portal.db, &address).await?;
            let (db, origin) = (&portal.db, Origin::of(connection, &headers));
            let started =
                PortalSession::start(db, &logged_in, LoginMethod::Scan, &cookies, &origin).await?;
            let no_draft = registration::abandon(db, &cookies, Portal::REGISTRATION_COOKIE).await?;
            Ok((started.and([no_draft]), Redirect::to("/")).into_response())
        }
        Err(error) => {
            if let Some(unlogged) = NOT_COMPLETED.admit() {
                tracing::warn!(%error, unlogged, "a login could not be completed");
            }
            Ok((forget(), LoginError::NotCompleted.answer(locale)?).into_response())
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
    /// Too many codes from this address could not be redeemed.
    TooMany(Wait),
}

#[derive(Template)]
#[template(path = "portal/login_error.html")]
struct LoginErrorPage<'a> {
    frame: Frame<'a>,
    title: &'static str,
    advice: String,
}

impl LoginError {
    /// The page that tells it.
    pub(super) fn answer(self, locale: Locale) -> Result<Response, Failure> {
        let frame = Frame::portal(locale, "/login");
        let texts = &locale.texts().portal;
        let wait = match self {
            Self::TooMany(wait) => Some(wait),
            _ => None,
        };
        let (status, [title, advice]) = match self {
            Self::NotFromHere => (StatusCode::BAD_REQUEST, texts.not_from_here),
            Self::NotCompleted => (StatusCode::BAD_GATEWAY, texts.not_completed),
            Self::Unreachable => (StatusCode::SERVICE_UNAVAILABLE, texts.unreachable),
            Self::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, texts.not_completed),
        };
        let too_many = wait.map(|wait| FieldError::TooMany(wait).text(locale));
        let mut response = page(
            status,
            &LoginErrorPage {
                frame,
                title,
                advice: too_many.unwrap_or_else(|| advice.to_owned()),
            },
        )?;
        if let Some(Wait(seconds)) = wait {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        Ok(response)
    }
}
