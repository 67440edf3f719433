//! Step 1: read and accept the agreement.

use askama::Template;
use axum::extract::{Extension, Form, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::{elsewhere, keep_and_go, path_of};
use crate::host::Host;
use crate::pages::{Failure, Frame, Locale, page};
use crate::registration::draft::DraftData;
use crate::registration::{Draft, Problem, Step};
use crate::serving::Connection;

#[derive(Template)]
#[template(path = "registration/agreement.html")]
struct AgreementPage<'a> {
    frame: Frame<'a>,
    agreed: bool,
    problem: String,
}

/// What is sent.
#[derive(Deserialize)]
pub struct Agreement {
    agreed: Option<String>,
}

/// Answers `GET /register`: leads to where the registration is, and begins anew after one that is done.
pub async fn begin<H: Host>(
    State(host): State<H>,
    Extension(connection): Extension<Connection>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let mut draft = Draft::open(host.db(), &headers, H::REGISTRATION_COOKIE).await?;
    if draft.data.step() == Step::Done {
        draft.data = DraftData::default();
    }
    let path = path_of(draft.data.step(), H::SURFACE);
    keep_and_go(&host, &draft, connection, path).await
}

/// Answers `GET /register/agreement`.
pub async fn show<H: Host>(
    State(host): State<H>,
    headers: HeaderMap,
    locale: Locale,
) -> Result<Response, Failure> {
    let draft = Draft::open(host.db(), &headers, H::REGISTRATION_COOKIE).await?;
    if let Some(elsewhere) = elsewhere::<H>(&draft, Step::Agreement) {
        return Ok(elsewhere);
    }
    answer::<H>(locale, draft.data.agreed, None)
}

/// Answers `POST /register/agreement`.
pub async fn submit<H: Host>(
    State(host): State<H>,
    Extension(connection): Extension<Connection>,
    headers: HeaderMap,
    locale: Locale,
    Form(agreement): Form<Agreement>,
) -> Result<Response, Failure> {
    let mut draft = Draft::open(host.db(), &headers, H::REGISTRATION_COOKIE).await?;
    if let Some(elsewhere) = elsewhere::<H>(&draft, Step::Agreement) {
        return Ok(elsewhere);
    }
    draft.data.agreed = agreement.agreed.is_some();
    if !draft.data.agreed {
        draft
            .keep(
                host.db(),
                H::REGISTRATION_COOKIE,
                host.is_secure(connection),
            )
            .await?;
        return answer::<H>(locale, false, Some(Problem::NotAgreed));
    }
    keep_and_go(
        &host,
        &draft,
        connection,
        path_of(Step::Identity, H::SURFACE),
    )
    .await
}

fn answer<H: Host>(
    locale: Locale,
    agreed: bool,
    problem: Option<Problem>,
) -> Result<Response, Failure> {
    let frame = Frame::new(H::SURFACE, locale, path_of(Step::Agreement, H::SURFACE));
    let status = if problem.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let problem = problem
        .map(|problem| problem.text(locale))
        .unwrap_or_default();
    Ok(page(
        status,
        &AgreementPage {
            frame,
            agreed,
            problem,
        },
    )?
    .into_response())
}
