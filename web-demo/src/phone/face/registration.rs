//! A registration's face check: it stands in for the SMS code, so that any phone number will do (S5).

use axum::extract::{Extension, Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;

use super::{Phone, send_to_check, take_passed};
use crate::face::{Claim, Purpose};
use crate::host::Host;
use crate::pages::Failure;
use crate::registration::pages::{AtUser, Typed, keep_typed};
use crate::registration::{Desk, Draft};
use crate::serving::Connection;

/// The page that sends a registration to the check.
pub const BEGIN: &str = "/register/face";

/// Answers `POST /register/face`: what was typed so far is there again when the person comes back.
pub async fn begin(
    State(phone): State<Phone>,
    Extension(connection): Extension<Connection>,
    AtUser(mut draft): AtUser,
    Form(typed): Form<Typed>,
) -> Result<Response, Failure> {
    let Some(person) = &draft.data.person else {
        return Ok(Redirect::to(Purpose::Register.begin()).into_response());
    };
    // The population register knows a draft's person. Name and number are no proof, so no face is kept.
    let claim = Claim {
        id_number: person.id_number.as_str().to_owned(),
        known: true,
        proved_otherwise: false,
    };
    let check = send_to_check(&phone.face, Purpose::Register, &claim, connection).await?;
    keep_typed(&phone, &mut draft, typed, connection, check).await
}

/// Answers the page after a passed check: from here on it counts for this registration. Without one it leads back all the
/// same, to the way by SMS code.
pub async fn take(
    State(phone): State<Phone>,
    Extension(connection): Extension<Connection>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let draft = Draft::open(&phone.db, &headers, Phone::REGISTRATION_COOKIE).await?;
    if let Some(person) = &draft.data.person
        && take_passed(
            &phone.face,
            Purpose::Register,
            person.id_number.as_str(),
            &headers,
        )
        .await?
    {
        let desk = Desk {
            db: &phone.db,
            registers: &phone.registers,
            address: connection.peer,
        };
        desk.keep_face_check(&draft, person).await?;
    }
    Ok(Redirect::to(Purpose::Register.begin()).into_response())
}
