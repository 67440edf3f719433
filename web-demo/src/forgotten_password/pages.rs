//! The pages of a forgotten password, on both surfaces.

use askama::Template;
use axum::Router;
use axum::extract::{Extension, Form, FromRequestParts, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::request::Parts;
use saoma_protocol::typed::name_key;
use serde::Deserialize;

use super::draft::{CodeWay, Draft};
use super::service::{NewPassword, ResetService, count_named, in_even_time};
use crate::accounts::Account;
use crate::accounts::id_number::IdNumber;
use crate::face::Claim;
use crate::form_errors::{FieldError, FormErrors};
use crate::pages::{Cookies, Failure, Frame, Locale, SetCookies, shown};
use crate::password_login;
use crate::proof::start_face_check;
use crate::purpose::Purpose;
use crate::records::person::mask;
use crate::serving::Connection;
use crate::surface::SurfaceContext;

/// The page that asks who it is.
const PATH: &str = "/login/forgotten";

/// The page of the proof and the new password.
const PROOF: &str = Purpose::Password.page();

pub(crate) fn routes<S: SurfaceContext>() -> Router<S> {
    Router::new()
        .route(PATH, get(ask_name::<S>).post(begin::<S>))
        .route(PROOF, get(show::<S>))
        .route("/login/forgotten/code", post(send_code::<S>))
        .route("/login/forgotten/face", post(check_face::<S>))
        .route("/login/forgotten/password", post(finish::<S>))
}

#[derive(Template)]
#[template(path = "forgotten/name.html")]
struct NamePage<'a> {
    frame: Frame<'a>,
    typed: &'a Person,
    error: Option<String>,
    log_in: &'static str,
}

/// A person, as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Person {
    name: String,
    id_number: String,
}

impl Person {
    fn page<S: SurfaceContext>(
        &self,
        locale: Locale,
        errors: &FormErrors,
    ) -> Result<Response, Failure> {
        errors.page(&NamePage {
            frame: Frame::new(S::SURFACE, locale, PATH),
            typed: self,
            error: errors.text("id_number", locale),
            log_in: password_login::path(S::SURFACE),
        })
    }
}

async fn ask_name<S: SurfaceContext>(locale: Locale) -> Result<Response, Failure> {
    Person::default().page::<S>(locale, &FormErrors::default())
}

/// Answers `POST /login/forgotten`. All go on to the proof, whether they have an account or not.
async fn begin<S: SurfaceContext>(
    State(surface): State<S>,
    Extension(connection): Extension<Connection>,
    cookies: Cookies,
    locale: Locale,
    Form(typed): Form<Person>,
) -> Result<Response, Failure> {
    let refused = |error| typed.page::<S>(locale, &FormErrors::one("id_number", error));
    let Ok(id_number) = IdNumber::try_from(typed.id_number.clone()) else {
        return refused(FieldError::WrongIdNumber);
    };
    if let Err(wait) = count_named(&surface, connection.address).await? {
        return refused(FieldError::TooMany(wait));
    }
    let db = surface.db();
    let begun = in_even_time(async {
        let account = Account::of(db, &id_number).await?;
        let account = account.filter(|account| name_key(&account.name) == name_key(&typed.name));
        let account_id = account.as_ref().map(|account| &*account.id);
        Draft::begin(db, (&cookies, S::RESET_COOKIE), &id_number, account_id).await
    });
    let cookie = SetCookies::from([begun.await?]);
    Ok((cookie, Redirect::to(PROOF)).into_response())
}

/// The steps of the second page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Choose how to prove who it is.
    Way,
    /// Set the password, with the code that proves who it is unless a face check has.
    Password {
        by_code: bool,
    },
    Done,
}

#[derive(Template)]
#[template(path = "forgotten/proof.html")]
struct ProofPage<'a> {
    frame: Frame<'a>,
    step: Step,
    /// The ID number that was typed, masked.
    number: String,
    /// Whether this surface can check a face.
    by_face: bool,
    way: Option<CodeWay>,
    errors: &'a FormErrors,
    log_in: &'static str,
}

impl ProofPage<'_> {
    /// The name of the step, which is the heading of the page.
    fn step_name(&self) -> &'static str {
        let steps = &self.frame.texts().forgotten.steps;
        steps.get(self.place() - 1).copied().unwrap_or_default()
    }

    fn error(&self, field: &str) -> Option<String> {
        self.errors.text(field, self.frame.locale)
    }

    /// The place in the stepper, from 1.
    const fn place(&self) -> usize {
        match self.step {
            Step::Way => 2,
            Step::Password { .. } => 3,
            Step::Done => 4,
        }
    }
}

/// A request for a forgotten password under way. As an extractor it redirects others to its beginning.
struct Resetting<S> {
    surface: S,
    draft: Draft,
    account: Option<Account>,
    connection: Connection,
    cookies: Cookies,
    locale: Locale,
}

impl<S: SurfaceContext> FromRequestParts<S> for Resetting<S> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, surface: &S) -> Result<Self, Response> {
        let (Extension(connection), locale, cookies) =
            <(Extension<Connection>, Locale, Cookies)>::from_request_parts(parts, surface).await?;
        let found = Self::of(surface, connection, cookies, locale).await;
        found
            .map_err(IntoResponse::into_response)?
            .ok_or_else(|| Redirect::to(PATH).into_response())
    }
}

impl<S: SurfaceContext> Resetting<S> {
    async fn of(
        surface: &S,
        connection: Connection,
        cookies: Cookies,
        locale: Locale,
    ) -> Result<Option<Self>, Failure> {
        let Some(draft) = Draft::find(surface.db(), &cookies, S::RESET_COOKIE).await? else {
            return Ok(None);
        };
        let account = match &draft.account_id {
            Some(id) => Account::find(surface.db(), id).await?,
            None => None,
        };
        Ok(Some(Self {
            surface: surface.clone(),
            draft,
            account,
            connection,
            cookies,
            locale,
        }))
    }

    const fn service(&self) -> ResetService<'_, S> {
        ResetService {
            surface: &self.surface,
            draft: &self.draft,
            account: self.account.as_ref(),
            address: self.connection.address,
            locale: self.locale,
        }
    }

    /// Returns the step that this browser has come to.
    async fn step(&self) -> Result<Step, Failure> {
        if self.draft.done {
            return Ok(Step::Done);
        }
        let passed = self
            .service()
            .claimant()
            .passed_check(&self.cookies)
            .await?;
        Ok(match (passed, self.draft.code_way) {
            (Some(_), _) => Step::Password { by_code: false },
            (None, Some(_)) => Step::Password { by_code: true },
            (None, None) => Step::Way,
        })
    }

    fn page<'a>(&self, step: Step, errors: &'a FormErrors) -> ProofPage<'a> {
        let face = self.surface.face_checks();
        ProofPage {
            frame: Frame::new(S::SURFACE, self.locale, PROOF),
            step,
            number: mask(self.draft.id_number.as_str()),
            by_face: face.is_some_and(crate::face::FaceChecks::is_ready),
            way: self.draft.code_way,
            errors,
            log_in: password_login::path(S::SURFACE),
        }
    }

    async fn refused(&self, errors: FormErrors) -> Result<Response, Failure> {
        let step = match errors.of("proof") {
            Some(_) => Step::Way,
            None => self.step().await?,
        };
        errors.page(&self.page(step, &errors))
    }
}

async fn show<S: SurfaceContext>(resetting: Resetting<S>) -> Result<Response, Failure> {
    let step = resetting.step().await?;
    shown(&resetting.page(step, &FormErrors::default()))
}

#[derive(Deserialize)]
struct AskedWay {
    way: CodeWay,
}

/// Answers `POST /login/forgotten/code`: sends a code, if the person has an account and the phone.
async fn send_code<S: SurfaceContext>(
    resetting: Resetting<S>,
    Form(AskedWay { way }): Form<AskedWay>,
) -> Result<Response, Failure> {
    if resetting.draft.done {
        return Ok(Redirect::to(PROOF).into_response());
    }
    let service = resetting.service();
    let sent = in_even_time(service.send_code(way, &resetting.cookies)).await?;
    match sent {
        Ok(()) => Ok(Redirect::to(PROOF).into_response()),
        Err(error) => resetting.refused(FormErrors::one("code", error)).await,
    }
}

/// Answers `POST /login/forgotten/face`: begins a face check, of the phone. The check of a person without an account is made
/// all the same, and not passed.
async fn check_face<S: SurfaceContext>(resetting: Resetting<S>) -> Result<Response, Failure> {
    let Some(face) = resetting.surface.face_checks() else {
        return Ok(Redirect::to(PROOF).into_response());
    };
    let claim = Claim {
        id_number: resetting.draft.id_number.as_str().to_owned(),
        known: resetting.account.is_some(),
        proved_otherwise: false,
    };
    let known_by = resetting.service().known_by(&resetting.cookies).await?;
    let (purpose, cookies) = (Purpose::Password, &resetting.cookies);
    start_face_check(face, purpose, &claim, known_by.as_deref(), cookies).await
}

/// Answers `POST /login/forgotten/password`: with a proof and a password it is done.
async fn finish<S: SurfaceContext>(
    resetting: Resetting<S>,
    Form(new): Form<NewPassword>,
) -> Result<Response, Failure> {
    if resetting.draft.done {
        return Ok(Redirect::to(PROOF).into_response());
    }
    let service = resetting.service();
    let passed = service.claimant().passed_check(&resetting.cookies).await?;
    let finished = in_even_time(service.finish(&new, passed)).await?;
    match finished {
        Ok(()) => Ok(Redirect::to(PROOF).into_response()),
        Err(errors) => resetting.refused(errors).await,
    }
}
