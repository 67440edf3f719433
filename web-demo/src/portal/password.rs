//! Logging in to the portal by user name and password: the way of those who have no electronic card.

use askama::Template;
use axum::extract::{Extension, Form, State};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use http::header::{RETRY_AFTER, SET_COOKIE};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::Portal;
use super::sessions::PortalSession;
use crate::accounts::{Account, PasswordError};
use crate::browsers::Origin;
use crate::host::Host;
use crate::pages::{Failure, Frame, Locale, page};
use crate::serving::Connection;

const PATH: &str = "/login/password";

#[derive(Template)]
#[template(path = "portal/password.html")]
struct PasswordPage<'a> {
    frame: Frame<'a>,
    user_name: &'a str,
    error: Option<String>,
}

/// What is typed.
#[derive(Deserialize)]
pub struct Credentials {
    user_name: String,
    password: String,
}

fn answer(
    status: StatusCode,
    locale: Locale,
    user_name: &str,
    error: Option<String>,
) -> Result<Response, Failure> {
    let frame = Frame::portal(locale, PATH);
    page(
        status,
        &PasswordPage {
            frame,
            user_name,
            error,
        },
    )
}

/// Answers `GET /login/password`.
pub async fn show(session: Option<PortalSession>, locale: Locale) -> Result<Response, Failure> {
    match session {
        Some(_) => Ok(Redirect::to("/").into_response()),
        None => answer(StatusCode::OK, locale, "", None),
    }
}

/// Answers `POST /login/password`.
pub async fn log_in(
    State(portal): State<Portal>,
    Extension(connection): Extension<Connection>,
    headers: HeaderMap,
    locale: Locale,
    Form(Credentials {
        user_name,
        password,
    }): Form<Credentials>,
) -> Result<Response, Failure> {
    let texts = &locale.texts().portal;
    let wrong = || {
        answer(
            StatusCode::UNPROCESSABLE_ENTITY,
            locale,
            &user_name,
            Some(texts.wrong_password.to_owned()),
        )
    };
    match portal
        .accounts
        .log_in(&user_name, &password, connection.peer)
        .await
    {
        Ok(account_id) => {
            let Some(account) = Account::find(&portal.db, &account_id).await? else {
                return wrong();
            };
            let cookie = Host::log_in(
                &portal,
                account,
                connection,
                &Origin::of(connection, &headers),
            )
            .await?;
            Ok((AppendHeaders([(SET_COOKIE, cookie)]), Redirect::to("/")).into_response())
        }
        Err(PasswordError::Wrong) => wrong(),
        Err(PasswordError::TooMany(wait)) => {
            let error = Some(locale.texts().problems.too_many(wait.0));
            let mut response = answer(StatusCode::TOO_MANY_REQUESTS, locale, &user_name, error)?;
            response.headers_mut().insert(RETRY_AFTER, wait.0.into());
            Ok(response)
        }
        Err(PasswordError::Database(error)) => Err(error.into()),
    }
}
