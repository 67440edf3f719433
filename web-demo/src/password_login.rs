//! Logging in by user name and password, on either surface.

use askama::Template;
use axum::extract::{Extension, Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use serde::Deserialize;

use crate::accounts::{Account, PasswordError, PasswordSource};
use crate::browsers::Origin;
use crate::form_errors::FormErrors;
use crate::pages::{Cookies, Failure, Frame, Locale, Surface};
use crate::registration;
use crate::serving::Connection;
use crate::surface::SurfaceContext;

#[derive(Template)]
#[template(path = "phone/password.html")]
struct PhonePage<'a> {
    frame: Frame<'a>,
    user_name: &'a str,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "portal/password.html")]
struct PortalPage<'a> {
    frame: Frame<'a>,
    user_name: &'a str,
    error: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Credentials {
    user_name: String,
    password: String,
}

/// Returns the page of a surface.
pub(crate) const fn path(surface: Surface) -> &'static str {
    match surface {
        Surface::Portal => "/login/password",
        Surface::Phone => "/login",
    }
}

/// Answers `GET` of the page. On the portal, a browser that is logged in goes to its home page.
pub(crate) async fn show<S: SurfaceContext>(
    State(surface): State<S>,
    cookies: Cookies,
    locale: Locale,
) -> Result<Response, Failure> {
    if S::SURFACE == Surface::Portal && surface.visitor(&cookies).await?.is_some() {
        return Ok(Redirect::to("/").into_response());
    }
    answer::<S>(locale, "", &FormErrors::default())
}

/// Answers `POST` of the page.
pub(crate) async fn log_in<S: SurfaceContext>(
    State(surface): State<S>,
    Extension(connection): Extension<Connection>,
    headers: HeaderMap,
    cookies: Cookies,
    locale: Locale,
    Form(typed): Form<Credentials>,
) -> Result<Response, Failure> {
    let (accounts, user_name) = (surface.accounts(), &typed.user_name);
    let known = surface.known_browsers();
    let known = known.find(&cookies, S::KNOWN_COOKIE, user_name).await?;
    let source = match &known {
        Some(browser) => PasswordSource::Known(&browser.key),
        None => PasswordSource::Unknown(connection.address),
    };
    let logged_in = accounts.log_in(user_name, &typed.password, source);
    let account = match logged_in.await {
        Ok(account_id) => Account::find(surface.db(), &account_id).await?,
        Err(error) => {
            return answer::<S>(
                locale,
                user_name,
                &FormErrors::of_login(error, &typed.password)?,
            );
        }
    };
    let Some(account) = account else {
        let errors = FormErrors::of_login(PasswordError::Wrong, &typed.password)?;
        return answer::<S>(locale, user_name, &errors);
    };
    let origin = Origin::of(connection, &headers);
    let logged_in = surface.log_in(account, &cookies, &origin).await?;
    let no_draft = registration::abandon(surface.db(), &cookies, S::REGISTRATION_COOKIE).await?;
    Ok((logged_in.and([no_draft]), Redirect::to("/")).into_response())
}

fn answer<S: SurfaceContext>(
    locale: Locale,
    user_name: &str,
    errors: &FormErrors,
) -> Result<Response, Failure> {
    let frame = Frame::new(S::SURFACE, locale, path(S::SURFACE));
    let error = errors.text("login", locale);
    match S::SURFACE {
        Surface::Portal => errors.page(&PortalPage {
            frame,
            user_name,
            error,
        }),
        Surface::Phone => errors.page(&PhonePage {
            frame,
            user_name,
            error,
        }),
    }
}
