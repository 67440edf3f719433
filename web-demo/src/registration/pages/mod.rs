//! The pages of a registration, on both surfaces. Each works without JavaScript.
//!
//! ```text
//! /register ──► /register/agreement ──► /register/identity ──► /register/user ──► /register/done
//! ```
//!
//! On the phone the agreement is accepted on the page that asks for the identity, and a face can be checked before the
//! user is created.

mod agreement;
mod done;
mod identity;
mod user;

use axum::Router;
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::StatusCode;
use http::header::{RETRY_AFTER, SET_COOKIE};

pub use user::{AtUser, Typed, keep_typed};

use super::{Draft, Problems, Step};
use crate::host::Host;
use crate::pages::{Failure, Frame, Surface};
use crate::serving::Connection;

/// The pages.
pub fn routes<H: Host>() -> Router<H> {
    let routes = Router::new()
        .route("/register", get(agreement::begin::<H>))
        .route(
            "/register/identity",
            get(identity::show::<H>).post(identity::submit::<H>),
        )
        .route(
            "/register/user",
            get(user::show::<H>).post(user::submit::<H>),
        )
        .route("/register/user/code", post(user::send_code::<H>))
        .route("/register/user/back", post(user::back::<H>))
        .route("/register/user-name", get(user::check_user_name::<H>))
        .route("/register/done", get(done::show::<H>));
    match H::SURFACE {
        Surface::Phone => routes,
        Surface::Portal => routes
            .route(
                "/register/agreement",
                get(agreement::show::<H>).post(agreement::submit::<H>),
            )
            .route("/register/identity/back", post(identity::back::<H>)),
    }
}

impl Frame<'_> {
    /// The steps that the surface shows: on the phone the agreement has none of its own.
    pub fn registration_steps(&self) -> &'static [&'static str] {
        let steps = &self.texts().registration.steps;
        match self.surface {
            Surface::Portal => steps,
            Surface::Phone => &steps[1..],
        }
    }
}

/// Where a step stands.
const fn path_of(step: Step, surface: Surface) -> &'static str {
    match (step, surface) {
        (Step::Agreement, Surface::Portal) => "/register/agreement",
        (Step::Agreement, Surface::Phone) | (Step::Identity, _) => "/register/identity",
        (Step::User, _) => "/register/user",
        (Step::Done, _) => "/register/done",
    }
}

/// The way to the step that the draft has come to, where the page asked for is not (or no longer) to be had.
fn elsewhere<H: Host>(draft: &Draft, asked: Step) -> Option<Response> {
    let step = draft.data.step();
    let too_early = step < asked;
    let too_late = step == Step::Done && asked != Step::Done;
    (too_early || too_late).then(|| Redirect::to(path_of(step, H::SURFACE)).into_response())
}

/// Keeps the draft and leads on.
async fn keep_and_go<H: Host>(
    host: &H,
    draft: &Draft,
    connection: Connection,
    path: &str,
) -> Result<Response, Failure> {
    let response = Redirect::to(path).into_response();
    keep(host, draft, connection, response).await
}

/// Keeps the draft, under a cookie that the answer sets.
async fn keep<H: Host>(
    host: &H,
    draft: &Draft,
    connection: Connection,
    response: Response,
) -> Result<Response, Failure> {
    let cookie = draft
        .keep(
            host.db(),
            H::REGISTRATION_COOKIE,
            host.is_secure(connection),
        )
        .await?;
    Ok((AppendHeaders([(SET_COOKIE, cookie)]), response).into_response())
}

/// The status of a page that shows problems.
fn status_of(problems: &Problems) -> StatusCode {
    match problems.wait() {
        Some(_) => StatusCode::TOO_MANY_REQUESTS,
        None if problems.is_empty() => StatusCode::OK,
        None => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// Says when to come back, where that is what is wrong.
fn with_wait(mut response: Response, problems: &Problems) -> Response {
    if let Some(wait) = problems.wait() {
        response.headers_mut().insert(RETRY_AFTER, wait.0.into());
    }
    response
}
