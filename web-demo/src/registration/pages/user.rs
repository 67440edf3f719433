//! Step 3: create the user.

use askama::Template;
use axum::Json;
use axum::extract::{Form, Query};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use http::header::ACCEPT;
use serde::{Deserialize, Serialize};

use super::{AtUser, Registration};
use crate::accounts::{Account, PhoneNumber};
use crate::browsers::Origin;
use crate::face::{Claim, PassedCheck};
use crate::form_errors::FormErrors;
use crate::pages::{Failure, Frame, has_script};
use crate::proof::start_face_check;
use crate::purpose::Purpose;
use crate::registration::draft::Step;
use crate::registration::fields::{UserFields, UserForm};
use crate::registration::service::RegistrationService;
use crate::sms_codes::BETWEEN_CODES;
use crate::surface::SurfaceContext;

/// The page that sends a registration to the face check.
pub(super) const FACE_CHECK: &str = "/register/face";

/// Sends codes and looks user names up without leaving the page.
const SCRIPT: &str = "register-page.js";

#[derive(Template)]
#[template(path = "registration/user.html")]
struct UserPage<'a> {
    frame: Frame<'a>,
    user: &'a UserFields,
    /// True if the phone is proved by a code. After a passed face check it need not be.
    by_code: bool,
    face_check_page: Option<&'static str>,
    password_again: bool,
    code_notice: String,
    errors: &'a FormErrors,
    script: Option<&'static str>,
}

impl UserPage<'_> {
    fn problem(&self, field: &str) -> Option<String> {
        self.errors.text(field, self.frame.locale)
    }

    fn phone_hint(&self) -> &'static str {
        let texts = &self.frame.texts().registration;
        if self.by_code {
            texts.phone_hint
        } else {
            texts.any_phone_hint
        }
    }

    fn place(&self) -> usize {
        self.frame.registration_place(Step::User)
    }
}

/// The answer to the script: the problem and its field, a notice, and the seconds until the next
/// code.
#[derive(Default, Serialize)]
struct ForScript {
    problem: Option<String>,
    field: Option<&'static str>,
    notice: Option<String>,
    wait: u32,
}

pub(super) async fn show<S: SurfaceContext>(
    AtUser(registration): AtUser<S>,
) -> Result<Response, Failure> {
    let by_code = registration.passed_check().await?.is_none();
    registration.user_page(by_code, &FormErrors::default())
}

/// Answers `POST /register/user`: makes the account.
pub(super) async fn submit<S: SurfaceContext>(
    AtUser(mut registration): AtUser<S>,
    Form(form): Form<UserForm>,
) -> Result<Response, Failure> {
    registration.draft.data.user = form.user;
    let passed = registration.passed_check().await?;
    let (surface, address) = (&registration.surface, registration.connection.address);
    let service = RegistrationService { surface, address };
    let finished = service.finish(&mut registration.draft, &form.credentials, passed);
    match finished.await? {
        Ok(account_id) => {
            let done = Redirect::to(Registration::<S>::path_of(Step::Done));
            let mut response = done.into_response();
            if let Some(account) = Account::find(surface.db(), &account_id).await? {
                let origin = Origin::of(registration.connection, &registration.headers);
                let logged_in = surface.log_in(account, &registration.cookies, &origin);
                response = (logged_in.await?, response).into_response();
            }
            registration.keep(response).await
        }
        Err(errors) => {
            let by_code = registration.passed_check().await?.is_none();
            let response = registration.user_page(by_code, &errors)?;
            registration.keep(response).await
        }
    }
}

/// Answers `POST /register/user/code`: a page, or JSON for the script.
pub(super) async fn send_code<S: SurfaceContext>(
    AtUser(mut registration): AtUser<S>,
    Form(form): Form<UserForm>,
) -> Result<Response, Failure> {
    registration.draft.data.user = form.user;
    let (surface, address) = (&registration.surface, registration.connection.address);
    let (locale, service) = (
        registration.locale,
        RegistrationService { surface, address },
    );
    let errors = service.send_code(&mut registration.draft, locale).await?;
    let accepted = registration.headers.get(ACCEPT);
    let response = if accepted.is_some_and(|accepted| accepted == "application/json") {
        let mut fields = ["phone", "code"].into_iter();
        let field = fields.find(|field| errors.of(field).is_some());
        let pause = if errors.is_empty() {
            BETWEEN_CODES.interval
        } else {
            0
        };
        let answer = ForScript {
            problem: field.and_then(|field| errors.text(field, locale)),
            field,
            notice: registration.code_notice(),
            wait: errors.wait().map_or(pause, |wait| wait.0),
        };
        (errors.status(), Json(answer)).into_response()
    } else if errors.is_empty() {
        Redirect::to(Registration::<S>::path_of(Step::User)).into_response()
    } else {
        registration.user_page(true, &errors)?
    };
    registration.keep(response).await
}

/// Answers `POST /register/face`: keeps the input and sends the person to the face check.
pub(super) async fn check_face<S: SurfaceContext>(
    AtUser(mut registration): AtUser<S>,
    Form(form): Form<UserForm>,
) -> Result<Response, Failure> {
    let (Some(citizen), Some(face)) = (
        &registration.draft.data.citizen,
        registration.surface.face_checks(),
    ) else {
        return registration.keep_and_go(Step::User).await;
    };
    // The population register knows a draft's person. Name and number are no proof, so no face is kept.
    let claim = Claim {
        id_number: citizen.id_number.as_str().to_owned(),
        known: true,
        proved_otherwise: false,
    };
    let check =
        start_face_check(face, Purpose::Register, &claim, None, &registration.cookies).await?;
    registration.draft.data.user = form.user;
    registration.keep(check).await
}

pub(super) async fn back<S: SurfaceContext>(
    mut registration: Registration<S>,
    Form(form): Form<UserForm>,
) -> Result<Response, Failure> {
    if registration.draft.data.step() == Step::User {
        registration.draft.data.user = form.user;
    }
    registration.keep_and_go(Step::Identity).await
}

/// The user name that is being typed.
#[derive(Deserialize)]
pub(super) struct UserNameQuery {
    #[serde(default)]
    user_name: String,
}

/// Answers `GET /register/user-name`: JSON for the script.
pub(super) async fn check_user_name<S: SurfaceContext>(
    registration: Registration<S>,
    Query(query): Query<UserNameQuery>,
) -> Result<Response, Failure> {
    // Without an identity, a request must not find out which user names exist.
    let Some(citizen) = &registration.draft.data.citizen else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let service = registration.service();
    let error = service.check_user_name(&query.user_name, citizen).await?;
    let answer = ForScript {
        problem: error.map(|error| error.text(registration.locale)),
        field: Some("user_name"),
        ..ForScript::default()
    };
    Ok(Json(answer).into_response())
}

impl<S: SurfaceContext> Registration<S> {
    async fn passed_check(&self) -> Result<Option<PassedCheck>, Failure> {
        match &self.draft.data.citizen {
            Some(citizen) => {
                let claimant = self.service().claimant(&self.draft, citizen);
                claimant.passed_check(&self.cookies).await
            }
            None => Ok(None),
        }
    }

    /// The notice that a code was sent.
    fn code_notice(&self) -> Option<String> {
        let sent_to = self.draft.data.code_sent_to.as_deref()?;
        let phone = PhoneNumber::try_from(sent_to).ok()?;
        Some(self.locale.texts().registration.code_sent(phone.masked()))
    }

    fn user_page(&self, by_code: bool, errors: &FormErrors) -> Result<Response, Failure> {
        let code_notice = self.code_notice().unwrap_or_default();
        let face = self.surface.face_checks().filter(|face| face.is_ready());
        errors.page(&UserPage {
            frame: self.frame(Step::User),
            user: &self.draft.data.user,
            by_code,
            face_check_page: face.map(|_| FACE_CHECK),
            password_again: !errors.is_empty() || !code_notice.is_empty(),
            code_notice,
            errors,
            script: has_script(SCRIPT).then_some(SCRIPT),
        })
    }
}
