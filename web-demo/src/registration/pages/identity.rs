//! Step 2: verify the identity, by citizen ID number and name.

use askama::Template;
use axum::extract::Form;
use axum::response::Response;
use serde::Deserialize;

use super::Registration;
use crate::form_errors::{FieldError, FormErrors};
use crate::pages::{Failure, Frame, Surface};
use crate::registration::draft::{DraftData, Step};
use crate::surface::SurfaceContext;

#[derive(Template)]
#[template(path = "registration/identity.html")]
struct IdentityPage<'a> {
    frame: Frame<'a>,
    data: &'a DraftData,
    /// True if the agreement is accepted here, too.
    with_agreement: bool,
    errors: &'a FormErrors,
}

impl IdentityPage<'_> {
    fn place(&self) -> usize {
        self.frame.registration_place(Step::Identity)
    }

    fn problem(&self, field: &str) -> Option<String> {
        self.errors.text(field, self.frame.locale)
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Identity {
    agreed: Option<String>,
    id_number: String,
    name: String,
}

/// The step that a registration must have come to for this page.
const fn step_needed(surface: Surface) -> Step {
    match surface {
        Surface::Portal => Step::Identity,
        Surface::Phone => Step::Agreement,
    }
}

pub(super) async fn show<S: SurfaceContext>(
    registration: Registration<S>,
) -> Result<Response, Failure> {
    match registration.elsewhere(step_needed(S::SURFACE)) {
        Some(elsewhere) => Ok(elsewhere),
        None => answer(&registration, &FormErrors::default()),
    }
}

pub(super) async fn submit<S: SurfaceContext>(
    mut registration: Registration<S>,
    Form(typed): Form<Identity>,
) -> Result<Response, Failure> {
    if let Some(elsewhere) = registration.elsewhere(step_needed(S::SURFACE)) {
        return Ok(elsewhere);
    }
    // From here on the draft knows something of the person.
    registration.draft.rotate()?;
    let data = &mut registration.draft.data;
    if S::SURFACE == Surface::Phone {
        data.agreed = typed.agreed.is_some();
    }
    (data.id_number, data.name) = (typed.id_number, typed.name);
    let errors = if data.agreed {
        let (surface, address) = (&registration.surface, registration.connection.address);
        let service = super::RegistrationService { surface, address };
        service.check_identity(&mut registration.draft).await?
    } else {
        FormErrors::one("agreed", FieldError::NotAgreed)
    };
    if errors.is_empty() {
        return registration.keep_and_go(Step::User).await;
    }
    let refused = answer(&registration, &errors)?;
    registration.keep(refused).await
}

pub(super) async fn back<S: SurfaceContext>(
    mut registration: Registration<S>,
    Form(typed): Form<Identity>,
) -> Result<Response, Failure> {
    registration.draft.rotate()?;
    let data = &mut registration.draft.data;
    if data.step() < Step::Done {
        if (&data.id_number, &data.name) != (&typed.id_number, &typed.name) {
            data.citizen = None;
        }
        (data.id_number, data.name) = (typed.id_number, typed.name);
    }
    registration.keep_and_go(Step::Agreement).await
}

fn answer<S: SurfaceContext>(
    registration: &Registration<S>,
    errors: &FormErrors,
) -> Result<Response, Failure> {
    errors.page(&IdentityPage {
        frame: registration.frame(Step::Identity),
        data: &registration.draft.data,
        with_agreement: S::SURFACE == Surface::Phone,
        errors,
    })
}
