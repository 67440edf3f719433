//! Logging in to the portal by user name and password, for people without an electronic card.

use askama::Template;
use axum::extract::{Extension, Form, State};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use http::HeaderMap;
use http::header::SET_COOKIE;
use serde::Deserialize;

use super::Portal;
use super::sessions::PortalSession;
use crate::accounts::{Account, PasswordError};
use crate::browsers::Origin;
use crate::form_errors::FormErrors;
use crate::pages::{Failure, Frame, Locale};
use crate::serving::Connection;
use crate::surface::SurfaceContext;

#[derive(Template)]
#[template(path = "portal/password.html")]
struct PasswordPage<'a> {
    frame: Frame<'a>,
    user_name: &'a str,
    error: Option<String>,
}

/// The form.
#[derive(Deserialize)]
pub struct Credentials {
    user_name: String,
    password: String,
}

/// Answers `GET /login/password`.
pub async fn show(session: Option<PortalSession>, locale: Locale) -> Result<Response, Failure> {
    match session {
        Some(_) => Ok(Redirect::to("/").into_response()),
        None => answer(locale, "", &FormErrors::default()),
    }
}

/// Answers `POST /login/password`.
pub async fn log_in(
    State(portal): State<Portal>,
    Extension(connection): Extension<Connection>,
    headers: HeaderMap,
    locale: Locale,
    Form(typed): Form<Credentials>,
) -> Result<Response, Failure> {
    let Credentials {
        user_name,
        password,
    } = &typed;
    let account = match portal
        .accounts
        .log_in(user_name, password, connection.peer)
        .await
    {
        Ok(account_id) => Account::find(&portal.db, &account_id).await?,
        Err(error) => return refused(locale, user_name, error),
    };
    let Some(account) = account else {
        return refused(locale, user_name, PasswordError::Wrong);
    };
    let origin = Origin::of(connection, &headers);
    let cookie = SurfaceContext::log_in(&portal, account, connection, &origin).await?;
    Ok((AppendHeaders([(SET_COOKIE, cookie)]), Redirect::to("/")).into_response())
}

fn refused(locale: Locale, user_name: &str, error: PasswordError) -> Result<Response, Failure> {
    answer(locale, user_name, &FormErrors::of_login(error)?)
}

fn answer(locale: Locale, user_name: &str, errors: &FormErrors) -> Result<Response, Failure> {
    errors.page(&PasswordPage {
        frame: Frame::portal(locale, "/login/password"),
        user_name,
        error: errors.text("login", locale),
    })
}
