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
use axum::extract::{Extension, FromRequestParts};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::header::{RETRY_AFTER, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, StatusCode};

use super::draft::{Draft, Step};
use super::service::RegistrationService;
use crate::accounts::attempts::{AttemptLimit, Wait, address_key};
use crate::pages::{Cookies, Failure, Frame, Locale, Surface, plain};
use crate::serving::Connection;
use crate::surface::SurfaceContext;

/// Registrations begun from one address, where an office may sit: thirty, then one in twenty seconds.
const BEGUN_PER_ADDRESS: AttemptLimit = AttemptLimit::new("registration_address", 30, 20);

pub(crate) fn routes<S: SurfaceContext>() -> Router<S> {
    let identity = get(identity::show::<S>).post(identity::submit::<S>);
    let user = get(user::show::<S>).post(user::submit::<S>);
    let routes = Router::new()
        .route("/register", get(agreement::begin::<S>))
        .route("/register/identity", identity)
        .route("/register/user", user)
        .route("/register/user/code", post(user::send_code::<S>))
        .route("/register/user/back", post(user::back::<S>))
        .route("/register/user-name", get(user::check_user_name::<S>))
        .route("/register/done", get(done::show::<S>));
    match S::SURFACE {
        Surface::Phone => routes.route(user::FACE_CHECK, post(user::check_face::<S>)),
        Surface::Portal => {
            let agreement = get(agreement::show::<S>).post(agreement::submit::<S>);
            routes
                .route("/register/agreement", agreement)
                .route("/register/identity/back", post(identity::back::<S>))
        }
    }
}

impl Frame<'_> {
    /// The steps that the surface shows: on the phone the agreement has none of its own.
    pub(crate) fn registration_steps(&self) -> &'static [&'static str] {
        let steps = &self.texts().registration.steps;
        match self.surface {
            Surface::Portal => steps,
            Surface::Phone => &steps[1..],
        }
    }

    /// The place of a step in the stepper, from 1.
    fn registration_place(&self, step: Step) -> usize {
        step as usize + usize::from(self.surface == Surface::Portal)
    }

    /// The name of the step at a place, which is the heading of its page.
    pub(crate) fn registration_step(&self, place: usize) -> &'static str {
        let steps = self.registration_steps();
        steps.get(place - 1).copied().unwrap_or_default()
    }

    /// The step at a place and its number, for the title of its page.
    pub(crate) fn registration_title(&self, place: usize) -> String {
        let (texts, count) = (&self.texts().registration, self.registration_steps().len());
        texts.step_of(self.registration_step(place), place, count)
    }
}

/// A request for a page of a registration.
pub(crate) struct Registration<S> {
    surface: S,
    draft: Draft,
    connection: Connection,
    cookies: Cookies,
    headers: HeaderMap,
    locale: Locale,
}

/// A registration that has come to the step of the user. As an extractor it redirects one that has
/// not, or is done.
pub(crate) struct AtUser<S>(Registration<S>);

impl<S: SurfaceContext> FromRequestParts<S> for Registration<S> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, surface: &S) -> Result<Self, Response> {
        let (Extension(connection), locale, cookies) =
            <(Extension<Connection>, Locale, Cookies)>::from_request_parts(parts, surface).await?;
        let draft = Draft::open(surface.db(), &cookies, S::REGISTRATION_COOKIE).await;
        Ok(Self {
            surface: surface.clone(),
            draft: draft.map_err(IntoResponse::into_response)?,
            connection,
            cookies,
            headers: parts.headers.clone(),
            locale,
        })
    }
}

impl<S: SurfaceContext> FromRequestParts<S> for AtUser<S> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, surface: &S) -> Result<Self, Response> {
        let registration = Registration::from_request_parts(parts, surface).await?;
        match registration.elsewhere(Step::User) {
            Some(elsewhere) => Err(elsewhere),
            None => Ok(Self(registration)),
        }
    }
}

impl<S: SurfaceContext> Registration<S> {
    const fn service(&self) -> RegistrationService<'_, S> {
        RegistrationService {
            surface: &self.surface,
            address: self.connection.address,
        }
    }

    /// The page of a step.
    const fn path_of(step: Step) -> &'static str {
        match (step, S::SURFACE) {
            (Step::Agreement, Surface::Portal) => "/register/agreement",
            (Step::Agreement, Surface::Phone) | (Step::Identity, _) => "/register/identity",
            (Step::User, _) => "/register/user",
            (Step::Done, _) => "/register/done",
        }
    }

    const fn frame(&self, step: Step) -> Frame<'static> {
        Frame::new(S::SURFACE, self.locale, Self::path_of(step))
    }

    /// Returns the way to the step that the draft has come to, if the page asked for is not (or no longer) to be had.
    fn elsewhere(&self, asked: Step) -> Option<Response> {
        let step = self.draft.data.step();
        let too_early = step < asked;
        let too_late = step == Step::Done && asked != Step::Done;
        (too_early || too_late).then(|| Redirect::to(Self::path_of(step)).into_response())
    }

    /// Keeps the draft and leads on.
    async fn keep_and_go(&mut self, step: Step) -> Result<Response, Failure> {
        self.keep(Redirect::to(Self::path_of(step)).into_response())
            .await
    }

    /// Keeps the draft, under a cookie that the answer sets.
    async fn keep(&mut self, response: Response) -> Result<Response, Failure> {
        let db = self.surface.db();
        if !self.draft.is_kept() {
            let address = address_key(self.connection.address);
            if let Err(Wait(seconds)) = BEGUN_PER_ADDRESS.count(db, &address).await? {
                let busy = plain(StatusCode::TOO_MANY_REQUESTS, |texts| texts.common.too_many);
                return Ok(([(RETRY_AFTER, seconds)], busy).into_response());
            }
        }
        let name = S::REGISTRATION_COOKIE;
        let cookie = self.draft.keep(db, &self.cookies, name).await?;
        Ok((AppendHeaders([(SET_COOKIE, cookie)]), response).into_response())
    }
}
