//! Step 2: verify the identity, by citizen ID number and name.

use askama::Template;
use axum::extract::{Extension, Form, State};
use axum::response::Response;
use http::HeaderMap;
use serde::Deserialize;

use super::{elsewhere, keep, keep_and_go, path_of, status_of, with_wait};
use crate::host::Host;
use crate::pages::{Failure, Frame, Locale, Surface, page};
use crate::registration::{Desk, Draft, Problem, Problems, Step};
use crate::serving::Connection;

#[derive(Template)]
#[template(path = "registration/identity.html")]
struct IdentityPage<'a> {
    frame: Frame<'a>,
    draft: &'a Draft,
    /// Whether the agreement is accepted here, too.
    with_agreement: bool,
    problems: &'a Problems,
}

impl IdentityPage<'_> {
    /// The step's place in the stepper, from 1.
    fn place(&self) -> usize {
        if self.with_agreement { 1 } else { 2 }
    }

    fn problem(&self, field: &str) -> Option<String> {
        self.problems
            .of(field)
            .map(|problem| problem.text(self.frame.locale))
    }
}

/// What is typed.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub struct Identity {
    agreed: Option<String>,
    id_number: String,
    name: String,
}

/// The step before which this page is not to be had.
const fn step_needed(surface: Surface) -> Step {
    match surface {
        Surface::Portal => Step::Identity,
        Surface::Phone => Step::Agreement,
    }
}

/// Answers `GET /register/identity`.
pub async fn show<H: Host>(
    State(host): State<H>,
    headers: HeaderMap,
    locale: Locale,
) -> Result<Response, Failure> {
    let draft = Draft::open(host.db(), &headers, H::REGISTRATION_COOKIE).await?;
    match elsewhere::<H>(&draft, step_needed(H::SURFACE)) {
        Some(elsewhere) => Ok(elsewhere),
        None => answer::<H>(locale, &draft, &Problems::default()),
    }
}

/// Answers `POST /register/identity`.
pub async fn submit<H: Host>(
    State(host): State<H>,
    Extension(connection): Extension<Connection>,
    headers: HeaderMap,
    locale: Locale,
    Form(typed): Form<Identity>,
) -> Result<Response, Failure> {
    let mut draft = Draft::open(host.db(), &headers, H::REGISTRATION_COOKIE).await?;
    if let Some(elsewhere) = elsewhere::<H>(&draft, step_needed(H::SURFACE)) {
        return Ok(elsewhere);
    }
    if H::SURFACE == Surface::Phone {
        draft.data.agreed = typed.agreed.is_some();
    }
    (draft.data.id_number, draft.data.name) = (typed.id_number, typed.name);
    let desk = Desk {
        db: host.db(),
        registers: host.registers(),
        address: connection.peer,
    };
    let problems = if draft.data.agreed {
        desk.check_identity(&mut draft).await?
    } else {
        Problems::one("agreed", Problem::NotAgreed)
    };
    if problems.is_empty() {
        return keep_and_go(&host, &draft, connection, path_of(Step::User, H::SURFACE)).await;
    }
    let response = answer::<H>(locale, &draft, &problems)?;
    keep(&host, &draft, connection, response).await
}

/// Answers `POST /register/identity/back`.
pub async fn back<H: Host>(
    State(host): State<H>,
    Extension(connection): Extension<Connection>,
    headers: HeaderMap,
    Form(typed): Form<Identity>,
) -> Result<Response, Failure> {
    let mut draft = Draft::open(host.db(), &headers, H::REGISTRATION_COOKIE).await?;
    if draft.data.step() < Step::Done {
        if (&draft.data.id_number, &draft.data.name) != (&typed.id_number, &typed.name) {
            draft.data.person = None;
        }
        (draft.data.id_number, draft.data.name) = (typed.id_number, typed.name);
    }
    keep_and_go(
        &host,
        &draft,
        connection,
        path_of(Step::Agreement, H::SURFACE),
    )
    .await
}

fn answer<H: Host>(
    locale: Locale,
    draft: &Draft,
    problems: &Problems,
) -> Result<Response, Failure> {
    let frame = Frame::new(H::SURFACE, locale, path_of(Step::Identity, H::SURFACE));
    let with_agreement = H::SURFACE == Surface::Phone;
    let identity = IdentityPage {
        frame,
        draft,
        with_agreement,
        problems,
    };
    Ok(with_wait(page(status_of(problems), &identity)?, problems))
}
