//! Step 1: read and accept the agreement.

use askama::Template;
use axum::extract::Form;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Registration;
use crate::form_errors::{FieldError, FormErrors};
use crate::pages::{Failure, Frame};
use crate::registration::draft::Step;
use crate::surface::SurfaceContext;

#[derive(Template)]
#[template(path = "registration/agreement.html")]
struct AgreementPage<'a> {
    frame: Frame<'a>,
    agreed: bool,
    problem: String,
}

#[derive(Deserialize)]
pub(super) struct Agreement {
    agreed: Option<String>,
}

/// Answers `GET /register`: leads to where the registration is, and begins anew after one that is done.
pub(super) async fn begin<S: SurfaceContext>(
    registration: Registration<S>,
) -> Result<Response, Failure> {
    let mut step = registration.draft.data.step();
    if step == Step::Done {
        registration.draft.forget(registration.surface.db()).await?;
        step = Step::Agreement;
    }
    // Nothing has been typed yet that would have to be kept.
    Ok(Redirect::to(Registration::<S>::path_of(step)).into_response())
}

pub(super) async fn show<S: SurfaceContext>(
    registration: Registration<S>,
) -> Result<Response, Failure> {
    match registration.elsewhere(Step::Agreement) {
        Some(elsewhere) => Ok(elsewhere),
        None => answer(&registration, &FormErrors::default()),
    }
}

pub(super) async fn submit<S: SurfaceContext>(
    mut registration: Registration<S>,
    Form(agreement): Form<Agreement>,
) -> Result<Response, Failure> {
    if let Some(elsewhere) = registration.elsewhere(Step::Agreement) {
        return Ok(elsewhere);
    }
    registration.draft.data.agreed = agreement.agreed.is_some();
    if registration.draft.data.agreed {
        return registration.keep_and_go(Step::Identity).await;
    }
    let errors = FormErrors::one("agreed", FieldError::NotAgreed);
    let refused = answer(&registration, &errors)?;
    registration.keep(refused).await
}

fn answer<S: SurfaceContext>(
    registration: &Registration<S>,
    errors: &FormErrors,
) -> Result<Response, Failure> {
    let problem = errors.text("agreed", registration.locale);
    errors.page(&AgreementPage {
        frame: registration.frame(Step::Agreement),
        agreed: registration.draft.data.agreed,
        problem: problem.unwrap_or_default(),
    })
}
